//! `#[exit_with_signal(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Ident, ItemFn, Result};

use crate::signals;

pub(crate) fn expand(signal: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let signal: Ident = syn::parse2(signal)
        .map_err(|error| Error::new(error.span(), "name one signal, for instance `#[exit_with_signal(USR1)]`"))?;
    if signal != "KILL" && signal != "STOP" {
        signals::check(&signal)?;
    } else if signal == "STOP" {
        return Err(Error::new(signal.span(), "SIGSTOP does not end a process"));
    }
    let mut function: ItemFn =
        syn::parse2(item).map_err(|error| Error::new(error.span(), "`#[exit_with_signal]` goes on a function"))?;
    if let Some(token) = &function.sig.asyncness {
        return Err(Error::new(
            token.span(),
            "put it on the function that runs the executor: this one only makes a future",
        ));
    }
    let output = std::mem::replace(&mut function.sig.output, syn::parse_quote!(-> !));
    let block = &function.block;
    *function.block = syn::parse_quote!({
        ::terminate_std::exit_with_signal(::terminate_std::Signal::#signal, move || #output #block)
    });
    Ok(quote!(#function))
}

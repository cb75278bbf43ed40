//! `#[hook(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result, ReturnType, Safety};

use crate::options::Options;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        Error::new(error.span(), "`#[hook]` goes on a function: `fn cleanup(cause: Cause)`, or without the argument")
    })?;
    let options: Options = syn::parse2(options)?;
    check(&function)?;

    let name = &function.sig.ident;
    // A closure, so that its one name is the only one that the function's own could clash with.
    let call = if let Some(argument) = function.sig.inputs.first() {
        let cause = Ident::new("__cause", argument.span());
        quote!(|#cause| #name(#cause))
    } else {
        quote!(|_| #name())
    };
    let Options { calls, handler_safe, .. } = options;
    let new = if handler_safe {
        quote! {
            // SAFETY: promised by the one who wrote `unsafe(handler_safe)`.
            unsafe { ::terminate_std::StaticHook::handler_safe(#call) }
        }
    } else {
        quote!(::terminate_std::StaticHook::new(#call))
    };
    Ok(quote! {
        #function

        const _: () = {
            static __TERMINATE_STD_HOOK: ::terminate_std::StaticHook = #new #(#calls)*;
            #[::terminate_std::__private::linkme::distributed_slice(::terminate_std::__private::TERMINATE_STD_0_1_HOOKS)]
            #[linkme(crate = ::terminate_std::__private::linkme)]
            static __TERMINATE_STD_DECLARED: ::terminate_std::__private::Declared =
                ::terminate_std::__private::Declared { hook: &__TERMINATE_STD_HOOK, place: (file!(), line!(), column!()) };
            ::terminate_std::__keep!(__TERMINATE_STD_DECLARED);
        };
    })
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let refuse = |span, what| Err(Error::new(span, what));
    if let Some(token) = &signature.asyncness {
        return refuse(token.span(), "a hook cannot be async: there may be no executor any more");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return refuse(
            token.span(),
            "a hook cannot be an unsafe function; for the handler, write `unsafe(handler_safe)`",
        );
    }
    if !signature.generics.params.is_empty() {
        return refuse(signature.generics.span(), "a hook cannot be generic: it is called once, with one type");
    }
    if let ReturnType::Type(_, result) = &signature.output {
        return refuse(result.span(), "a hook returns nothing: nobody is left to look at it");
    }
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => refuse(receiver.span(), "a hook cannot be a method"),
        _ if signature.inputs.len() > 1 => {
            refuse(signature.inputs[1].span(), "a hook takes the cause, `terminate_std::Cause`, and nothing else")
        }
        _ => Ok(()),
    }
}

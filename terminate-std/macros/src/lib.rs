//! The attribute macros of `terminate-std`: use them from there.

mod exit_with_signal;
mod hook;
mod options;
mod signals;

use proc_macro::TokenStream;
use syn::Error;

/// Makes a function a hook, which `terminate_std::install()` registers. See `terminate_std::hook`.
#[proc_macro_attribute]
pub fn hook(options: TokenStream, item: TokenStream) -> TokenStream {
    hook::expand(options.into(), item.into()).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes a function end the process by a signal. See `terminate_std::exit_with_signal`.
#[proc_macro_attribute]
pub fn exit_with_signal(signal: TokenStream, item: TokenStream) -> TokenStream {
    exit_with_signal::expand(signal.into(), item.into()).unwrap_or_else(Error::into_compile_error).into()
}

//! What stands in the parentheses of `#[hook(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitBool, LitStr, Result, Token, parenthesized};

use crate::signals;

const KNOWN: &str = "signals(…), phase = …, exit_status = …, interrupt_on_sigint, inherit_on_fork, \
                     override_ignored, unless_handled, name = \"…\", unsafe(handler_safe)";

pub(crate) struct Options {
    /// Calls of the builder, each with a dot in front.
    pub(crate) calls: Vec<TokenStream>,
    pub(crate) handler_safe: bool,
    fault: Option<Ident>,
    seen: Vec<String>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self { calls: Vec::new(), handler_safe: false, fault: None, seen: Vec::new() };
        while !input.is_empty() {
            options.parse_one(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        match &options.fault {
            Some(signal) if !options.handler_safe => Err(Error::new(
                signal.span(),
                format!(
                    "SIG{signal} stops the thread in the middle of an instruction, where an ordinary function must not \
                     run: leave it out, or promise with `unsafe(handler_safe)` that this one is async-signal-safe"
                ),
            )),
            _ => Ok(options),
        }
    }
}

impl Options {
    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(Token![unsafe]) {
            input.parse::<Token![unsafe]>()?;
            let inner;
            parenthesized!(inner in input);
            let promise = inner.call(Ident::parse_any)?;
            if promise != "handler_safe" || !inner.is_empty() {
                return Err(Error::new(promise.span(), "the only promise is `unsafe(handler_safe)`"));
            }
            self.handler_safe = true;
            return self.once("handler_safe", promise.span());
        }
        let name = input.call(Ident::parse_any)?;
        self.once(&name.to_string(), name.span())?;
        let call = match name.to_string().as_str() {
            "signals" => {
                let inner;
                parenthesized!(inner in input);
                let signals = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inner, Ident::parse_any)?;
                for signal in &signals {
                    signals::check(signal)?;
                }
                self.fault = signals.iter().find(|signal| signals::is_fault(signal)).cloned();
                let signals = signals.iter();
                quote!(.signals(::terminate_std::SignalSet::EMPTY #(.with(::terminate_std::Signal::#signals))*))
            }
            "phase" => {
                input.parse::<Token![=]>()?;
                let phase = input.call(Ident::parse_any)?;
                one_of(&phase, &["First", "Main", "Last"])?;
                quote!(.phase(::terminate_std::Phase::#phase))
            }
            "exit_status" => {
                input.parse::<Token![=]>()?;
                exit_status(input)?
            }
            "name" => {
                input.parse::<Token![=]>()?;
                let text: LitStr = input.parse()?;
                quote!(.name(#text))
            }
            "interrupt_on_sigint" | "inherit_on_fork" | "override_ignored" | "unless_handled" => {
                let value = if input.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    input.parse()?
                } else {
                    LitBool::new(true, name.span())
                };
                quote!(.#name(#value))
            }
            "handler_safe" => {
                return Err(Error::new(name.span(), "it is a promise: write `unsafe(handler_safe)`"));
            }
            _ => return Err(Error::new(name.span(), format!("no option is called `{name}`; there are: {KNOWN}"))),
        };
        self.calls.push(call);
        Ok(())
    }

    fn once(&mut self, name: &str, span: Span) -> Result<()> {
        if self.seen.iter().any(|seen| seen == name) {
            return Err(Error::new(span, format!("`{name}` is given twice")));
        }
        self.seen.push(name.to_owned());
        Ok(())
    }
}

fn exit_status(input: ParseStream<'_>) -> Result<TokenStream> {
    let status = input.call(Ident::parse_any)?;
    one_of(&status, &["Signal", "Success", "Code", "SignalNumber", "Shell", "Main"])?;
    if status != "Code" {
        return Ok(quote!(.exit_status(::terminate_std::ExitStatus::#status)));
    }
    let code;
    parenthesized!(code in input);
    let code: Expr = code.parse()?;
    Ok(quote!(.exit_status(::terminate_std::ExitStatus::Code(#code))))
}

fn one_of(word: &Ident, words: &[&str]) -> Result<()> {
    if words.iter().any(|known| word == known) {
        return Ok(());
    }
    Err(Error::new(word.span(), format!("`{word}` is none of {}", words.join(", "))))
}

//! Its name comes last, so its hooks are registered last, and run first; one goes on in forked children.

use terminate_std::{Cause, hook};

#[hook(signals(), inherit_on_fork)]
fn inherited(cause: Cause) {
    super::say(&format!("inherited {cause}"));
}

pub(crate) mod deeper {
    #[terminate_std::hook(signals(TERM))]
    pub(crate) fn deeper() {
        super::super::say("deeper");
    }
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

pub use ffi;
pub use gio;
pub use glib;
pub use soup;

/// The library needs no initialization.
macro_rules! skip_assert_initialized {
    () => {};
}

/// Handlers of signals run in the thread that runs the main context of the object, and need not be `Send`. So an
/// object is only made in a thread that runs its main context, or that could.
macro_rules! assert_initialized_main_thread {
    () => {
        let context = glib::MainContext::ref_thread_default();
        assert!(
            context.is_owner() || context.acquire().is_ok(),
            "Another thread runs the main context of this one; use with_thread_default() of a context of its own"
        );
    };
}

#[allow(clippy::too_many_arguments, clippy::type_complexity, unused_imports)]
mod auto;
mod client;
pub mod json;
mod json_text;
mod messages;

pub use auto::*;
pub use messages::Messages;

/// The traits that are needed to use objects.
pub mod prelude {
    pub use gio::prelude::*;
}

/// Builders of objects, which are returned by `builder()`.
pub mod builders {
    pub use crate::auto::builders::*;
}

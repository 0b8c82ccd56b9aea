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

/// A client and a server belong to the main context in which they were made.
macro_rules! assert_initialized_main_thread {
    () => {};
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

// SPDX-License-Identifier: LGPL-2.1-or-later
//! Payloads of messages.

use crate::{ffi, json_text};
use glib::translate::*;
use std::{fmt, str::FromStr};

glib::wrapper! {
    /// A JSON value, the `JsonNode` of JSON-GLib. It is parsed from text, and formats itself as text:
    ///
    /// ```
    /// let payload: signal_glib::json::Node = r#"{"room":"tea"}"#.parse()?;
    /// assert_eq!(payload.to_string(), r#"{"room":"tea"}"#);
    /// # Ok::<(), glib::Error>(())
    /// ```
    #[derive(Debug)]
    pub struct Node(Shared<ffi::JsonNode>);

    match fn {
        ref => |ptr| ffi::json_node_ref(ptr),
        unref => |ptr| ffi::json_node_unref(ptr),
        type_ => || ffi::json_node_get_type(),
    }
}

impl Node {
    /// Parses JSON. What is not valid by RFC 8259, is nested in more than 256 arrays and objects, or cannot be
    /// represented by a node, is refused with [`Error::InvalidArgument`](crate::Error::InvalidArgument): an integer
    /// of more than 64 bits, a number outside of the range of an [`f64`], and an escaped NUL or lone surrogate.
    #[doc(alias = "json_from_string")]
    pub fn from_json(text: &str) -> Result<Self, glib::Error> {
        json_text::check(text)
            .map_err(|reason| glib::Error::new(crate::Error::InvalidArgument, reason))?;
        let mut error = std::ptr::null_mut();
        // SAFETY: the result is a new node, or NULL with an error, since the text is not empty.
        unsafe {
            let node = ffi::json_from_string(text.to_glib_none().0, &mut error);
            if error.is_null() {
                Ok(from_glib_full(node))
            } else {
                Err(from_glib_full(error))
            }
        }
    }

    /// The text of the value, without white space.
    #[doc(alias = "json_to_string")]
    pub fn to_json(&self) -> glib::GString {
        // SAFETY: the result is a new string.
        unsafe {
            from_glib_full(ffi::json_to_string(
                self.to_glib_none().0,
                glib::ffi::GFALSE,
            ))
        }
    }
}

impl PartialEq for Node {
    #[doc(alias = "json_node_equal")]
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both are nodes, which are not changed.
        unsafe {
            from_glib(ffi::json_node_equal(
                self.to_glib_none().0,
                other.to_glib_none().0,
            ))
        }
    }
}

impl FromStr for Node {
    type Err = glib::Error;

    fn from_str(text: &str) -> Result<Self, glib::Error> {
        Self::from_json(text)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

// SPDX-License-Identifier: LGPL-2.1-or-later
//! The part of JSON-GLib that the API refers to. crates.io has no bindings of JSON-GLib for this version of
//! glib-sys.

use crate::glib::{gboolean, GError, GType};
use std::ffi::c_char;

#[repr(C)]
pub struct JsonNode {
    _data: [u8; 0],
    _marker: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
}

extern "C" {
    pub fn json_node_get_type() -> GType;
    pub fn json_node_ref(node: *mut JsonNode) -> *mut JsonNode;
    pub fn json_node_unref(node: *mut JsonNode);
    pub fn json_node_equal(a: *mut JsonNode, b: *mut JsonNode) -> gboolean;
    pub fn json_from_string(text: *const c_char, error: *mut *mut GError) -> *mut JsonNode;
    pub fn json_to_string(node: *mut JsonNode, pretty: gboolean) -> *mut c_char;
}

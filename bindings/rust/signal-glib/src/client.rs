// SPDX-License-Identifier: LGPL-2.1-or-later

use crate::{ffi, Client, Message};
use glib::{prelude::*, translate::*};
use std::{boxed::Box as Box_, pin::Pin};

impl Client {
    /// The same as `request_async()`, from the text of JSON, which is sent as it is. gir does not generate it,
    /// because it shares `signal_client_request_finish()`.
    #[doc(alias = "signal_client_request_json_async")]
    pub fn request_json_async<P: FnOnce(Result<Message, glib::Error>) + 'static>(
        &self,
        event: &str,
        json: Option<&str>,
        timeout: u32,
        cancellable: Option<&impl IsA<gio::Cancellable>>,
        callback: P,
    ) {
        let main_context = glib::MainContext::ref_thread_default();
        let is_owner = main_context.is_owner();
        let has_acquired = (!is_owner).then(|| main_context.acquire().ok()).flatten();
        assert!(
            is_owner || has_acquired.is_some(),
            "Async operations are only allowed if the thread owns the main context"
        );

        unsafe extern "C" fn trampoline<P: FnOnce(Result<Message, glib::Error>) + 'static>(
            source: *mut glib::gobject_ffi::GObject,
            result: *mut gio::ffi::GAsyncResult,
            data: glib::ffi::gpointer,
        ) {
            let mut error = std::ptr::null_mut();
            let answer = ffi::signal_client_request_finish(source as *mut _, result, &mut error);
            let outcome = if error.is_null() {
                Ok(from_glib_full(answer))
            } else {
                Err(from_glib_full(error))
            };
            let callback: Box_<glib::thread_guard::ThreadGuard<P>> = Box_::from_raw(data as *mut _);
            callback.into_inner()(outcome);
        }

        let callback = Box_::new(glib::thread_guard::ThreadGuard::new(callback));
        // SAFETY: the callback is called once, in this thread, and owns the data.
        unsafe {
            ffi::signal_client_request_json_async(
                self.to_glib_none().0,
                event.to_glib_none().0,
                json.to_glib_none().0,
                timeout,
                cancellable.map(|p| p.as_ref()).to_glib_none().0,
                Some(trampoline::<P>),
                Box_::into_raw(callback) as *mut _,
            );
        }
    }

    /// The same as `request_json_async()`, as a future, which cancels the request when it is dropped.
    pub fn request_json_future(
        &self,
        event: &str,
        json: Option<&str>,
        timeout: u32,
    ) -> Pin<Box_<dyn std::future::Future<Output = Result<Message, glib::Error>> + 'static>> {
        let event = String::from(event);
        let json = json.map(ToOwned::to_owned);
        Box_::pin(gio::GioFuture::new(
            self,
            move |client, cancellable, send| {
                client.request_json_async(
                    &event,
                    json.as_deref(),
                    timeout,
                    Some(cancellable),
                    move |result| {
                        send.resolve(result);
                    },
                );
            },
        ))
    }
}

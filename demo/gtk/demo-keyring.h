/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Tokens in the desktop keyring, one for each server. Not available without libsecret. */

gboolean  demo_keyring_is_available (void);

void      demo_keyring_load_async   (const char           *server_url,
                                     GCancellable         *cancellable,
                                     GAsyncReadyCallback   callback,
                                     gpointer              user_data);

char     *demo_keyring_load_finish  (GAsyncResult         *result,
                                     GError              **error);

void      demo_keyring_store_async  (const char           *server_url,
                                     const char           *token,
                                     GAsyncReadyCallback   callback,
                                     gpointer              user_data);

gboolean  demo_keyring_store_finish (GAsyncResult         *result,
                                     GError              **error);

void      demo_keyring_clear        (const char           *server_url);

G_END_DECLS

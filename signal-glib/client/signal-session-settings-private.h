/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "client/signal-backoff-private.h"
#include "protocol/signal-authenticate-options-private.h"
#include "websocket/signal-connection-options-private.h"

G_BEGIN_DECLS

/* The settings of a session. A change takes effect with the next attempt, unless the
 * documentation of the client's property says otherwise. */
typedef struct
{
  char                    *server_url;
  char                   **server_urls; /* further ones; never NULL */
  SignalConnectionOptions *connection; /* must be made writable before it is modified */
  SignalAuthenticateOptions authenticate;
  SignalBackoffPolicy      backoff;
  guint                    outbox_limit; /* messages */
  guint                    outbox_ttl;   /* ms; 0: no limit */
  guint                    request_timeout;    /* ms */
  char                    *correlation_member; /* NULL for none */
  GNetworkMonitor         *network_monitor; /* NULL for the default monitor */
} SignalSessionSettings;

void        signal_session_settings_init       (SignalSessionSettings        *self);
void        signal_session_settings_clear      (SignalSessionSettings        *self);
guint       signal_session_settings_count_urls (const SignalSessionSettings  *self);
const char *signal_session_settings_get_url    (const SignalSessionSettings  *self,
                                                guint                         index);
char       *signal_session_settings_describe_url (const SignalSessionSettings *self,
                                                  guint                        index) G_GNUC_WARN_UNUSED_RESULT;
GUri       *signal_session_settings_check      (SignalSessionSettings        *self,
                                                guint                         index,
                                                GError                      **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

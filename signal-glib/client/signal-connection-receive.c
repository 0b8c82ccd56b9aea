/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-connection-state-private.h"

#include "util/signal-display-text-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"
#include "protocol/signal-handshake-private.h"

#include <glib/gi18n-lib.h>

/* How long `connected` may still come after something encrypted came instead of it. */
#define UNREADABLE_GRACE_MS 1000

static void
report_protocol_fault (SignalConnection *self,
                       const char       *text)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);

  signal_connection_report_fault (self, error);
}

/* Derives the session key of this connection, or settles for none where that is allowed. */
static gboolean
take_keys (SignalConnection            *self,
           const SignalConnectedEvent  *hello,
           SignalCloseAction           *verdict,
           GError                     **error)
{
  SignalSessionKey *key;

  if (!hello->has_keys && self->require_encryption)
    {
      *verdict = SIGNAL_CLOSE_ACTION_STOP;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                           _("The server offers no encryption, and this client requires it"));
      return FALSE;
    }

  if (!hello->has_keys)
    return TRUE;

  key = signal_key_pair_derive (self->key_pair, hello->server_key, sizeof hello->server_key,
                                hello->salt, sizeof hello->salt, self->ecdh_info, error);
  g_clear_pointer (&self->key_pair, signal_key_pair_free);
  if (key == NULL)
    return FALSE;

  signal_channel_take_key (self->channel, key);
  return TRUE;
}

static void
handle_connected (SignalConnection *self,
                  SignalMessage    *message)
{
  g_auto (SignalConnectedEvent) hello = { 0 };
  g_autoptr (GError) error = NULL;
  SignalCloseAction verdict = SIGNAL_CLOSE_ACTION_RETRY;

  if (!signal_handshake_parse_connected (&hello, message, &error)
      || !take_keys (self, &hello, &verdict, &error))
    {
      signal_connection_end (self, error, verdict, 0);
      return;
    }

  self->client_id = g_steal_pointer (&hello.client_id);
  self->user_id = g_steal_pointer (&hello.user_id);
  g_clear_pointer (&self->key_pair, signal_key_pair_free);
  signal_connection_settle (self);
}

static void
handle_server_error (SignalConnection *self,
                     SignalMessage    *message)
{
  g_autofree char *text = signal_handshake_parse_error (message);
  g_autofree char *displayed = NULL;
  g_autoptr (GError) error = NULL;

  g_free (self->server_error);
  self->server_error = text != NULL
                       ? g_steal_pointer (&text)
                       : g_strdup (_("The server reported an error without a text"));

  displayed = signal_display_text_new (self->server_error);
  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER, displayed);
  signal_connection_report_fault (self, error);
}

/* Control or application? And is it one that can be believed here? */
void
signal_connection_on_message (SignalChannel *channel,
                              SignalMessage *message,
                              gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  const char *event = signal_message_get_event (message);
  gboolean is_authenticated = self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
  gboolean is_connected = g_str_equal (event, "connected");

  if (is_connected && self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATING)
    handle_connected (self, message);
  else if (is_connected)
    report_protocol_fault (self, _("A second “connected” event was dropped"));
  else if (signal_channel_is_encrypted (channel) && !signal_message_is_encrypted (message))
    report_protocol_fault (self, _("A message in plaintext was dropped: this connection is "
                                   "encrypted"));
  else if (g_str_equal (event, "error"))
    handle_server_error (self, message);
  else if (signal_envelope_event_is_control (event))
    report_protocol_fault (self, _("An event with a name that only the protocol may use was "
                                   "dropped"));
  else if (!is_authenticated && self->require_encryption)
    report_protocol_fault (self, _("A message that came before the “connected” event was dropped"));
  else if (self->handlers != NULL)
    self->handlers->message (self, message, self->user_data);

  signal_connection_check_key (self);
}

void
signal_connection_on_fault (SignalChannel *channel,
                            const GError  *error,
                            gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  gboolean is_waiting = self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATING;

  /* Either an early broadcast, or a server that encrypts `connected` itself. */
  if (is_waiting && signal_channel_saw_unreadable (channel))
    signal_connection_set_deadline (self, UNREADABLE_GRACE_MS);

  signal_connection_report_fault (self, error);
}

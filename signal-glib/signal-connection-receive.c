/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-connection-state-private.h"

#include "signal-envelope-private.h"
#include "signal-error.h"
#include "signal-hello-private.h"

#include <glib/gi18n-lib.h>

/* How long `connected` may still come after something encrypted came instead of it. */
#define UNREADABLE_GRACE_MS 1000

/* Characters of a server's text that are passed on. */
#define TEXT_MAX 200

static void
report_protocol_fault (SignalConnection *self,
                       const char       *text)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);

  signal_connection_report_fault (self, error);
}

/* Derives the session key of this connection, or settles for none where that is allowed. */
static gboolean
take_keys (SignalConnection   *self,
           const SignalHello  *hello,
           SignalVerdict      *verdict,
           GError            **error)
{
  SignalSessionKey *key;

  if (!hello->has_keys && self->require_encryption)
    {
      *verdict = SIGNAL_VERDICT_STOP;
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
  g_auto (SignalHello) hello = { 0 };
  g_autoptr (GError) error = NULL;
  SignalVerdict verdict = SIGNAL_VERDICT_RETRY;

  if (!signal_hello_parse (&hello, message, &error)
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

/* A text of the server for people: short, and without what could confuse a terminal. */
static char *
tidy_text (const char *text)
{
  g_autofree char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), TEXT_MAX));

  for (char *at = start; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';

  return g_steal_pointer (&start);
}

static void
handle_server_error (SignalConnection *self,
                     SignalMessage    *message)
{
  JsonNode *payload = signal_message_get_payload (message);
  JsonNode *text = NULL;
  g_autofree char *tidy = NULL;
  g_autoptr (GError) error = NULL;

  if (payload != NULL && JSON_NODE_HOLDS_OBJECT (payload))
    text = json_object_get_member (json_node_get_object (payload), "message");

  g_clear_pointer (&self->server_error, g_free);
  if (text != NULL && JSON_NODE_HOLDS_VALUE (text) && json_node_get_value_type (text) == G_TYPE_STRING)
    self->server_error = g_strdup (json_node_get_string (text));
  else
    self->server_error = g_strdup (_("The server reported an error without a text"));

  tidy = tidy_text (self->server_error);
  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER, tidy);
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

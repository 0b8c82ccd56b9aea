/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "recorder.h"

#include <signal-glib/signal-enums.h>

#define WAIT_FOR(recorder, condition) WAIT_WITHIN ((recorder)->timeout, condition)

static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Recorder     *recorder)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);
  SignalConnectionState state = signal_client_get_state (client);

  g_string_append_printf (recorder->states, "%s ", g_enum_get_value (states, state)->value_nick);
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              Recorder     *recorder)
{
  g_assert_cmpstr (client_id, ==, signal_client_get_client_id (client));
  g_string_append (recorder->signals, "connected ");
  recorder->n_connected++;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Recorder     *recorder)
{
  g_string_append (recorder->signals, "reconnecting ");
  g_array_append_val (recorder->attempts, attempt);
  g_array_append_val (recorder->delays, delay);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 Recorder     *recorder)
{
  g_string_append (recorder->signals, "disconnected ");
  recorder->n_disconnected++;
  g_clear_error (&recorder->disconnected);
  if (error != NULL)
    recorder->disconnected = g_error_copy (error);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Recorder      *recorder)
{
  g_ptr_array_add (recorder->messages, signal_message_ref (message));
}

static void
on_error (SignalClient *client,
          const GError *error,
          Recorder     *recorder)
{
  g_string_append (recorder->signals, "error ");
  g_ptr_array_add (recorder->errors, g_error_copy (error));
}

/* Creates a client with short intervals and exact delays. */
Recorder *
recorder_new (const char *uri)
{
  Recorder *recorder = g_new0 (Recorder, 1);

  recorder->timeout = 10;
  recorder->states = g_string_new ("");
  recorder->signals = g_string_new ("");
  recorder->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_message_unref);
  recorder->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  recorder->delays = g_array_new (FALSE, FALSE, sizeof (guint));
  recorder->attempts = g_array_new (FALSE, FALSE, sizeof (guint));
  recorder->client = g_object_new (SIGNAL_TYPE_CLIENT,
                                   "server-url", uri,
                                   "token", TEST_TOKEN,
                                   "base-interval", 10,
                                   "jitter", 0.0,
                                   NULL);
  g_signal_connect (recorder->client, "notify::state", G_CALLBACK (on_state), recorder);
  g_signal_connect (recorder->client, "connected", G_CALLBACK (on_connected), recorder);
  g_signal_connect (recorder->client, "reconnecting", G_CALLBACK (on_reconnecting), recorder);
  g_signal_connect (recorder->client, "disconnected", G_CALLBACK (on_disconnected), recorder);
  g_signal_connect (recorder->client, "message", G_CALLBACK (on_message), recorder);
  g_signal_connect (recorder->client, "error", G_CALLBACK (on_error), recorder);
  return recorder;
}

/* Asserts that this was the last reference to the client. */
void
recorder_free (Recorder *recorder)
{
  if (recorder->disconnects_when_freed)
    recorder_disconnect (recorder);
  if (recorder->client != NULL)
    recorder_drop_client (recorder);
  g_string_free (recorder->states, TRUE);
  g_string_free (recorder->signals, TRUE);
  g_ptr_array_unref (recorder->messages);
  g_ptr_array_unref (recorder->errors);
  g_array_unref (recorder->delays);
  g_array_unref (recorder->attempts);
  g_clear_error (&recorder->disconnected);
  g_clear_error (&recorder->error);
  g_free (recorder);
}

/* Drops the last reference. */
void
recorder_drop_client (Recorder *recorder)
{
  SignalClient *client = g_steal_pointer (&recorder->client);

  g_signal_handlers_disconnect_by_data (client, recorder);
  g_assert_finalize_object (client);
}

void
recorder_on_connected (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  Recorder *recorder = user_data;
  gboolean ok;

  g_clear_error (&recorder->error);
  ok = signal_client_connect_finish (SIGNAL_CLIENT (source), result, &recorder->error);
  g_assert_cmpint (ok, ==, recorder->error == NULL);
  g_assert_false (recorder->is_done);
  recorder->is_done = TRUE;
}

void
recorder_on_disconnected (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data)
{
  Recorder *recorder = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, &error));
  g_assert_no_error (error);
  recorder->n_closed++;
}

void
recorder_start (Recorder *recorder)
{
  recorder->is_done = FALSE;
  signal_client_connect_async (recorder->client, NULL, NULL, recorder_on_connected, recorder);
}

/* Connects, which must succeed. */
void
recorder_connect (Recorder *recorder)
{
  recorder_start (recorder);
  WAIT_FOR (recorder, recorder->is_done);
  g_assert_no_error (recorder->error);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

/* Waits until the attempt to connect has failed for good. */
void
recorder_wait_failure (Recorder *recorder,
                       GQuark    domain,
                       int       code)
{
  WAIT_FOR (recorder, recorder->is_done);
  g_assert_error (recorder->error, domain, code);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

/* Connects, which must fail for good. */
void
recorder_connect_fails (Recorder *recorder,
                        GQuark    domain,
                        int       code)
{
  recorder_start (recorder);
  recorder_wait_failure (recorder, domain, code);
}

/* Disconnects, and waits until the socket is closed. */
void
recorder_disconnect (Recorder *recorder)
{
  guint n_closed = recorder->n_closed;

  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  WAIT_FOR (recorder, recorder->n_closed > n_closed);
}

void
recorder_wait_state (Recorder             *recorder,
                     SignalConnectionState state)
{
  WAIT_FOR (recorder, signal_client_get_state (recorder->client) == state);
}

/* Waits until there are more than @index errors. */
GError *
recorder_wait_error (Recorder *recorder,
                     guint     index)
{
  WAIT_FOR (recorder, recorder->errors->len > index);
  return recorder->errors->pdata[index];
}

static gboolean
has_error (Recorder *recorder,
           GQuark    domain,
           int       code)
{
  for (guint i = 0; i < recorder->errors->len; i++)
    if (g_error_matches (recorder->errors->pdata[i], domain, code))
      return TRUE;
  return FALSE;
}

void
recorder_wait_matching_error (Recorder *recorder,
                              GQuark    domain,
                              int       code)
{
  WAIT_FOR (recorder, has_error (recorder, domain, code));
}

gboolean
recorder_is_connected (Recorder *recorder)
{
  return signal_client_get_state (recorder->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

void
recorder_wait_connected (Recorder *recorder)
{
  WAIT_FOR (recorder, recorder_is_connected (recorder));
}

void
recorder_send (Recorder   *recorder,
               const char *event,
               const char *json)
{
  g_autoptr (GError) error = NULL;

  signal_client_send_json (recorder->client, event, json, &error);
  g_assert_no_error (error);
}

static gboolean
find_message (Recorder   *recorder,
              const char *event,
              guint      *index)
{
  for (*index = 0; *index < recorder->messages->len; ++*index)
    if (g_str_equal (signal_message_get_event (recorder->messages->pdata[*index]), event))
      return TRUE;
  return FALSE;
}

guint
recorder_count_messages (Recorder   *recorder,
                         const char *event)
{
  guint count = 0;

  for (guint i = 0; i < recorder->messages->len; i++)
    count += g_str_equal (signal_message_get_event (recorder->messages->pdata[i]), event);
  return count;
}

/* Waits for a message with this event name, removes it from the recorded ones, and returns its
 * payload. */
char *
recorder_wait_message (Recorder   *recorder,
                       const char *event)
{
  char *json;
  guint index;

  WAIT_FOR (recorder, find_message (recorder, event, &index));
  json = g_strdup (signal_message_get_payload_json (recorder->messages->pdata[index]));
  g_ptr_array_remove_index (recorder->messages, index);
  return json;
}

void
recorder_assert_message (Recorder   *recorder,
                         const char *event,
                         const char *json)
{
  g_autofree char *payload = recorder_wait_message (recorder, event);

  g_assert_cmpstr (payload, ==, json);
}

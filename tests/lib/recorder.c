/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "recorder.h"

#include <signal-glib/signal-enums.h>

static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Watch        *watch)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);
  SignalConnectionState state = signal_client_get_state (client);

  g_string_append_printf (watch->states, "%s ", g_enum_get_value (states, state)->value_nick);
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              Watch        *watch)
{
  g_assert_cmpstr (client_id, ==, signal_client_get_client_id (client));
  g_string_append (watch->story, "connected ");
  watch->n_connected++;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Watch        *watch)
{
  g_string_append (watch->story, "reconnecting ");
  g_array_append_val (watch->attempts, attempt);
  g_array_append_val (watch->delays, delay);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 Watch        *watch)
{
  g_string_append (watch->story, "disconnected ");
  watch->n_disconnected++;
  g_clear_error (&watch->disconnected);
  if (error != NULL)
    watch->disconnected = g_error_copy (error);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Watch         *watch)
{
  g_ptr_array_add (watch->messages, signal_message_ref (message));
}

static void
on_error (SignalClient *client,
          const GError *error,
          Watch        *watch)
{
  g_string_append (watch->story, "error ");
  g_ptr_array_add (watch->errors, g_error_copy (error));
}

/* A client with short times and exact delays. */
Watch *
watch_new (const char *uri)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->states = g_string_new ("");
  watch->story = g_string_new ("");
  watch->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_message_unref);
  watch->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  watch->delays = g_array_new (FALSE, FALSE, sizeof (guint));
  watch->attempts = g_array_new (FALSE, FALSE, sizeof (guint));
  watch->client = g_object_new (SIGNAL_TYPE_CLIENT,
                                "server-url", uri,
                                "token", TEST_TOKEN,
                                "base-interval", 10,
                                "jitter", 0.0,
                                NULL);
  g_signal_connect (watch->client, "notify::state", G_CALLBACK (on_state), watch);
  g_signal_connect (watch->client, "connected", G_CALLBACK (on_connected), watch);
  g_signal_connect (watch->client, "reconnecting", G_CALLBACK (on_reconnecting), watch);
  g_signal_connect (watch->client, "disconnected", G_CALLBACK (on_disconnected), watch);
  g_signal_connect (watch->client, "message", G_CALLBACK (on_message), watch);
  g_signal_connect (watch->client, "error", G_CALLBACK (on_error), watch);
  return watch;
}

/* The client must go with its last reference. */
void
watch_free (Watch *watch)
{
  if (watch->client != NULL)
    watch_forget (watch);
  g_string_free (watch->states, TRUE);
  g_string_free (watch->story, TRUE);
  g_ptr_array_unref (watch->messages);
  g_ptr_array_unref (watch->errors);
  g_array_unref (watch->delays);
  g_array_unref (watch->attempts);
  g_clear_error (&watch->disconnected);
  g_clear_error (&watch->error);
  g_free (watch);
}

/* Drops the last reference. */
void
watch_forget (Watch *watch)
{
  SignalClient *client = g_steal_pointer (&watch->client);

  g_signal_handlers_disconnect_by_data (client, watch);
  g_assert_finalize_object (client);
}

void
watch_on_connected (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Watch *watch = user_data;
  gboolean ok;

  g_clear_error (&watch->error);
  ok = signal_client_connect_finish (SIGNAL_CLIENT (source), result, &watch->error);
  g_assert_cmpint (ok, ==, watch->error == NULL);
  g_assert_false (watch->is_done);
  watch->is_done = TRUE;
}

void
watch_on_closed (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Watch *watch = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, &error));
  g_assert_no_error (error);
  watch->n_closed++;
}

void
watch_start (Watch *watch)
{
  watch->is_done = FALSE;
  signal_client_connect_async (watch->client, NULL, NULL, watch_on_connected, watch);
}

/* Connects, which must succeed. */
void
watch_connect (Watch *watch)
{
  watch_start (watch);
  WAIT_UNTIL (watch->is_done);
  g_assert_no_error (watch->error);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

/* Connects, which must fail for good. */
void
watch_fail (Watch  *watch,
            GQuark  domain,
            int     code)
{
  watch_start (watch);
  WAIT_UNTIL (watch->is_done);
  g_assert_error (watch->error, domain, code);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

/* Disconnects, and waits until the socket is closed. */
void
watch_disconnect (Watch *watch)
{
  guint n_closed = watch->n_closed;

  signal_client_disconnect_async (watch->client, NULL, watch_on_closed, watch);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  WAIT_UNTIL (watch->n_closed > n_closed);
}

void
watch_wait_state (Watch                 *watch,
                  SignalConnectionState  state)
{
  WAIT_UNTIL (signal_client_get_state (watch->client) == state);
}

/* The error of this number, once it has come. */
GError *
watch_get_error (Watch *watch,
                 guint  index)
{
  WAIT_UNTIL (watch->errors->len > index);
  return watch->errors->pdata[index];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

/* g_object_run_dispose(), as bindings and garbage collectors call it while there still are
 * references: what is pending returns, and nothing begins again. */

static void
greet_nobody (Guest *guest)
{
}

/* Whatever is done with the client, it stays as it is and opens no further connection. */
static void
assert_inert (Watch *watch,
              Host  *host)
{
  guint n_guests = host->guests->len;
  static const char * const rooms[] = { "tea", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  signal_client_update_token (watch->client, "another");
  signal_client_reconnect_now (watch->client);
  g_assert_false (signal_client_send_json (watch->client, "e", NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_true (signal_client_join_rooms (watch->client, rooms, NULL));
  run_for (60);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  g_assert_cmpuint (host->guests->len, ==, n_guests);

  watch_fail (watch, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  watch_disconnect (watch);
  g_assert_cmpuint (host->guests->len, ==, n_guests);
}

static void
assert_cancelled (Watch *watch)
{
  WAIT_UNTIL (watch->is_done);
  g_assert_error (watch->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_connecting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  watch_start (watch);
  g_object_run_dispose (G_OBJECT (watch->client));
  assert_cancelled (watch);
  assert_inert (watch, host);
}

static void
test_authenticating (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  host->greet = greet_nobody;
  watch_start (watch);
  watch_wait_state (watch, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  g_assert_true (signal_client_send_json (watch->client, "kept", NULL, NULL));
  g_object_run_dispose (G_OBJECT (watch->client));
  assert_cancelled (watch);
  assert_inert (watch, host);
}

static void
test_waiting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  host->answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  g_object_set (watch->client, "base-interval", 20, NULL);
  watch_start (watch);
  watch_wait_state (watch, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_object_run_dispose (G_OBJECT (watch->client));
  assert_cancelled (watch);
  assert_inert (watch, host);
}

static void
test_authenticated (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  watch_connect (watch);
  g_object_run_dispose (G_OBJECT (watch->client));
  WAIT_UNTIL (host_wait_guest (host, 0)->is_gone);
  g_assert_cmpuint (host_wait_guest (host, 0)->close_code, ==, 1000);
  assert_inert (watch, host);
}

static void
refuse (Guest *guest)
{
  guest_close (guest, 4003);
}

/* A new token would have started it again. */
static void
test_refused (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  host->greet = refuse;
  watch_fail (watch, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_object_run_dispose (G_OBJECT (watch->client));
  assert_inert (watch, host);
}

static gboolean
on_token_requested (SignalClient *client)
{
  return TRUE;
}

static void
test_token_requested (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  g_signal_connect (watch->client, "token-requested", G_CALLBACK (on_token_requested), NULL);
  watch_start (watch);
  g_object_run_dispose (G_OBJECT (watch->client));
  assert_cancelled (watch);
  assert_inert (watch, host);
}

static gboolean
dispose_with_token_requested (SignalClient *client)
{
  g_object_run_dispose (G_OBJECT (client));
  return TRUE;
}

static char *
dispose_with_authenticate (SignalClient *client)
{
  g_object_run_dispose (G_OBJECT (client));
  return g_strdup ("token");
}

/* From inside each handler that comes before the client is connected, and after that. */
static void
test_inside (gconstpointer data)
{
  const char *name = data;
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  if (g_str_equal (name, "error") || g_str_equal (name, "reconnecting"))
    host->answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  if (g_str_equal (name, "authenticate"))
    g_signal_connect (watch->client, name, G_CALLBACK (dispose_with_authenticate), NULL);
  else if (g_str_equal (name, "token-requested"))
    g_signal_connect (watch->client, name, G_CALLBACK (dispose_with_token_requested), NULL);
  else
    g_signal_connect (watch->client, name, G_CALLBACK (g_object_run_dispose), NULL);

  watch_start (watch);
  assert_cancelled (watch);
  run_for (30);
  assert_inert (watch, host);
}

int
main (int   argc,
      char *argv[])
{
  static const char * const signals[] = {
    "authenticate", "token-requested", "notify::state", "error", "reconnecting", "connected",
  };

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/dispose/connecting", test_connecting);
  g_test_add_func ("/client/dispose/authenticating", test_authenticating);
  g_test_add_func ("/client/dispose/waiting", test_waiting);
  g_test_add_func ("/client/dispose/authenticated", test_authenticated);
  g_test_add_func ("/client/dispose/refused", test_refused);
  g_test_add_func ("/client/dispose/token-requested", test_token_requested);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autofree char *path = g_strconcat ("/client/dispose/inside/", signals[i], NULL);

      g_test_add_data_func (path, signals[i], test_inside);
    }

  return g_test_run ();
}

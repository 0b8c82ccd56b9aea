/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Cancelling and disconnecting, in every state. */

static void
greet_nobody (Guest *guest)
{
}

static void
start_cancellable (Watch        *watch,
                   GCancellable *cancellable)
{
  signal_client_connect_async (watch->client, NULL, cancellable, watch_on_connected, watch);
}

static void
assert_cancelled (Watch *watch)
{
  WAIT_UNTIL (watch->is_done);
  g_assert_error (watch->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
test_cancelled_before (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  start_cancellable (watch, cancellable);
  assert_cancelled (watch);
  g_assert_cmpstr (watch->states->str, ==, "");
  g_assert_cmpstr (watch->story->str, ==, "");
  watch_connect (watch);
  g_assert_cmpuint (host->guests->len, ==, 1);
}

static void
test_cancelled_dialing (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (watch, cancellable);
  g_cancellable_cancel (cancellable);
  assert_cancelled (watch);
  g_assert_cmpstr (watch->states->str, ==, "connecting disconnected ");
  g_assert_cmpstr (watch->story->str, ==, "disconnected ");
  g_assert_no_error (watch->disconnected);
}

static void
test_cancelled_upgrading (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Guest *guest;

  host->mute = TRUE;
  start_cancellable (watch, cancellable);
  WAIT_UNTIL (host->guests->len == 1);
  guest = host->guests->pdata[0];
  WAIT_UNTIL (guest->in->len > 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (watch);
  WAIT_UNTIL (guest->is_gone);
}

static void
test_cancelled_authenticating (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Guest *guest;

  host->greet = greet_nobody;
  start_cancellable (watch, cancellable);
  guest = host_wait_guest (host, 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (watch);
  WAIT_UNTIL (guest->is_gone);
  g_assert_cmpuint (guest->close_code, ==, 1000);
}

static void
test_cancelled_waiting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  host->answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  g_object_set (watch->client, "base-interval", 20000, NULL);
  start_cancellable (watch, cancellable);
  watch_wait_state (watch, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_cancellable_cancel (cancellable);
  assert_cancelled (watch);
  g_assert_cmpstr (watch->states->str, ==, "connecting reconnecting disconnected ");
}

/* A connection that is up is none of the cancellable's business. */
static void
test_cancelled_later (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (watch, cancellable);
  WAIT_UNTIL (watch->is_done);
  g_assert_no_error (watch->error);
  g_cancellable_cancel (cancellable);
  run_for (20);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  guest_cut (host_wait_guest (host, 0));
  WAIT_UNTIL (watch->n_connected == 2);
}

static void
test_disconnect_never_connected (void)
{
  g_autoptr (Watch) watch = watch_new (NULL);

  watch_disconnect (watch);
  g_assert_cmpstr (watch->story->str, ==, "");
  g_assert_cmpstr (watch->states->str, ==, "");
}

static void
test_disconnect_connecting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  watch_start (watch);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_CONNECTING);
  watch_disconnect (watch);
  assert_cancelled (watch);
  g_assert_cmpstr (watch->story->str, ==, "disconnected ");
}

static void
test_disconnect_authenticating (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  Guest *guest;

  host->greet = greet_nobody;
  watch_start (watch);
  guest = host_wait_guest (host, 0);
  watch_disconnect (watch);
  assert_cancelled (watch);
  g_assert_cmpuint (guest->close_code, ==, 1000);
}

static void
test_disconnect_waiting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  g_object_set (watch->client, "base-interval", 300, "max-interval", 300, NULL);
  watch_connect (watch);
  guest_cut (host_wait_guest (host, 0));
  watch_wait_state (watch, SIGNAL_CONNECTION_STATE_RECONNECTING);
  watch_disconnect (watch);
  run_for (350);
  g_assert_cmpuint (host->guests->len, ==, 1);
  g_assert_cmpuint (watch->n_disconnected, ==, 1);
}

/* The deadline of an attempt goes with it. */
static void
test_deadline_gone (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  host->greet = greet_nobody;
  g_object_set (watch->client, "connect-timeout", 300, NULL);
  watch_start (watch);
  host_wait_guest (host, 0);
  watch_disconnect (watch);
  assert_cancelled (watch);
  run_for (350);
  g_assert_cmpuint (watch->errors->len, ==, 0);
  g_assert_cmpuint (watch->n_disconnected, ==, 1);
}

/* Finishes when the socket is closed: the server has heard of it by then. */
static void
test_disconnect_twice (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  Guest *guest;

  watch_connect (watch);
  guest = host_wait_guest (host, 0);
  signal_client_disconnect_async (watch->client, NULL, watch_on_closed, watch);
  signal_client_disconnect_async (watch->client, NULL, watch_on_closed, watch);
  g_assert_cmpuint (watch->n_disconnected, ==, 1);
  g_assert_cmpuint (watch->n_closed, ==, 0);
  WAIT_UNTIL (watch->n_closed > 0);
  g_assert_cmpuint (guest->close_code, ==, 1000);
  WAIT_UNTIL (watch->n_closed == 2);
  g_assert_cmpuint (watch->n_disconnected, ==, 1);
  watch_disconnect (watch);
}

static void
on_disconnect_cancelled (GObject      *source,
                         GAsyncResult *result,
                         gpointer      user_data)
{
  GError **error = user_data;

  g_assert_false (signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, error));
}

/* Cancelling ends the wait, not the disconnect. */
static void
test_disconnect_cancelled (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  watch_connect (watch);
  g_cancellable_cancel (cancellable);
  signal_client_disconnect_async (watch->client, cancellable, on_disconnect_cancelled, &error);
  g_assert_cmpuint (watch->n_disconnected, ==, 1);
  WAIT_UNTIL (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  WAIT_UNTIL (((Guest *) host->guests->pdata[0])->is_gone);
}

/* A server that does not answer the close frame holds nobody up for long. */
static void
test_disconnect_deaf (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  Guest *guest;

  host->deaf = TRUE;
  watch_connect (watch);
  guest = host_wait_guest (host, 0);
  watch_disconnect (watch);
  g_assert_cmpuint (guest->close_code, ==, 1000);
  WAIT_UNTIL (guest->is_gone);
}

/* The old socket may still be closing when the new one opens; neither disturbs the other. */
static void
test_connect_while_closing (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  host->deaf = TRUE;
  watch_connect (watch);
  signal_client_disconnect_async (watch->client, NULL, watch_on_closed, watch);
  guest_send (host_wait_guest (host, 0), "{\"event\":\"late\"}");
  watch_connect (watch);
  g_assert_cmpuint (watch->n_closed, ==, 0);
  g_assert_cmpstr (signal_client_get_client_id (watch->client), ==, "guest-1");
  WAIT_UNTIL (watch->n_closed == 1);
  g_assert_cmpint (signal_client_get_state (watch->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (watch->messages->len, ==, 0);
}

/* Without a goodbye of the application's there is one of the client's. */
static void
test_forgotten (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  Guest *guest;

  watch_connect (watch);
  guest = host_wait_guest (host, 0);
  watch_forget (watch);
  WAIT_UNTIL (guest->is_gone);
  g_assert_cmpuint (guest->close_code, ==, 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/cancel/before", test_cancelled_before);
  g_test_add_func ("/client/cancel/dialing", test_cancelled_dialing);
  g_test_add_func ("/client/cancel/upgrading", test_cancelled_upgrading);
  g_test_add_func ("/client/cancel/authenticating", test_cancelled_authenticating);
  g_test_add_func ("/client/cancel/waiting", test_cancelled_waiting);
  g_test_add_func ("/client/cancel/later", test_cancelled_later);
  g_test_add_func ("/client/disconnect/never-connected", test_disconnect_never_connected);
  g_test_add_func ("/client/disconnect/connecting", test_disconnect_connecting);
  g_test_add_func ("/client/disconnect/authenticating", test_disconnect_authenticating);
  g_test_add_func ("/client/disconnect/waiting", test_disconnect_waiting);
  g_test_add_func ("/client/disconnect/deadline-gone", test_deadline_gone);
  g_test_add_func ("/client/disconnect/twice", test_disconnect_twice);
  g_test_add_func ("/client/disconnect/cancelled", test_disconnect_cancelled);
  g_test_add_func ("/client/disconnect/deaf", test_disconnect_deaf);
  g_test_add_func ("/client/disconnect/connect-while-closing", test_connect_while_closing);
  g_test_add_func ("/client/disconnect/forgotten", test_forgotten);

  return g_test_run ();
}

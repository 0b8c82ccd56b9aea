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
start_cancellable (Recorder     *recorder,
                   GCancellable *cancellable)
{
  signal_client_connect_async (recorder->client, NULL, cancellable, recorder_on_connected,
                               recorder);
}

static void
assert_cancelled (Recorder *recorder)
{
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
test_cancelled_before (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  start_cancellable (recorder, cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "");
  g_assert_cmpstr (recorder->signals->str, ==, "");
  recorder_connect (recorder);
  g_assert_cmpuint (host->guests->len, ==, 1);
}

static void
test_cancelled_dialing (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (recorder, cancellable);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected ");
  g_assert_no_error (recorder->disconnected);
}

static void
test_cancelled_upgrading (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Guest *guest;

  host->mute = TRUE;
  start_cancellable (recorder, cancellable);
  WAIT_UNTIL (host->guests->len == 1);
  guest = host->guests->pdata[0];
  WAIT_UNTIL (guest->in->len > 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  WAIT_UNTIL (guest->is_gone);
}

static void
test_cancelled_authenticating (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Guest *guest;

  host->greet = greet_nobody;
  start_cancellable (recorder, cancellable);
  guest = host_wait_guest (host, 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  WAIT_UNTIL (guest->is_gone);
  g_assert_cmpuint (guest->close_code, ==, 1000);
}

static void
test_cancelled_waiting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  host->answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  g_object_set (recorder->client, "base-interval", 20000, NULL);
  start_cancellable (recorder, cancellable);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "connecting reconnecting disconnected ");
}

/* A connection that is up is none of the cancellable's business. */
static void
test_cancelled_later (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (recorder, cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_cancellable_cancel (cancellable);
  run_for (20);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  guest_cut (host_wait_guest (host, 0));
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
test_disconnect_never_connected (void)
{
  g_autoptr (Recorder) recorder = recorder_new (NULL);

  recorder_disconnect (recorder);
  g_assert_cmpstr (recorder->signals->str, ==, "");
  g_assert_cmpstr (recorder->states->str, ==, "");
}

static void
test_disconnect_connecting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  recorder_start (recorder);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_CONNECTING);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected ");
}

static void
test_disconnect_authenticating (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  Guest *guest;

  host->greet = greet_nobody;
  recorder_start (recorder);
  guest = host_wait_guest (host, 0);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  g_assert_cmpuint (guest->close_code, ==, 1000);
}

static void
test_disconnect_waiting (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  g_object_set (recorder->client, "base-interval", 300, "max-interval", 300, NULL);
  recorder_connect (recorder);
  guest_cut (host_wait_guest (host, 0));
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  recorder_disconnect (recorder);
  run_for (350);
  g_assert_cmpuint (host->guests->len, ==, 1);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* The deadline of an attempt goes with it. */
static void
test_deadline_gone (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_nobody;
  g_object_set (recorder->client, "connect-timeout", 300, NULL);
  recorder_start (recorder);
  host_wait_guest (host, 0);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  run_for (350);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* Finishes when the socket is closed: the server has heard of it by then. */
static void
test_disconnect_twice (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  Guest *guest;

  recorder_connect (recorder);
  guest = host_wait_guest (host, 0);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  g_assert_cmpuint (recorder->n_closed, ==, 0);
  WAIT_UNTIL (recorder->n_closed > 0);
  g_assert_cmpuint (guest->close_code, ==, 1000);
  WAIT_UNTIL (recorder->n_closed == 2);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  recorder_disconnect (recorder);
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
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  recorder_connect (recorder);
  g_cancellable_cancel (cancellable);
  signal_client_disconnect_async (recorder->client, cancellable, on_disconnect_cancelled, &error);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  WAIT_UNTIL (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  WAIT_UNTIL (((Guest *) host->guests->pdata[0])->is_gone);
}

/* A server that does not answer the close frame holds nobody up for long. */
static void
test_disconnect_deaf (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  Guest *guest;

  host->deaf = TRUE;
  recorder_connect (recorder);
  guest = host_wait_guest (host, 0);
  recorder_disconnect (recorder);
  g_assert_cmpuint (guest->close_code, ==, 1000);
  WAIT_UNTIL (guest->is_gone);
}

/* The old socket may still be closing when the new one opens; neither disturbs the other. */
static void
test_connect_while_closing (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->deaf = TRUE;
  recorder_connect (recorder);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  guest_send (host_wait_guest (host, 0), "{\"event\":\"late\"}");
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->n_closed, ==, 0);
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), ==, "guest-1");
  WAIT_UNTIL (recorder->n_closed == 1);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

/* Without a goodbye of the application's there is one of the client's. */
static void
test_forgotten (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  Guest *guest;

  recorder_connect (recorder);
  guest = host_wait_guest (host, 0);
  recorder_drop_client (recorder);
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

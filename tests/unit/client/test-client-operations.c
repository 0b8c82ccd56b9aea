/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/outcome.h"
#include "tests/lib/recorder.h"
#include "tests/lib/threads.h"

#include <string.h>
#include <sys/socket.h>

/* Operations in main contexts, threads and situations other than the usual ones. */

#define LARGE (16 * 1024 * 1024)
#define MIB (1024 * 1024)

static void
request (SignalClient *client,
         const char   *event,
         guint         timeout,
         GCancellable *cancellable,
         Outcome      *outcome)
{
  signal_client_request_json_async (client, event, "1", timeout, cancellable, outcome_on_answered, outcome);
}

static gboolean
has_arrived (MockPeer   *peer,
             const char *event)
{
  for (guint i = 0; i < peer->inner->len; i++)
    if (strstr (peer->inner->pdata[i], event) != NULL)
      return TRUE;

  return FALSE;
}

/* Unlike mock_peer_reset(), this does not wait for the stream of a peer that no longer reads. */
static void
reset_socket (MockPeer *peer)
{
  const struct linger linger = { 1, 0 };

  g_assert_no_errno (setsockopt (g_socket_get_fd (peer->socket), SOL_SOCKET, SO_LINGER, &linger,
                                 sizeof linger));
  g_assert_true (g_socket_close (peer->socket, NULL));
}

/* A message that has been reported as unsent, or whose request has ended, is not sent over the next
 * connection, either. */
static void
test_not_sent_again (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *large = g_strnfill (LARGE, ' ');
  g_auto (Outcome) late = { 0 };
  g_auto (Outcome) cancelled = { 0 };
  MockPeer *peer;

  memcpy (large, "1", 1);
  g_object_set (recorder->client, "max-message-size", 2 * LARGE, NULL);
  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  recorder_send (recorder, "large", large);
  request (recorder->client, "late", 300, NULL, &late);
  signal_client_send_json_async (recorder->client, "cancelled", "2", cancellable,
                                 outcome_on_sent, &cancelled);
  WAIT_UNTIL (peer->in->len > MIB);
  g_cancellable_cancel (peer->cancellable);
  run_for (100);
  g_cancellable_cancel (cancellable);
  WAIT_UNTIL (cancelled.n_done > 0 && late.n_done > 0);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (late.error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);

  reset_socket (peer);
  recorder_send (recorder, "last", "3");
  peer = mock_server_wait_peer (server, 1);
  WAIT_UNTIL (has_arrived (peer, "last"));
  g_assert_false (has_arrived (peer, "late"));
  g_assert_false (has_arrived (peer, "cancelled"));
}

/* The deadlines do not depend on the context in which the first request was made. */
static void
test_temporary_context (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  GMainContext *context = g_main_context_new ();
  g_auto (Outcome) first = { 0 };
  g_auto (Outcome) second = { 0 };
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  recorder_connect (recorder);
  g_main_context_push_thread_default (context);
  request (recorder->client, "one", 20, NULL, &first);
  g_main_context_pop_thread_default (context);
  while (first.n_done == 0 && g_get_monotonic_time () < deadline)
    {
      run_for_a_moment ();
      g_main_context_iteration (context, FALSE);
    }
  g_main_context_unref (context);
  g_assert_error (first.error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);

  request (recorder->client, "two", 20, NULL, &second);
  WAIT_UNTIL (second.n_done > 0);
  g_assert_error (second.error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

typedef struct
{
  SignalClient *client;
  GCancellable *cancellable;
  Outcome first;
  Outcome second;
  Outcome third;
} Burst;

static void
on_burst (gpointer user_data)
{
  Burst *burst = user_data;

  signal_client_send_json_async (burst->client, "first", NULL, NULL, outcome_on_sent, &burst->first);
  signal_client_send_json_async (burst->client, "second", NULL, burst->cancellable, outcome_on_sent,
                                 &burst->second);
  request (burst->client, "third", 0, burst->cancellable, &burst->third);
  g_cancellable_cancel (burst->cancellable);
}

/* What is cancelled before the end of the iteration is not written at its end. */
static void
test_cancelled_in_iteration (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Burst burst = { .cancellable = cancellable };

  recorder_connect (recorder);
  burst.client = recorder->client;
  g_idle_add_once (on_burst, &burst);
  WAIT_UNTIL (burst.first.n_done > 0 && burst.second.n_done > 0 && burst.third.n_done > 0);
  g_assert_no_error (burst.first.error);
  g_assert_error (burst.second.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (burst.third.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  recorder_send (recorder, "last", NULL);
  WAIT_UNTIL (has_arrived (server->peers->pdata[0], "last"));
  g_assert_cmpuint (((MockPeer *) server->peers->pdata[0])->inner->len, ==, 2);
  g_clear_error (&burst.second.error);
  g_clear_error (&burst.third.error);
}

typedef struct
{
  SignalClient *client;
  Outcome outcome;
} Call;

static gpointer
call_in_thread (gpointer user_data)
{
  Call *call = user_data;

  signal_client_send_json_async (call->client, "x", NULL, NULL, outcome_on_sent, &call->outcome);
  return NULL;
}

/* The call is refused in the thread-default context of the caller, which another thread runs. */
static void
test_plain_thread (void)
{
  g_autoptr (SignalClient) client = signal_client_new ("wss://localhost:1/", NULL);
  Call call = { .client = client };

  run_thread (call_in_thread, &call);
  WAIT_UNTIL (call.outcome.n_done > 0);
  g_assert_error (call.outcome.error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  g_assert_true (call.outcome.thread == g_thread_self ());
  g_clear_error (&call.outcome.error);
}

static gpointer
dispose_in_thread (gpointer object)
{
  g_object_run_dispose (object);
  return NULL;
}

/* Nothing begins once another thread has disposed of the client. */
static void
test_disposed (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) outcome = { 0 };
  SignalClient *client;

  recorder_connect (recorder);
  client = g_steal_pointer (&recorder->client);
  g_signal_handlers_disconnect_by_data (client, recorder);
  run_thread (dispose_in_thread, client);
  request (client, "x", 0, NULL, &outcome);
  g_object_unref (client);
  WAIT_UNTIL (outcome.n_done > 0);
  g_assert_error (outcome.error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
}

static void
on_outbox_length (SignalClient *client,
                  GParamSpec   *pspec,
                  Recorder     *recorder)
{
  if (signal_client_get_outbox_length (client) > 0)
    return;

  run_for (50);
  g_signal_handlers_disconnect_by_data (client, recorder);
  g_clear_object (&recorder->client);
}

/* The handler runs the main loop, which completes the request, and then drops the client. */
static void
test_dropped_by_time_out (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) outcome = { 0 };

  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  recorder_connect (recorder);
  server->is_silent = TRUE;
  mock_peer_reset (server->peers->pdata[0]);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_signal_connect (recorder->client, "notify::outbox-length", G_CALLBACK (on_outbox_length), recorder);
  request (recorder->client, "one", 20, NULL, &outcome);
  WAIT_UNTIL (outcome.n_done > 0 && recorder->client == NULL);
  run_pending ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/operations/not-sent-again", test_not_sent_again);
  g_test_add_func ("/client/operations/temporary-context", test_temporary_context);
  g_test_add_func ("/client/operations/cancelled-in-iteration", test_cancelled_in_iteration);
  g_test_add_func ("/client/operations/plain-thread", test_plain_thread);
  g_test_add_func ("/client/operations/disposed", test_disposed);
  g_test_add_func ("/client/operations/dropped-by-time-out", test_dropped_by_time_out);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/histories/history.h"

#include <stdlib.h>

/* What is reported of messages and requests over connections that are lost, compared with what the
 * server has seen. */

#define CUTS 100
#define BATCH 30
#define KIB 1024

typedef enum
{
  PENDING,
  SUCCEEDED, /* written, or answered */
  LOST,
  CANCELLED,
  UNSENT,    /* refused, expired or discarded */
} Outcome;

typedef struct
{
  FaultFixture *fixture;
  GArray       *outcomes; /* Outcome, by number */
  GArray       *seen;     /* guint: how often the server has received each number */
  guint         n_pending;
  char         *padding;
} Log;

typedef struct
{
  Log          *log;
  guint         number;
  gboolean      is_request;
  GCancellable *cancellable;
} Call;

static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Log           *log)
{
  guint number = strtoul (signal_message_get_payload_json (message) + 1, NULL, 10);

  g_assert_cmpuint (number, <, log->seen->len);
  g_array_index (log->seen, guint, number)++;
  if (signal_message_get_id (message) != NULL)
    signal_server_reply (server, peer, message, signal_message_get_payload (message), NULL);
}

static Log *
log_new (gsize size)
{
  Log *log = g_new0 (Log, 1);

  log->fixture = fault_fixture_new ();
  log->outcomes = g_array_new (FALSE, TRUE, sizeof (Outcome));
  log->seen = g_array_new (FALSE, TRUE, sizeof (guint));
  log->padding = g_strnfill (size, 'x');
  g_signal_connect (log->fixture->embedded->server, "message", G_CALLBACK (on_message), log);
  return log;
}

static void
log_free (Log *log)
{
  fault_fixture_free (log->fixture);
  g_array_unref (log->outcomes);
  g_array_unref (log->seen);
  g_free (log->padding);
  g_free (log);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Log, log_free)

static Outcome
classify (const GError *error)
{
  if (error == NULL)
    return SUCCEEDED;
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST))
    return LOST;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return CANCELLED;

  g_assert_true (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL)
                 || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT)
                 || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED));
  return UNSENT;
}

static void
on_done (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Call *call = user_data;
  Log *log = call->log;
  Outcome *outcome = &g_array_index (log->outcomes, Outcome, call->number);
  g_autoptr (SignalMessage) answer = NULL;
  g_autoptr (GError) error = NULL;

  if (call->is_request)
    answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);
  else
    signal_client_send_json_finish (SIGNAL_CLIENT (source), result, &error);

  g_assert_cmpint (*outcome, ==, PENDING);
  *outcome = classify (error);
  log->n_pending--;
  if (answer != NULL)
    g_assert_cmpuint (strtoul (signal_message_get_payload_json (answer) + 1, NULL, 10), ==, call->number);

  g_clear_object (&call->cancellable);
  g_free (call);
}

static gboolean
on_cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

/* Every third call is a request, and every seventh is cancelled, at once or a moment later. */
static void
call_next (Log *log)
{
  SignalClient *client = log->fixture->recorder->client;
  Call *call = g_new0 (Call, 1);
  g_autofree char *json = NULL;

  call->log = log;
  call->number = log->outcomes->len;
  call->is_request = call->number % 3 == 0;
  call->cancellable = g_cancellable_new ();
  g_array_set_size (log->outcomes, call->number + 1);
  g_array_set_size (log->seen, call->number + 1);
  log->n_pending++;

  json = g_strdup_printf ("[%u,\"%s\"]", call->number, log->padding);
  if (call->number % 7 == 0)
    g_timeout_add_full (G_PRIORITY_DEFAULT, call->number % 3, on_cancel, g_object_ref (call->cancellable),
                        g_object_unref);

  if (call->is_request)
    signal_client_request_json_async (client, "n", json, 60000, call->cancellable, on_done, call);
  else
    signal_client_send_json_async (client, "n", json, call->cancellable, on_done, call);
}

/* The socket may have accepted what the server has never seen, but nothing that the server has seen
 * may be reported as unsent, and nothing arrives twice. */
static void
check (Log *log)
{
  guint counts[UNSENT + 1] = { 0 };

  for (guint i = 0; i < log->outcomes->len; i++)
    {
      Outcome outcome = g_array_index (log->outcomes, Outcome, i);
      guint seen = g_array_index (log->seen, guint, i);
      gboolean is_request = i % 3 == 0;

      counts[outcome]++;
      g_assert_cmpint (outcome, !=, PENDING);
      g_assert_cmpuint (seen, <=, 1);
      if (outcome == UNSENT || (outcome == CANCELLED && !is_request))
        g_assert_cmpuint (seen, ==, 0);
      if (outcome == SUCCEEDED && is_request)
        g_assert_cmpuint (seen, ==, 1);
    }

  g_test_message ("%u succeeded, %u lost, %u cancelled, %u unsent", counts[SUCCEEDED], counts[LOST],
                  counts[CANCELLED], counts[UNSENT]);
  g_assert_cmpuint (counts[SUCCEEDED], >, 0);
  g_assert_cmpuint (counts[LOST], >, 0);
  g_assert_cmpuint (counts[CANCELLED], >, 0);
}

static void
test_hundred_cuts (gconstpointer size)
{
  g_autoptr (Log) log = log_new (GPOINTER_TO_UINT (size));
  Recorder *recorder = log->fixture->recorder;
  Proxy *proxy = log->fixture->proxy;

  proxy->buffer_size = 128 * KIB;
  recorder_connect (recorder);
  for (guint i = 0; i < CUTS; i++)
    {
      guint target = recorder->n_connected + 1;

      for (guint j = 0; j < BATCH; j++)
        {
          call_next (log);
          if (j % 8 == 0)
            g_main_context_iteration (NULL, FALSE);
        }
      if (i % 2 == 0)
        run_for (g_test_rand_int_range (1, 5));
      if (i % 3 == 2)
        {
          proxy_stall (proxy);
          call_next (log);
          run_for (2);
        }
      proxy_reset (proxy);
      WAIT_UNTIL (recorder->n_connected >= target);
      invariants_check_idle (recorder->client);
    }

  WAIT_UNTIL (log->n_pending == 0);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 0);
  run_for (20);
  check (log);
}

/* The same, when the application itself disconnects and connects again. */
static void
test_disconnects (void)
{
  g_autoptr (Log) log = log_new (8 * KIB);
  Recorder *recorder = log->fixture->recorder;

  for (guint i = 0; i < CUTS / 4; i++)
    {
      recorder_start (recorder);
      for (guint j = 0; j < BATCH; j++)
        call_next (log);
      if (i % 2 == 0)
        {
          WAIT_UNTIL (recorder->is_done);
          for (guint j = 0; j < BATCH; j++)
            call_next (log);
        }
      recorder_disconnect (recorder);
      WAIT_UNTIL (log->n_pending == 0);
    }

  run_for (20);
  check (log);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);
  history_begin ();

  g_test_add_data_func ("/faults/outcomes/hundred-cuts/small", GUINT_TO_POINTER (20), test_hundred_cuts);
  g_test_add_data_func ("/faults/outcomes/hundred-cuts/large", GUINT_TO_POINTER (16 * KIB),
                        test_hundred_cuts);
  g_test_add_func ("/faults/outcomes/disconnects", test_disconnects);

  return history_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/histories/history.h"

#include <stdlib.h>

/* Messages over connections that are lost. */

#define CUTS 100
#define BATCH 40
#define KIB 1024

/* The messages that the server received over one connection. */
typedef struct
{
  SignalPeer *peer;
  guint       first;
  guint       last;
  guint       count;
} Delivery;

typedef struct
{
  FaultFixture *fixture;
  char         *padding;
  guint         n_accepted; /* by send_json() */
  guint         n_refused;  /* likewise */
  GArray       *deliveries; /* Delivery */
  GArray       *left;       /* for each loss, how many messages had been written */
} Traffic;

static Delivery *
find_delivery (Traffic    *traffic,
               SignalPeer *peer)
{
  for (guint i = traffic->deliveries->len; i > 0; i--)
    {
      Delivery *delivery = &g_array_index (traffic->deliveries, Delivery, i - 1);

      if (delivery->peer == peer)
        return delivery;
    }

  return NULL;
}

/* Messages are numbered from 0 in the order in which they were accepted. The server may read the
 * last messages of a lost connection after the first ones of the next connection. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Traffic       *traffic)
{
  guint number = strtoul (signal_message_get_payload_json (message) + 1, NULL, 10);
  Delivery *delivery = find_delivery (traffic, peer);
  Delivery new_delivery = { peer, number, number, 1 };

  if (delivery == NULL)
    {
      g_object_ref (peer);
      g_array_append_val (traffic->deliveries, new_delivery);
      return;
    }

  g_assert_cmpuint (number, ==, delivery->last + 1);
  delivery->last = number;
  delivery->count++;
}

static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Traffic      *traffic)
{
  guint left = traffic->n_accepted - signal_client_get_outbox_length (client);

  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_RECONNECTING)
    g_array_append_val (traffic->left, left);
}

static void
delivery_clear (gpointer delivery)
{
  g_clear_object (&((Delivery *) delivery)->peer);
}

static Traffic *
traffic_new (gsize size)
{
  Traffic *traffic = g_new0 (Traffic, 1);

  traffic->fixture = fault_fixture_new ();
  traffic->padding = g_strnfill (size, 'x');
  traffic->deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  g_array_set_clear_func (traffic->deliveries, delivery_clear);
  traffic->left = g_array_new (FALSE, FALSE, sizeof (guint));
  g_signal_connect (traffic->fixture->embedded->server, "message", G_CALLBACK (on_message),
                    traffic);
  g_signal_connect (traffic->fixture->recorder->client, "notify::state", G_CALLBACK (on_state),
                    traffic);
  return traffic;
}

static void
traffic_free (Traffic *traffic)
{
  g_signal_handlers_disconnect_by_data (traffic->fixture->recorder->client, traffic);
  g_array_unref (traffic->deliveries);
  fault_fixture_free (traffic->fixture);
  g_array_unref (traffic->left);
  g_free (traffic->padding);
  g_free (traffic);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Traffic, traffic_free)

static gboolean
send_next (Traffic *traffic)
{
  SignalClient *client = traffic->fixture->recorder->client;
  g_autofree char *json = g_strdup_printf ("[%u,\"%s\"]", traffic->n_accepted, traffic->padding);
  g_autoptr (GError) error = NULL;

  if (signal_client_send_json (client, "n", json, &error))
    {
      traffic->n_accepted++;
      return TRUE;
    }

  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  traffic->n_refused++;
  return FALSE;
}

static guint
count_arrived (Traffic *traffic)
{
  guint count = 0;

  for (guint i = 0; i < traffic->deliveries->len; i++)
    count += g_array_index (traffic->deliveries, Delivery, i).count;
  return count;
}

static gboolean
has_arrived (Traffic *traffic,
             guint    number)
{
  for (guint i = traffic->deliveries->len; i > 0; i--)
    {
      if (g_array_index (traffic->deliveries, Delivery, i - 1).last >= number)
        return TRUE;
    }

  return FALSE;
}

static int
compare_deliveries (gconstpointer a,
                    gconstpointer b)
{
  guint first = ((const Delivery *) a)->first;
  guint second = ((const Delivery *) b)->first;

  return (first > second) - (first < second);
}

/* No message arrives twice: each connection begins with the first message that was not written on
 * the previous ones. Messages can only be missing at the end of what was written before a loss.
 * Returns the number of missing messages. */
static guint
check_deliveries (Traffic *traffic)
{
  guint lost = 0;
  guint next = 0;
  guint loss = 0;

  g_array_sort (traffic->deliveries, compare_deliveries);
  for (guint i = 0; i < traffic->deliveries->len; i++)
    {
      Delivery *delivery = &g_array_index (traffic->deliveries, Delivery, i);

      while (loss < traffic->left->len && next < delivery->first)
        {
          guint left = g_array_index (traffic->left, guint, loss++);

          if (left <= next)
            continue;
          lost += left - next;
          next = left;
        }
      g_assert_cmpuint (delivery->first, ==, next);
      next = delivery->last + 1;
    }

  g_assert_cmpuint (next, ==, traffic->n_accepted);
  return lost;
}

static void
report (Traffic *traffic)
{
  guint arrived = count_arrived (traffic);
  guint lost = check_deliveries (traffic);

  g_test_message ("%u accepted: %u arrived, each once and in order; %u had left the process when "
                  "the connection was lost; %u refused",
                  traffic->n_accepted, arrived, lost, traffic->n_refused);
  g_assert_cmpuint (arrived + lost, ==, traffic->n_accepted);
  g_assert_cmpuint (signal_client_get_outbox_length (traffic->fixture->recorder->client), ==, 0);
}

/* After a stall, messages that were written to the socket are lost, and the client keeps the
 * others. */
static void
lose (Traffic *traffic,
      guint    number)
{
  switch (number % 3)
    {
    case 0:
      proxy_cut (traffic->fixture->proxy);
      break;
    case 1:
      proxy_reset (traffic->fixture->proxy);
      break;
    default:
      proxy_stall (traffic->fixture->proxy);
      for (guint i = 0; i < BATCH; i++)
        send_next (traffic);
      run_for (2);
      proxy_reset (traffic->fixture->proxy);
    }
}

static void
test_hundred_cuts (gconstpointer size)
{
  g_autoptr (Traffic) traffic = traffic_new (GPOINTER_TO_UINT (size));
  Recorder *recorder = traffic->fixture->recorder;
  guint64 messages_sent;

  traffic->fixture->proxy->buffer_size = 128 * KIB;
  recorder_connect (recorder);
  for (guint i = 0; i < CUTS; i++)
    {
      guint target = recorder->n_connected + 1;

      for (guint j = 0; j < BATCH; j++)
        {
          send_next (traffic);
          if (j % 8 == 0)
            g_main_context_iteration (NULL, FALSE);
        }
      if (i % 2 == 0)
        run_for (g_test_rand_int_range (1, 5));
      lose (traffic, i);
      while (recorder->n_connected < target)
        {
          if (signal_client_get_outbox_length (recorder->client) < 2 * BATCH)
            send_next (traffic);
          g_main_context_iteration (NULL, TRUE);
        }
      invariants_check_idle (recorder->client);
    }

  while (!send_next (traffic))
    run_for (1);
  WAIT_UNTIL (has_arrived (traffic, traffic->n_accepted - 1));
  WAIT_UNTIL (signal_client_get_outbox_length (recorder->client) == 0);
  report (traffic);
  g_assert_cmpuint (recorder->n_connected, ==, CUTS + 1);
  g_assert_cmpuint (recorder->errors->len, ==, CUTS);

  /* A message that was queued again had not been written before. */
  g_object_get (recorder->client, "messages-sent", &messages_sent, NULL);
  g_test_message ("handed to a connection: %" G_GUINT64_FORMAT, messages_sent);
  g_assert_cmpuint (messages_sent, >=, traffic->n_accepted);
}

/* If all buffers are full, messages that the socket did not accept are sent over the next
 * connection. */
static void
test_unsent (void)
{
  g_autoptr (Traffic) traffic = traffic_new (32 * KIB);
  Recorder *recorder = traffic->fixture->recorder;
  guint64 buffered;
  guint unsent;

  traffic->fixture->proxy->buffer_size = 128 * KIB;
  recorder_connect (recorder);
  proxy_stall (traffic->fixture->proxy);
  while (signal_client_get_outbox_length (recorder->client) < 20)
    {
      g_assert_true (send_next (traffic));
      run_for (1);
    }
  unsent = signal_client_get_outbox_length (recorder->client);
  g_object_get (recorder->client, "buffered-amount", &buffered, NULL);
  g_assert_cmpuint (buffered, ==, signal_client_get_buffered_amount (recorder->client));
  g_assert_cmpuint (buffered, >, 20 * 32 * KIB);

  proxy_reset (traffic->fixture->proxy);
  fault_fixture_wait_reconnected (traffic->fixture, 2);
  WAIT_UNTIL (has_arrived (traffic, traffic->n_accepted - 1));
  g_assert_cmpuint (count_arrived (traffic), ==, unsent);
  g_assert_cmpuint (g_array_index (traffic->deliveries, Delivery, 0).first, ==,
                    traffic->n_accepted - unsent);
  report (traffic);
}

static void
count_up (guint *count)
{
  (*count)++;
}

/* The signal `drained`, and the limit of the outbox. */
static void
test_back_pressure (void)
{
  g_autoptr (Traffic) traffic = traffic_new (32 * KIB);
  SignalClient *client = traffic->fixture->recorder->client;
  guint n_drained = 0;
  guint n_notified = 0;
  guint before;

  g_object_set (client,
                "outbox-limit", 10,
                "base-interval", 60000,
                "max-interval", 60000,
                NULL);
  g_signal_connect_swapped (client, "drained", G_CALLBACK (count_up), &n_drained);
  g_signal_connect_swapped (client, "notify::outbox-length", G_CALLBACK (count_up), &n_notified);
  recorder_connect (traffic->fixture->recorder);
  g_assert_cmpuint (n_drained, ==, 0);

  /* More at once than the buffers of the sockets hold. */
  while (signal_client_get_buffered_amount (client) < 1024 * KIB)
    g_assert_true (send_next (traffic));
  before = traffic->n_accepted;
  g_assert_cmpuint (n_drained, ==, 0);
  WAIT_UNTIL (n_drained > 0);
  g_assert_cmpuint (signal_client_get_buffered_amount (client), ==, 0);
  g_assert_cmpuint (signal_client_get_outbox_length (client), ==, 0);
  WAIT_UNTIL (has_arrived (traffic, before - 1));

  proxy_cut (traffic->fixture->proxy);
  recorder_wait_state (traffic->fixture->recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  for (guint i = 0; i < 12; i++)
    g_assert_true (send_next (traffic) == (i < 10));
  g_assert_cmpuint (signal_client_get_outbox_length (client), ==, 10);
  g_assert_cmpuint (signal_client_get_buffered_amount (client), >, 10 * 32 * KIB);
  g_assert_cmpuint (n_notified, >=, 10);

  signal_client_reconnect_now (client);
  WAIT_UNTIL (has_arrived (traffic, before + 9));
  report (traffic);
}

/* Messages that expire are reported, and later ones are sent. */
static void
test_time_to_live (void)
{
  g_autoptr (Traffic) traffic = traffic_new (10);
  Recorder *recorder = traffic->fixture->recorder;
  GError *error;

  g_object_set (recorder->client,
                "outbox-ttl", 100,
                "base-interval", 60000,
                "max-interval", 60000,
                NULL);
  recorder_connect (recorder);
  proxy_cut (traffic->fixture->proxy);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  for (guint i = 0; i < 3; i++)
    g_assert_true (send_next (traffic));
  run_for (150);
  g_assert_true (send_next (traffic));
  signal_client_reconnect_now (recorder->client);
  WAIT_UNTIL (has_arrived (traffic, 3));
  g_assert_cmpuint (count_arrived (traffic), ==, 1);

  error = recorder_wait_error (recorder, 1);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "3 messages"));
  g_assert_cmpuint (recorder->errors->len, ==, 2);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);
  history_begin ();

  g_test_add_data_func ("/faults/traffic/hundred-cuts/small", GUINT_TO_POINTER (20),
                        test_hundred_cuts);
  g_test_add_data_func ("/faults/traffic/hundred-cuts/large", GUINT_TO_POINTER (8 * KIB),
                        test_hundred_cuts);
  g_test_add_func ("/faults/traffic/unsent", test_unsent);
  g_test_add_func ("/faults/traffic/back-pressure", test_back_pressure);
  g_test_add_func ("/faults/traffic/time-to-live", test_time_to_live);

  return history_run ();
}

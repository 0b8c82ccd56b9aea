/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* 10,000 messages of 0 to 90 KiB in each direction, none of which is lost, duplicated or
 * changed. */

#define N_MESSAGES 10000
#define LARGEST (90 * 1024)

/* The public server drops messages that do not fit into its send buffer of 1 MiB. This is the
 * number of bytes, before Base64, that are sent before an answer. */
#define WINDOW (512 * 1024)

typedef struct
{
  SignalClient *client;
  char         *pattern;
  gboolean      seen[N_MESSAGES];
  gsize         under_way;
  gsize         total;
  guint         n_sent;
  guint         n_received;
  guint         n_errors;
} Bulk;

static gsize
size_of (guint n)
{
  return n == 0 ? 0 : n == 1 ? LARGEST : (gsize) n * 7919 % (LARGEST + 1);
}

static void
send_more (Bulk *self)
{
  while (self->n_sent < N_MESSAGES && self->under_way < WINDOW)
    {
      guint n = self->n_sent++;
      gsize size = size_of (n);
      g_autofree char *json = g_strdup_printf ("{\"n\":%u,\"text\":\"%.*s\"}", n, (int) size,
                                               self->pattern + n % 16);
      g_autoptr (GError) error = NULL;

      signal_client_send_json (self->client, "echo", json, &error);
      g_assert_no_error (error);
      self->under_way += size;
      self->total += size;
    }
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Bulk          *self)
{
  const char *json = signal_message_get_payload_json (message);
  guint n = strtoul (json + strlen ("{\"n\":"), NULL, 10);
  g_autofree char *head = g_strdup_printf ("{\"n\":%u,\"text\":\"", n);
  gsize size;

  /* The compiler does not know that a failed assertion ends the test, and warns about the array. */
  if (n >= N_MESSAGES)
    g_error ("Message %u was never sent", n);
  g_assert_false (self->seen[n]);
  self->seen[n] = TRUE;
  size = size_of (n);
  g_assert_true (g_str_has_prefix (json, head));
  g_assert_cmpuint (strlen (json), ==, strlen (head) + size + strlen ("\"}"));
  g_assert_cmpmem (json + strlen (head), size, self->pattern + n % 16, size);
  self->under_way -= size;
  self->n_received++;
}

static void
on_error (SignalClient *client,
          const GError *error,
          Bulk         *self)
{
  g_test_message ("%s", error->message);
  self->n_errors++;
}

static void
test_bulk (gconstpointer url)
{
  g_autofree Bulk *self = g_new0 (Bulk, 1);
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  gint64 start = g_get_monotonic_time ();
  gint64 deadline = start + 150 * G_TIME_SPAN_SECOND;
  double seconds;

  self->client = recorder->client;
  self->pattern = g_malloc (LARGEST + 17);
  for (guint i = 0; i < LARGEST + 16; i++)
    self->pattern[i] = "abcdefghijklmnopqrstuvwxyz0123456789 -"[i * 7 % 38];
  self->pattern[LARGEST + 16] = '\0';

  g_signal_handlers_disconnect_by_data (recorder->client, recorder);
  g_signal_connect (recorder->client, "message::echo", G_CALLBACK (on_message), self);
  g_signal_connect (recorder->client, "error", G_CALLBACK (on_error), self);
  while (self->n_received < N_MESSAGES)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      send_more (self);
      g_main_context_iteration (NULL, TRUE);
    }

  seconds = (g_get_monotonic_time () - start) / 1e6;
  g_test_message ("%u messages, %.0f MB each way, %.1f s", N_MESSAGES, self->total / 1e6, seconds);
  g_assert_cmpuint (self->n_errors, ==, 0);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_signal_handlers_disconnect_by_data (recorder->client, self);
  g_free (self->pattern);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *url = NULL;

  interop_test_init (&argc, &argv);
  url = processes_query ("server", "one", argv[1], NULL);
  g_test_add_data_func ("/interop/bulk", url, test_bulk);
  return history_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libsoup/soup.h>

#include "bench-main.h"
#include "bench-payload.h"
#include "bench-report.h"
#include "bench-tail.h"
#include "bench-wait.h"

#include "signal-glib/protocol/signal-envelope-private.h"

/* The time of a message to the server and back, one at a time: this library's client with the
 * embedded server, and libsoup's client with libsoup's server on frames of the same size. A request
 * is compared with a message of the same number of bytes. All of them take turns. */

/* What the ID of a request adds to its envelope. */
#define ID_SIZE (sizeof (",\"id\":\"\"") - 1 + 36)

#define N_ROUNDS 5
#define N_WARM_UP 50

static const struct
{
  gsize size;
  guint count; /* per round */
} cases[] = {
  { 64, 1000 },
  { 1024, 1000 },
  { 32768, 400 },
};

typedef struct _Line Line;

struct _Line
{
  const char *name;
  void (*send) (Line *self);

  SignalClient *client;
  SoupWebsocketConnection *socket;
  gsize extra; /* bytes of the payload */
  char *payload;
  GBytes *frame;

  BenchWait wait;
  gint64 sent;
  GArray *times; /* µs */
};

static void
send_next (Line *self)
{
  self->sent = bench_clock_read (CLOCK_MONOTONIC);
  self->send (self);
}

static void
take_answer (Line *self)
{
  double took = (bench_clock_read (CLOCK_MONOTONIC) - self->sent) / 1000.0;

  g_array_append_val (self->times, took);
  bench_wait_done (&self->wait);
  if (self->wait.pending > 0)
    send_next (self);
}

static void
send_message (Line *self)
{
  g_autoptr (GError) error = NULL;

  if (!signal_client_send_json (self->client, "echo", self->payload, &error))
    bench_wait_fail (&self->wait, error);
}

static void
on_answered (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Line *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);

  if (answer == NULL)
    bench_wait_fail (&self->wait, error);
  else
    take_answer (self);
}

static void
send_request (Line *self)
{
  signal_client_request_json_async (self->client, "echo", self->payload, 0, NULL, on_answered, self);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  take_answer (user_data);
}

static void
send_frame (Line *self)
{
  soup_websocket_connection_send_message (self->socket, SOUP_WEBSOCKET_DATA_TEXT, self->frame);
}

static void
on_frame (SoupWebsocketConnection *socket,
          SoupWebsocketDataType    type,
          GBytes                  *bytes,
          gpointer                 user_data)
{
  take_answer (user_data);
}

static void
on_soup_connected (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  Line *self = user_data;
  g_autoptr (GError) error = NULL;

  self->socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  if (self->socket == NULL)
    bench_wait_fail (&self->wait, error);
  else
    bench_wait_done (&self->wait);
}

static gboolean
open_soup (Line        *self,
           const char  *uri,
           GError     **error)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) request = soup_message_new ("GET", uri);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_websocket_connect_async (session, request, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        on_soup_connected, self);
  if (!bench_wait_run (&self->wait, 1, "connected", error))
    return FALSE;

  self->send = send_frame;
  g_signal_connect (self->socket, "message", G_CALLBACK (on_frame), self);
  return TRUE;
}

static gboolean
open_signal (Line        *self,
             BenchHost   *host,
             const char  *uri,
             GError     **error)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);

  if (!bench_host_connect (host, uri, clients, 1, error))
    return FALSE;

  self->send = send_message;
  self->client = g_ptr_array_steal_index (clients, 0);
  g_signal_connect (self->client, "message::echo", G_CALLBACK (on_message), self);
  return TRUE;
}

static Line *
line_new (GPtrArray  *lines,
          const char *name)
{
  Line *self = g_new0 (Line, 1);

  self->name = name;
  self->times = g_array_new (FALSE, FALSE, sizeof (double));
  bench_wait_init (&self->wait);
  g_ptr_array_add (lines, self);
  return self;
}

static void
line_free (gpointer data)
{
  Line *self = data;

  if (self->client != NULL)
    g_signal_handlers_disconnect_by_data (self->client, self);
  if (self->socket != NULL)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->client);
  g_clear_object (&self->socket);
  g_free (self->payload);
  g_array_unref (self->times);
  bench_wait_clear (&self->wait);
  g_free (self);
}

static gboolean
ping (Line    *self,
      guint    count,
      GError **error)
{
  send_next (self);
  return bench_wait_run (&self->wait, count, "come back", error);
}

static void
report_case (BenchContext *context,
             gsize         size,
             GPtrArray    *lines)
{
  double floor = 0;

  json_builder_begin_object (context->builder);
  bench_json_add (context->builder, "size", size);
  printf ("%8" G_GSIZE_FORMAT, size);
  for (guint i = 0; i < lines->len; i++)
    {
      Line *line = lines->pdata[i];
      BenchTail tail = bench_tail_compute (line->times);
      g_autofree char *what = g_strdup_printf ("round trip p50 at %" G_GSIZE_FORMAT " B, %s / libsoup",
                                               size, line->name);

      bench_tail_report (&tail, context->builder, line->name);
      bench_table_add_point (&context->table, "round trip, median", line->name, "bytes", "µs",
                             size, tail.p50);
      printf ("   %7.0f %7.0f", tail.p50, tail.p99);
      if (i == 0)
        floor = tail.p50;
      else
        {
          printf (" %6.2f", tail.p50 / floor);
          bench_table_add (&context->table, what, "ratio", tail.p50 / floor, BENCH_LESS_IS_BETTER,
                           BENCH_NONE, BENCH_NONE);
        }
    }
  printf ("\n");
  json_builder_end_object (context->builder);
}

/* The first line is that of the requests, the second one that of the messages. */
static void
report_requests (BenchContext *context,
                 gsize         size,
                 GPtrArray    *lines)
{
  BenchTail request = bench_tail_compute (((Line *) lines->pdata[0])->times);
  BenchTail message = bench_tail_compute (((Line *) lines->pdata[1])->times);
  g_autofree char *what = g_strdup_printf ("round trip p50 at %" G_GSIZE_FORMAT
                                           " B, request / message of the same bytes", size);

  printf ("%8" G_GSIZE_FORMAT "   %7.0f %7.0f %6.2f\n", size, request.p50, message.p50,
          request.p50 / message.p50);
  bench_table_add (&context->table, what, "ratio", request.p50 / message.p50, BENCH_LESS_IS_BETTER,
                   BENCH_NONE, BENCH_NONE);
}

static gboolean
measure_case (BenchContext  *context,
              GPtrArray     *lines,
              gsize          size,
              guint          count,
              void         (*report) (BenchContext *context,
                                      gsize         size,
                                      GPtrArray    *lines),
              GError       **error)
{
  g_autofree char *payload = bench_payload_new (size);
  gsize length;
  G_GNUC_UNUSED g_autofree char *inner = signal_envelope_compose ("echo", payload, NULL, &length);
  gsize frame_size = signal_envelope_get_encrypted_size (length);
  g_autoptr (GBytes) frame = g_bytes_new_take (g_strnfill (frame_size, 'a'), frame_size);

  for (guint i = 0; i < lines->len; i++)
    {
      Line *line = lines->pdata[i];

      g_free (line->payload);
      line->payload = bench_payload_new (size + line->extra);
    }

  for (guint round = 0; round <= N_ROUNDS; round++)
    for (guint i = 0; i < lines->len; i++)
      {
        Line *line = lines->pdata[i];

        line->frame = frame;
        if (round == 1)
          g_array_set_size (line->times, 0);
        if (!ping (line, round == 0 ? N_WARM_UP : count, error))
          return FALSE;
      }

  report (context, size, lines);
  for (guint i = 0; i < lines->len; i++)
    g_array_set_size (((Line *) lines->pdata[i])->times, 0);
  return TRUE;
}

static gboolean
measure_requests (BenchContext  *context,
                  GError       **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  BenchHost *host = context->host;
  const char *uri = host->uris[BENCH_WS];
  Line *request = line_new (lines, "request");
  Line *message = line_new (lines, "message");

  if (!open_signal (request, host, uri, error) || !open_signal (message, host, uri, error))
    return FALSE;

  request->send = send_request;
  message->extra = ID_SIZE;
  printf ("\nRound trip of a request and of a message of the same bytes over ws, p50 in µs\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (!measure_case (context, lines, cases[i].size, cases[i].count, report_requests, error))
      return FALSE;

  return TRUE;
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  BenchHost *host = context->host;

  if (!open_soup (line_new (lines, "libsoup"), host->soup, error))
    return FALSE;
  for (BenchScheme scheme = BENCH_WS; scheme < BENCH_N_SCHEMES; scheme++)
    if (host->uris[scheme] != NULL
        && !open_signal (line_new (lines, bench_scheme_get_name (scheme)), host, host->uris[scheme],
                         error))
      return FALSE;

  printf ("Round trip on loopback in µs: p50, p99, and p50 to libsoup's\n\n   bytes");
  for (guint i = 0; i < lines->len; i++)
    printf ("   %*s", i == 0 ? 15 : 22, ((Line *) lines->pdata[i])->name);
  printf ("\n");

  json_builder_set_member_name (context->builder, "cases");
  json_builder_begin_array (context->builder);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (!measure_case (context, lines, cases[i].size, cases[i].count, report_case, error))
      return FALSE;
  json_builder_end_array (context->builder);

  return measure_requests (context, error);
}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, "latency", measure);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "bench-limit.h"
#include "bench-main.h"
#include "bench-payload.h"
#include "bench-report.h"
#include "bench-wait.h"

/* Messages to a room of the embedded server: how many its listeners, all clients in this process,
 * receive per second in total, and the processor time of a message at either end. */

#define DURATION_MS 1000

/* The amount requested from the server at once, in delivered messages and in bytes: enough to keep
 * it busy, and much less than it stores for a client that reads slowly. Two requests are always
 * pending. */
#define ORDER_MESSAGES 2000
#define ORDER_BYTES (4 * 1024 * 1024)

#define MORE_ROOMS 100

/* Open files other than those of the clients. */
#define SPARE_FILES 64

typedef struct
{
  guint n_clients;   /* in total */
  guint n_listeners;
  gsize size;
  gboolean joins_more; /* all clients join many more rooms first */
  const char *note;
} Case;

static const Case cases[] = {
  { 1, 1, 64, FALSE, "" },
  { 10, 10, 64, FALSE, "" },
  { 100, 100, 64, FALSE, "" },
  { 100, 100, 1024, FALSE, "" },
  { 100, 100, 32768, FALSE, "" },
  { 100, 100, 64, TRUE, ", each in 100 rooms more" },
  { 1000, 1000, 64, FALSE, "" },
  { 1000, 1000, 1024, FALSE, "" },
  { 1000, 10, 64, FALSE, ", of 1000 clients" },
};

/* The clients, and the one that sends requests. */
typedef struct
{
  BenchContext *context;
  GPtrArray *clients;
  GPtrArray *callers; /* one */
} Crowd;

/* The state of a case. */
typedef struct
{
  SignalClient *caller;
  BenchWait wait;
  char *order;
  guint64 per_order;
  guint64 ordered;
  guint64 delivered;
  gint64 end; /* no requests after this time */
} Spray;

static Spray *current;

static void
give_order (Spray *self)
{
  g_autoptr (GError) error = NULL;

  self->ordered += self->per_order;
  if (!signal_client_send_json (self->caller, "spray", self->order, &error))
    bench_wait_fail (&self->wait, error);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  Spray *self = current;

  self->delivered++;
  if (self->delivered % self->per_order != 0)
    return;

  if (g_get_monotonic_time () < self->end)
    give_order (self);
  else if (self->delivered == self->ordered)
    bench_wait_done (&self->wait);
}

static char *
get_room (guint n_listeners)
{
  return g_strdup_printf ("room of %u", n_listeners);
}

/* Each client is in the rooms of all cases in which it listens. */
static gboolean
join_rooms (GPtrArray  *clients,
            guint       from,
            GError    **error)
{
  for (guint i = from; i < clients->len; i++)
    {
      g_autoptr (GPtrArray) rooms = g_ptr_array_new_with_free_func (g_free);

      for (guint n = 1; n <= 1000; n *= 10)
        if (i < n)
          g_ptr_array_add (rooms, get_room (n));
      g_ptr_array_add (rooms, NULL);
      if (!signal_client_join_rooms (clients->pdata[i], (const char * const *) rooms->pdata, error))
        return FALSE;
    }

  return bench_host_settle (clients, error);
}

static gboolean
join_more (GPtrArray  *clients,
           GError    **error)
{
  g_auto (GStrv) rooms = g_new0 (char *, MORE_ROOMS + 1);

  for (guint i = 0; i < MORE_ROOMS; i++)
    rooms[i] = g_strdup_printf ("another room %u", i);
  for (guint i = 0; i < clients->len; i++)
    if (!signal_client_join_rooms (clients->pdata[i], (const char * const *) rooms, error))
      return FALSE;

  return bench_host_settle (clients, error);
}

static gboolean
grow (Crowd       *self,
      guint        count,
      GError     **error)
{
  BenchHost *host = self->context->host;
  guint from = self->clients->len;

  while (self->clients->len < count)
    if (!bench_host_connect (host, host->uris[BENCH_WS], self->clients,
                             MIN (count - self->clients->len, 10), error))
      return FALSE;

  for (guint i = from; i < count; i++)
    g_signal_connect (self->clients->pdata[i], "message::" BENCH_EVENT, G_CALLBACK (on_message),
                      NULL);
  return from == count || join_rooms (self->clients, from, error);
}

static void
report (BenchContext *context,
        const Case   *self,
        double        rate,
        double        server_us,
        double        client_us)
{
  g_autofree char *name = g_strdup_printf ("to %u, %" G_GSIZE_FORMAT " B%s", self->n_listeners,
                                           self->size, self->note);
  g_autofree char *rate_name = g_strconcat ("delivered through a room ", name, NULL);
  g_autofree char *cost_name = g_strconcat ("server's processor time for one message ", name,
                                            NULL);
  JsonBuilder *builder = context->builder;

  printf ("%-46s %10.0f %10.2f %10.2f\n", name, rate, server_us, client_us);
  bench_table_add (&context->table, rate_name, "msg/s", rate, BENCH_MORE_IS_BETTER, BENCH_NONE,
                   BENCH_NONE);
  bench_table_add (&context->table, cost_name, "µs", server_us, BENCH_LESS_IS_BETTER, BENCH_NONE,
                   BENCH_NONE);
  if (self->size == 64 && *self->note == '\0')
    bench_table_add_point (&context->table, "delivered to a room, 64 B", "signal-glib", "listeners",
                           "messages per second", self->n_listeners, rate);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "what");
  json_builder_add_string_value (builder, name);
  bench_json_add (builder, "clients", self->n_clients);
  bench_json_add (builder, "listeners", self->n_listeners);
  bench_json_add (builder, "size", self->size);
  bench_json_add (builder, "messages_per_second", rate);
  bench_json_add (builder, "server_cpu_us", server_us);
  bench_json_add (builder, "client_cpu_us", client_us);
  json_builder_end_object (builder);
}

static gboolean
spray (Crowd       *crowd,
       const Case  *self,
       GError     **error)
{
  BenchHost *host = crowd->context->host;
  guint per_message = self->n_listeners;
  guint count = MIN (ORDER_MESSAGES / per_message, ORDER_BYTES / (self->size * per_message));
  g_autofree char *room = get_room (self->n_listeners);
  Spray state = { .caller = crowd->callers->pdata[0] };
  gint64 start, server, client;
  gboolean done;

  count = MAX (count, 1);
  bench_wait_init (&state.wait);
  state.per_order = count * per_message;
  state.order = g_strdup_printf ("{\"room\":\"%s\",\"size\":%" G_GSIZE_FORMAT ",\"count\":%u}",
                                 room, self->size, count);
  current = &state;

  start = g_get_monotonic_time ();
  server = bench_host_get_cpu_ns (host);
  client = bench_clock_read (CLOCK_PROCESS_CPUTIME_ID);
  state.end = start + DURATION_MS * 1000;
  give_order (&state);
  give_order (&state);
  done = bench_wait_run (&state.wait, 1, "been delivered", error);
  if (done)
    report (crowd->context, self, state.delivered * 1e6 / (g_get_monotonic_time () - start),
            (bench_host_get_cpu_ns (host) - server) / 1e3 / state.delivered,
            (bench_clock_read (CLOCK_PROCESS_CPUTIME_ID) - client) / 1e3 / state.delivered);

  bench_wait_clear (&state.wait);
  g_free (state.order);
  return done;
}

static gboolean
measure_cases (Crowd   *crowd,
               GError **error)
{
  BenchHost *host = crowd->context->host;
  guint files = bench_limit_raise_files ();

  if (!bench_host_connect (host, host->uris[BENCH_WS], crowd->callers, 1, error))
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].n_clients + SPARE_FILES > files)
      printf ("%u clients: skipped, there may not be so many open files\n", cases[i].n_clients);
    else if (!grow (crowd, cases[i].n_clients, error)
        || (cases[i].joins_more && !join_more (crowd->clients, error))
        || !spray (crowd, &cases[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  Crowd crowd = { context, g_ptr_array_new_with_free_func (g_object_unref),
                  g_ptr_array_new_with_free_func (g_object_unref) };
  gboolean done;

  printf ("Messages to a room, delivered to all listeners together\n\n%-46s %10s %10s %10s\n", "",
          "per second", "server µs", "client µs");
  json_builder_set_member_name (context->builder, "cases");
  json_builder_begin_array (context->builder);
  done = measure_cases (&crowd, error);
  json_builder_end_array (context->builder);

  g_ptr_array_unref (crowd.clients);
  g_ptr_array_unref (crowd.callers);
  return done;
}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, "fanout", measure);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>

#include "bench-host.h"
#include "bench-limit.h"
#include "bench-lines.h"
#include "bench-listeners.h"
#include "bench-payload.h"
#include "bench-wait.h"

/* The listeners of bench-scale.py, and what publishes to them: bench-crowd REDIS-URI CLIENTS URI…
 *
 * Listeners are distributed to the servers with these URIs. Each one is in a room of all, in one of 10
 * rooms and in one of 100 rooms, whose members are on different servers, and in one of 100 rooms whose
 * members are all on the same server. Prints a line of JSON when all are connected. Then each line of
 * standard input is an order to publish, and is answered with a line of JSON when all has been
 * delivered. The source is `server`, `servers` or `emitter`, or `nobody` to wake up a server only. */

/* What is requested at once: so much in total, and for each listener. That is enough to keep the servers
 * busy, and much less than they store for a client that reads slowly. */
#define ORDER_DELIVERIES 1000
#define ORDER_EACH 4
#define ORDERS_PENDING 3

#define N_GATHERED 100

/* Handshakes. */
#define AT_ONCE 32

#define TICK_MS 5
#define SETTLE_MS 500
#define SETTLE_EACH_MS 0.1
#define MAX_TRIES 10

/* Open files other than those of the clients. */
#define SPARE_FILES 64

typedef struct
{
  BenchListeners *listeners;
  guint n_listeners;
  GPtrArray *callers; /* a client of each server */
  SignalBus *bus;
} Crowd;

/* An order that is being carried out. */
typedef struct
{
  Crowd *crowd;
  BenchWait wait;
  const char *prefix;
  char *source;
  guint n_rooms;
  gsize size;
  char *payload;
  guint per_message;   /* deliveries */
  guint batch;         /* messages at once */
  double rate;         /* messages per second, or 0 for as many as possible */
  gint64 start;
  gint64 end;
  guint64 base;        /* deliveries before */
  guint64 published;
  guint n_batches;
} Order;

static gboolean
publish_by_bus (Order   *self,
                guint    count,
                GError **error)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *room = g_strdup_printf ("%s%u", self->prefix,
                                               (guint) ((self->published + i) % self->n_rooms));

      if (!signal_bus_send_to_room_json (self->crowd->bus, room, BENCH_EVENT, self->payload, NULL, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
publish_by_server (Order   *self,
                   guint    count,
                   GError **error)
{
  GPtrArray *callers = self->crowd->callers;
  guint index = g_str_equal (self->source, "servers") ? self->n_batches % callers->len : 0;
  guint messages = self->per_message > 0 ? count : 0;
  g_autofree char *json = g_strdup_printf ("{\"prefix\":\"%s\",\"rooms\":%u,\"first\":%u,\"count\":%u,"
                                           "\"size\":%" G_GSIZE_FORMAT "}", self->prefix, self->n_rooms,
                                           (guint) (self->published % self->n_rooms), messages,
                                           self->size);

  return signal_client_send_json (callers->pdata[index], "spray", json, error);
}

static void
publish (Order *self,
         guint  count)
{
  g_autoptr (GError) error = NULL;
  gboolean done = g_str_equal (self->source, "emitter") ? publish_by_bus (self, count, &error)
                                                        : publish_by_server (self, count, &error);

  if (!done)
    bench_wait_fail (&self->wait, error);
  self->published += count;
  self->n_batches++;
}

static guint64
get_expected (Order *self)
{
  return self->base + self->published * self->per_message;
}

/* Publishes more while fewer deliveries are pending than those of some orders. */
static void
fill_window (Order *self)
{
  guint64 batch = (guint64) self->batch * self->per_message;
  guint64 count = bench_listeners_get_count (self->crowd->listeners);

  while (g_get_monotonic_time () < self->end
         && get_expected (self) < count + ORDERS_PENDING * batch)
    publish (self, self->batch);

  if (count >= get_expected (self))
    bench_wait_done (&self->wait);
  else
    bench_listeners_set_wake_at (self->crowd->listeners, MIN (count + batch, get_expected (self)));
}

static gboolean
on_reached (int          fd,
            GIOCondition condition,
            gpointer     user_data)
{
  guint64 value;

  if (read (fd, &value, sizeof value) == sizeof value)
    fill_window (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_tick (gpointer user_data)
{
  Order *self = user_data;
  gint64 now = MIN (g_get_monotonic_time (), self->end);
  guint64 due = self->rate * (now - self->start) / 1e6;

  if (due > self->published)
    publish (self, due - self->published);
  if (now < self->end)
    return G_SOURCE_CONTINUE;

  fill_window (self);
  return G_SOURCE_REMOVE;
}

static gboolean
carry_out (Order   *self,
           GError **error)
{
  guint source = g_unix_fd_add (bench_listeners_get_fd (self->crowd->listeners), G_IO_IN, on_reached, self);
  gboolean done;

  bench_wait_init (&self->wait);
  if (self->rate > 0)
    g_timeout_add (TICK_MS, on_tick, self);
  else
    fill_window (self);
  done = bench_wait_run (&self->wait, 1, "been delivered", error);
  if (!done)
    g_prefix_error (error, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT ": ",
                    bench_listeners_get_count (self->crowd->listeners) - self->base,
                    get_expected (self) - self->base);

  bench_wait_clear (&self->wait);
  g_source_remove (source);
  return done;
}

static void
report (Order  *self,
        gint64  wall,
        gint64  listeners,
        gint64  callers)
{
  printf ("{\"published\":%" G_GUINT64_FORMAT ",\"delivered\":%" G_GUINT64_FORMAT ",\"wall_ns\":%"
          G_GINT64_FORMAT ",\"listeners_ns\":%" G_GINT64_FORMAT ",\"callers_ns\":%" G_GINT64_FORMAT "}\n",
          self->published, bench_listeners_get_count (self->crowd->listeners) - self->base, wall, listeners,
          callers);
  fflush (stdout);
}

static gboolean
obey (Crowd       *crowd,
      const char  *line,
      GError     **error)
{
  g_autoptr (JsonNode) node = json_from_string (line, error);
  JsonObject *object;
  Order order = { .crowd = crowd };
  gint64 wall, listeners, callers;
  gboolean done;

  if (node == NULL)
    return FALSE;

  object = json_node_get_object (node);
  order.prefix = json_object_get_string_member (object, "prefix");
  order.source = (char *) json_object_get_string_member (object, "source");
  order.n_rooms = json_object_get_int_member (object, "rooms");
  order.size = json_object_get_int_member (object, "size");
  order.payload = bench_payload_new (order.size);
  order.base = bench_listeners_get_count (crowd->listeners);
  order.rate = json_object_get_double_member (object, "rate");
  if (!g_str_equal (order.source, "nobody"))
    {
      order.per_message = crowd->n_listeners / order.n_rooms;
      order.batch = MAX (ORDER_DELIVERIES, ORDER_EACH * crowd->n_listeners) / order.per_message;
      order.rate /= order.per_message;
    }

  wall = -bench_clock_read (CLOCK_MONOTONIC);
  callers = -bench_clock_read (CLOCK_THREAD_CPUTIME_ID);
  listeners = -bench_listeners_get_cpu_ns (crowd->listeners);
  order.start = g_get_monotonic_time ();
  order.end = order.start + json_object_get_int_member (object, "ms") * 1000;
  done = carry_out (&order, error);
  if (done)
    report (&order, wall + bench_clock_read (CLOCK_MONOTONIC),
            listeners + bench_listeners_get_cpu_ns (crowd->listeners),
            callers + bench_clock_read (CLOCK_THREAD_CPUTIME_ID));

  g_free (order.payload);
  return done;
}

static void
on_bus_connected (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (signal_bus_connect_finish (SIGNAL_BUS (source), result, &error))
    bench_wait_done (user_data);
  else
    bench_wait_fail (user_data, error);
}

static gboolean
connect_callers (Crowd   *self,
                 char   **uris,
                 GError **error)
{
  BenchHost host = { 0 };
  g_auto (BenchWait) wait;

  for (guint i = 0; uris[i] != NULL; i++)
    if (!bench_host_connect (&host, uris[i], self->callers, 1, error))
      return FALSE;

  bench_wait_init (&wait);
  signal_bus_connect_async (self->bus, NULL, on_bus_connected, &wait);
  return bench_wait_run (&wait, 1, "connected", error);
}

/* All digits of the index contribute, so that the members of a room are on different servers. */
static guint
choose_server (guint index,
               guint n_servers)
{
  return (index + index / 10 + index / 100) % n_servers;
}

/* Where a listener connects to, and its place among the listeners of that server. */
typedef struct
{
  const char *uri;
  guint       index;
  guint       gathered;
} Place;

typedef struct
{
  Crowd  *crowd;
  GMutex  mutex;
  GError *error;
} Connecting;

static void
connect_listener (gpointer data,
                  gpointer user_data)
{
  g_autofree Place *place = data;
  Connecting *self = user_data;
  g_autofree char *ten = g_strdup_printf ("ten.%u", place->index % 10);
  g_autofree char *hundred = g_strdup_printf ("hundred.%u", place->index % 100);
  g_autofree char *gathered = g_strdup_printf ("gathered.%u", place->gathered);
  const char *rooms[] = { "one.0", ten, hundred, gathered, NULL };
  GError *error = NULL;

  if (bench_listeners_add (self->crowd->listeners, place->uri, rooms, &error))
    return;

  g_mutex_lock (&self->mutex);
  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  g_mutex_unlock (&self->mutex);
  g_clear_error (&error);
}

static gboolean
connect_listeners (Crowd   *self,
                   char   **uris,
                   GError **error)
{
  guint n_servers = g_strv_length (uris);
  g_autofree guint *members = g_new0 (guint, n_servers);
  Connecting connecting = { .crowd = self };
  GThreadPool *pool = g_thread_pool_new (connect_listener, &connecting, AT_ONCE, TRUE, error);

  if (pool == NULL)
    return FALSE;

  g_mutex_init (&connecting.mutex);
  for (guint i = 0; i < self->n_listeners; i++)
    {
      guint server = choose_server (i, n_servers);
      Place *place = g_new (Place, 1);

      place->uri = uris[server];
      place->index = i;
      place->gathered = server + n_servers * (members[server]++ % (N_GATHERED / n_servers));
      g_thread_pool_push (pool, place, NULL);
    }

  g_thread_pool_free (pool, FALSE, TRUE);
  g_mutex_clear (&connecting.mutex);
  if (connecting.error != NULL)
    {
      g_propagate_error (error, connecting.error);
      return FALSE;
    }

  bench_listeners_start (self->listeners);
  return TRUE;
}

/* Waits until all listeners are in all of their rooms. */
static gboolean
settle (Crowd   *self,
        GError **error)
{
  static const struct
  {
    const char *prefix;
    guint       n_rooms;
  } rooms[] = { { "one.", 1 }, { "ten.", 10 }, { "hundred.", 100 }, { "gathered.", N_GATHERED } };
  guint64 wanted = G_N_ELEMENTS (rooms) * (guint64) self->n_listeners;
  guint64 base = 0;
  g_auto (BenchWait) wait;

  bench_wait_init (&wait);
  for (guint tries = 0; tries < MAX_TRIES; tries++)
    {
      bench_wait_for (&wait, SETTLE_MS);
      base = bench_listeners_get_count (self->listeners);
      for (gsize i = 0; i < G_N_ELEMENTS (rooms); i++)
        for (guint room = 0; room < rooms[i].n_rooms; room++)
          {
            g_autofree char *name = g_strdup_printf ("%s%u", rooms[i].prefix, room);

            if (!signal_bus_send_to_room_json (self->bus, name, BENCH_EVENT, NULL, NULL, error))
              return FALSE;
          }
      bench_wait_for (&wait, SETTLE_MS + SETTLE_EACH_MS * wanted);
      if (bench_listeners_get_count (self->listeners) - base == wanted)
        return TRUE;
    }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
               " messages arrived", bench_listeners_get_count (self->listeners) - base, wanted);
  return FALSE;
}

static gboolean
run (Crowd   *self,
     char   **uris,
     GError **error)
{
  gboolean done;

  if (!connect_callers (self, uris, error)
      || !connect_listeners (self, uris, error)
      || !settle (self, error))
    return FALSE;

  printf ("{\"connected\":%u}\n", self->n_listeners);
  fflush (stdout);
  do
    {
      g_autofree char *line = bench_lines_read ();

      if (line == NULL)
        return TRUE;
      done = obey (self, line, error);
    }
  while (done);

  return FALSE;
}

int
main (int    argc,
      char **argv)
{
  Crowd crowd = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (argc < 4)
    {
      g_printerr ("usage: %s REDIS-URI CLIENTS URI…\n", argv[0]);
      return 2;
    }

  crowd.n_listeners = g_ascii_strtoull (argv[2], NULL, 10);
  if (crowd.n_listeners + SPARE_FILES > bench_limit_raise_files ())
    {
      g_printerr ("There may not be so many open files\n");
      return 1;
    }

  crowd.bus = signal_bus_new (argv[1]);
  crowd.callers = g_ptr_array_new_with_free_func (g_object_unref);
  crowd.listeners = bench_listeners_new ();
  done = run (&crowd, argv + 3, &error);
  if (!done)
    g_printerr ("%s\n", error->message);

  g_clear_pointer (&crowd.listeners, bench_listeners_free);
  g_ptr_array_unref (crowd.callers);
  g_object_unref (crowd.bus);
  return done ? 0 : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "bench-main.h"
#include "bench-payload.h"
#include "bench-report.h"
#include "bench-tail.h"
#include "bench-wait.h"

/* The delay of other sources of a main loop while a client in it receives more messages than it can
 * read: of a timer, and of a source with the priority at which GTK redraws. And the number of
 * messages that arrive, alone and beside a source of that priority that is always ready, like the
 * one of a busy animation. Other programs on the machine cause delays too. Therefore there also is
 * the delay without a flood, and the part caused by this thread: the processor time between two
 * ticks, above the interval of the timer. */

#define TIMER_MS 10
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

/* The duration of a redraw of the busy source. */
#define BUSY_US 2000

#define QUIET_MS 800
#define START_MS 200
#define FLOOD_MS 1500
#define BUSY_MS 800

/* The maximum delay of either source. */
#define MUST_MS 25

typedef struct
{
  const char *name;
  const char *query;
  gboolean is_bounded; /* a single message of the flood does not take long */
} Case;

static const Case cases[] = {
  { "64 B", "size=64", TRUE },
  { "64 B, single", "size=64&single=1", TRUE },
  { "32 KiB", "size=32768", TRUE },
  { "1 MiB", "size=1048576", TRUE },
  { "1 MiB of objects", "size=1048576&many=1", TRUE },
  { "16 MiB", "size=16777216", FALSE },
  { "16 MiB of objects", "size=16777216&many=1", FALSE },
};

/* In ms. */
typedef struct
{
  BenchTail late;
  BenchTail own;
} Lateness;

/* What was measured in an interval. */
typedef struct
{
  Lateness timer;
  Lateness redraw;
  double rate; /* messages per second */
} Phase;

static guint n_messages;

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  if (signal_message_get_payload_json (message) != NULL)
    n_messages++;
}

typedef struct
{
  GArray *late;
  GArray *own;
  gint64 due;
  gint64 cpu; /* of the last tick */
} Watcher;

static void
watch (Watcher *self)
{
  gint64 cpu = bench_clock_read (CLOCK_THREAD_CPUTIME_ID);
  double late = MAX (g_get_monotonic_time () - self->due, 0) / 1000.0;
  double own = MAX ((cpu - self->cpu) / 1000000.0 - TIMER_MS, 0);

  g_array_append_val (self->late, late);
  g_array_append_val (self->own, own);
  self->cpu = cpu;
}

static gboolean
on_tick (gpointer user_data)
{
  Watcher *self = user_data;

  watch (self);
  self->due = g_source_get_time (g_main_current_source ()) + TIMER_MS * 1000;
  return G_SOURCE_CONTINUE;
}

static guint
start_watcher (Watcher *self,
               int      priority)
{
  self->late = g_array_new (FALSE, FALSE, sizeof (double));
  self->own = g_array_new (FALSE, FALSE, sizeof (double));
  self->cpu = bench_clock_read (CLOCK_THREAD_CPUTIME_ID);
  self->due = g_get_monotonic_time () + TIMER_MS * 1000;
  return g_timeout_add_full (priority, TIMER_MS, on_tick, self, NULL);
}

static Lateness
stop_watcher (Watcher *self,
              guint    source)
{
  Lateness lateness;

  /* A tick that has not happened has at least this delay. */
  watch (self);
  g_source_remove (source);
  lateness.late = bench_tail_compute (self->late);
  lateness.own = bench_tail_compute (self->own);
  g_array_unref (self->late);
  g_array_unref (self->own);

  return lateness;
}

static Phase
observe (BenchWait *wait,
         guint      milliseconds)
{
  gint64  start = g_get_monotonic_time ();
  Watcher timer, redraw;
  guint   timer_source = start_watcher (&timer, G_PRIORITY_DEFAULT);
  guint   redraw_source = start_watcher (&redraw, REDRAW_PRIORITY);
  Phase   phase;

  n_messages = 0;
  bench_wait_for (wait, milliseconds);
  phase.rate = n_messages * 1e6 / (g_get_monotonic_time () - start);
  phase.timer = stop_watcher (&timer, timer_source);
  phase.redraw = stop_watcher (&redraw, redraw_source);

  return phase;
}

static gboolean
on_busy (gpointer user_data)
{
  gint64 end = g_get_monotonic_time () + BUSY_US;

  while (g_get_monotonic_time () < end)
    continue;
  return G_SOURCE_CONTINUE;
}

static Phase
observe_busy (BenchWait *wait)
{
  guint busy = g_idle_add_full (REDRAW_PRIORITY, on_busy, NULL, NULL);
  Phase phase = observe (wait, BUSY_MS);

  g_source_remove (busy);
  return phase;
}

static void
report_phase (JsonBuilder *builder,
              const char  *name,
              const Phase *phase)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  bench_tail_report (&phase->timer.late, builder, "timer_late_ms");
  bench_tail_report (&phase->timer.own, builder, "timer_own_ms");
  bench_tail_report (&phase->redraw.late, builder, "redraw_late_ms");
  bench_tail_report (&phase->redraw.own, builder, "redraw_own_ms");
  bench_json_add (builder, "messages_per_second", phase->rate);
  json_builder_end_object (builder);
}

static void
add_row (BenchContext *context,
         const char   *source,
         const char   *name,
         const Case   *self,
         double        value)
{
  g_autofree char *what = g_strdup_printf ("%s under a flood of %s, at worst late", source, name);

  bench_table_add (&context->table, what, "ms", value, BENCH_LESS_IS_BETTER,
                   self->is_bounded ? MUST_MS : BENCH_NONE, BENCH_NONE);
}

static void
print_lateness (const Lateness *self)
{
  printf ("  %5.1f %5.1f %5.1f %5.1f", self->late.p50, self->late.p99, self->late.max, self->own.max);
}

static void
report (BenchContext *context,
        const Case   *self,
        BenchScheme   scheme,
        const Phase   phases[3])
{
  g_autofree char *name = g_strdup_printf ("%s, %s", bench_scheme_get_name (scheme), self->name);
  const Phase *quiet = &phases[0], *flood = &phases[1], *busy = &phases[2];

  printf ("%-22s", name);
  print_lateness (&quiet->timer);
  print_lateness (&flood->timer);
  print_lateness (&flood->redraw);
  printf (" %8.0f %8.0f\n", flood->rate, busy->rate);
  add_row (context, "a 10 ms timer", name, self, flood->timer.late.max);
  add_row (context, "a redraw", name, self, flood->redraw.late.max);

  json_builder_begin_object (context->builder);
  json_builder_set_member_name (context->builder, "flood");
  json_builder_add_string_value (context->builder, name);
  report_phase (context->builder, "without", quiet);
  report_phase (context->builder, "with", flood);
  report_phase (context->builder, "with_and_busy", busy);
  json_builder_end_object (context->builder);
}

static gboolean
measure_case (BenchContext  *context,
              const Case    *self,
              BenchScheme    scheme,
              GError       **error)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *uri = g_strdup_printf ("%s?%s", context->host->uris[scheme], self->query);
  g_auto (BenchWait) wait;
  Phase phases[3];

  bench_wait_init (&wait);
  if (!bench_host_connect (context->host, uri, clients, 1, error))
    return FALSE;

  g_signal_connect (clients->pdata[0], "message::" BENCH_EVENT, G_CALLBACK (on_message), NULL);
  phases[0] = observe (&wait, QUIET_MS);
  if (!signal_client_send_json (clients->pdata[0], "go", NULL, error))
    return FALSE;

  bench_wait_for (&wait, START_MS);
  phases[1] = observe (&wait, FLOOD_MS);
  phases[2] = observe_busy (&wait);
  if (signal_client_get_state (clients->pdata[0]) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The flood of %s ended before its time",
                   self->name);
      return FALSE;
    }

  report (context, self, scheme, phases);
  return bench_host_disconnect (clients->pdata[0], error);
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  printf ("How late in ms: p50, p99, max, and the most of our own making; and messages per second, alone\n"
          "and beside a redraw that is always ready\n\n%-22s  %23s  %23s  %23s %8s %8s\n", "",
          "timer, no flood", "timer", "redraw", "msg/s", "msg/s");
  json_builder_set_member_name (context->builder, "floods");
  json_builder_begin_array (context->builder);
  for (BenchScheme scheme = BENCH_WS; scheme < BENCH_N_SCHEMES; scheme++)
    for (gsize i = 0; i < G_N_ELEMENTS (cases) && context->host->uris[scheme] != NULL; i++)
      if (!measure_case (context, &cases[i], scheme, error))
        return FALSE;
  json_builder_end_array (context->builder);

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, "fairness", measure);
}

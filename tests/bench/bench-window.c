/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>

#include <gtk/gtk.h>

#include "bench-main.h"
#include "bench-payload.h"
#include "bench-report.h"
#include "bench-tail.h"
#include "bench-wait.h"

/* Frames per second of an animation in a real window, with and without a flood of messages to a
 * client in the same main loop. Needs a display. */

#define START_MS 500
#define DURATION_MS 2500

/* The exit status of a skipped test. */
#define EXIT_SKIPPED 77

static const struct
{
  const char *name;
  BenchScheme scheme;
  const char *query; /* NULL for no flood */
} cases[] = {
  { "no flood", BENCH_WS, NULL },
  { "ws, 64 B", BENCH_WS, "size=64" },
  { "ws, 32 KiB", BENCH_WS, "size=32768" },
  { "ws, 1 MiB", BENCH_WS, "size=1048576" },
  { "wss, 64 B", BENCH_WSS, "size=64" },
  { "wss, 32 KiB", BENCH_WSS, "size=32768" },
  { "wss, 1 MiB", BENCH_WSS, "size=1048576" },
};

/* The content of the window. */
typedef struct
{
  GtkWidget *area;
  guint      n_messages;
  gint64     last_frame;
  GArray    *gaps; /* the interval between frames, in ms */
} Scene;

static void
draw (GtkDrawingArea *area,
      cairo_t        *cairo,
      int             width,
      int             height,
      gpointer        user_data)
{
  Scene *self = user_data;
  double angle = g_get_monotonic_time () / 1e6 * G_PI;
  g_autofree char *text = g_strdup_printf ("%u", self->n_messages);

  cairo_arc (cairo, width * (0.5 + 0.3 * cos (angle)), height * (0.5 + 0.3 * sin (angle)), 20,
             0, 2 * G_PI);
  cairo_fill (cairo);
  cairo_move_to (cairo, 10, 20);
  cairo_show_text (cairo, text);
}

static gboolean
on_tick (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  Scene *self = user_data;
  gint64 now = g_get_monotonic_time ();
  double gap = (now - self->last_frame) / 1000.0;

  g_array_append_val (self->gaps, gap);
  self->last_frame = now;
  gtk_widget_queue_draw (widget);
  return G_SOURCE_CONTINUE;
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  Scene *self = user_data;

  if (signal_message_get_payload_json (message) != NULL)
    self->n_messages++;
}

static void
report (BenchContext    *context,
        const char      *name,
        double           fps,
        double           rate,
        const BenchTail *gaps)
{
  g_autofree char *what = g_strdup_printf ("frames of an animation, %s", name);
  JsonBuilder *builder = context->builder;

  printf ("%-14s %10.1f %10.1f %10.1f %10.0f\n", name, fps, gaps->p99, gaps->max, rate);
  bench_table_add (&context->table, what, "fps", fps, BENCH_MORE_IS_BETTER, BENCH_NONE, BENCH_NONE);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "flood");
  json_builder_add_string_value (builder, name);
  bench_json_add (builder, "frames_per_second", fps);
  bench_json_add (builder, "messages_per_second", rate);
  bench_tail_report (gaps, builder, "frame_gap_ms");
  json_builder_end_object (builder);
}

static void
watch (BenchContext *context,
       Scene        *self,
       const char   *name,
       BenchWait    *wait)
{
  gint64 start = g_get_monotonic_time ();
  double seconds;
  BenchTail gaps;

  self->n_messages = 0;
  self->last_frame = start;
  g_array_set_size (self->gaps, 0);
  bench_wait_for (wait, DURATION_MS);

  /* The current interval also counts, so that a frame clock that has stopped is detected. */
  on_tick (self->area, NULL, self);
  seconds = (g_get_monotonic_time () - start) / 1e6;
  gaps = bench_tail_compute (self->gaps);
  report (context, name, (self->gaps->len - 1) / seconds, self->n_messages / seconds, &gaps);
}

static gboolean
measure_case (BenchContext  *context,
              Scene         *self,
              const char    *name,
              const char    *base,
              const char    *query,
              GError       **error)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *uri = g_strdup_printf ("%s?%s", base, query);
  g_auto (BenchWait) wait;

  bench_wait_init (&wait);
  if (query == NULL)
    {
      bench_wait_for (&wait, START_MS);
      watch (context, self, name, &wait);
      return TRUE;
    }

  if (!bench_host_connect (context->host, uri, clients, 1, error)
      || !signal_client_send_json (clients->pdata[0], "go", NULL, error))
    return FALSE;

  g_signal_connect (clients->pdata[0], "message::" BENCH_EVENT, G_CALLBACK (on_message), self);
  bench_wait_for (&wait, START_MS);
  watch (context, self, name, &wait);
  return bench_host_disconnect (clients->pdata[0], error);
}

static gboolean
measure_cases (BenchContext  *context,
               Scene         *self,
               GError       **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *base = context->host->uris[cases[i].scheme];

      if (base != NULL
          && !measure_case (context, self, cases[i].name, base, cases[i].query, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  GtkWidget *window = gtk_window_new ();
  Scene self = { gtk_drawing_area_new (), .gaps = g_array_new (FALSE, FALSE, sizeof (double)) };
  gboolean done;

  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self.area), draw, &self, NULL);
  gtk_widget_add_tick_callback (self.area, on_tick, &self, NULL);
  gtk_window_set_child (GTK_WINDOW (window), self.area);
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 300);
  gtk_window_present (GTK_WINDOW (window));

  printf ("An animation in a window under a flood\n\n%-14s %10s %10s %10s %10s\n", "",
          "frames/s", "gap p99 ms", "gap max ms", "msg/s");
  json_builder_set_member_name (context->builder, "floods");
  json_builder_begin_array (context->builder);
  done = measure_cases (context, &self, error);
  json_builder_end_array (context->builder);

  gtk_window_destroy (GTK_WINDOW (window));
  g_array_unref (self.gaps);
  return done;
}

int
main (int    argc,
      char **argv)
{
  if (!gtk_init_check ())
    {
      printf ("There is no display: skipped\n");
      return EXIT_SKIPPED;
    }

  return bench_main (argc, argv, "window", measure);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/websocket/signal-websocket-input-private.h"

/* What GTK redraws at. */
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

/* Work that one wake-up brings: much less than a turn. */
#define WORK_US 200
#define N_WAKE_UPS 200

/* A socket that has a little at each wake-up, and is ready again at once: what a peer looks like that
 * sends about as fast as it is read. */
struct _Trickle
{
  GInputStream parent_instance;

  gboolean is_empty;
};

#define TYPE_TRICKLE (trickle_get_type ())

G_DECLARE_FINAL_TYPE (Trickle, trickle, TEST, TRICKLE, GInputStream)

static void trickle_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (Trickle, trickle, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      trickle_pollable_init))

static gssize
trickle_read_nonblocking (GPollableInputStream  *stream,
                          void                  *buffer,
                          gsize                  count,
                          GError               **error)
{
  static const guint8 frame[] = { 0x82, 2, 'h', 'i' };
  Trickle *self = TEST_TRICKLE (stream);
  gint64 end = g_get_monotonic_time () + WORK_US;

  if (self->is_empty)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "For now");
      return -1;
    }

  while (g_get_monotonic_time () < end)
    continue;
  self->is_empty = TRUE;
  g_assert_cmpuint (count, >=, sizeof frame);
  memcpy (buffer, frame, sizeof frame);
  return sizeof frame;
}

static GSource *
trickle_create_source (GPollableInputStream *stream,
                       GCancellable         *cancellable)
{
  GSource *source = g_pollable_source_new (G_OBJECT (stream));

  TEST_TRICKLE (stream)->is_empty = FALSE;
  g_source_set_ready_time (source, 0);
  return source;
}

static gboolean
trickle_is_readable (GPollableInputStream *stream)
{
  return TRUE;
}

static void
trickle_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->read_nonblocking = trickle_read_nonblocking;
  iface->create_source = trickle_create_source;
  iface->is_readable = trickle_is_readable;
}

static void
trickle_class_init (TrickleClass *klass)
{
}

static void
trickle_init (Trickle *self)
{
}

typedef struct
{
  SignalStreamInput *input;
  guint n_wake_ups;
  guint n_redraws;
} Reader;

static void await_input (Reader *reader);

/* As libsoup does it: all there is, then a new source. */
static gboolean
on_input (GObject  *stream,
          gpointer  user_data)
{
  Reader *reader = user_data;
  g_autoptr (GError) error = NULL;
  char buffer[1024];

  reader->n_wake_ups++;
  while (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (reader->input), buffer,
                                                   sizeof buffer, NULL, &error) > 0)
    continue;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  await_input (reader);
  return G_SOURCE_REMOVE;
}

static void
await_input (Reader *reader)
{
  g_autoptr (GSource) source = NULL;

  source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (reader->input), NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (on_input), reader, NULL);
  g_source_attach (source, NULL);
}

static gboolean
on_redraw (gpointer user_data)
{
  Reader *reader = user_data;

  reader->n_redraws++;
  return G_SOURCE_CONTINUE;
}

/* Many short turns that follow each other at once are one long turn. */
static void
test_trickle (void)
{
  g_autoptr (Trickle) trickle = g_object_new (TYPE_TRICKLE, NULL);
  g_autoptr (SignalStreamInput) input = signal_stream_input_new (G_INPUT_STREAM (trickle), -1, NULL);
  Reader reader = { input };
  guint redraw = g_timeout_add_full (REDRAW_PRIORITY, 1, on_redraw, &reader, NULL);

  await_input (&reader);
  while (reader.n_wake_ups < N_WAKE_UPS)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (reader.n_redraws, >=, 3);

  g_source_remove (redraw);
  signal_stream_input_abandon (input);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stream-input/trickle", test_trickle);

  return g_test_run ();
}

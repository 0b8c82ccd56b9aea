/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-read-ahead-private.h"

#include <string.h>

/* GnuTLS reads the header and the content of each TLS record separately. With this stream in between, several
 * records are read from the socket at once. The buffer exists only while it contains something: many
 * connections are idle. */
#define BUFFER_SIZE (32 * 1024)

struct _SignalReadAhead
{
  GFilterInputStream parent_instance;

  guint8 *data; /* NULL if there is nothing in it */
  gsize   start;
  gsize   end;
};

static void signal_read_ahead_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalReadAhead, signal_read_ahead, G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      signal_read_ahead_pollable_init))

static GInputStream *
get_base (SignalReadAhead *self)
{
  return g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self));
}

/* Returns at most count bytes from the buffer, which is read again when it is empty. */
static gssize
read_ahead (SignalReadAhead *self,
            void            *buffer,
            gsize            count,
            gboolean         is_blocking,
            GCancellable    *cancellable,
            GError         **error)
{
  if (self->data == NULL)
    {
      guint8 *data = g_malloc (BUFFER_SIZE);
      gssize length = g_pollable_stream_read (get_base (self), data, BUFFER_SIZE, is_blocking,
                                              cancellable, error);

      if (length <= 0)
        {
          g_free (data);
          return length;
        }

      self->data = data;
      self->start = 0;
      self->end = (gsize) length;
    }

  count = MIN (count, self->end - self->start);
  memcpy (buffer, self->data + self->start, count);
  self->start += count;
  if (self->start == self->end)
    g_clear_pointer (&self->data, g_free);

  return (gssize) count;
}

static gssize
signal_read_ahead_read (GInputStream  *stream,
                        void          *buffer,
                        gsize          count,
                        GCancellable  *cancellable,
                        GError       **error)
{
  return read_ahead (SIGNAL_READ_AHEAD (stream), buffer, count, TRUE, cancellable, error);
}

static gssize
signal_read_ahead_read_nonblocking (GPollableInputStream  *pollable,
                                    void                  *buffer,
                                    gsize                  count,
                                    GError               **error)
{
  return read_ahead (SIGNAL_READ_AHEAD (pollable), buffer, count, FALSE, NULL, error);
}

static gboolean
signal_read_ahead_is_readable (GPollableInputStream *pollable)
{
  SignalReadAhead *self = SIGNAL_READ_AHEAD (pollable);

  return self->data != NULL
         || g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (get_base (self)));
}

typedef struct
{
  GSource parent;
  SignalReadAhead *stream;
} ReadAheadSource;

/* The buffer may contain something even though the socket is not readable; that it is, is reported by the
 * child source. */
static gboolean
read_ahead_source_prepare (GSource *source,
                           int     *timeout)
{
  *timeout = -1;
  return ((ReadAheadSource *) source)->stream->data != NULL;
}

static gboolean
read_ahead_source_dispatch (GSource     *source,
                            GSourceFunc  callback,
                            gpointer     user_data)
{
  SignalReadAhead *stream = ((ReadAheadSource *) source)->stream;

  return ((GPollableSourceFunc) (void (*) (void)) callback) (G_OBJECT (stream), user_data);
}

static void
read_ahead_source_finalize (GSource *source)
{
  g_clear_object (&((ReadAheadSource *) source)->stream);
}

static GSourceFuncs read_ahead_source_funcs = {
  .prepare = read_ahead_source_prepare,
  .dispatch = read_ahead_source_dispatch,
  .finalize = read_ahead_source_finalize,
};

static GSource *
signal_read_ahead_create_source (GPollableInputStream *pollable,
                                 GCancellable         *cancellable)
{
  SignalReadAhead *self = SIGNAL_READ_AHEAD (pollable);
  GSource *source = g_source_new (&read_ahead_source_funcs, sizeof (ReadAheadSource));
  g_autoptr (GSource) child = NULL;

  ((ReadAheadSource *) source)->stream = g_object_ref (self);
  g_source_set_static_name (source, "[signal-glib] read ahead");

  child = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (get_base (self)), cancellable);
  g_source_set_dummy_callback (child);
  g_source_add_child_source (source, child);
  return source;
}

static void
signal_read_ahead_finalize (GObject *object)
{
  g_free (SIGNAL_READ_AHEAD (object)->data);

  G_OBJECT_CLASS (signal_read_ahead_parent_class)->finalize (object);
}

static void
signal_read_ahead_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = signal_read_ahead_is_readable;
  iface->create_source = signal_read_ahead_create_source;
  iface->read_nonblocking = signal_read_ahead_read_nonblocking;
}

static void
signal_read_ahead_class_init (SignalReadAheadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = signal_read_ahead_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = signal_read_ahead_read;
}

static void
signal_read_ahead_init (SignalReadAhead *self)
{
}

/* Creates a stream on top of another one, which must be pollable. */
GInputStream *
signal_read_ahead_new (GInputStream *base)
{
  return g_object_new (SIGNAL_TYPE_READ_AHEAD, "base-stream", base, NULL);
}

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

  guint8 *data; /* atomic; NULL if there is nothing in it */
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

/* When the server starts another handshake, glib-networking reads in a thread, while sources may still be
 * prepared in the one that they are attached to. */
static gboolean
has_buffered (SignalReadAhead *self)
{
  return g_atomic_pointer_get (&self->data) != NULL;
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

      self->start = 0;
      self->end = (gsize) length;
      g_atomic_pointer_set (&self->data, data);
    }

  count = MIN (count, self->end - self->start);
  memcpy (buffer, self->data + self->start, count);
  self->start += count;
  if (self->start == self->end)
    {
      g_free (self->data);
      g_atomic_pointer_set (&self->data, NULL);
    }

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

  return has_buffered (self)
         || g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (get_base (self)));
}

static gboolean
signal_read_ahead_can_poll (GPollableInputStream *pollable)
{
  GInputStream *base = get_base (SIGNAL_READ_AHEAD (pollable));

  return G_IS_POLLABLE_INPUT_STREAM (base)
         && g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (base));
}

/* A child of the source that is returned, which holds the reference to the stream. */
typedef struct
{
  GSource parent;
  SignalReadAhead *stream;
} BufferSource;

/* The buffer may contain something even though the socket is not readable. */
static gboolean
buffer_source_prepare (GSource *source,
                       int     *timeout)
{
  *timeout = -1;
  return has_buffered (((BufferSource *) source)->stream);
}

static gboolean
buffer_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs buffer_source_funcs = {
  .prepare = buffer_source_prepare,
  .dispatch = buffer_source_dispatch,
};

static GSource *
signal_read_ahead_create_source (GPollableInputStream *pollable,
                                 GCancellable         *cancellable)
{
  SignalReadAhead *self = SIGNAL_READ_AHEAD (pollable);
  GPollableInputStream *base = G_POLLABLE_INPUT_STREAM (get_base (self));
  g_autoptr (GSource) base_source = g_pollable_input_stream_create_source (base, NULL);
  g_autoptr (GSource) buffer_source = g_source_new (&buffer_source_funcs, sizeof (BufferSource));
  GSource *source = g_pollable_source_new_full (self, base_source, cancellable);

  ((BufferSource *) buffer_source)->stream = self;
  g_source_set_static_name (buffer_source, "[signal-glib] buffer of read ahead");
  g_source_add_child_source (source, buffer_source);
  g_source_set_static_name (source, "[signal-glib] read ahead");
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
  iface->can_poll = signal_read_ahead_can_poll;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-input-private.h"

#include "websocket/signal-websocket-reader-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-read-budget-private.h"

/* After a full turn reading goes on when nothing is waiting at this priority or above: just below
 * GTK's redraw (G_PRIORITY_HIGH_IDLE + 20), or after a while in any case, so that a source which is
 * always ready cannot starve it. */
#define RESUME_PRIORITY (G_PRIORITY_HIGH_IDLE + 25)
#define RESUME_US 5000

struct _SignalStreamInput
{
  GInputStream parent_instance;

  GPollableInputStream *base;
  int fd; /* of a socket without TLS; −1: it has none, or not at once */

  SignalWebsocketReader frames;
  gboolean needs_more; /* what the buffer has cannot be handed on yet */

  SignalReadBudget turn;
  gboolean drained;    /* the last read took all there was */
  gboolean is_delivering; /* a handler may run the main loop, while nothing can be read */
  GSource *source;     /* what libsoup waits for */
  GSource *resume;

  SignalStreamTextFunc text;
  gpointer text_data;
  SignalStreamOverflowFunc overflow;
  gpointer overflow_data;

  GError *error;
  guint64 total;
  gint64 last;
};

static void signal_stream_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalStreamInput, signal_stream_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      signal_stream_input_pollable_init))

static gssize
would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing to read for now");
  return -1;
}

/* Past the limit nothing is handed on any more, but reading goes on: a socket that is closed with
 * bytes unread is reset, and the close frame on its way to the peer is lost. */
static gssize
discard (SignalStreamInput  *self,
         GError            **error)
{
  SignalStreamOverflowFunc overflow = g_steal_pointer (&self->overflow);
  guint8 trash[4096];
  gssize count;

  signal_websocket_reader_clear (&self->frames);
  self->needs_more = TRUE;
  if (overflow != NULL)
    overflow (self->overflow_data);

  for (guint i = 0; i < 256; i++)
    {
      count = g_pollable_input_stream_read_nonblocking (self->base, trash, sizeof trash, NULL, error);
      if (count <= 0)
        return count;
    }

  return would_block (error);
}

/* Takes what the socket has. Returns what a read returns, and leaves the bytes in the buffer. */
static gssize
fill (SignalStreamInput  *self,
      GError            **error)
{
  gsize   size;
  guint8 *space;
  gssize  count;

  if (self->drained)
    {
      signal_websocket_reader_trim (&self->frames);
      return would_block (error);
    }

  space = signal_websocket_reader_reserve (&self->frames, &size);
  count = g_pollable_input_stream_read_nonblocking (self->base, space, size, NULL, error);
  if (count <= 0)
    {
      signal_websocket_reader_trim (&self->frames);
      return count;
    }

  signal_websocket_reader_add (&self->frames, (gsize) count);
  self->needs_more = FALSE;
  self->total += (gsize) count;
  self->last = g_get_monotonic_time ();

  /* A TLS stream gives a record at a time, so that a short read says nothing there. */
  self->drained = self->fd >= 0 && (gsize) count < size;

  return count;
}

static void
hand_over_text (SignalStreamInput *self)
{
  gsize length;
  const char *text = signal_websocket_reader_get_text (&self->frames, &length);

  self->is_delivering = TRUE;
  self->text (text, length, self->text_data);
  self->is_delivering = FALSE;
  signal_websocket_reader_skip (&self->frames);
}

/* libsoup asks for bytes, and has dealt with all that it was given before. Text messages that come
 * first are taken on the way: its own way with them costs more than all the cryptography. */
static gssize
signal_stream_input_read_nonblocking (GPollableInputStream  *pollable,
                                      void                  *buffer,
                                      gsize                  count,
                                      GError               **error)
{
  SignalStreamInput *self = SIGNAL_STREAM_INPUT (pollable);
  gint64 now = g_get_monotonic_time ();
  gssize got;

  signal_read_budget_begin (&self->turn, now);
  while (self->error == NULL)
    {
      if (signal_read_budget_is_over (&self->turn, now))
        return would_block (error);

      switch (signal_websocket_reader_look (&self->frames))
        {
        case SIGNAL_WEBSOCKET_READER_PASS:
          return (gssize) signal_websocket_reader_pass (&self->frames, buffer, count);

        case SIGNAL_WEBSOCKET_READER_TEXT:
          hand_over_text (self);
          now = self->last = g_get_monotonic_time ();
          break;

        case SIGNAL_WEBSOCKET_READER_OVERFLOW:
          return discard (self, error);

        case SIGNAL_WEBSOCKET_READER_WAIT:
        default:
          self->needs_more = TRUE;
          got = fill (self, error);
          if (got <= 0)
            return got;
          now = self->last;
          break;
        }
    }

  g_propagate_error (error, g_error_copy (self->error));
  return -1;
}

static gboolean
signal_stream_input_is_readable (GPollableInputStream *pollable)
{
  SignalStreamInput *self = SIGNAL_STREAM_INPUT (pollable);

  return self->error != NULL || !self->needs_more || g_pollable_input_stream_is_readable (self->base);
}

static gboolean
on_resume (gpointer user_data)
{
  SignalStreamInput *self = user_data;

  g_source_set_ready_time (self->source, 0);
  return G_SOURCE_REMOVE;
}

/* A source that is ready when whatever is more urgent has had its turn, or after RESUME_US. */
static GSource *
create_resume_source (SignalStreamInput *self)
{
  GSource *source = g_pollable_source_new (G_OBJECT (self));

  g_source_set_ready_time (source, g_get_monotonic_time () + RESUME_US);

  self->resume = g_idle_source_new ();
  g_source_set_priority (self->resume, RESUME_PRIORITY);
  g_source_set_callback (self->resume, on_resume, self, NULL);
  g_source_set_static_name (self->resume, "signal-glib resume reading");
  g_source_attach (self->resume, g_main_context_get_thread_default ());

  return source;
}

static GSource *
signal_stream_input_create_source (GPollableInputStream *pollable,
                                   GCancellable         *cancellable)
{
  SignalStreamInput *self = SIGNAL_STREAM_INPUT (pollable);
  gboolean is_turn_over = signal_read_budget_finish (&self->turn, g_get_monotonic_time ());
  GSource *source;

  signal_source_clear (&self->resume);
  g_clear_pointer (&self->source, g_source_unref);
  self->drained = FALSE;

  if (is_turn_over)
    {
      source = create_resume_source (self);
    }
  else if (self->error != NULL || !self->needs_more)
    {
      source = g_pollable_source_new (G_OBJECT (self));
      g_source_set_ready_time (source, 0);
    }
  else if (self->fd >= 0 && cancellable == NULL)
    {
      source = signal_source_new_readable (self->fd);
    }
  else
    {
      /* Not wrapped: libsoup does not look at the stream that it is called with. */
      source = g_pollable_input_stream_create_source (self->base, cancellable);
    }

  self->source = g_source_ref (source);
  return source;
}

static gssize
signal_stream_input_read (GInputStream  *stream,
                          void          *buffer,
                          gsize          count,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "This stream does not block");
  return -1;
}

static void
signal_stream_input_dispose (GObject *object)
{
  SignalStreamInput *self = SIGNAL_STREAM_INPUT (object);

  signal_stream_input_abandon (self);

  G_OBJECT_CLASS (signal_stream_input_parent_class)->dispose (object);
}

static void
signal_stream_input_finalize (GObject *object)
{
  SignalStreamInput *self = SIGNAL_STREAM_INPUT (object);

  g_clear_object (&self->base);
  signal_websocket_reader_clear (&self->frames);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (signal_stream_input_parent_class)->finalize (object);
}

static void
signal_stream_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = signal_stream_input_is_readable;
  iface->create_source = signal_stream_input_create_source;
  iface->read_nonblocking = signal_stream_input_read_nonblocking;
}

static void
signal_stream_input_class_init (SignalStreamInputClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_stream_input_dispose;
  object_class->finalize = signal_stream_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = signal_stream_input_read;
}

static void
signal_stream_input_init (SignalStreamInput *self)
{
  self->frames.limit = G_MAXINT64;
  self->needs_more = TRUE;
  self->last = g_get_monotonic_time ();
}

/* Reads ahead of whoever reads from it, a bounded time in each turn of the main loop. fd: of the
 * socket that base reads from, where a short read means that there is no more; else −1. read_ahead:
 * what came before. */
SignalStreamInput *
signal_stream_input_new (GInputStream *base,
                         int           fd,
                         GBytes       *read_ahead)
{
  SignalStreamInput *self = g_object_new (SIGNAL_TYPE_STREAM_INPUT, NULL);

  self->base = g_object_ref (G_POLLABLE_INPUT_STREAM (base));
  self->fd = fd;
  if (read_ahead != NULL && g_bytes_get_size (read_ahead) > 0)
    {
      gsize   size, length;
      guint8 *space = signal_websocket_reader_reserve (&self->frames, &size);
      const guint8 *data = g_bytes_get_data (read_ahead, &length);

      g_assert (length <= size);
      memcpy (space, data, length);
      signal_websocket_reader_add (&self->frames, length);
      self->needs_more = FALSE;
      self->total = length;
    }

  return self;
}

/* Whether the peer is a client, whose frames have to be masked. */
void
signal_stream_input_set_must_mask (SignalStreamInput *self,
                                   gboolean           must_mask)
{
  self->frames.must_mask = must_mask;
}

/* Who takes the text messages that come in one frame; NULL: they are left to who reads. */
void
signal_stream_input_set_text (SignalStreamInput    *self,
                              SignalStreamTextFunc  text,
                              gpointer              user_data)
{
  self->text = text;
  self->text_data = user_data;
  self->frames.takes_text = text != NULL;
}

/* What the peer did wrong with its frames, for people; NULL: nothing. */
const char *
signal_stream_input_get_fault (SignalStreamInput *self)
{
  return self->frames.fault;
}

/* The most bytes of payload that one message may have. */
void
signal_stream_input_set_limit (SignalStreamInput *self,
                               guint64            limit)
{
  self->frames.limit = limit;
}

/* Whom to tell, once, that a message is larger; nothing is handed on after that. */
void
signal_stream_input_set_overflow (SignalStreamInput        *self,
                                  SignalStreamOverflowFunc  overflow,
                                  gpointer                  user_data)
{
  self->overflow = overflow;
  self->overflow_data = user_data;
}

/* Lets the next read fail, and wakes the reader for it: what a failed write calls for. */
void
signal_stream_input_fail (SignalStreamInput *self,
                          const GError      *error)
{
  if (self->error != NULL)
    return;

  self->error = g_error_copy (error);
  if (self->source != NULL)
    g_source_set_ready_time (self->source, 0);
}

/* Nobody will read any more. What is left of a source of ours would keep the stream alive. */
void
signal_stream_input_abandon (SignalStreamInput *self)
{
  signal_stream_input_set_text (self, NULL, NULL);
  self->overflow = NULL;
  signal_source_clear (&self->resume);
  signal_source_clear (&self->source);
}

guint64
signal_stream_input_get_total (SignalStreamInput *self)
{
  return self->total;
}

/* Whether a message is being delivered by somebody else than this stream, or was until now. */
void
signal_stream_input_set_delivering (SignalStreamInput *self,
                                    gboolean           is_delivering)
{
  self->is_delivering = is_delivering;
  self->last = g_get_monotonic_time ();
}

/* Until when the peer was not silent, by g_get_monotonic_time(): when the last byte was read, or,
 * because nothing is read meanwhile, until when a message was delivered. */
gint64
signal_stream_input_get_last (SignalStreamInput *self)
{
  return self->is_delivering ? g_get_monotonic_time () : self->last;
}

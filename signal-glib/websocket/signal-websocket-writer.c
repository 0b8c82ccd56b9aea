/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-writer-private.h"

#include "crypto/signal-secret-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-websocket-frame-private.h"

/* A burst is written as soon as it reaches this size. */
#define FLUSH_SIZE (32 * 1024)

/* The size of the buffer that is kept for the next messages; many connections are idle. */
#define KEEP_SIZE 4096

/* A buffer up to this size is kept for a short time, because large messages often follow one another: for
 * new memory, the kernel takes several times as long as encrypting what is written to it. */
#define KEEP_BRIEFLY_SIZE (32 * 1024 * 1024)
#define KEEP_BRIEFLY_MS 500

/* The size of all such buffers of the process, which may have thousands of connections. */
#define KEEP_TOTAL (64 * 1024 * 1024)

/* Limits the pongs for a peer that sends pings without reading: while pongs of this size are
 * pending, only the last one of the others is kept, which RFC 6455 section 5.5.3 allows. */
#define MAX_UNSENT_PONGS (64 * 1024)
#define PONG 0x8a

/* The maximum size of the content of a TLS record (RFC 8446 section 5.1). */
#define RECORD_SIZE (16 * 1024)

#define CONTROL_FRAME_MAX (2 + SIGNAL_WEBSOCKET_FRAME_MASK_SIZE + 125)

struct _SignalWebsocketWriter
{
  GOutputStream parent_instance;

  GMainContext *context;
  GPollableOutputStream *base;

  /* Accepted and not yet written: pending->data[start … len). */
  GByteArray *pending;
  gsize start;
  gsize peak;        /* the greatest length of the array so far, which it has memory for */
  GSource *trim;     /* for freeing a large buffer; NULL if there is none */
  gsize needed;      /* the greatest length since trim was last dispatched */
  gsize kept;        /* the part of the memory that counts towards KEEP_TOTAL */
  gboolean is_secret; /* a part of it must be wiped, such as a token */
  gboolean must_repeat; /* see signal_websocket_writer_set_must_repeat() */
  gsize attempt;     /* bytes of a write that would have blocked; GnuTLS requires the same again */
  GSource *source;   /* for the end of the main loop iteration, or for a writable socket */
  gint64 last_iteration;  /* of the main loop, in which something was written; 0 if in none */
  guint64 total;
  GError *error;

  guint64 pongs_end;              /* the stream position at which the last pending pong ends */
  gsize pongs_size;               /* of those up to that position, since none was pending */
  guint8 pong[CONTROL_FRAME_MAX]; /* to be sent after these have been written */
  gsize pong_size;                /* 0 if there is none */

  guint64 reported; /* the total when the callback was last called */
  SignalWebsocketWriterFunc written;
  gpointer written_data;
};

static void signal_websocket_writer_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalWebsocketWriter, signal_websocket_writer, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      signal_websocket_writer_pollable_init))

static gboolean
on_ready (gpointer user_data)
{
  signal_websocket_writer_flush (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_writable (GObject  *stream,
             gpointer  user_data)
{
  return on_ready (user_data);
}

static void
flush_when_writable (SignalWebsocketWriter *self)
{
  signal_source_clear (&self->source);
  self->source = g_pollable_output_stream_create_source (self->base, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->source, self->context);
}

static void
flush_at_end_of_turn (SignalWebsocketWriter *self)
{
  if (self->source != NULL)
    return;

  self->source = g_idle_source_new ();
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->source, on_ready, self, NULL);
  g_source_set_static_name (self->source, "[signal-glib] flush");
  g_source_attach (self->source, self->context);
}

static void
report_written (SignalWebsocketWriter *self)
{
  g_object_ref (self);
  self->reported = self->total;
  if (self->written != NULL)
    self->written (self->error, self->written_data);
  g_object_unref (self);
}

/* Updates the counts for a pong that is, or will be, the last pending frame. */
static void
count_pong (SignalWebsocketWriter *self,
            gsize                  size,
            gsize                  unsent)
{
  if (self->total >= self->pongs_end)
    self->pongs_size = 0;

  self->pongs_size += size;
  self->pongs_end = self->total + unsent;
}

/* Returns whether there is anything to write; the postponed pong follows the pending data. */
static gboolean
has_pending (SignalWebsocketWriter *self)
{
  if (self->pong_size > 0 && self->total >= self->pongs_end)
    {
      g_byte_array_append (self->pending, self->pong, (guint) self->pong_size);
      count_pong (self, self->pong_size, signal_websocket_writer_get_unsent (self));
      self->pong_size = 0;
    }

  return self->start < self->pending->len;
}

static gsize total_kept; /* (atomic) of all connections, which may be in several threads */

static void
count_kept (SignalWebsocketWriter *self,
            gsize                  size)
{
  g_atomic_pointer_add (&total_kept, (gssize) (size - self->kept));
  self->kept = size;
}

/* Moves what has not been written to an array of its size, because a GByteArray never shrinks. */
static void
replace_pending (SignalWebsocketWriter *self)
{
  gsize length = self->pending->len - self->start;
  GByteArray *rest = g_byte_array_new ();

  g_byte_array_append (rest, self->pending->data + self->start, (guint) length);
  if (self->is_secret)
    signal_secret_wipe (self->pending->data, self->pending->len);
  g_byte_array_unref (self->pending);
  self->pending = rest;
  self->peak = length;
  self->start = 0;
  count_kept (self, 0);
}

static gboolean
on_trim (gpointer user_data)
{
  SignalWebsocketWriter *self = user_data;
  gsize needed = MAX (self->needed, signal_websocket_writer_get_unsent (self));

  self->needed = 0;
  if (needed > self->peak / 2)
    return G_SOURCE_CONTINUE;

  replace_pending (self);
  signal_source_clear (&self->trim);
  return G_SOURCE_REMOVE;
}

/* Keeps a large buffer, and frees it when no more than half of it has been needed for some time. */
static void
keep_briefly (SignalWebsocketWriter *self)
{
  count_kept (self, self->peak);
  if (self->peak > KEEP_BRIEFLY_SIZE || (gsize) g_atomic_pointer_get (&total_kept) > KEEP_TOTAL)
    {
      replace_pending (self);
      signal_source_clear (&self->trim);
      return;
    }

  if (self->trim != NULL)
    return;

  self->trim = g_timeout_source_new (KEEP_BRIEFLY_MS);
  g_source_set_callback (self->trim, on_trim, self, NULL);
  g_source_set_static_name (self->trim, "[signal-glib] trim of the output buffer");
  g_source_attach (self->trim, self->context);
}

/* The mask of a frame precedes the masked data, so that it does not protect a secret in
 * memory. */
static void
forget_pending (SignalWebsocketWriter *self)
{
  if (self->is_secret)
    signal_secret_wipe (self->pending->data, self->pending->len);
  self->is_secret = FALSE;
  self->start = 0;
  g_byte_array_set_size (self->pending, 0);

  if (self->error != NULL)
    replace_pending (self);
  else if (self->peak > KEEP_SIZE)
    keep_briefly (self);
}

static gsize
get_write_size (SignalWebsocketWriter *self)
{
  gsize size = self->pending->len - self->start;

  if (self->attempt > 0)
    return self->attempt;

  return self->must_repeat ? MIN (size, RECORD_SIZE) : size;
}

/* Writes as much as the socket accepts, and schedules the rest. Returns FALSE if there is a
 * rest. */
static gboolean
write_pending (SignalWebsocketWriter *self)
{
  while (self->error == NULL && has_pending (self))
    {
      gsize  size = get_write_size (self);
      gssize count = g_pollable_output_stream_write_nonblocking (self->base,
                                                                 self->pending->data + self->start,
                                                                 size, NULL, &self->error);

      if (count < 0 && g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_clear_error (&self->error);
          self->attempt = self->must_repeat ? size : 0;
          flush_when_writable (self);
          return FALSE;
        }

      if (count < 0)
        break;

      self->attempt = 0;
      self->start += (gsize) count;
      self->total += (gsize) count;
    }

  if (self->start == self->pending->len)
    forget_pending (self);

  return TRUE;
}

/* Like write_pending(), but calls the callback when something, or everything, has been written. */
void
signal_websocket_writer_flush (SignalWebsocketWriter *self)
{
  signal_source_clear (&self->source);
  if (write_pending (self) || self->total != self->reported)
    report_written (self);
}

/* Called once for each complete frame of libsoup. Returns TRUE if it is a pong that was
 * postponed. */
static gboolean
postpone_pong (SignalWebsocketWriter *self,
               const guint8          *frame,
               gsize                  size)
{
  gboolean is_any_pending = self->total < self->pongs_end;

  if (frame[0] != PONG)
    return FALSE;

  if (self->pong_size == 0 && (!is_any_pending || self->pongs_size + size <= MAX_UNSENT_PONGS))
    {
      count_pong (self, size, signal_websocket_writer_get_unsent (self) + size);
      return FALSE;
    }

  memcpy (self->pong, frame, size);
  self->pong_size = size;
  return TRUE;
}

/* Frees data that was written, in case a backlog never becomes completely empty. */
static void
drop_written (SignalWebsocketWriter *self)
{
  if (self->start <= FLUSH_SIZE || self->start < self->pending->len / 2)
    return;

  if (self->peak > KEEP_BRIEFLY_SIZE)
    {
      replace_pending (self);
      return;
    }

  g_byte_array_remove_range (self->pending, 0, (guint) self->start);
  if (self->is_secret)
    signal_secret_wipe (self->pending->data + self->pending->len, self->start);
  self->start = 0;
  keep_briefly (self);
}

/* Reserves space for that many bytes, which must be complete frames, at the end of the pending
 * data, so that they can be composed in place. No other function of the stream may be called
 * before signal_websocket_writer_end(). */
guint8 *
signal_websocket_writer_begin (SignalWebsocketWriter *self,
                               gsize                  size)
{
  gsize length;

  drop_written (self);
  length = self->pending->len;
  g_byte_array_set_size (self->pending, (guint) (length + size));
  self->peak = MAX (self->peak, length + size);
  self->needed = MAX (self->needed, length + size);
  return self->pending->data + length;
}

/* Discards what signal_websocket_writer_begin() has begun. */
void
signal_websocket_writer_cancel (SignalWebsocketWriter *self,
                                gsize                  size)
{
  g_byte_array_set_size (self->pending, self->pending->len - (guint) size);
}

/* Returns whether something has already been written in this iteration of the main loop. */
static gboolean
is_in_burst (SignalWebsocketWriter *self)
{
  GSource *current = g_main_current_source ();
  gint64 last = self->last_iteration;

  self->last_iteration = current != NULL ? g_source_get_time (current) : 0;
  return current == NULL || self->last_iteration == last;
}

/* Ends what signal_websocket_writer_begin() has begun. The first message in an iteration of the
 * main loop is written immediately, without copying; the following ones are deferred to the end
 * of the iteration, so that a burst results in one write and one TLS record. */
void
signal_websocket_writer_end (SignalWebsocketWriter *self,
                             gsize                  size,
                             gboolean               is_secret)
{
  gboolean is_burst = is_in_burst (self);
  gboolean is_first = signal_websocket_writer_get_unsent (self) == size;

  if (self->error != NULL)
    {
      if (is_secret)
        signal_secret_wipe (self->pending->data + self->pending->len - size, size);
      signal_websocket_writer_cancel (self, size);
      return;
    }

  self->is_secret |= is_secret;

  if (self->attempt == 0
      && ((is_first && !is_burst) || signal_websocket_writer_get_unsent (self) >= FLUSH_SIZE))
    write_pending (self);

  /* The callback is deferred to the end of the iteration, so that it is not called during a
   * write. */
  if (is_burst || self->error != NULL || self->pending->len > 0)
    flush_at_end_of_turn (self);
}

/* libsoup masks its control frames with numbers of g_random_int(), which can be predicted from
 * previous ones; RFC 6455 section 10.3 does not allow this. The frames of a server are not
 * masked. */
static gboolean
renew_mask (guint8  *data,
            gsize    length,
            GError **error)
{
  SignalWebsocketFrame frame;
  guint8 *payload, *mask;

  if (!signal_websocket_frame_parse (&frame, data, length) || !frame.is_masked
      || !signal_websocket_frame_is_control (&frame) || frame.header_size + frame.size != length)
    return TRUE;

  payload = data + frame.header_size;
  mask = payload - SIGNAL_WEBSOCKET_FRAME_MASK_SIZE;
  signal_websocket_frame_mask (payload, frame.size, mask);
  if (!signal_random_bytes (mask, SIGNAL_WEBSOCKET_FRAME_MASK_SIZE, error))
    return FALSE;

  signal_websocket_frame_mask (payload, frame.size, mask);
  return TRUE;
}

/* Accepts everything, so that libsoup's own queue remains empty: the number of unsent bytes is
 * then known, and our frames can be inserted between those of libsoup. */
static gssize
signal_websocket_writer_write_nonblocking (GPollableOutputStream  *pollable,
                                           const void             *buffer,
                                           gsize                   count,
                                           GError                **error)
{
  SignalWebsocketWriter *self = SIGNAL_WEBSOCKET_WRITER (pollable);
  guint8 control[CONTROL_FRAME_MAX];

  if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return -1;
    }

  if (count > 0 && count <= sizeof control)
    {
      memcpy (control, buffer, count);
      if (!renew_mask (control, count, error))
        return -1;
      if (postpone_pong (self, control, count))
        return (gssize) count;
      buffer = control;
    }

  memcpy (signal_websocket_writer_begin (self, count), buffer, count);
  signal_websocket_writer_end (self, count, FALSE);
  return (gssize) count;
}

static gboolean
signal_websocket_writer_is_writable (GPollableOutputStream *pollable)
{
  return TRUE;
}

static GSource *
signal_websocket_writer_create_source (GPollableOutputStream *pollable,
                                       GCancellable          *cancellable)
{
  GSource *source = g_pollable_source_new (G_OBJECT (pollable));

  g_source_set_ready_time (source, 0);
  return source;
}

static gssize
signal_websocket_writer_write (GOutputStream  *stream,
                               const void     *buffer,
                               gsize           count,
                               GCancellable   *cancellable,
                               GError        **error)
{
  return signal_websocket_writer_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream),
                                                 buffer, count, error);
}

static void
signal_websocket_writer_dispose (GObject *object)
{
  signal_websocket_writer_abandon (SIGNAL_WEBSOCKET_WRITER (object));

  G_OBJECT_CLASS (signal_websocket_writer_parent_class)->dispose (object);
}

static void
signal_websocket_writer_finalize (GObject *object)
{
  SignalWebsocketWriter *self = SIGNAL_WEBSOCKET_WRITER (object);

  g_clear_object (&self->base);
  g_clear_pointer (&self->pending, g_byte_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (signal_websocket_writer_parent_class)->finalize (object);
}

static void
signal_websocket_writer_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = signal_websocket_writer_is_writable;
  iface->create_source = signal_websocket_writer_create_source;
  iface->write_nonblocking = signal_websocket_writer_write_nonblocking;
}

static void
signal_websocket_writer_class_init (SignalWebsocketWriterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_websocket_writer_dispose;
  object_class->finalize = signal_websocket_writer_finalize;
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = signal_websocket_writer_write;
}

static void
signal_websocket_writer_init (SignalWebsocketWriter *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->pending = g_byte_array_new ();
}

SignalWebsocketWriter *
signal_websocket_writer_new (GOutputStream *base)
{
  SignalWebsocketWriter *self = g_object_new (SIGNAL_TYPE_WEBSOCKET_WRITER, NULL);

  self->base = g_object_ref (G_POLLABLE_OUTPUT_STREAM (base));
  return self;
}

/* Sets the function to call when pending data has been written or a write has failed. */
void
signal_websocket_writer_set_written (SignalWebsocketWriter     *self,
                                     SignalWebsocketWriterFunc  written,
                                     gpointer                   user_data)
{
  self->written = written;
  self->written_data = user_data;
}

/* Removes a complete frame, which begins at an offset from the first byte that was ever accepted,
 * from the pending data. Returns FALSE if that is not possible because a part of it has been
 * written. */
gboolean
signal_websocket_writer_remove (SignalWebsocketWriter *self,
                                guint64                offset,
                                gsize                  size)
{
  gsize position;

  /* GnuTLS requires the data of an interrupted write to be passed again. */
  if (self->error != NULL || offset < self->total + self->attempt)
    return FALSE;

  position = self->start + (gsize) (offset - self->total);
  if (position + size > self->pending->len)
    return FALSE;

  if (self->pongs_end > offset)
    self->pongs_end -= size;
  g_byte_array_remove_range (self->pending, (guint) position, (guint) size);
  if (self->is_secret)
    signal_secret_wipe (self->pending->data + self->pending->len, size);
  return TRUE;
}

/* Sets whether a write that would have blocked must be repeated with the same data, as GnuTLS
 * requires. */
void
signal_websocket_writer_set_must_repeat (SignalWebsocketWriter *self,
                                         gboolean               must_repeat)
{
  self->must_repeat = must_repeat;
}

/* Discards pending data and everything that is written later. */
void
signal_websocket_writer_abandon (SignalWebsocketWriter *self)
{
  signal_source_clear (&self->source);
  signal_source_clear (&self->trim);
  if (self->error == NULL)
    self->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed");
  self->written = NULL;
  forget_pending (self);
}

/* Gets the number of bytes that have been written to the socket. */
guint64
signal_websocket_writer_get_total (SignalWebsocketWriter *self)
{
  return self->total;
}

/* Gets the number of bytes that have not been written to the socket yet. */
gsize
signal_websocket_writer_get_unsent (SignalWebsocketWriter *self)
{
  return self->pending->len - self->start;
}

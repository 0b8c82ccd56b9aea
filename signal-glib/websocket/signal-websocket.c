/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"
#include "websocket/signal-read-budget-private.h"
#include "websocket/signal-socket-poller-private.h"
#include "websocket/signal-websocket-reader-private.h"
#include "websocket/signal-websocket-stream-private.h"

/* How long the peer may take to respond to a close frame. */
#define CLOSE_TIMEOUT_MS 3000

/* When the budget is used up, reading continues once no more urgent source is ready, or after this time
 * in any case, so that a source that is always ready cannot starve it. */
#define RESUME_US 5000

/* The number of bytes of control frames that libsoup may not have read before reading pauses. */
#define MAX_PENDING_CONTROL 4096

/* The lengths of the buffers are guints, and they abort at 4 GiB. */
#define MAX_INCOMING_SIZE (G_GUINT64_CONSTANT (1) << 30)

/* The default limit of the data that waits for a slow peer; sending fails beyond it. */
#define DEFAULT_MAX_UNSENT (64 * 1024 * 1024)

/* Random masks are drawn for this many frames at a time, because that takes hardly longer than for one. */
#define MASKS_DRAWN 16

/* The payload of a text frame that is composed in the output buffer. */
typedef struct
{
  guint8 *payload;
  gsize length;
  const guint8 *mask; /* if this is a client */
} OutgoingFrame;

struct _SignalWebsocket
{
  GObject parent_instance;

  GMainContext *context;
  gboolean is_client;
  const SignalWebsocketHandlers *handlers; /* NULL if not started, or dropped */
  gpointer user_data;

  GPollableInputStream *base;
  int fd;                       /* of a socket without TLS; −1 if there is none */
  SignalWebsocketReader reader;
  SignalWebsocketStream *stream;
  SoupWebsocketConnection *soup; /* NULL once dropped */

  gboolean is_reading;          /* FALSE while reading is paused, or has ended */
  SignalSocketPollerEntry socket;
  GSource *source;              /* for reading; NULL if the poller waits for the socket */
  GSource *resume_idle;
  GSource *resume_timeout;
  SignalReadBudget budget;
  gboolean has_ping;            /* libsoup has not been able to respond to it yet */
  gboolean is_drained;          /* the last read returned all available data */
  gboolean has_unread;          /* the buffer may contain more than the current message */
  gboolean has_ended;           /* no message follows a close frame, the end or an error */
  gboolean is_deferred;         /* the last message, of which handlers have processed only a part */
  guint n_delivering;           /* running handlers, which may run the main loop */
  guint64 bytes_received;
  gint64 last_received;

  OutgoingFrame outgoing;
  guint8 masks[MASKS_DRAWN][SIGNAL_WEBSOCKET_FRAME_MASK_SIZE];
  guint n_masks;                /* those that have not been used */
  gsize max_unsent;
  gint64 pinged;                /* when the unanswered ping was sent; 0 if there is none */
  gint64 round_trip;            /* µs, of the last answered ping; −1 if there was none */

  gboolean is_closing;          /* the closing handshake was started by this side */
  gboolean is_waiting;          /* the peer has CLOSE_TIMEOUT_MS to read and to respond */
  gboolean is_draining;         /* the end is reported when the close frame has been written */
  GSource *close_timeout;
  GError *error;                /* the first one */
};

G_DEFINE_FINAL_TYPE (SignalWebsocket, signal_websocket, G_TYPE_OBJECT)

static void read_available (SignalWebsocket *self, gint64 now);
static void wait_for_peer (SignalWebsocket *self);
static void start_reading (SignalWebsocket *self);

static void
take_error (SignalWebsocket *self,
            GError          *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
}

/* Reports the end of the connection, once. */
static void
finish (SignalWebsocket *self)
{
  G_GNUC_UNUSED g_autoptr (SignalWebsocket) keep = g_object_ref (self);
  const SignalWebsocketHandlers *handlers = self->handlers;
  gpointer user_data = self->user_data;
  guint16 code = soup_websocket_connection_get_close_code (self->soup);
  g_autofree char *reason = g_strdup (soup_websocket_connection_get_close_data (self->soup));

  signal_websocket_drop (self);
  handlers->closed (self, code != 0 ? code : SOUP_WEBSOCKET_CLOSE_ABNORMAL, reason, self->error, user_data);
}

/* The close frame follows the data that was sent before, and may have to wait for the peer to read. */
static gboolean
must_drain (SignalWebsocket *self)
{
  return !self->is_waiting && signal_websocket_get_unsent (self) > 0
         && soup_websocket_connection_get_state (self->soup) == SOUP_WEBSOCKET_STATE_CLOSING;
}

/* Processes a further part of the message that was deferred, and returns whether there is one. Nothing
 * else is read before its end, so that the messages, and a close frame behind them, remain in order. */
static gboolean
continue_message (SignalWebsocket *self)
{
  if (!self->is_deferred)
    return FALSE;

  self->is_deferred = FALSE;
  if (self->is_closing)
    return TRUE;

  /* The handler may run the main loop, in which another message may be deferred. */
  self->n_delivering++;
  self->has_unread = TRUE;
  if (!self->handlers->continue_message (self, self->user_data))
    self->is_deferred = TRUE;
  self->n_delivering--;
  self->last_received = signal_read_budget_measure_slow (&self->budget);
  return TRUE;
}

/* Messages that are received after our close frame are ignored. */
static void
deliver (SignalWebsocket *self,
         guint8           opcode,
         const guint8    *data,
         gsize            length)
{
  if (self->is_closing)
    return;

  self->n_delivering++;
  self->has_unread = TRUE;
  self->handlers->message (self, opcode == SIGNAL_WEBSOCKET_FRAME_TEXT, data, length, self->user_data);
  self->n_delivering--;
  self->last_received = signal_read_budget_measure (&self->budget, self->last_received);
}

/* A failed write may end the connection while messages that were received before wait for their turn. */
static gboolean
deliver_received (SignalWebsocket *self)
{
  const guint8 *data;
  gsize length;
  guint8 opcode;

  if (continue_message (self))
    return TRUE;

  if (self->has_ended || self->is_closing
      || signal_websocket_reader_next (&self->reader, &opcode, &data, &length)
           != SIGNAL_WEBSOCKET_READER_MESSAGE)
    return FALSE;

  deliver (self, opcode, data, length);
  return TRUE;
}

static void
deliver_all_received (SignalWebsocket *self)
{
  while (self->soup != NULL && deliver_received (self))
    continue;
}

static gboolean
on_close_timeout (gpointer user_data)
{
  g_autoptr (SignalWebsocket) self = g_object_ref (user_data);

  signal_websocket_writer_flush (signal_websocket_stream_get_writer (self->stream));
  if (self->soup == NULL)
    return G_SOURCE_REMOVE;

  if (must_drain (self))
    {
      self->is_draining = TRUE;
      signal_source_clear (&self->close_timeout);
      wait_for_peer (self);
      return G_SOURCE_REMOVE;
    }

  deliver_all_received (self);
  if (self->soup != NULL)
    finish (self);
  return G_SOURCE_REMOVE;
}

static void
set_close_timeout (SignalWebsocket *self,
                   guint            ms)
{
  self->close_timeout = g_timeout_source_new (ms);
  g_source_set_callback (self->close_timeout, on_close_timeout, self, NULL);
  g_source_set_static_name (self->close_timeout, "[signal-glib] WebSocket close timeout");
  g_source_attach (self->close_timeout, self->context);
}

static void
wait_for_peer (SignalWebsocket *self)
{
  self->is_waiting = TRUE;
  set_close_timeout (self, CLOSE_TIMEOUT_MS);
}

/* Schedules the end of the connection for when libsoup has returned. After its close frame
 * nothing can be sent, but libsoup would wait five seconds for the peer to end the stream. */
static void
finish_soon (SignalWebsocket *self)
{
  if (self->close_timeout == NULL)
    set_close_timeout (self, 0);
}

static void
on_soup_closing (SoupWebsocketConnection *soup,
                 gpointer                 user_data)
{
  finish_soon (user_data);
}

static void
on_soup_closed (SoupWebsocketConnection *soup,
                gpointer                 user_data)
{
  SignalWebsocket *self = user_data;

  signal_source_clear (&self->close_timeout);
  finish_soon (self);
}

static void
on_soup_error (SoupWebsocketConnection *soup,
               GError                  *error,
               gpointer                 user_data)
{
  SignalWebsocket *self = user_data;

  take_error (self, g_error_copy (error));
  finish_soon (self);
}

static void
on_soup_pong (SoupWebsocketConnection *soup,
              GBytes                  *payload,
              gpointer                 user_data)
{
  SignalWebsocket *self = user_data;

  if (self->pinged != 0)
    self->round_trip = g_get_monotonic_time () - self->pinged;
  self->pinged = 0;
}

static void
on_stream_written (gpointer user_data)
{
  g_autoptr (SignalWebsocket) self = g_object_ref (user_data);

  self->handlers->written (self, self->user_data);

  if (self->is_draining && self->soup != NULL && signal_websocket_get_unsent (self) == 0)
    {
      signal_source_clear (&self->close_timeout);
      finish_soon (self);
    }
}

static void
stop_reading (SignalWebsocket *self)
{
  self->is_reading = FALSE;
  signal_socket_poller_remove (&self->socket);
  signal_source_clear (&self->source);
  signal_source_clear (&self->resume_idle);
  signal_source_clear (&self->resume_timeout);
}

/* libsoup is closing the stream. */
static void
on_stream_closing (gpointer user_data)
{
  stop_reading (user_data);
}

/* Stops reading. error is NULL for a regular end. */
static void
end_reading (SignalWebsocket *self,
             const GError    *error)
{
  self->has_ended = TRUE;
  stop_reading (self);
  signal_websocket_input_end (signal_websocket_stream_get_input (self->stream), error);
}

/* Reads from the socket into the buffer of the reader. Returns FALSE if there is nothing to read
 * now, or if the stream has ended. */
static gboolean
fill (SignalWebsocket *self)
{
  g_autoptr (GError) error = NULL;
  guint8 *space;
  gsize size;
  gssize count;

  if (self->is_drained)
    return FALSE;

  space = signal_websocket_reader_reserve (&self->reader, &size);
  count = g_pollable_input_stream_read_nonblocking (self->base, space, size, NULL, &error);
  if (count <= 0)
    {
      if (count == 0)
        end_reading (self, NULL);
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        end_reading (self, error);
      return FALSE;
    }

  signal_websocket_reader_add (&self->reader, (gsize) count);
  self->bytes_received += (guint64) count;
  self->last_received = g_get_monotonic_time ();

  /* A TLS stream returns one record at a time, so that a short read has no meaning. */
  self->is_drained = self->fd >= 0 && (gsize) count < size;
  return TRUE;
}

static void
on_fault (SignalWebsocket *self)
{
  self->has_ended = TRUE;
  take_error (self, g_error_new_literal (SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR,
                                         self->reader.fault));

  /* After a protocol violation, do not wait for the peer. */
  if (soup_websocket_connection_get_state (self->soup) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->soup, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR, NULL);
}

static void
on_too_large (SignalWebsocket *self)
{
  take_error (self, g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                                         _("The peer sent a message that exceeds the size limit")));
  signal_websocket_close (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG, NULL);
  self->has_ended = TRUE;
}

static gboolean
is_over_budget (SignalWebsocket *self)
{
  SignalWebsocketInput *input = signal_websocket_stream_get_input (self->stream);

  return signal_read_budget_is_over (&self->budget, self->last_received)
         || signal_websocket_input_get_pending (input) > MAX_PENDING_CONTROL;
}

/* Processes the next item in the buffer of the reader. Returns FALSE if there is none. Reading
 * continues after the end of the messages: a socket that is closed with unread bytes is reset,
 * and the close frame on its way to the peer is lost. */
static gboolean
read_next (SignalWebsocket *self)
{
  const guint8 *data;
  gsize length;
  guint8 opcode;

  if (continue_message (self))
    return TRUE;

  switch (signal_websocket_reader_next (&self->reader, &opcode, &data, &length))
    {
    case SIGNAL_WEBSOCKET_READER_MESSAGE:
      deliver (self, opcode, data, length);
      return TRUE;

    case SIGNAL_WEBSOCKET_READER_CONTROL:
      if (opcode == SIGNAL_WEBSOCKET_FRAME_CLOSE)
        self->has_ended = TRUE;
      signal_websocket_input_push (signal_websocket_stream_get_input (self->stream), data, length);
      self->has_ping |= opcode == SIGNAL_WEBSOCKET_FRAME_PING;
      return TRUE;

    case SIGNAL_WEBSOCKET_READER_TOO_LARGE:
      on_too_large (self);
      return TRUE;

    case SIGNAL_WEBSOCKET_READER_FAULT:
      on_fault (self);
      return TRUE;

    case SIGNAL_WEBSOCKET_READER_NEEDS_DATA:
    case SIGNAL_WEBSOCKET_READER_FINISHED:
    default:
      return fill (self);
    }
}

static gboolean
on_resume (gpointer user_data)
{
  SignalWebsocket *self = user_data;

  stop_reading (self);
  start_reading (self);
  read_available (self, g_get_monotonic_time ());
  return G_SOURCE_REMOVE;
}

/* Continues reading when more urgent sources have been dispatched, or after some time. */
static void
resume_later (SignalWebsocket *self,
              gint64           delay)
{
  stop_reading (self);

  self->resume_timeout = signal_source_new_timed (on_resume, self, "[signal-glib] WebSocket resume timeout");
  g_source_set_ready_time (self->resume_timeout, delay > 0 ? g_get_monotonic_time () + delay : 0);
  g_source_attach (self->resume_timeout, self->context);

  self->resume_idle = g_idle_source_new ();
  g_source_set_priority (self->resume_idle, SIGNAL_SOURCE_AFTER_REDRAW);
  g_source_set_callback (self->resume_idle, on_resume, self, NULL);
  g_source_set_static_name (self->resume_idle, "[signal-glib] WebSocket resume");
  g_source_attach (self->resume_idle, self->context);
}

/* A handler may run the main loop and thus call this function recursively. The order of the
 * messages is preserved, because each one is removed from the buffer before it is delivered. */
static void
read_available (SignalWebsocket *self,
                gint64           now)
{
  G_GNUC_UNUSED g_autoptr (SignalWebsocket) keep = g_object_ref (self);

  if (self->n_delivering > 0)
    self->budget = (SignalReadBudget) { 0 };
  self->is_drained = FALSE;
  self->has_ping = FALSE;
  signal_socket_poller_set_busy (&self->socket, TRUE);

  while (self->is_reading)
    {
      signal_read_budget_begin (&self->budget, now);

      /* libsoup must send the pong before the next message is delivered, and thus before
       * responses to that. */
      if (self->has_ping && signal_websocket_reader_is_at_data (&self->reader))
        {
          resume_later (self, 0);
          break;
        }

      if (!read_next (self))
        {
          self->has_unread = FALSE;
          signal_websocket_reader_trim (&self->reader);
          break;
        }

      now = self->last_received;
      if (self->is_reading && is_over_budget (self))
        resume_later (self, RESUME_US);
    }

  self->last_received = signal_read_budget_catch_up (&self->budget, self->last_received);
  signal_read_budget_end (&self->budget, MAX (now, self->last_received));
  signal_socket_poller_set_busy (&self->socket, self->n_delivering > 0);
}

/* If a handler runs the main loop, the buffer may contain further messages even though the socket
 * is not readable. */
static gboolean
has_more (gpointer user_data)
{
  SignalWebsocket *self = user_data;

  return self->n_delivering > 0 && self->has_unread;
}

static gboolean
on_readable (gpointer user_data)
{
  read_available (user_data, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

typedef struct
{
  GSource parent;
  SignalWebsocket *websocket;
} ReadSource;

static gboolean
read_source_prepare (GSource *source,
                     int     *timeout)
{
  *timeout = -1;
  return has_more (((ReadSource *) source)->websocket);
}

static gboolean
read_source_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  return on_readable (((ReadSource *) source)->websocket);
}

static GSourceFuncs read_source_funcs = {
  .prepare = read_source_prepare,
  .dispatch = read_source_dispatch,
};

static void
attach_source (SignalWebsocket *self)
{
  self->source = g_source_new (&read_source_funcs, sizeof (ReadSource));
  ((ReadSource *) self->source)->websocket = self;

#ifdef G_OS_UNIX
  if (self->fd >= 0)
    g_source_add_unix_fd (self->source, self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
#endif
  if (self->fd < 0)
    {
      g_autoptr (GSource) child = g_pollable_input_stream_create_source (self->base, NULL);

      g_source_set_dummy_callback (child);
      g_source_add_child_source (self->source, child);
    }

  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_static_name (self->source, "[signal-glib] WebSocket read");
  g_source_attach (self->source, self->context);
}

/* The same source is used for as long as reading continues; it is dispatched in nested main loops
 * too. */
static void
start_reading (SignalWebsocket *self)
{
  self->is_reading = TRUE;
  self->socket.fd = self->fd;
  self->socket.has_more = has_more;
  self->socket.ready = on_readable;
  self->socket.user_data = self;

  if (self->fd < 0 || !signal_socket_poller_add (&self->socket, self->context))
    attach_source (self);
  else
    signal_socket_poller_set_busy (&self->socket, self->n_delivering > 0);
}

/* Called while a message is being delivered, to process it in several parts, between which the main loop
 * runs when the budget for reading is used up. See SignalWebsocketHandlers.continue_message. */
void
signal_websocket_defer (SignalWebsocket *self)
{
  self->is_deferred = TRUE;
}

static void
signal_websocket_dispose (GObject *object)
{
  signal_websocket_drop (SIGNAL_WEBSOCKET (object));

  G_OBJECT_CLASS (signal_websocket_parent_class)->dispose (object);
}

static void
signal_websocket_finalize (GObject *object)
{
  SignalWebsocket *self = SIGNAL_WEBSOCKET (object);

  signal_websocket_reader_clear (&self->reader);
  g_clear_object (&self->stream);
  g_clear_object (&self->base);
  g_clear_error (&self->error);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (signal_websocket_parent_class)->finalize (object);
}

static void
signal_websocket_class_init (SignalWebsocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_websocket_dispose;
  object_class->finalize = signal_websocket_finalize;
}

static void
signal_websocket_init (SignalWebsocket *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->reader.limit = MAX_INCOMING_SIZE;
  self->max_unsent = DEFAULT_MAX_UNSENT;
  self->last_received = g_get_monotonic_time ();
  self->round_trip = -1;
}

static void
keep_read_ahead (SignalWebsocket *self,
                 GBytes          *read_ahead)
{
  gsize length = 0, size;
  const guint8 *data = read_ahead != NULL ? g_bytes_get_data (read_ahead, &length) : NULL;
  guint8 *space;

  if (length == 0)
    return;

  space = signal_websocket_reader_reserve (&self->reader, &size);
  g_assert (length <= size);
  memcpy (space, data, length);
  signal_websocket_reader_add (&self->reader, length);
  self->bytes_received = length;
}

/* Creates a WebSocket over a stream that has been upgraded. read_ahead contains bytes that were
 * received after the upgrade, or is NULL. Nothing is read before signal_websocket_start(). */
SignalWebsocket *
signal_websocket_new (GIOStream                   *stream,
                      GUri                        *uri,
                      SoupWebsocketConnectionType  type,
                      GBytes                      *read_ahead)
{
  SignalWebsocket *self = g_object_new (SIGNAL_TYPE_WEBSOCKET, NULL);

  self->is_client = type == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  self->reader.must_mask = !self->is_client;
  self->base = g_object_ref (G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream)));
  self->stream = signal_websocket_stream_new (stream, on_stream_closing, on_stream_written, self);
  self->fd = signal_websocket_stream_get_fd (self->stream);
  keep_read_ahead (self, read_ahead);

  /* libsoup receives control frames only; 0 would disable the limit (CVE-2026-0716). */
  self->soup = soup_websocket_connection_new (G_IO_STREAM (self->stream), uri, type, NULL, NULL, NULL);
  soup_websocket_connection_set_max_incoming_payload_size (self->soup, SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX);
  g_signal_connect (self->soup, "error", G_CALLBACK (on_soup_error), self);
  g_signal_connect (self->soup, "closed", G_CALLBACK (on_soup_closed), self);
  g_signal_connect (self->soup, "closing", G_CALLBACK (on_soup_closing), self);
  g_signal_connect (self->soup, "pong", G_CALLBACK (on_soup_pong), self);

  return self;
}

/* Starts reading. handlers must be static. */
void
signal_websocket_start (SignalWebsocket               *self,
                        const SignalWebsocketHandlers *handlers,
                        gpointer                       user_data)
{
  self->handlers = handlers;
  self->user_data = user_data;

  /* On the server, libsoup's stream may contain bytes that were received with the request, for which
   * the socket does not become readable. */
  if (self->bytes_received > 0 || !self->is_client)
    resume_later (self, 0);
  else
    start_reading (self);
}

/* Sets the maximum size of a message that is received, in bytes of payload of all its frames. */
void
signal_websocket_set_max_incoming_size (SignalWebsocket *self,
                                        guint64          size)
{
  self->reader.limit = MIN (size, MAX_INCOMING_SIZE);
}

/* Sets the number of bytes that may be waiting for the peer before sending fails; the last
 * message may exceed the limit. */
void
signal_websocket_set_max_unsent (SignalWebsocket *self,
                                 gsize            size)
{
  self->max_unsent = size;
}

/* Sets how long data may remain unacknowledged before the kernel closes the connection, in ms. */
void
signal_websocket_set_user_timeout (SignalWebsocket *self,
                                   guint            ms)
{
  signal_websocket_stream_set_user_timeout (self->stream, ms);
}

/* Checks whether a message can be sent now. */
static gboolean
check_sendable (SignalWebsocket  *self,
                GError          **error)
{
  if (!signal_websocket_is_open (self))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED, _("The connection is closed"));
      return FALSE;
    }

  if (signal_websocket_get_unsent (self) > self->max_unsent)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL,
                           _("The peer is not reading what is sent to it"));
      return FALSE;
    }

  return TRUE;
}

static gsize
get_frame_size (SignalWebsocket *self,
                gsize            length)
{
  return length + signal_websocket_frame_get_header_size (length, self->is_client);
}

/* Returns a mask, or NULL on error. The mask of a client must not be predictable (RFC 6455 section 10.3). */
static const guint8 *
take_mask (SignalWebsocket  *self,
           GError          **error)
{
  if (self->n_masks == 0)
    {
      if (!signal_random_bytes (self->masks, sizeof self->masks, error))
        return NULL;
      self->n_masks = MASKS_DRAWN;
    }

  return self->masks[--self->n_masks];
}

/* Composes the header of a frame in the output buffer. */
static gboolean
begin_frame (SignalWebsocket  *self,
             guint8            opcode,
             gsize             length,
             GError          **error)
{
  SignalWebsocketWriter *writer = signal_websocket_stream_get_writer (self->stream);
  const guint8 *mask = NULL;
  guint8 *frame;

  if (self->is_client)
    {
      mask = take_mask (self, error);
      if (mask == NULL)
        return FALSE;
      self->outgoing.mask = mask;
    }

  frame = signal_websocket_writer_begin (writer, get_frame_size (self, length));
  self->outgoing.payload = frame + signal_websocket_frame_compose_header (frame, opcode, length, mask);
  self->outgoing.length = length;
  return TRUE;
}

/* Completes a frame. The writer accepts each frame as a whole, so that the frames of libsoup do
 * not interrupt it. */
static void
end_frame (SignalWebsocket *self,
           gboolean         is_secret)
{
  SignalWebsocketWriter *writer = signal_websocket_stream_get_writer (self->stream);
  gsize length = self->outgoing.length;

  if (self->is_client)
    signal_websocket_frame_mask (self->outgoing.payload, length, self->outgoing.mask);
  signal_websocket_writer_end (writer, get_frame_size (self, length), is_secret);
}

/* Begins to send a text message. Returns where to write the payload of that many bytes of valid
 * UTF-8. No other function may be called before signal_websocket_end_text() or
 * signal_websocket_cancel_text(). */
guint8 *
signal_websocket_begin_text (SignalWebsocket  *self,
                             gsize             length,
                             GError          **error)
{
  if (!check_sendable (self, error)
      || !begin_frame (self, SIGNAL_WEBSOCKET_FRAME_TEXT, length, error))
    return NULL;

  return self->outgoing.payload;
}

/* is_secret is whether to wipe the memory when the message has been written. */
void
signal_websocket_end_text (SignalWebsocket *self,
                           gboolean         is_secret)
{
  end_frame (self, is_secret);
}

/* Discards what signal_websocket_begin_text() has begun. */
void
signal_websocket_cancel_text (SignalWebsocket *self)
{
  SignalWebsocketWriter *writer = signal_websocket_stream_get_writer (self->stream);

  signal_websocket_writer_cancel (writer, get_frame_size (self, self->outgoing.length));
}

/* Takes back a text message of that many bytes that began at a position among the bytes that were
 * accepted. Returns FALSE if a part of it has been written. */
gboolean
signal_websocket_take_back (SignalWebsocket *self,
                            guint64          position,
                            gsize            length)
{
  SignalWebsocketWriter *writer = signal_websocket_stream_get_writer (self->stream);

  return signal_websocket_writer_remove (writer, position, get_frame_size (self, length));
}

/* Sends a ping. libsoup itself only does this with a timer. */
void
signal_websocket_ping (SignalWebsocket *self)
{
  if (!signal_websocket_is_open (self) || !begin_frame (self, SIGNAL_WEBSOCKET_FRAME_PING, 0, NULL))
    return;

  self->pinged = g_get_monotonic_time ();
  end_frame (self, FALSE);
}

/* Starts the closing handshake. Data that was sent before is written first. The closed callback
 * is always called within a few seconds, and no message is delivered before it. */
void
signal_websocket_close (SignalWebsocket *self,
                        guint16          code,
                        const char      *reason)
{
  if (self->soup == NULL)
    return;

  self->is_closing = TRUE;
  if (self->close_timeout != NULL)
    return;

  wait_for_peer (self);
  if (signal_websocket_is_open (self))
    soup_websocket_connection_close (self->soup, code, reason);
}

/* Closes the connection immediately. No further callbacks follow. */
void
signal_websocket_drop (SignalWebsocket *self)
{
  self->handlers = NULL;
  self->user_data = NULL;
  signal_source_clear (&self->close_timeout);
  stop_reading (self);

  if (self->soup == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->soup, self);
  signal_websocket_stream_detach (self->stream);
  if (soup_websocket_connection_get_state (self->soup) != SOUP_WEBSOCKET_STATE_CLOSED)
    signal_websocket_stream_abandon (self->stream);
  g_clear_object (&self->soup);
}

/* Returns whether there is a connection, which may be closing. */
gboolean
signal_websocket_is_connected (SignalWebsocket *self)
{
  return self->soup != NULL;
}

/* Returns whether messages can be sent. */
gboolean
signal_websocket_is_open (SignalWebsocket *self)
{
  return self->soup != NULL && !self->has_ended
         && soup_websocket_connection_get_state (self->soup) == SOUP_WEBSOCKET_STATE_OPEN;
}

/* Gets the time until which the peer is known to have been active, as in g_get_monotonic_time():
 * when the last byte was received or, because a handler may block reading, when the delivery of
 * the last message has ended. */
gint64
signal_websocket_get_last_received (SignalWebsocket *self)
{
  return self->n_delivering > 0 ? g_get_monotonic_time () : self->last_received;
}

/* Gets the round-trip time of the last answered ping in µs, or −1. */
gint64
signal_websocket_get_round_trip (SignalWebsocket *self)
{
  return self->round_trip;
}

guint64
signal_websocket_get_bytes_received (SignalWebsocket *self)
{
  return self->bytes_received;
}

/* Gets the number of bytes that have been written to the socket. */
guint64
signal_websocket_get_bytes_sent (SignalWebsocket *self)
{
  return signal_websocket_writer_get_total (signal_websocket_stream_get_writer (self->stream));
}

/* Gets the number of bytes that have not been written to the socket yet. */
gsize
signal_websocket_get_unsent (SignalWebsocket *self)
{
  return signal_websocket_writer_get_unsent (signal_websocket_stream_get_writer (self->stream));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tests/lib/mock-server.h"

#include "signal-glib/signal-error.h"
#include "signal-glib/websocket/signal-websocket-private.h"

/* The priority at which GTK redraws. */
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

#define LARGE (2 * 1024 * 1024)

/* A WebSocket of a client at one end of a socket pair, and a plain stream at the other. */
typedef struct
{
  SignalWebsocket *websocket;
  GIOStream       *peer;

  GPtrArray       *messages;    /* GBytes */
  guint            n_written;
  gboolean         is_closed;
  guint16          code;
  char            *reason;
  GError          *error;
  guint            nested;      /* ms for which the main loop runs in the first message */
  gboolean         is_dropping; /* as soon as something has been written */
} WebsocketPair;

static void
on_message (SignalWebsocket *websocket,
            gboolean         is_text,
            const guint8    *data,
            gsize            length,
            gpointer         user_data)
{
  WebsocketPair *pair = user_data;

  g_assert_true (is_text);
  g_assert_false (pair->is_closed);
  g_ptr_array_add (pair->messages, g_bytes_new (data, length));
  if (pair->nested > 0)
    {
      guint milliseconds = pair->nested;

      pair->nested = 0;
      run_for (milliseconds);
    }
}

static void
on_closed (SignalWebsocket *websocket,
           guint16          code,
           const char      *reason,
           const GError    *error,
           gpointer         user_data)
{
  WebsocketPair *pair = user_data;

  g_assert_false (pair->is_closed);
  pair->is_closed = TRUE;
  pair->code = code;
  pair->reason = g_strdup (reason);
  pair->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
on_written (SignalWebsocket *websocket,
            gpointer         user_data)
{
  WebsocketPair *pair = user_data;

  pair->n_written++;
  if (pair->is_dropping)
    signal_websocket_drop (websocket);
}

static const SignalWebsocketHandlers handlers = {
  .message = on_message,
  .closed = on_closed,
  .written = on_written,
};

static WebsocketPair *
websocket_pair_new_with_stream (GIOStream *stream,
                                GBytes    *read_ahead)
{
  WebsocketPair *pair = g_new0 (WebsocketPair, 1);
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);

  pair->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  pair->websocket = signal_websocket_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_CLIENT,
                                          read_ahead);
  signal_websocket_start (pair->websocket, &handlers, pair);
  return pair;
}

static WebsocketPair *
websocket_pair_new (GBytes *read_ahead)
{
  GIOStream *ends[2];
  WebsocketPair *pair;

  socket_pair (ends);
  pair = websocket_pair_new_with_stream (ends[0], read_ahead);
  pair->peer = ends[1];
  g_object_unref (ends[0]);
  return pair;
}

static void
websocket_pair_free (WebsocketPair *pair)
{
  g_assert_finalize_object (pair->websocket);
  g_clear_object (&pair->peer);
  run_pending ();
  g_ptr_array_unref (pair->messages);
  g_clear_error (&pair->error);
  g_free (pair->reason);
  g_free (pair);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WebsocketPair, websocket_pair_free)

static void
peer_write (WebsocketPair *pair,
            const void    *data,
            gsize          length)
{
  GOutputStream *output = g_io_stream_get_output_stream (pair->peer);

  g_assert_true (g_output_stream_write_all (output, data, length, NULL, NULL, NULL));
}

/* Appends what the peer can read. Returns FALSE at the end. */
static gboolean
peer_read (WebsocketPair *pair,
           GByteArray    *bytes)
{
  GInputStream *input = g_io_stream_get_input_stream (pair->peer);
  g_autoptr (GError) error = NULL;
  guint8 buffer[65536];
  gssize count;

  while ((count = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), buffer,
                                                            sizeof buffer, NULL, &error)) > 0)
    g_byte_array_append (bytes, buffer, count);
  if (count < 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  return count != 0;
}

/* Sends a text of this length, whose content depends on its number and length. */
static void
send_text_full (WebsocketPair *pair,
                gsize          length,
                gboolean       is_secret)
{
  g_autoptr (GError) error = NULL;
  guint8 *payload = signal_websocket_begin_text (pair->websocket, length, &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < length; i++)
    payload[i] = 'a' + (i * 31 + length) % 26;
  signal_websocket_end_text (pair->websocket, is_secret);
}

static void
send_text (WebsocketPair *pair,
           gsize          length)
{
  send_text_full (pair, length, FALSE);
}

/* Removes the texts of masked frames, and returns how many bytes are left. */
static gsize
take_texts (const GByteArray *bytes,
            guint             n_texts,
            const gsize      *lengths)
{
  gsize at = 0;

  for (guint i = 0; i < n_texts; i++)
    {
      gsize length = lengths[i];
      gsize header = length < 126 ? 2 : length < 65536 ? 4 : 10;
      const guint8 *mask;

      g_assert_cmpuint (bytes->len - at, >=, header + 4 + length);
      g_assert_cmpuint (bytes->data[at], ==, 0x81);
      g_assert_cmpuint (bytes->data[at + 1] & 0x80, ==, 0x80);
      mask = bytes->data + at + header;
      for (gsize j = 0; j < length; j++)
        g_assert_cmpint (mask[4 + j] ^ mask[j % 4], ==, 'a' + (int) ((j * 31 + length) % 26));
      at += header + 4 + length;
    }

  return bytes->len - at;
}

/* All data is accepted immediately, whatever the socket accepts. */
static void
test_write (void)
{
  static const gsize lengths[] = { LARGE };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  send_text (pair, LARGE);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket), >, 0);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket)
                    + signal_websocket_get_bytes_sent (pair->websocket), ==, LARGE + 14);
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len == LARGE + 14);
  g_assert_cmpuint (take_texts (bytes, 1, lengths), ==, 0);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket), ==, 0);
  g_assert_cmpuint (signal_websocket_get_bytes_sent (pair->websocket), ==, LARGE + 14);
}

/* Many small messages arrive complete and in order, and the end is reported. */
static void
test_burst (void)
{
  gsize lengths[500];
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize total = 0;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      lengths[i] = i % 300;
      send_text (pair, lengths[i]);
    }
  total = signal_websocket_get_unsent (pair->websocket)
          + signal_websocket_get_bytes_sent (pair->websocket);
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len == total && pair->n_written > 0);
  g_assert_cmpuint (take_texts (bytes, G_N_ELEMENTS (lengths), lengths), ==, 0);
}

static void
assert_message (WebsocketPair *pair,
                guint          index,
                const char    *text)
{
  gsize length;
  const char *data = g_bytes_get_data (pair->messages->pdata[index], &length);

  g_assert_cmpmem (data, length, text, strlen (text));
}

static void
test_read (void)
{
  static const guint8 header[] = { 0x81, 127, 0, 0, 0, 0, 0, 0x02, 0x49, 0xe6 };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autofree char *data = g_strnfill (149990, 'x');

  peer_write (pair, header, sizeof header);
  peer_write (pair, data, 149990);
  WAIT_UNTIL (pair->messages->len == 1);
  assert_message (pair, 0, data);
  g_assert_cmpuint (signal_websocket_get_bytes_received (pair->websocket), ==, 150000);

  g_clear_object (&pair->peer);
  WAIT_UNTIL (pair->is_closed);
  g_assert_cmpuint (pair->code, ==, SOUP_WEBSOCKET_CLOSE_ABNORMAL);
  g_assert_no_error (pair->error);
}

/* Data that was received with the response to the upgrade is read first. */
static void
test_read_ahead (void)
{
  g_autoptr (GBytes) ahead = g_bytes_new_static ("\x81\x03" "one", 5);
  g_autoptr (WebsocketPair) pair = websocket_pair_new (ahead);

  g_assert_cmpuint (pair->messages->len, ==, 0);
  peer_write (pair, "\x81\x03two", 5);
  WAIT_UNTIL (pair->messages->len == 2);
  assert_message (pair, 0, "one");
  assert_message (pair, 1, "two");
}

/* In a main loop run by a handler, messages are delivered in order, and so is the end. */
static void
test_nested (gconstpointer in_parts)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);

  pair->nested = 200;
  if (in_parts != NULL)
    peer_write (pair, "\x01\x01o\x80\x02ne\x81\x03two\x81\x05thr", 17);
  else
    peer_write (pair, "\x81\x03one\x81\x03two\x81\x05thr", 15);
  WAIT_UNTIL (pair->messages->len > 0);

  /* The outer handler has returned: all messages but the incomplete last one were delivered in
   * it. */
  g_assert_cmpuint (pair->messages->len, ==, 2);
  assert_message (pair, 0, "one");
  assert_message (pair, 1, "two");
  pair->nested = 100;
  peer_write (pair, "ee\x88\x02\x03\xe8", 6);
  WAIT_UNTIL (pair->messages->len == 3);
  assert_message (pair, 2, "three");
  g_assert_true (pair->is_closed);
  g_assert_cmpuint (pair->code, ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

static void
drop_inside (SignalWebsocket *websocket,
             gboolean         is_text,
             const guint8    *data,
             gsize            length,
             gpointer         user_data)
{
  SignalWebsocket **held = user_data;

  run_for (10);
  signal_websocket_drop (websocket);
  g_clear_object (held);
}

static const SignalWebsocketHandlers dropping_handlers = { .message = drop_inside };

/* The last reference is dropped in a main loop inside a message handler, while there are more
 * messages. */
static void
test_drop_nested (void)
{
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  GIOStream *ends[2];
  SignalWebsocket *websocket;

  socket_pair (ends);
  websocket = signal_websocket_new (ends[0], uri, SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL);
  signal_websocket_start (websocket, &dropping_handlers, &websocket);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (ends[1]),
                                            "\x81\x01x\x81\x01x\x81\x01x", 9, NULL, NULL, NULL));
  WAIT_UNTIL (websocket == NULL);
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  run_pending ();
}

/* A message that is too large is not delivered, nor is any later one. The close frame has the
 * reason, and reaches a peer that continues to send. */
static void
test_too_large (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  signal_websocket_set_max_incoming_size (pair->websocket, 5);
  peer_write (pair, "\x81\x05" "right\x81\x06" "no\x81\x05more", 16);
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len > 0);
  peer_write (pair, "\x81\x05right", 7);
  WAIT_UNTIL (pair->is_closed);
  g_assert_error (pair->error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (pair->messages->len, ==, 1);
  g_assert_cmpuint (bytes->data[0], ==, 0x88);
  g_assert_cmpuint ((bytes->data[6] ^ bytes->data[2]) << 8 | (bytes->data[7] ^ bytes->data[3]), ==, 1009);
}

/* The same for a violation of RFC 6455, after which the peer's close frame is not awaited. */
static void
test_fault (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  peer_write (pair, "\x81\x05right\xc1\x05wrong\x81\x05right", 21);
  WAIT_UNTIL (pair->is_closed);
  g_assert_error (pair->error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR);
  g_assert_nonnull (strstr (pair->error->message, "reserved bits"));
  g_assert_cmpuint (pair->messages->len, ==, 1);
  WAIT_UNTIL (!peer_read (pair, bytes));
  g_assert_cmpuint (bytes->data[0], ==, 0x88);
}

/* The end is reported when writing is no longer possible. */
static void
test_write_error (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GError) error = NULL;

  send_text (pair, LARGE);
  g_clear_object (&pair->peer);
  WAIT_UNTIL (pair->is_closed);
  g_assert_null (signal_websocket_begin_text (pair->websocket, 1, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
}

/* The first error is the one that is reported. */
static void
test_two_errors (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);

  signal_websocket_set_max_incoming_size (pair->websocket, 5);
  send_text (pair, LARGE);
  peer_write (pair, "\x81\x06" "no", 4);
  g_clear_object (&pair->peer);
  WAIT_UNTIL (pair->is_closed);
  g_assert_error (pair->error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
}

/* A text that has not been written can be taken back, between one that has in part, a secret one and a
 * pong, which are sent. */
static void
test_take_back (void)
{
  static const gsize lengths[] = { LARGE, 5 };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 position;
  gsize unsent;

  send_text (pair, LARGE);
  position = signal_websocket_get_bytes_sent (pair->websocket)
             + signal_websocket_get_unsent (pair->websocket);
  send_text (pair, 10);
  send_text_full (pair, 5, TRUE);
  unsent = signal_websocket_get_unsent (pair->websocket);
  peer_write (pair, "\x89\x02hi", 4);
  WAIT_UNTIL (signal_websocket_get_unsent (pair->websocket) > unsent);

  g_assert_false (signal_websocket_take_back (pair->websocket, 0, LARGE));
  g_assert_false (signal_websocket_take_back (pair->websocket, position, 1000));
  g_assert_true (signal_websocket_take_back (pair->websocket, position, 10));
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len >= LARGE + 14 + 5 + 6 + 8);
  g_assert_cmpuint (take_texts (bytes, 2, lengths), ==, 8);
  g_assert_cmpuint (bytes->data[bytes->len - 8], ==, 0x8a);
  g_assert_cmpint (bytes->data[bytes->len - 2] ^ bytes->data[bytes->len - 6], ==, 'h');
}

/* The output of a stream that is no socket. Like that of GnuTLS, it requires that a write that would have
 * blocked is repeated with as many bytes. */
struct _StrictStream
{
  GOutputStream parent_instance;

  GPollableOutputStream *base;
  gboolean               is_blocked;
  gsize                  attempt; /* that would have blocked; 0 if there is none */
  guint                  n_attempts;
};

static void strict_stream_pollable_init (GPollableOutputStreamInterface *iface);

#define STRICT_TYPE_STREAM (strict_stream_get_type ())
G_DECLARE_FINAL_TYPE (StrictStream, strict_stream, STRICT, STREAM, GOutputStream)
G_DEFINE_FINAL_TYPE_WITH_CODE (StrictStream, strict_stream, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      strict_stream_pollable_init))

static gssize
strict_stream_write_nonblocking (GPollableOutputStream  *pollable,
                                 const void             *buffer,
                                 gsize                   count,
                                 GError                **error)
{
  StrictStream *self = STRICT_STREAM (pollable);
  gssize n_written = -1;

  if (self->attempt > 0)
    g_assert_cmpuint (count, ==, self->attempt);

  if (self->is_blocked)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "blocked");
  else
    n_written = g_pollable_output_stream_write_nonblocking (self->base, buffer, count, NULL, error);
  self->attempt = n_written < 0 ? count : 0;
  self->n_attempts += n_written < 0;
  return n_written;
}

static GSource *
strict_stream_create_source (GPollableOutputStream *pollable,
                             GCancellable          *cancellable)
{
  return g_pollable_output_stream_create_source (STRICT_STREAM (pollable)->base, cancellable);
}

static void
strict_stream_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->write_nonblocking = strict_stream_write_nonblocking;
  iface->create_source = strict_stream_create_source;
}

static void
strict_stream_class_init (StrictStreamClass *klass)
{
}

static void
strict_stream_init (StrictStream *self)
{
}

/* What is added while a write waits does not change that write. */
static void
test_repeated_write (void)
{
  static const gsize lengths[] = { 7, 9 };
  g_autoptr (StrictStream) output = g_object_new (STRICT_TYPE_STREAM, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (WebsocketPair) pair = NULL;
  GIOStream *ends[2];

  socket_pair (ends);
  output->base = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (ends[0]));
  output->is_blocked = TRUE;
  stream = g_simple_io_stream_new (g_io_stream_get_input_stream (ends[0]), G_OUTPUT_STREAM (output));
  pair = websocket_pair_new_with_stream (stream, NULL);
  pair->peer = ends[1];
  send_text (pair, 7);
  WAIT_UNTIL (output->n_attempts > 0);
  send_text (pair, 9);
  output->n_attempts = 0;
  WAIT_UNTIL (output->n_attempts > 0);
  g_assert_cmpuint (pair->n_written, ==, 0);

  output->is_blocked = FALSE;
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len == 7 + 6 + 9 + 6);
  g_assert_cmpuint (take_texts (bytes, G_N_ELEMENTS (lengths), lengths), ==, 0);
  signal_websocket_drop (pair->websocket);
  g_object_unref (ends[0]);
}

/* The library also works with a stream that is no socket. */
static void
test_other_stream (void)
{
  static const gsize lengths[] = { LARGE, 7 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (WebsocketPair) pair = NULL;
  GIOStream *ends[2];

  socket_pair (ends);
  stream = g_simple_io_stream_new (g_io_stream_get_input_stream (ends[0]),
                                   g_io_stream_get_output_stream (ends[0]));
  pair = websocket_pair_new_with_stream (stream, NULL);
  pair->peer = ends[1];
  signal_websocket_set_user_timeout (pair->websocket, 1000);
  send_text (pair, LARGE);
  run_pending ();
  g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket), >, 0);
  send_text (pair, 7);
  peer_write (pair, "\x81\x03one", 5);
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len == LARGE + 14 + 7 + 6 && pair->messages->len == 1);
  g_assert_cmpuint (take_texts (bytes, G_N_ELEMENTS (lengths), lengths), ==, 0);

  send_text (pair, LARGE);
  signal_websocket_drop (pair->websocket);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket), ==, 0);
  g_object_unref (ends[0]);
}

static void
test_close_flushes (void)
{
  static const gsize lengths[] = { LARGE };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  send_text (pair, LARGE);
  signal_websocket_close (pair->websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, "done");
  WAIT_UNTIL (peer_read (pair, bytes) && bytes->len > LARGE + 14 + 6);
  g_assert_cmpuint (take_texts (bytes, 1, lengths), ==, 2 + 4 + 2 + 4);
  peer_write (pair, "\x88\x06\x03\xe8" "done", 8);
  WAIT_UNTIL (pair->is_closed);
  g_assert_cmpuint (pair->code, ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

/* When the peer closes, what was sent before is still written to it, and then the close frame. The end is
 * reported after that, or when the peer has not read for a while. */
static void
test_closed_by_peer (gconstpointer is_read)
{
  static const gsize lengths[] = { LARGE };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  send_text (pair, LARGE);
  peer_write (pair, "\x88\x02\x03\xe8", 4);
  run_for (50);
  g_assert_false (pair->is_closed);
  g_assert_null (signal_websocket_begin_text (pair->websocket, 1, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);

  if (is_read != NULL)
    {
      WAIT_UNTIL (!peer_read (pair, bytes));
      g_assert_cmpuint (take_texts (bytes, 1, lengths), ==, 2 + 4 + 2);
    }
  WAIT_UNTIL (pair->is_closed);
  g_assert_cmpuint (pair->code, ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

/* This also holds if this side closes just after the peer has. */
static void
test_closed_by_both (void)
{
  static const gsize lengths[] = { LARGE };
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize unsent;

  send_text (pair, LARGE);
  unsent = signal_websocket_get_unsent (pair->websocket);
  peer_write (pair, "\x88\x02\x03\xe8", 4);
  while (signal_websocket_get_unsent (pair->websocket) == unsent)
    g_main_context_iteration (NULL, TRUE);
  signal_websocket_close (pair->websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);

  WAIT_UNTIL (!peer_read (pair, bytes));
  g_assert_cmpuint (take_texts (bytes, 1, lengths), ==, 2 + 4 + 2);
  WAIT_UNTIL (pair->is_closed);
}

/* The application may drop the connection while data is still written to a peer that has closed. */
static void
test_closed_and_dropped (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  send_text (pair, LARGE);
  peer_write (pair, "\x88\x02\x03\xe8", 4);
  run_for (50);
  pair->n_written = 0;
  pair->is_dropping = TRUE;
  WAIT_UNTIL (!peer_read (pair, bytes));
  run_pending ();
  g_assert_cmpuint (pair->n_written, ==, 1);
  g_assert_false (pair->is_closed);
}

/* A peer that does not read delays closing only briefly, and not at all if the connection is
 * aborted. */
static void
test_close_unread (gconstpointer is_dropped)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);

  send_text (pair, LARGE);
  if (is_dropped != NULL)
    {
      signal_websocket_drop (pair->websocket);
      g_assert_cmpuint (signal_websocket_get_unsent (pair->websocket), ==, 0);
      run_pending ();
      g_assert_false (pair->is_closed);
      return;
    }

  signal_websocket_close (pair->websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_UNTIL (pair->is_closed);
}

static gpointer
flood (gpointer user_data)
{
  WebsocketPair *pair = user_data;
  GOutputStream *output = g_io_stream_get_output_stream (pair->peer);
  g_autofree char *frame = g_strnfill (2 + 100, 'x');

  frame[0] = (char) 0x81;
  frame[1] = 100;
  while (g_output_stream_write_all (output, frame, 102, NULL, NULL, NULL))
    continue;
  return NULL;
}

/* A peer that sends constantly does not keep the main loop from redrawing. */
static void
test_flood (void)
{
  g_autoptr (WebsocketPair) pair = websocket_pair_new (NULL);
  g_autoptr (GThread) thread = NULL;
  guint n_redraws = 0;
  guint redraw = g_timeout_add_full (REDRAW_PRIORITY, 1, count_dispatch, &n_redraws, NULL);

  g_socket_set_blocking (g_socket_connection_get_socket (G_SOCKET_CONNECTION (pair->peer)), TRUE);
  thread = g_thread_new ("flood", flood, pair);
  WAIT_UNTIL (pair->messages->len > 20000 && n_redraws >= 3);
  g_source_remove (redraw);
  signal_websocket_drop (pair->websocket);
  g_thread_join (g_steal_pointer (&thread));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/websocket/write", test_write);
  g_test_add_func ("/websocket/burst", test_burst);
  g_test_add_func ("/websocket/read", test_read);
  g_test_add_func ("/websocket/read-ahead", test_read_ahead);
  g_test_add_data_func ("/websocket/nested", NULL, test_nested);
  g_test_add_data_func ("/websocket/nested-parts", GINT_TO_POINTER (TRUE), test_nested);
  g_test_add_func ("/websocket/drop-nested", test_drop_nested);
  g_test_add_func ("/websocket/too-large", test_too_large);
  g_test_add_func ("/websocket/fault", test_fault);
  g_test_add_func ("/websocket/write-error", test_write_error);
  g_test_add_func ("/websocket/two-errors", test_two_errors);
  g_test_add_func ("/websocket/take-back", test_take_back);
  g_test_add_func ("/websocket/repeated-write", test_repeated_write);
  g_test_add_func ("/websocket/other-stream", test_other_stream);
  g_test_add_func ("/websocket/close-flushes", test_close_flushes);
  g_test_add_data_func ("/websocket/closed-by-peer", GINT_TO_POINTER (TRUE), test_closed_by_peer);
  g_test_add_data_func ("/websocket/closed-by-peer-unread", NULL, test_closed_by_peer);
  g_test_add_func ("/websocket/closed-by-both", test_closed_by_both);
  g_test_add_func ("/websocket/closed-and-dropped", test_closed_and_dropped);
  g_test_add_data_func ("/websocket/close-unread", NULL, test_close_unread);
  g_test_add_data_func ("/websocket/drop", GINT_TO_POINTER (TRUE), test_close_unread);
  g_test_add_func ("/websocket/flood", test_flood);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "cases.h"
#include "echo.h"
#include "tests/lib/channel-pair.h"
#include "tests/lib/frame-peer.h"
#include "tests/lib/utils.h"

#include "signal-glib/signal-error.h"

/* Each case of Autobahn in both roles, over a socket pair. The answers are compared byte by byte. */

#define EVERYTHING G_MAXSIZE
#define PAUSE_MS 5

/* A WebSocket of the library, and its peer. */
typedef struct
{
  GIOStream *stream;
  FramePeer *peer;
  Echo      *echo;       /* NULL in the tests of decisions */
  guint      n_answers;  /* that were received in this round */
  gboolean   is_closed;
  guint16    code;
} Connection;

static void
on_closed (Echo       *echo,
           guint16     code,
           const char *reason,
           gpointer    user_data)
{
  Connection *connection = user_data;

  g_assert_false (connection->is_closed);
  connection->is_closed = TRUE;
  connection->code = code;
}

static Connection *
connection_new (SoupWebsocketConnectionType type)
{
  Connection *self = g_new0 (Connection, 1);
  GIOStream *ends[2];

  socket_pair (ends);
  self->stream = ends[0];
  self->peer = frame_peer_new (ends[1], type == SOUP_WEBSOCKET_CONNECTION_SERVER);
  g_object_unref (ends[1]);
  return self;
}

static Connection *
connection_new_with_echo (SoupWebsocketConnectionType type)
{
  Connection *self = connection_new (type);
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (SignalWebsocket) websocket = signal_websocket_new (self->stream, uri, type, NULL);

  self->echo = echo_new (websocket, type, ECHO_CLOSES_BAD_TEXT, on_closed, self);
  return self;
}

static void
connection_free (Connection *self)
{
  g_clear_pointer (&self->echo, echo_free);
  g_object_unref (self->stream);
  frame_peer_free (self->peer);
  run_pending ();
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Connection, connection_free)

static guint8 *
make_payload (const CaseFrame *frame)
{
  guint8 *payload = g_malloc (frame->length + 1);

  for (gsize i = 0; i < frame->length; i++)
    payload[i] = frame->pattern[i % frame->pattern_length];
  return payload;
}

/* Waits for the next frame of the library. */
static ReceivedFrame *
wait_frame (Connection *self)
{
  ReceivedFrame *frame;
  gboolean is_open = TRUE;

  WAIT_UNTIL ((frame = frame_peer_take (self->peer)) != NULL
              || !is_open
              || (is_open = frame_peer_read (self->peer, EVERYTHING), FALSE));
  g_assert_nonnull (frame);
  return frame;
}

/* Waits until this number of answers has been received. */
static void
wait_answers (Connection *self,
              const Case *each,
              guint       n_answers)
{
  for (; self->n_answers < n_answers; self->n_answers++)
    {
      const CaseFrame *expected = &each->answers[self->n_answers];
      g_autoptr (ReceivedFrame) frame = wait_frame (self);
      g_autofree guint8 *payload = make_payload (expected);

      g_assert_cmphex (frame->first, ==, expected->first);
      g_assert_cmpmem (frame->payload->data, frame->payload->len, payload, expected->length);
    }
}

/* Sends bytes in chops, and has the library read each of them. */
static void
write_chopped (Connection       *self,
               const GByteArray *bytes,
               gsize             chop)
{
  gsize size = chop == CASE_AT_ONCE || chop == CASE_FRAMEWISE ? bytes->len : chop;

  for (gsize at = 0; at < bytes->len; at += size)
    {
      frame_peer_write (self->peer, bytes->data + at, MIN (size, bytes->len - at));
      run_pending ();
    }
}

static void
flush (Connection *self,
       const Case *each,
       GByteArray *bytes)
{
  write_chopped (self, bytes, each->chop);
  g_byte_array_set_size (bytes, 0);
}

/* Sends a single frame, with pauses in its payload. */
static void
send_cut (Connection *self,
          const Case *each)
{
  g_autofree guint8 *payload = make_payload (&each->sends[0]);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize header_size = frame_peer_append (self->peer, bytes, each->sends[0].first, payload,
                                         each->sends[0].length);
  gsize at = 0;

  for (guint i = 0; i < G_N_ELEMENTS (each->cuts); i++)
    {
      gsize end = header_size + each->cuts[i];

      frame_peer_write (self->peer, bytes->data + at, end - at);
      run_for (PAUSE_MS);
      at = end;
    }
  frame_peer_write (self->peer, bytes->data + at, bytes->len - at);
}

/* Appends a message, in fragments if the case says so. */
static void
append_message (Connection      *self,
                GByteArray      *bytes,
                const CaseFrame *frame,
                gsize            fragment)
{
  g_autofree guint8 *payload = make_payload (frame);
  gsize size = fragment > 0 ? fragment : frame->length;
  gsize at = 0;

  do
    {
      guint8 first = at == 0 ? frame->first : frame->first & 0xf0;
      gsize part = MIN (size, frame->length - at);

      if (at + part < frame->length)
        first &= ~CASE_FIN;
      frame_peer_append (self->peer, bytes, first, payload + at, part);
      at += part;
    }
  while (at < frame->length);
}

static void
send_frames (Connection *self,
             const Case *each)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (const CaseFrame *frame = each->sends; frame->pattern != NULL; frame++)
    {
      if (frame->first == CASE_PAUSE)
        {
          flush (self, each, bytes);
          wait_answers (self, each, frame->length);
          run_for (PAUSE_MS);
          continue;
        }

      append_message (self, bytes, frame, each->fragment);
      if (each->chop == CASE_FRAMEWISE)
        flush (self, each, bytes);
    }
  flush (self, each, bytes);
}

static guint
count_frames (const CaseFrame *frames)
{
  guint count = 0;

  while (frames[count].pattern != NULL)
    count++;
  return count;
}

/* Whether the peer is the first to send a close frame, which may be invalid. */
static gboolean
sends_close (const Case *each)
{
  for (guint i = 0; i < count_frames (each->sends); i++)
    if (each->sends[i].first == CASE_CLOSE)
      return TRUE;

  return FALSE;
}

static void
send_close (Connection *self,
            guint16     code)
{
  const guint8 payload[] = { code >> 8, code & 0xff };

  frame_peer_send (self->peer, CASE_CLOSE, payload, sizeof payload);
}

/* The library sends a close frame with this code and this reason, if there is one. */
static void
check_close (Connection *self,
             guint16     code,
             const char *reason)
{
  g_autoptr (ReceivedFrame) frame = wait_frame (self);
  const GByteArray *payload = frame->payload;
  gsize length = reason != NULL ? strlen (reason) : 0;

  g_assert_cmphex (frame->first, ==, CASE_CLOSE);
  g_assert_cmpuint (payload->len, >=, 2);
  g_assert_cmpuint (payload->data[0] << 8 | payload->data[1], ==, code);
  g_assert_cmpmem (payload->data + 2, payload->len - 2, reason, length);
}

/* The library has begun to close, and waits for the answer; as a client, also for the end. */
static void
answer_close (Connection *self,
              guint16     code)
{
  send_close (self, code);
  if (!self->peer->is_client)
    frame_peer_end (self->peer);
}

/* The library ends the connection without sending anything more. */
static void
check_end (Connection *self)
{
  WAIT_UNTIL (!frame_peer_read (self->peer, EVERYTHING));
  g_assert_cmpuint (self->peer->unread->len, ==, 0);
}

static void
run_case (const Case                 *each,
          SoupWebsocketConnectionType type)
{
  g_autoptr (Connection) connection = connection_new_with_echo (type);

  for (guint round = 0; round < MAX (each->rounds, 1); round++)
    {
      if (each->cuts[0] > 0)
        send_cut (connection, each);
      else
        send_frames (connection, each);
      wait_answers (connection, each, count_frames (each->answers));
      connection->n_answers = 0;
    }

  if (each->close == SOUP_WEBSOCKET_CLOSE_NORMAL && !sends_close (each))
    send_close (connection, each->close);
  check_close (connection, each->close, each->reason);
  if (each->close == SOUP_WEBSOCKET_CLOSE_BAD_DATA && !sends_close (each))
    answer_close (connection, each->close);
  check_end (connection);
  WAIT_UNTIL (connection->is_closed);
}

/* The deviations that are decisions. They are those of SignalChannel, so that messages of Signal are sent to
 * it: each message of the case becomes the payload of one. The connection stays open, and the next message
 * is delivered. */

typedef struct
{
  const char *name;
  gboolean  (*concerns) (const Case *each);
} Decision;

static gboolean
is_binary (const Case *each)
{
  return each->answers[0].first == CASE_BINARY;
}

static gboolean
is_bad_text (const Case *each)
{
  return each->close == SOUP_WEBSOCKET_CLOSE_BAD_DATA && !sends_close (each);
}

static const Decision decisions[] = {
  { "binary-message-ignored", is_binary },
  { "bad-text-dropped-alone", is_bad_text },
};

/* Sends a message of Signal whose payload consists of the frames of the case, in as many fragments. */
static void
send_message (Connection *self,
              const Case *each,
              gboolean    is_text)
{
  static const char before[] = "{\"event\":\"case\",\"data\":\"";
  const guint8 first = is_text ? CASE_TEXT : CASE_BINARY;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  frame_peer_append (self->peer, bytes, first & ~CASE_FIN, before, strlen (before));
  for (const CaseFrame *frame = each->sends; frame->pattern != NULL; frame++)
    if (frame->first != CASE_PAUSE)
      {
        const CaseFrame part = { 0, frame->pattern, frame->pattern_length, frame->length };

        append_message (self, bytes, &part, each->fragment);
      }
  frame_peer_append (self->peer, bytes, CASE_FIN, "\"}", 2);
  frame_peer_write (self->peer, bytes->data, bytes->len);
}

static void
check_message (const Case                 *each,
               SoupWebsocketConnectionType type,
               gboolean                    is_ignored)
{
  static const char good[] = "{\"event\":\"good\"}";
  g_autoptr (Connection) connection = connection_new (type);
  guint n_messages = is_ignored ? 1 : 2;
  ChannelEnd end = { 0 };

  channel_end_open (&end, connection->stream, type);
  send_message (connection, each, !is_binary (each));
  frame_peer_send (connection->peer, CASE_TEXT, good, strlen (good));
  WAIT_UNTIL (end.messages->len + end.errors->len == 2);
  g_assert_cmpuint (end.messages->len, ==, n_messages);
  g_assert_cmpstr (signal_message_get_event (end.messages->pdata[n_messages - 1]), ==, "good");
  if (is_ignored)
    g_assert_error ((GError *) end.errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);

  send_close (connection, SOUP_WEBSOCKET_CLOSE_NORMAL);
  check_close (connection, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_UNTIL (end.is_closed);
  channel_end_clear (&end);
}

static void
check_messages (gboolean (*concerns) (const Case *each),
                gboolean   is_ignored)
{
  guint n_tested = 0;

  for (guint i = 0; i < n_cases; i++)
    if (concerns (&cases[i]))
      {
        g_test_message ("%s", cases[i].id);
        check_message (&cases[i], SOUP_WEBSOCKET_CONNECTION_CLIENT, is_ignored);
        check_message (&cases[i], SOUP_WEBSOCKET_CONNECTION_SERVER, is_ignored);
        n_tested++;
      }

  g_assert_cmpuint (n_tested, >, 0);
}

static void
test_decision (gconstpointer decision)
{
  check_messages (((const Decision *) decision)->concerns, TRUE);
}

/* JSON does not allow U+0000 in a string. */
static gboolean
is_good_text (const Case *each)
{
  return g_str_has_prefix (each->id, "6.") && each->close == SOUP_WEBSOCKET_CLOSE_NORMAL
         && !g_str_equal (each->id, "6.7.1");
}

static void
test_good_texts (void)
{
  check_messages (is_good_text, FALSE);
}

static void
test_client (gconstpointer each)
{
  run_case (each, SOUP_WEBSOCKET_CONNECTION_CLIENT);
}

static void
test_server (gconstpointer each)
{
  run_case (each, SOUP_WEBSOCKET_CONNECTION_SERVER);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < n_cases; i++)
    {
      g_autofree char *client = g_strconcat ("/autobahn/client/", cases[i].id, NULL);
      g_autofree char *server = g_strconcat ("/autobahn/server/", cases[i].id, NULL);

      g_test_add_data_func (client, &cases[i], test_client);
      g_test_add_data_func (server, &cases[i], test_server);
    }

  g_test_add_func ("/autobahn/good-texts", test_good_texts);
  for (guint i = 0; i < G_N_ELEMENTS (decisions); i++)
    {
      g_autofree char *path = g_strconcat ("/autobahn/decisions/", decisions[i].name, NULL);

      g_test_add_data_func (path, &decisions[i], test_decision);
    }

  return g_test_run ();
}

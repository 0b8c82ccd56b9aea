/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "tests/lib/hostile.h"

#include <string.h>

/* Pongs as a peer receives them: the bytes on the wire, from a client or from a server. */

#define KIB 1024

/* More than the limit for pongs, and more than the buffers of a socket. */
#define BACKLOG (512 * KIB)

#define FILLER_SIZE 1000

/* A channel, and the other end of its socket, which reads slowly. */
typedef struct
{
  ChannelEnd  end;
  GIOStream  *channel_stream;
  GIOStream  *peer;
  gboolean    is_client;
  GByteArray *unread;         /* received data that is not a complete frame */
  guint       n_sent;         /* fillers that were sent on the channel */
  guint       n_read;         /* fillers that were received */
  char       *pong;           /* the last one received, or NULL if it was already checked */
  guint8      mask[4];        /* of the last frame */
} Line;

static Line *
line_new (gconstpointer type)
{
  Line *line = g_new0 (Line, 1);
  GIOStream *ends[2];

  socket_pair (ends);
  line->is_client = GPOINTER_TO_INT (type) == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  line->channel_stream = ends[0];
  line->peer = ends[1];
  line->unread = g_byte_array_new ();
  channel_end_open (&line->end, ends[0], GPOINTER_TO_INT (type));
  return line;
}

static void
line_free (Line *line)
{
  channel_end_clear (&line->end);
  g_object_unref (line->channel_stream);
  g_object_unref (line->peer);
  g_byte_array_unref (line->unread);
  g_free (line->pong);
  run_pending ();
  g_free (line);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Line, line_free)

/* Sends a frame of the peer, with a mask of zeros if it is the client. */
static void
line_write (Line       *line,
            guint8      first,
            const char *payload)
{
  GOutputStream *output = g_io_stream_get_output_stream (line->peer);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  guint8 length = strlen (payload);
  const guint8 head[] = { first, line->is_client ? length : 0x80 | length, 0, 0, 0, 0 };

  g_byte_array_append (frame, head, line->is_client ? 2 : 6);
  g_byte_array_append (frame, (const guint8 *) payload, length);
  for (gsize i = 0; i < frame->len;)
    {
      gssize count = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output),
                                                                 frame->data + i, frame->len - i,
                                                                 NULL, NULL);

      i += MAX (count, 0);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* Sends a ping, and waits until it was read. */
static void
line_ping (Line       *line,
           const char *payload)
{
  guint n_messages = line->end.messages->len;

  line_write (line, 0x89, payload);
  line_write (line, 0x81, "{\"event\":\"read\"}");
  WAIT_UNTIL (line->end.messages->len > n_messages);
}

static void
line_take_frame (Line         *line,
                 const guint8 *payload,
                 gsize         length)
{
  guint8 first = line->unread->data[0];

  if (first == 0x81)
    line->n_read++;
  if (first != 0x8a)
    return;

  g_free (line->pong);
  line->pong = g_malloc0 (length + 1);
  for (gsize i = 0; i < length; i++)
    line->pong[i] = payload[i] ^ (line->is_client ? line->mask[i % 4] : 0);
}

/* Reads a little, and stops after a pong. */
static void
line_read (Line *line)
{
  GPollableInputStream *input =
    G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (line->peer));
  guint8 buffer[2048];
  gssize count = g_pollable_input_stream_read_nonblocking (input, buffer, sizeof buffer, NULL, NULL);

  g_byte_array_append (line->unread, buffer, MAX (count, 0));
  while (line->unread->len >= 2 && line->pong == NULL)
    {
      const guint8 *data = line->unread->data;
      gsize head = 2, length = data[1] & 0x7f;

      if (length == 126)
        {
          head = 4;
          if (line->unread->len < head)
            return;
          length = (gsize) data[2] << 8 | data[3];
        }
      if (line->is_client && line->unread->len >= head + 4)
        memcpy (line->mask, data + head, 4);
      head += line->is_client ? 4 : 0;
      if (line->unread->len < head + length)
        return;
      line_take_frame (line, data + head, length);
      g_byte_array_remove_range (line->unread, 0, head + length);
    }
}

/* Sends more fillers, so that there always is a backlog. */
static void
line_fill (Line *line)
{
  g_autofree char *filler = g_strnfill (FILLER_SIZE, ' ');

  while (signal_websocket_get_unsent (line->end.websocket) < BACKLOG)
    {
      g_assert_true (signal_channel_send_plain (line->end.channel, filler, FILLER_SIZE, NULL));
      line->n_sent++;
    }
}

/* Reads slowly, while the channel continues to send, until a pong or this number of fillers was
 * received. */
static gboolean
line_wait_pong (Line *line,
                guint n_fillers)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  g_clear_pointer (&line->pong, g_free);
  while (line->pong == NULL && line->n_read <= n_fillers)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      line_read (line);
      g_main_context_iteration (NULL, FALSE);
      line_fill (line);
      g_assert_cmpuint (signal_websocket_get_unsent (line->end.websocket), >=, 64 * KIB);
    }
  return line->pong != NULL;
}

/* A peer that reads slowly receives each pong after the data that was pending when its ping
 * arrived, and before all data that was sent later. */
static void
test_backlog (gconstpointer type)
{
  g_autoptr (Line) line = line_new (type);

  line_fill (line);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);
      guint n_before;

      line_ping (line, payload);
      n_before = line->n_sent;
      line_fill (line);
      g_assert_true (line_wait_pong (line, n_before));
      g_assert_cmpstr (line->pong, ==, payload);
      g_assert_cmpuint (line->n_read, ==, n_before);
    }
  g_assert_false (line->end.is_closed);
}

/* A ping, a message and another ping that arrive together are answered in order, even in the middle
 * of a fragmented message (RFC 6455 section 5.5.2: as soon as is practical). */
static void
test_order (gconstpointer type)
{
  static const guint8 frames[] = {
    0x89, 0x80, 0, 0, 0, 0,
    0x01, 0x8c, 0, 0, 0, 0, '{', '"', 'e', 'v', 'e', 'n', 't', '"', ':', '"', 'a', '"',
    0x89, 0x80, 0, 0, 0, 0,
    0x80, 0x81, 0, 0, 0, 0, '}',
  };
  g_autoptr (Line) line = line_new (type);
  GOutputStream *output = g_io_stream_get_output_stream (line->peer);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  /* Frames to a client have no mask. */
  for (gsize i = 0; i < sizeof frames;)
    {
      guint8 length = frames[i + 1] & 0x7f;
      const guint8 head[] = { frames[i], line->is_client ? length : 0x80 | length, 0, 0, 0, 0 };

      g_byte_array_append (bytes, head, line->is_client ? 2 : 6);
      g_byte_array_append (bytes, frames + i + 6, length);
      i += 6 + length;
    }

  line->end.echoes = TRUE;
  g_assert_cmpint (g_output_stream_write (output, bytes->data, bytes->len, NULL, NULL), ==, bytes->len);
  for (guint i = 0; i < 2; i++)
    {
      WAIT_UNTIL ((line_read (line), line->pong != NULL));
      g_assert_cmpuint (line->n_read, ==, 0);
      g_clear_pointer (&line->pong, g_free);
    }
  WAIT_UNTIL ((line_read (line), line->n_read == 1));
}

/* Several pings that arrive in the meantime are all answered, in order. */
static void
test_several (gconstpointer type)
{
  g_autoptr (Line) line = line_new (type);
  guint n_before[3];

  for (guint i = 0; i < G_N_ELEMENTS (n_before); i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);

      line_fill (line);
      line_ping (line, payload);
      n_before[i] = line->n_sent;
      signal_channel_send_plain (line->end.channel, "{}", 2, NULL);
      line->n_sent++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (n_before); i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);

      g_assert_true (line_wait_pong (line, n_before[i]));
      g_assert_cmpstr (line->pong, ==, payload);
      g_assert_cmpuint (line->n_read, ==, n_before[i]);
    }
}

/* During a flood of pings, the number of stored pongs is limited regardless of other data; the last
 * one is answered while the channel sends, and so is a later one. */
static void
test_flood (gconstpointer type)
{
  g_autoptr (Line) line = line_new (type);
  g_autofree char *payload = g_strnfill (100, 'x');
  guint n_before;

  line_fill (line);
  for (guint i = 0; i < 20000; i++)
    line_write (line, 0x89, payload);
  line_ping (line, "last");
  g_assert_cmpuint (signal_websocket_get_unsent (line->end.websocket), <, BACKLOG + 128 * KIB);

  do
    g_assert_true (line_wait_pong (line, line->n_sent + 4 * BACKLOG / FILLER_SIZE));
  while (!g_str_equal (line->pong, "last"));

  line_fill (line);
  line_ping (line, "later");
  n_before = line->n_sent;
  line_fill (line);
  g_assert_true (line_wait_pong (line, n_before));
  g_assert_cmpstr (line->pong, ==, "later");
  g_assert_cmpuint (line->n_read, ==, n_before);
}

/* RFC 6455 section 10.3: the masks of a client do not allow predicting the next one, including
 * those of pongs. */
static void
test_mask_unforeseen (void)
{
  g_autoptr (Line) line = line_new (GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_CLIENT));
  guint32 foreseen;

  g_random_set_seed (23);
  foreseen = g_random_int ();
  g_random_set_seed (23);
  line_write (line, 0x89, "who?");
  WAIT_UNTIL ((line_read (line), line->pong != NULL));
  g_assert_cmpstr (line->pong, ==, "who?");
  g_assert_cmpint (memcmp (line->mask, &foreseen, sizeof foreseen), !=, 0);
}

int
main (int   argc,
      char *argv[])
{
  const gconstpointer client = GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_CLIENT);
  const gconstpointer server = GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_SERVER);

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/pongs/backlog/client", client, test_backlog);
  g_test_add_data_func ("/pongs/backlog/server", server, test_backlog);
  g_test_add_data_func ("/pongs/order/client", client, test_order);
  g_test_add_data_func ("/pongs/order/server", server, test_order);
  g_test_add_data_func ("/pongs/several/client", client, test_several);
  g_test_add_data_func ("/pongs/several/server", server, test_several);
  g_test_add_data_func ("/pongs/flood/client", client, test_flood);
  g_test_add_data_func ("/pongs/flood/server", server, test_flood);
  g_test_add_func ("/pongs/mask-unforeseen", test_mask_unforeseen);

  return g_test_run ();
}

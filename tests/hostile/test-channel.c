/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "tests/lib/hostile.h"

#include "signal-glib/websocket/signal-websocket-frame-private.h"
#include "signal-glib/websocket/signal-websocket-connect-private.h"

#include <string.h>

/* A channel against a peer that writes raw frames, in the role of a client. */

static const char * const event_a = "{\"event\":\"a\"}";

/* Writes as much as the other end accepts before it closes. */
static void
write_all (GIOStream  *stream,
           const void *data,
           gsize       length)
{
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  const guint8 *at = data;
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (length > 0 && g_get_monotonic_time () < deadline)
    {
      g_autoptr (GError) error = NULL;
      gssize count = g_pollable_output_stream_write_nonblocking (output, at, length, NULL, &error);

      if (count > 0)
        {
          at += count;
          length -= (gsize) count;
        }
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          return;
        }
      g_main_context_iteration (NULL, FALSE);
    }
}

/* A mask of zeros is valid. */
static void
write_frame (GIOStream  *stream,
             guint8      first,
             const void *payload,
             gsize       length)
{
  static const guint8 mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE] = { 0 };
  guint8 header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX];
  guint  size = signal_websocket_frame_compose_header (header, first & 0x0f, length, mask);

  header[0] = first;
  write_all (stream, header, size);
  write_all (stream, payload, length);
}

typedef struct
{
  ChannelEnd end;
  GIOStream *peer;
} Half;

static Half *
half_new (guint64 limit)
{
  Half *half = g_new0 (Half, 1);
  GIOStream *ends[2];

  socket_pair (ends);
  channel_end_open (&half->end, ends[0], SOUP_WEBSOCKET_CONNECTION_SERVER);
  signal_websocket_set_max_incoming_size (half->end.websocket, limit);
  half->peer = ends[1];
  g_object_unref (ends[0]);
  return half;
}

static void
half_drop (Half *half)
{
  channel_end_clear (&half->end);
  g_object_unref (half->peer);
  g_free (half);
}

static void
half_free (Half *half)
{
  half_drop (half);
  run_pending ();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Half, half_free)

/* libsoup accepts a pong that is too long; the limit of messages still applies afterwards. */
static void
test_long_pong (void)
{
  g_autoptr (Half) half = half_new (1000);
  g_autofree char *fill = g_strnfill (900, '7');

  write_frame (half->peer, 0x8a, fill, 126);
  write_frame (half->peer, 0x01, event_a, strlen (event_a));
  for (guint i = 0; i < 100; i++)
    write_frame (half->peer, 0x00, fill, 900);
  write_frame (half->peer, 0x80, "}", 1);
  WAIT_UNTIL (half->end.is_closed);
  g_assert_nonnull (strstr (half->end.error->message, "more than 125 bytes"));
  g_assert_cmpuint (half->end.messages->len, ==, 0);
}

/* The main loop sleeps while the channel waits for a peer that exceeded the limit to close. */
static void
test_overflow_sleeps (void)
{
  g_autoptr (Half) half = half_new (100);
  g_autofree char *fill = g_strnfill (200, '7');
  guint n_iterations = 0;

  write_frame (half->peer, 0x81, fill, 200);
  for (; !half->end.is_closed && n_iterations < 10000; n_iterations++)
    g_main_context_iteration (NULL, TRUE);
  g_test_message ("%u iterations", n_iterations);
  g_assert_cmpuint (n_iterations, <, 1000);
  g_assert_error (half->end.error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
}

/* Data after an error is not collected, even before the peer has answered the close frame. */
static void
test_flood_after_fault (void)
{
  g_autoptr (Half) half = half_new (1000);
  g_autofree char *junk = g_strnfill (65536, 'j');
  gsize before = hostile_get_memory ();

  signal_websocket_close (half->end.websocket, 4003, "because");
  write_all (half->peer, "\x81\x01x", 3);
  for (guint i = 0; i < 500 && !half->end.is_closed; i++)
    write_all (half->peer, junk, 65536);
  g_assert_cmpuint (hostile_get_memory (), <, before + 16 * 1024 * 1024);
}

/* U+0000 is valid UTF-8. */
static void
test_close_nul (void)
{
  g_autoptr (Half) half = half_new (1000);

  write_frame (half->peer, 0x88, "\x0f\xa3to\0ken", 8);
  WAIT_UNTIL (half->end.is_closed);
  g_assert_cmpuint (half->end.code, ==, 4003);
  g_assert_no_error (half->end.error);
}

/* Every code closes the connection; those that must not be sent (RFC 6455 section 7.4.1) are
 * reported as none. */
static void
test_close_codes (void)
{
  for (guint first = 0; first < 5000; first += 100)
    {
      g_autoptr (GPtrArray) halves = g_ptr_array_new_with_free_func ((GDestroyNotify) half_drop);

      for (guint code = first; code < first + 100; code++)
        {
          Half *half = half_new (1000);
          guint8 payload[] = { (guint8) (code >> 8), (guint8) code };

          g_ptr_array_add (halves, half);
          write_frame (half->peer, 0x88, payload, sizeof payload);
        }
      for (guint code = first; code < first + 100; code++)
        {
          Half *half = halves->pdata[code - first];
          gboolean is_none = code == 0 || code == 1005 || code == 1006 || code == 1015;

          WAIT_UNTIL (half->end.is_closed);
          g_assert_cmpuint (half->end.code, ==, is_none ? SOUP_WEBSOCKET_CLOSE_ABNORMAL : code);
        }
    }
  run_pending ();
}

typedef struct
{
  SignalChannel *channel;
  guint          n_messages;
} Careless;

/* Drops all references, and then runs the main loop until the channel is finalized, as a modal
 * dialog does. */
static void
on_careless_message (SignalChannel *channel,
                     SignalMessage *message,
                     gpointer       user_data)
{
  Careless *careless = user_data;
  gint64 end = g_get_monotonic_time () + 100000;

  careless->n_messages++;
  signal_channel_drop (channel);
  g_clear_object (&careless->channel);
  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
}

static void
on_careless_fault (SignalChannel *channel,
                   const GError  *error,
                   gpointer       user_data)
{
  g_assert_not_reached ();
}

static void
on_careless_closed (SignalChannel *channel,
                    guint16        code,
                    const char    *reason,
                    const GError  *error,
                    gpointer       user_data)
{
  g_assert_not_reached ();
}

static const SignalChannelHandlers careless_handlers = {
  .message = on_careless_message,
  .fault = on_careless_fault,
  .closed = on_careless_closed,
};

static void
check_careless (gboolean is_in_parts)
{
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (SignalWebsocket) websocket = NULL;
  Careless careless = { NULL };
  GIOStream *ends[2];

  socket_pair (ends);
  websocket = signal_websocket_new (ends[0], uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL);
  careless.channel = signal_channel_new (websocket, &careless_handlers, &careless);
  g_clear_object (&websocket);
  g_object_unref (ends[0]);

  for (guint i = 0; i < 3; i++)
    if (is_in_parts)
      {
        write_frame (ends[1], 0x01, event_a, 5);
        write_frame (ends[1], 0x80, event_a + 5, strlen (event_a) - 5);
      }
    else
      {
        write_frame (ends[1], 0x81, event_a, strlen (event_a));
      }
  WAIT_UNTIL (careless.n_messages > 0);
  run_pending ();
  g_assert_cmpuint (careless.n_messages, ==, 1);
  g_object_unref (ends[1]);
}

static void
test_careless (void)
{
  check_careless (FALSE);
}

static void
test_careless_parts (void)
{
  check_careless (TRUE);
}

/* A peer that sends an incomplete frame causes no allocation beyond what it sent. */
static void
test_half_frames (void)
{
  g_autoptr (GPtrArray) halves = g_ptr_array_new_with_free_func ((GDestroyNotify) half_drop);
  gsize before;

  g_ptr_array_add (halves, half_new (1000));
  before = hostile_get_memory ();
  for (guint i = 0; i < 300; i++)
    {
      Half *half = half_new (1000);

      g_ptr_array_add (halves, half);
      write_all (half->peer, "\x81\xfe\x01", 3);
    }
  run_pending ();
  g_test_message ("%" G_GSIZE_FORMAT " bytes each", (hostile_get_memory () - before) / 300);
  g_assert_cmpuint (hostile_get_memory (), <, before + 300 * 24 * 1024);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/channel/long-pong", test_long_pong);
  g_test_add_func ("/hostile/channel/overflow-sleeps", test_overflow_sleeps);
  g_test_add_func ("/hostile/channel/flood-after-fault", test_flood_after_fault);
  g_test_add_func ("/hostile/channel/close-nul", test_close_nul);
  g_test_add_func ("/hostile/channel/close-codes", test_close_codes);
  g_test_add_func ("/hostile/channel/careless", test_careless);
  g_test_add_func ("/hostile/channel/careless-parts", test_careless_parts);
  g_test_add_func ("/hostile/channel/half-frames", test_half_frames);

  return g_test_run ();
}

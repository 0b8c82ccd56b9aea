/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "wire.h"

#include "signal-glib/protocol/signal-channel-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/websocket/signal-websocket-connect-private.h"

/* The flags in the first byte of a case: */
#define WITH_KEY 1   /* the channel has a session key */
#define AS_SERVER 2  /* it is the server's end, which receives masked frames */
#define AS_TEXT 4    /* the rest is lines of text for one frame each, not raw bytes */
#define ENCRYPTED 8     /* each of which is encrypted with the channel's key */
#define ANSWER 16    /* every message is answered */
#define DROP 32      /* the channel is dropped inside the first handler that is called */
#define IN_TWO 64    /* the main loop runs between the two halves */

#define EVERY_LINE (WITH_KEY | AS_TEXT | ENCRYPTED)

#define MOST_INCOMING (16 * 1024)

static const guint8 session_key[SIGNAL_AEAD_KEY_SIZE] = "thirty-two bytes, known to both";

typedef struct
{
  SignalChannel *channel;
  guint8         flags;
  gboolean       is_closed;
  guint          n_messages;
  guint          n_faults;
} Run;

static void
maybe_drop (Run *run)
{
  if (run->flags & DROP)
    g_clear_object (&run->channel);
}

static void
on_message (SignalChannel *channel,
            SignalMessage *message,
            gpointer       user_data)
{
  Run *run = user_data;
  const char *payload = signal_message_get_payload_json (message);
  const char *id = signal_message_get_id (message);

  run->n_messages++;
  g_assert_false (run->is_closed);
  g_assert_true (g_utf8_validate (signal_message_get_event (message), -1, NULL));
  g_assert_true (id == NULL || g_utf8_validate (id, -1, NULL));
  g_assert_true (payload == NULL || signal_json_check (payload, strlen (payload), NULL));
  if (payload != NULL)
    g_assert_nonnull (signal_message_get_payload (message));
  if ((run->flags & ANSWER) && signal_websocket_is_open (signal_channel_get_websocket (channel)))
    signal_channel_send (channel, "{\"event\":\"a\"}", 13, NULL);
  maybe_drop (run);
}

static void
on_fault (SignalChannel *channel,
          const GError  *error,
          gpointer       user_data)
{
  Run *run = user_data;

  run->n_faults++;
  g_assert_false (run->is_closed);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  maybe_drop (run);
}

static void
on_closed (SignalChannel *channel,
           guint16        code,
           const char    *reason,
           const GError  *error,
           gpointer       user_data)
{
  Run *run = user_data;

  g_assert_false (run->is_closed);
  g_assert_true (reason == NULL || g_utf8_validate (reason, -1, NULL));
  run->is_closed = TRUE;
  maybe_drop (run);
}

static const SignalChannelHandlers handlers = {
  .message = on_message,
  .fault = on_fault,
  .closed = on_closed,
};

/* The bytes that the peer sends. */
static GByteArray *
compose_stream (guint8      flags,
                const char *data,
                gsize       size)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (SignalAead) key = signal_aead_new (session_key);

  if (size == 0)
    return out;
  if (!(flags & AS_TEXT))
    return g_byte_array_append (out, (const guint8 *) data, MIN (size, WIRE_MOST_BYTES));

  for (const char *end = data + size; data < end; )
    {
      const char *stop = memchr (data, '\n', end - data);
      gsize length = MIN ((stop != NULL ? stop : end) - data, MOST_INCOMING);

      if (out->len + 2 * length + 200 > WIRE_MOST_BYTES)
        break;
      if (flags & ENCRYPTED)
        wire_append_sealed (out, key, data, length, flags & AS_SERVER);
      else
        wire_append_frame (out, data, length, flags & AS_SERVER);
      data += length + 1;
    }
  return out;
}

/* Each encrypted line is reported once, as a message or as an error. */
static void
check_counts (const Run  *run,
              const char *data,
              gsize       size)
{
  guint n_valid = 0, n_lines = 0;

  for (const char *end = data + size; data < end; n_lines++)
    {
      const char *stop = memchr (data, '\n', end - data);
      gsize length = (stop != NULL ? stop : end) - data;
      g_autoptr (SignalMessage) message = signal_message_alloc (length);

      memcpy (signal_message_storage (message), data, length);
      n_valid += signal_message_open (message, length, TRUE, NULL);
      data += length + 1;
    }
  g_assert_cmpuint (run->n_messages, ==, n_valid);
  g_assert_cmpuint (run->n_faults, ==, n_lines - n_valid);
}

static void
open_channel (Run       *run,
              GIOStream *stream)
{
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (SignalWebsocket) websocket =
    signal_websocket_new (stream, uri,
                          run->flags & AS_SERVER ? SOUP_WEBSOCKET_CONNECTION_SERVER
                                                 : SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL);

  run->channel = signal_channel_new (websocket, &handlers, run);
  signal_websocket_set_max_incoming_size (websocket, MOST_INCOMING);
  if (run->flags & WITH_KEY)
    signal_channel_take_key (run->channel, signal_aead_new (session_key));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  Run run = { 0 };
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GIOStream) stream = NULL;
  int fd;
  gsize half;

  if (size == 0)
    return 0;

  run.flags = data[0];
  stream = wire_open (&fd);
  open_channel (&run, stream);

  bytes = compose_stream (run.flags, (const char *) data + 1, size - 1);
  half = run.flags & IN_TWO ? bytes->len / 2 : bytes->len;
  g_assert_cmpint (write (fd, bytes->data, half), ==, half);
  wire_turn ();
  if (half < bytes->len
      && write (fd, bytes->data + half, bytes->len - half) != (gssize) (bytes->len - half))
    g_assert_true (errno == EPIPE || errno == ECONNRESET);
  shutdown (fd, SHUT_WR);
  wire_turn ();

  g_clear_object (&run.channel);
  close (fd);
  wire_turn ();

  /* The smallest frame header has two bytes. */
  g_assert_cmpuint (run.n_messages + run.n_faults, <=, bytes->len / 2 + 1);
  if (run.flags & DROP)
    g_assert_cmpuint (run.n_messages + run.n_faults + run.is_closed, <=, 1);
  else if ((run.flags & EVERY_LINE) == EVERY_LINE && bytes->len < MOST_INCOMING)
    check_counts (&run, (const char *) data + 1, size - 1);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "signal-glib/signal-error.h"

#include <string.h>

static void
assert_send_fails (ChannelEnd *end,
                   int         code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_channel_send (end->channel, "{\"event\":\"e\"}", 13, &error));
  g_assert_error (error, SIGNAL_ERROR, code);
}

static void
assert_fault (ChannelEnd *end,
              int         code)
{
  const GError *error;

  WAIT_UNTIL (end->errors->len > 0);
  error = end->errors->pdata[0];
  g_assert_error (error, SIGNAL_ERROR, code);
  g_assert_cmpuint (end->errors->len, ==, 1);
}

static void
test_plain_then_encrypted (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_end_send (&pair->client, "{\"event\":\"a\"}");
  channel_end_send (&pair->server, "{\"event\":\"b\",\"data\":1}");
  WAIT_UNTIL (pair->server.messages->len == 1 && pair->client.messages->len == 1);
  g_assert_false (signal_message_is_encrypted (pair->server.messages->pdata[0]));
  g_assert_cmpstr (signal_message_get_event (pair->client.messages->pdata[0]), ==, "b");
  g_assert_false (signal_channel_is_encrypted (pair->client.channel));

  channel_pair_set_keys (pair);
  g_assert_true (signal_channel_is_encrypted (pair->client.channel));
  for (guint i = 0; i < 200; i++)
    {
      channel_end_send (&pair->client, "{\"event\":\"a\"}");
      channel_end_send (&pair->server, "{\"event\":\"b\"}");
    }
  WAIT_UNTIL (pair->server.messages->len == 201 && pair->client.messages->len == 201);
  g_assert_true (signal_message_is_encrypted (pair->server.messages->pdata[200]));
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
  g_assert_cmpuint (pair->server.errors->len, ==, 0);
}

/* Encrypted messages that arrive before there is a key are kept, because the caller may be able to
 * interpret them. */
static void
test_unreadable (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  static const guint8 key[SIGNAL_AEAD_KEY_SIZE];

  signal_channel_take_key (pair->client.channel, signal_aead_new (key));
  g_assert_false (signal_channel_saw_unreadable (pair->server.channel));
  channel_end_send (&pair->client, "{\"event\":\"a\"}");
  assert_fault (&pair->server, SIGNAL_ERROR_PROTOCOL);
  g_assert_true (signal_channel_saw_unreadable (pair->server.channel));
}

/* A text that only resembles an encrypted message is read like any other one, also without a key. */
static void
test_resembling (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);

  soup_websocket_connection_send_text (pair->bare,
                                       "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAECAwQFBgcICQoL\","
                                       "\"ct\":\"\"},\"event\":\"a\",\"data\":{\"b\":\"c\"}}");
  WAIT_UNTIL (pair->client.messages->len + pair->client.errors->len == 1);
  g_assert_cmpuint (pair->client.messages->len, ==, 1);
  g_assert_cmpstr (signal_message_get_event (pair->client.messages->pdata[0]), ==, "a");

  soup_websocket_connection_send_text (pair->bare,
                                       "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAECAwQFBgcICQoL\","
                                       "\"ct\":\"not\"JSON\"}}");
  assert_fault (&pair->client, SIGNAL_ERROR_PROTOCOL);
  g_assert_false (signal_channel_saw_unreadable (pair->client.channel));
}

/* Around the size up to which a ciphertext is decoded on the stack. */
static void
test_lengths (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  guint n = 0;

  channel_pair_set_keys (pair);
  for (gsize length = 4000; length < 4200; length++, n++)
    {
      g_autofree char *fill = g_strnfill (length, '7');
      g_autofree char *text = g_strdup_printf ("{\"event\":\"a\",\"data\":%s}", fill);
      const char *payload;

      channel_end_send (&pair->client, text);
      channel_end_send (&pair->server, text);
      WAIT_UNTIL (pair->server.messages->len == n + 1 && pair->client.messages->len == n + 1);
      payload = signal_message_get_payload_json (pair->server.messages->pdata[n]);
      g_assert_cmpstr (payload, ==, fill);
      payload = signal_message_get_payload_json (pair->client.messages->pdata[n]);
      g_assert_cmpstr (payload, ==, fill);
    }
}

/* A ciphertext that contains nothing but its tag is authentic, but no message. */
static void
test_empty (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_pair_set_keys (pair);
  signal_channel_set_key_limit (pair->server.channel, 1);
  channel_end_send (&pair->client, "");
  assert_fault (&pair->server, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpuint (pair->server.n_key_worn, ==, 1);
}

/* JSON may escape any character; some encoders escape each slash, which base64 contains. */
static void
test_escaped (void)
{
  static const char inner[] = "{\"event\":\"a\"}";
  static const guint8 key[SIGNAL_AEAD_KEY_SIZE];
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);
  g_autoptr (SignalAead) aead = signal_aead_new (key);
  g_autoptr (GString) ct = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *text = NULL;
  guint8 iv[SIGNAL_AEAD_IV_SIZE], sealed[sizeof inner - 1 + SIGNAL_AEAD_TAG_SIZE];

  memset (iv, 0xff, sizeof iv);
  g_assert_true (signal_aead_encrypt_with_iv (aead, iv, (const guint8 *) inner, sizeof inner - 1, sealed,
                                              NULL));
  plain = g_base64_encode (sealed, sizeof sealed);
  ct = g_string_new (plain);
  g_string_replace (ct, "/", "\\/", 0);
  g_string_replace (ct, "A", "\\u0041", 0);
  text = g_strdup_printf ("{\"event\":\"encrypted\",\"data\":{\"iv\":\"%s\",\"ct\":\"%s\"}}",
                          "\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/", ct->str);
  g_assert_cmpstr (ct->str, !=, plain);

  signal_channel_take_key (pair->client.channel, g_steal_pointer (&aead));
  soup_websocket_connection_send_text (pair->bare, text);
  WAIT_UNTIL (pair->client.messages->len == 1);
  g_assert_true (signal_message_is_encrypted (pair->client.messages->pdata[0]));
  g_assert_cmpstr (signal_message_get_event (pair->client.messages->pdata[0]), ==, "a");
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
}

/* U+0000 would end the name early. */
static void
test_nul (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);

  soup_websocket_connection_send_text (pair->bare, "{\"event\":\"a\\u0000b\"}");
  assert_fault (&pair->client, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpuint (pair->client.messages->len, ==, 0);
}

static void
test_binary (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);

  soup_websocket_connection_send_binary (pair->bare, "{\"event\":\"a\"}", 13);
  soup_websocket_connection_send_text (pair->bare, "{\"event\":\"b\"}");
  WAIT_UNTIL (pair->client.messages->len == 1);
  assert_fault (&pair->client, SIGNAL_ERROR_PROTOCOL);
}

static void
test_close (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_end_send (&pair->client, "{\"event\":\"last\"}");
  signal_websocket_close (pair->client.websocket, 4003, "because");
  signal_websocket_close (pair->client.websocket, 4004, "again");
  g_assert_false (signal_websocket_is_open (pair->client.websocket));
  g_assert_true (signal_websocket_is_connected (pair->client.websocket));
  assert_send_fails (&pair->client, SIGNAL_ERROR_NOT_CONNECTED);
  WAIT_UNTIL (pair->client.is_closed && pair->server.is_closed);
  g_assert_cmpuint (pair->server.code, ==, 4003);
  g_assert_cmpstr (pair->server.reason, ==, "because");
  g_assert_cmpuint (pair->server.messages->len, ==, 1);
  g_assert_false (signal_websocket_is_connected (pair->client.websocket));
  g_assert_false (signal_websocket_is_connected (pair->server.websocket));
  assert_send_fails (&pair->server, SIGNAL_ERROR_NOT_CONNECTED);
}

/* A channel that waits for its end delivers no more messages. */
static void
test_close_unresponsive (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_pair_set_keys (pair);
  channel_end_send (&pair->server, "{\"event\":\"heard\"}");
  WAIT_UNTIL (pair->client.messages->len == 1);
  channel_end_send (&pair->server, "{\"event\":\"late\"}");
  signal_websocket_close (pair->client.websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_UNTIL (pair->client.is_closed);
  g_assert_cmpuint (pair->client.messages->len, ==, 1);
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
}

/* All queued data is sent before the close frame. */
static void
test_close_flushes (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *fill = g_strnfill (100000, '7');
  g_autofree char *text = g_strdup_printf ("{\"event\":\"a\",\"data\":%s}", fill);

  channel_pair_set_keys (pair);
  signal_websocket_set_max_incoming_size (pair->server.websocket, 1024 * 1024);
  for (guint i = 0; i < 50; i++)
    channel_end_send (&pair->client, text);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->client.websocket), >, 0);
  signal_websocket_close (pair->client.websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_UNTIL (pair->client.is_closed && pair->server.is_closed);
  g_assert_cmpuint (pair->server.messages->len, ==, 50);
  g_assert_cmpuint (pair->server.code, ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

/* The peer does not respond, although it is open: `closed` is called nevertheless. */
static void
test_close_unanswered (void)
{
  ChannelPair pair = { 0 };
  GIOStream *ends[2];

  socket_pair (ends);
  channel_end_open (&pair.client, ends[0], SOUP_WEBSOCKET_CONNECTION_CLIENT);
  signal_websocket_close (pair.client.websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_UNTIL (pair.client.is_closed);
  g_assert_cmpuint (pair.client.code, ==, SOUP_WEBSOCKET_CLOSE_ABNORMAL);
  channel_end_clear (&pair.client);
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  run_pending ();
}

/* No handler is called, and the peer detects the end. */
static void
test_drop (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  signal_channel_drop (pair->client.channel);
  signal_channel_drop (pair->client.channel);
  WAIT_UNTIL (pair->server.is_closed);
  g_assert_cmpuint (pair->server.code, ==, SOUP_WEBSOCKET_CLOSE_ABNORMAL);
  g_assert_false (pair->client.is_closed);
  g_assert_false (signal_websocket_is_connected (pair->client.websocket));
  assert_send_fails (&pair->client, SIGNAL_ERROR_NOT_CONNECTED);
}

static void
test_size (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autoptr (GError) error = NULL;

  channel_pair_set_keys (pair);
  signal_channel_set_max_message_size (pair->client.channel, 100);
  assert_send_fails (&pair->client, SIGNAL_ERROR_TOO_LARGE);
  g_assert_true (signal_channel_send_plain (pair->client.channel, "{\"event\":\"heartbeat\"}", 21,
                                            &error));
  WAIT_UNTIL (pair->server.messages->len == 1);
}

static void
test_incoming_size (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  signal_websocket_set_max_incoming_size (pair->server.websocket, 20);
  channel_end_send (&pair->client, "{\"event\":\"twenty_x\"}");
  WAIT_UNTIL (pair->server.messages->len == 1);
  channel_end_send (&pair->client, "{\"event\":\"twenty_xx\"}");
  WAIT_UNTIL (pair->client.is_closed && pair->server.is_closed);
  g_assert_cmpuint (pair->client.code, ==, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
  g_assert_error (pair->server.error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (pair->server.messages->len, ==, 1);
}

static void
test_ping (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  gint64 before = g_get_monotonic_time ();

  g_assert_cmpint (signal_websocket_get_round_trip (pair->client.websocket), ==, -1);
  signal_websocket_ping (pair->client.websocket);
  channel_end_send (&pair->client, "{\"event\":\"after\"}");
  WAIT_UNTIL (signal_websocket_get_round_trip (pair->client.websocket) >= 0);
  g_assert_cmpint (signal_websocket_get_last_received (pair->client.websocket), >=, before);
  signal_websocket_ping (pair->server.websocket);
  WAIT_UNTIL (signal_websocket_get_round_trip (pair->server.websocket) >= 0);
  WAIT_UNTIL (pair->server.messages->len == 1);
}

static void
send_bare (ChannelPair *pair,
           guint        n)
{
  for (guint i = 0; i < n; i++)
    soup_websocket_connection_send_text (pair->bare, "{\"event\":\"a\"}");
}

/* A handler may block reading; the peer is known to have been active until it returned. */
static void
test_slow_handler (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);

  pair->client.n_quick = 3;
  send_bare (pair, 4);
  WAIT_UNTIL (pair->client.messages->len == 4);
  g_assert_cmpint (signal_websocket_get_last_received (pair->client.websocket), >=, pair->client.handled);
}

typedef struct
{
  GPtrArray *messages;
  guint n_seen;
  guint n_most; /* the most messages since the previous call */
} Turns;

static gboolean
on_turn (gpointer data)
{
  Turns *self = data;

  self->n_most = MAX (self->n_most, self->messages->len - self->n_seen);
  self->n_seen = self->messages->len;
  return G_SOURCE_CONTINUE;
}

/* Other sources are dispatched after each slow handler, also after a quick one. */
static void
test_slow_handlers (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);
  Turns turns = { .messages = pair->client.messages };
  guint source = g_timeout_add (1, on_turn, &turns);

  pair->client.n_quick = 1;
  send_bare (pair, 5);
  WAIT_UNTIL (turns.n_seen == 5);
  g_assert_cmpuint (turns.n_most, <=, 2);
  g_source_remove (source);
}

/* Each frame of a client has a mask of its own (RFC 6455 section 5.3). */
static void
test_masks (void)
{
  ChannelEnd end = { 0 };
  GIOStream *ends[2];
  guint8 frames[40][8];

  socket_pair (ends);
  channel_end_open (&end, ends[0], SOUP_WEBSOCKET_CONNECTION_CLIENT);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      g_assert_true (signal_channel_send_plain (end.channel, "{}", 2, NULL));
      run_pending ();
      g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (ends[1]), frames[i], 8,
                                              NULL, NULL, NULL));
      g_assert_cmpint (frames[i][6] ^ frames[i][2], ==, '{');
      for (guint j = 0; j < i; j++)
        g_assert_cmpint (memcmp (frames[i] + 2, frames[j] + 2, 4), !=, 0);
    }
  channel_end_clear (&end);
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  run_pending ();
}

/* Bytes are counted in both directions, and both ends agree. */
static void
test_counts (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_pair_set_keys (pair);
  for (guint i = 0; i < 10; i++)
    channel_end_send (&pair->client, "{\"event\":\"a\"}");
  WAIT_UNTIL (pair->server.messages->len == 10);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->client.websocket), ==, 0);
  g_assert_cmpuint (signal_websocket_get_bytes_sent (pair->client.websocket), >, 10 * 80);
  g_assert_cmpuint (signal_websocket_get_bytes_received (pair->server.websocket), ==,
                    signal_websocket_get_bytes_sent (pair->client.websocket));
}

/* `written` is called when the socket has accepted queued data. */
static void
test_written (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *fill = g_strnfill (90000, '7');
  g_autofree char *text = g_strdup_printf ("{\"event\":\"a\",\"data\":%s}", fill);

  for (guint i = 0; i < 50; i++)
    channel_end_send (&pair->client, text);
  g_assert_cmpuint (signal_websocket_get_unsent (pair->client.websocket), >, 0);
  g_assert_cmpuint (pair->client.n_written, ==, 0);
  WAIT_UNTIL (pair->client.n_written > 0);
  WAIT_UNTIL (signal_websocket_get_unsent (pair->client.websocket) == 0);
  WAIT_UNTIL (pair->server.messages->len == 50);
}

/* A key is valid for a limited number of messages in both directions, and the handler is called
 * when that is reached. */
static void
test_expired_key (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  channel_pair_set_keys (pair);
  signal_channel_set_key_limit (pair->client.channel, 3);
  channel_end_send (&pair->client, "{\"event\":\"a\"}");
  channel_end_send (&pair->server, "{\"event\":\"b\"}");
  WAIT_UNTIL (pair->client.messages->len == 1);
  g_assert_cmpuint (pair->client.n_key_worn, ==, 0);
  channel_end_send (&pair->client, "{\"event\":\"c\"}");
  g_assert_cmpuint (pair->client.n_key_worn, ==, 1);
  channel_end_send (&pair->server, "{\"event\":\"d\"}");
  WAIT_UNTIL (pair->client.messages->len == 2);
  g_assert_cmpuint (pair->client.n_key_worn, ==, 2);
}

typedef enum
{
  TELL_MESSAGE,
  TELL_FAULT,
  TELL_CLOSED,
} HandlerCase;

/* Each of the three handlers can drop the last reference. */
static void
test_drop_inside (gconstpointer data)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);
  GWeakRef weak;

  g_weak_ref_init (&weak, pair->client.channel);
  pair->client.drops = TRUE;
  if (GPOINTER_TO_INT (data) == TELL_MESSAGE)
    soup_websocket_connection_send_text (pair->bare, "{\"event\":\"a\"}");
  else if (GPOINTER_TO_INT (data) == TELL_FAULT)
    soup_websocket_connection_send_text (pair->bare, "wrong");
  else
    soup_websocket_connection_close (pair->bare, 4321, NULL);
  WAIT_UNTIL (pair->client.channel == NULL);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  WAIT_UNTIL (soup_websocket_connection_get_state (pair->bare) == SOUP_WEBSOCKET_STATE_CLOSED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel/plain-then-encrypted", test_plain_then_encrypted);
  g_test_add_func ("/channel/unreadable", test_unreadable);
  g_test_add_func ("/channel/resembling", test_resembling);
  g_test_add_func ("/channel/lengths", test_lengths);
  g_test_add_func ("/channel/empty", test_empty);
  g_test_add_func ("/channel/escaped", test_escaped);
  g_test_add_func ("/channel/nul", test_nul);
  g_test_add_func ("/channel/binary", test_binary);
  g_test_add_func ("/channel/close", test_close);
  g_test_add_func ("/channel/close-unresponsive", test_close_unresponsive);
  g_test_add_func ("/channel/close-flushes", test_close_flushes);
  g_test_add_func ("/channel/close-unanswered", test_close_unanswered);
  g_test_add_func ("/channel/drop", test_drop);
  g_test_add_func ("/channel/size", test_size);
  g_test_add_func ("/channel/incoming-size", test_incoming_size);
  g_test_add_func ("/channel/ping", test_ping);
  g_test_add_func ("/channel/slow-handler", test_slow_handler);
  g_test_add_func ("/channel/slow-handlers", test_slow_handlers);
  g_test_add_func ("/channel/masks", test_masks);
  g_test_add_func ("/channel/counts", test_counts);
  g_test_add_func ("/channel/written", test_written);
  g_test_add_func ("/channel/expired-key", test_expired_key);
  g_test_add_data_func ("/channel/drop-inside/message", GINT_TO_POINTER (TELL_MESSAGE),
                        test_drop_inside);
  g_test_add_data_func ("/channel/drop-inside/fault", GINT_TO_POINTER (TELL_FAULT),
                        test_drop_inside);
  g_test_add_data_func ("/channel/drop-inside/closed", GINT_TO_POINTER (TELL_CLOSED),
                        test_drop_inside);

  return g_test_run ();
}

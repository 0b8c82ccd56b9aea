/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/signal-error.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

/* Messages that are processed in steps, between which the main loop runs. */

#define LARGE (3 * 512 * 1024)

/* Takes longer than reading may last, also with a fast processor. */
#define VERY_LARGE (4 * LARGE)

/* A redraw of GTK has a higher priority than reading that has taken long. */
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

static const guint8 key[SIGNAL_AEAD_KEY_SIZE];

static char *
compose (const char *event,
         const char *unit,
         gsize       size)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "{\"event\":\"%s\",\"data\":[", event);
  while (text->len < size)
    g_string_append (text, unit);
  g_string_append (text, "null],\"id\":\"last\"}");
  return g_string_free (text, FALSE);
}

static char *
encrypt (SignalAead *aead,
         const char *inner,
         guint8      iv_byte)
{
  gsize length = strlen (inner);
  gsize size = signal_envelope_get_encrypted_size (length);
  g_autofree guint8 *ciphertext = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  char *text = g_malloc (size + 1);
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  memset (iv, iv_byte, sizeof iv);
  g_assert_true (signal_aead_encrypt_with_iv (aead, iv, (const guint8 *) inner, length, ciphertext, NULL));
  signal_envelope_write_encrypted (text, iv, ciphertext, length + SIGNAL_AEAD_TAG_SIZE);
  text[size] = '\0';
  return text;
}

static ChannelPair *
bare_pair_new (SignalAead **aead)
{
  ChannelPair *pair = channel_pair_new (TRUE);

  *aead = signal_aead_new (key);
  signal_channel_take_key (pair->client.channel, signal_aead_new (key));
  return pair;
}

static void
assert_message (ChannelPair *pair,
                guint        index,
                const char  *inner,
                gboolean     is_encrypted)
{
  SignalMessage *message = pair->client.messages->pdata[index];
  g_autofree char *text = signal_envelope_compose (signal_message_get_event (message),
                                                   signal_message_get_payload_json (message),
                                                   signal_message_get_id (message), NULL);

  /* The texts are too long for g_assert_cmpstr(). */
  g_assert_true (g_str_equal (text, inner));
  g_assert_cmpuint (signal_message_get_size (message), >=, strlen (inner));
  g_assert_cmpint (signal_message_is_encrypted (message), ==, is_encrypted);
}

static void
assert_fault (ChannelPair *pair,
              int          code)
{
  const GError *error;

  WAIT_UNTIL (pair->client.errors->len > 0 || pair->client.messages->len > 0);
  g_assert_cmpuint (pair->client.messages->len, ==, 0);
  error = pair->client.errors->pdata[0];
  g_assert_error (error, SIGNAL_ERROR, code);
  g_assert_cmpuint (pair->client.errors->len, ==, 1);
}

/* Large and small messages of different contents remain in order. */
static void
test_order (gconstpointer is_encrypted)
{
  static const char *const units[] = {
    "{\"a\":1,\"b\":[true,\"\"]},", "\"\\u00e9\\n\",", "\"\xc3\xa9t\xc3\xa9\",", "{\"\\\"\xe2\x82\xac\":{}},",
  };
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  if (is_encrypted != NULL)
    channel_pair_set_keys (pair);
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_ptr_array_add (texts, compose ("large", units[i], LARGE / 2));
      g_ptr_array_add (texts, compose ("small", units[i], 10));
      channel_end_send (&pair->server, texts->pdata[2 * i]);
      channel_end_send (&pair->server, texts->pdata[2 * i + 1]);
    }

  WAIT_UNTIL (pair->client.messages->len == texts->len);
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
  for (guint i = 0; i < texts->len; i++)
    assert_message (pair, i, texts->pdata[i], is_encrypted != NULL);
}

/* Waits until the client has received that many bytes. */
static void
receive_all (ChannelPair *pair,
             gsize        size)
{
  WAIT_UNTIL (signal_websocket_get_bytes_received (pair->client.websocket) >= size);
  g_assert_cmpuint (pair->client.messages->len, ==, 0);
}

/* Other sources are dispatched after all bytes have been received and before the message is delivered, and
 * the connection is not considered inactive meanwhile. */
static void
test_steps (gconstpointer is_encrypted)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{\"a\":1,\"b\":[true,\"\"]},", VERY_LARGE);
  guint n_redraws = 0;
  guint source;

  if (is_encrypted != NULL)
    channel_pair_set_keys (pair);
  channel_end_send (&pair->server, text);
  receive_all (pair, signal_websocket_get_unsent (pair->server.websocket)
                       + signal_websocket_get_bytes_sent (pair->server.websocket));

  source = g_idle_add_full (REDRAW_PRIORITY, count_dispatch, &n_redraws, NULL);
  WAIT_UNTIL (pair->client.messages->len == 1);
  g_source_remove (source);
  g_assert_cmpuint (n_redraws, >=, 2);
  g_assert_cmpint (g_get_monotonic_time () - signal_websocket_get_last_received (pair->client.websocket), <,
                   G_USEC_PER_SEC);
  assert_message (pair, 0, text, is_encrypted != NULL);
}

/* The close frame behind a large message does not precede it. */
static void
test_close_behind (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{},", LARGE);

  channel_pair_set_keys (pair);
  channel_end_send (&pair->server, text);
  signal_websocket_close (pair->server.websocket, 4003, "because");
  WAIT_UNTIL (pair->client.is_closed && pair->server.is_closed);
  g_assert_cmpuint (pair->client.messages->len, ==, 1);
  g_assert_cmpuint (pair->client.code, ==, 4003);
  g_assert_cmpuint (pair->server.code, ==, 4003);
}

/* A message that is being processed is not delivered after the connection has been closed or dropped. */
static void
test_end_between (gconstpointer is_closed)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{},", VERY_LARGE);
  GWeakRef weak;

  channel_pair_set_keys (pair);
  channel_end_send (&pair->server, text);
  receive_all (pair, signal_websocket_get_unsent (pair->server.websocket)
                       + signal_websocket_get_bytes_sent (pair->server.websocket));

  if (is_closed != NULL)
    {
      signal_websocket_close (pair->client.websocket, 4003, NULL);
      WAIT_UNTIL (pair->client.is_closed && pair->server.is_closed);
      g_assert_cmpuint (pair->client.code, ==, 4003);
      g_assert_cmpuint (pair->server.code, ==, 4003);
    }
  else
    {
      g_weak_ref_init (&weak, pair->client.channel);
      g_clear_object (&pair->client.channel);
      g_assert_null (g_weak_ref_get (&weak));
      g_weak_ref_clear (&weak);
      WAIT_UNTIL (pair->server.is_closed);
    }

  g_assert_cmpuint (pair->client.messages->len, ==, 0);
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
}

/* A write that fails meanwhile does not lose the message, which had been received before. */
static void
test_write_error_between (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{},", VERY_LARGE);

  channel_pair_set_keys (pair);
  channel_end_send (&pair->server, text);
  receive_all (pair, signal_websocket_get_unsent (pair->server.websocket)
                       + signal_websocket_get_bytes_sent (pair->server.websocket));
  g_clear_object (&pair->server.channel);

  channel_end_send (&pair->client, "{\"event\":\"b\"}");
  WAIT_UNTIL (pair->client.is_closed);
  g_assert_nonnull (pair->client.error);
  g_assert_cmpuint (pair->client.messages->len, ==, 1);
  assert_message (pair, 0, text, TRUE);
}

/* The owner may replace the connection as soon as the limit of the key is reached. */
static void
test_key_limit (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{},", VERY_LARGE);
  guint n_key_worn = 0;

  channel_pair_set_keys (pair);
  signal_channel_set_key_limit (pair->client.channel, 1);
  channel_end_send (&pair->server, text);
  while (pair->client.messages->len == 0)
    {
      n_key_worn = pair->client.n_key_worn;
      run_for_a_moment ();
    }
  g_assert_cmpuint (n_key_worn, ==, 0);
  g_assert_cmpuint (pair->client.n_key_worn, ==, 1);
}

/* Returns the number of bytes that are allocated, or 0 if there is no way to know. */
static gsize
get_allocated (void)
{
#if defined (__GLIBC__) && __GLIBC_PREREQ (2, 33)
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

/* Returns FALSE with another malloc(), such as that of a sanitizer. */
static gboolean
can_count_allocated (void)
{
  gsize before = get_allocated ();
  g_autofree char *memory = g_malloc (LARGE);

  memory[0] = 1;
  if (get_allocated () >= before + LARGE)
    return TRUE;

  g_test_skip ("This malloc() does not count what is allocated");
  return FALSE;
}

/* The client sends a message that the server does not keep. */
static void
send_and_forget (ChannelPair *pair,
                 const char  *text)
{
  channel_end_send (&pair->client, text);
  WAIT_UNTIL (pair->server.messages->len == 1);
  g_ptr_array_set_size (pair->server.messages, 0);
  run_pending ();
}

/* The output buffer is freed some time after a large message, also if smaller ones follow. */
static void
test_trim (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);
  g_autofree char *text = compose ("a", "{},", VERY_LARGE);
  g_autofree char *small = compose ("a", "{},", 10000);
  gsize before;

  if (!can_count_allocated ())
    return;

  before = get_allocated ();
  send_and_forget (pair, text);
  g_assert_cmpuint (get_allocated (), >, before + VERY_LARGE / 2);
  WAIT_UNTIL ((send_and_forget (pair, small), get_allocated () < before + VERY_LARGE / 2));
}

/* Many connections do not keep such buffers all together. */
static void
test_keep_total (void)
{
  g_autofree char *text = compose ("a", "{},", VERY_LARGE);
  ChannelPair *pairs[24];
  gsize before, after;

  if (!can_count_allocated ())
    return;

  before = get_allocated ();
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      pairs[i] = channel_pair_new (FALSE);
      send_and_forget (pairs[i], text);
    }
  after = get_allocated ();
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    channel_pair_free (pairs[i]);

  g_assert_cmpuint (after - before, <, G_N_ELEMENTS (pairs) * (gsize) VERY_LARGE);
}

/* The handler of a large message, or of the error that results from one, drops the last reference. */
static void
test_drop_inside (gconstpointer is_valid)
{
  g_autoptr (SignalAead) aead = NULL;
  g_autoptr (ChannelPair) pair = bare_pair_new (&aead);
  g_autofree char *inner = compose (is_valid != NULL ? "a" : "", "{},", LARGE);
  g_autofree char *text = encrypt (aead, inner, 1);

  pair->client.drops = TRUE;
  soup_websocket_connection_send_text (pair->bare, text);
  soup_websocket_connection_send_text (pair->bare, text);
  WAIT_UNTIL (pair->client.channel == NULL);
  g_assert_cmpuint (pair->client.messages->len, ==, is_valid != NULL);
  g_assert_cmpuint (pair->client.errors->len, ==, is_valid == NULL);
}

/* Forms of an encrypted envelope that this library does not write itself. */
static void
test_forms (void)
{
  g_autoptr (SignalAead) aead = NULL;
  g_autoptr (ChannelPair) pair = bare_pair_new (&aead);
  g_autofree char *inner = compose ("a", "\"x\",", LARGE);
  g_autofree char *member = encrypt (aead, inner, 1);
  g_autofree char *usual = encrypt (aead, inner, 2);
  g_auto (GStrv) parts = g_strsplit (usual, "/", -1);
  g_autofree char *escaped = g_strjoinv ("\\/", parts);
  g_autofree char *with_member = g_strdup_printf ("{\"more\":[],%s", member + 1);

  soup_websocket_connection_send_text (pair->bare, with_member);
  soup_websocket_connection_send_text (pair->bare, escaped);
  WAIT_UNTIL (pair->client.messages->len + pair->client.errors->len == 2);
  g_assert_cmpuint (pair->client.errors->len, ==, 0);
  assert_message (pair, 0, inner, TRUE);
  assert_message (pair, 1, inner, TRUE);
}

typedef struct
{
  const char *name;
  gsize position; /* of the change */
  char character; /* 0 for another one of the alphabet */
  int code;
} FaultCase;

static const FaultCase fault_cases[] = {
  { "alphabet", 1500000, '*', SIGNAL_ERROR_CRYPTO },
  { "padding", 1500000, '=', SIGNAL_ERROR_CRYPTO },
  { "forged", 1500001, 0, SIGNAL_ERROR_CRYPTO },
};

static void
test_fault (gconstpointer data)
{
  const FaultCase *self = data;
  g_autoptr (SignalAead) aead = NULL;
  g_autoptr (ChannelPair) pair = bare_pair_new (&aead);
  g_autofree char *inner = compose ("a", "\"x\",", LARGE);
  g_autofree char *text = encrypt (aead, inner, 1);

  text[self->position] = self->character != 0 ? self->character : text[self->position] == 'A' ? 'B' : 'A';
  soup_websocket_connection_send_text (pair->bare, text);
  assert_fault (pair, self->code);
}

/* Padding where the first step ends: both parts are valid base64, but together they are not. */
static void
test_padding_between (void)
{
  const gsize first = 512 * 1024 / 4 * 3 - 2;
  g_autoptr (SignalAead) aead = NULL;
  g_autoptr (ChannelPair) pair = bare_pair_new (&aead);
  g_autofree char *inner = compose ("a", "\"x\",", LARGE);
  gsize length = strlen (inner) + SIGNAL_AEAD_TAG_SIZE;
  g_autofree guint8 *sealed = g_malloc (length);
  g_autofree char *begin = NULL;
  g_autofree char *rest = NULL;
  g_autofree char *text = NULL;
  guint8 iv[SIGNAL_AEAD_IV_SIZE] = { 0 };

  g_assert_true (signal_aead_encrypt_with_iv (aead, iv, (const guint8 *) inner, strlen (inner), sealed,
                                              NULL));
  begin = g_base64_encode (sealed, first);
  rest = g_base64_encode (sealed + first, length - first);
  g_assert_true (g_str_has_suffix (begin, "=="));
  text = g_strdup_printf ("{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                          "\"ct\":\"%s%s\"}}", begin, rest);
  soup_websocket_connection_send_text (pair->bare, text);
  assert_fault (pair, SIGNAL_ERROR_CRYPTO);
}

static void
test_replay (void)
{
  g_autoptr (SignalAead) aead = NULL;
  g_autoptr (ChannelPair) pair = bare_pair_new (&aead);
  g_autofree char *inner = compose ("a", "\"x\",", LARGE);
  g_autofree char *text = encrypt (aead, inner, 1);

  soup_websocket_connection_send_text (pair->bare, text);
  soup_websocket_connection_send_text (pair->bare, text);
  WAIT_UNTIL (pair->client.messages->len == 1 && pair->client.errors->len == 1);
  g_assert_error (((GError *) pair->client.errors->pdata[0]), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

/* Without a key, and with JSON that is not valid near its end. */
static void
test_not_valid (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (TRUE);
  g_autoptr (SignalAead) aead = signal_aead_new (key);
  g_autofree char *inner = compose ("a", "\"x\",", LARGE);
  g_autofree char *sealed = encrypt (aead, inner, 1);

  soup_websocket_connection_send_text (pair->bare, sealed);
  assert_fault (pair, SIGNAL_ERROR_PROTOCOL);
  g_assert_true (signal_channel_saw_unreadable (pair->client.channel));

  g_ptr_array_set_size (pair->client.errors, 0);
  inner[strlen (inner) - 19] = '"';
  soup_websocket_connection_send_text (pair->bare, inner);
  assert_fault (pair, SIGNAL_ERROR_PROTOCOL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/channel-large/order", GINT_TO_POINTER (TRUE), test_order);
  g_test_add_data_func ("/channel-large/order-plain", NULL, test_order);
  g_test_add_data_func ("/channel-large/steps", GINT_TO_POINTER (TRUE), test_steps);
  g_test_add_data_func ("/channel-large/steps-plain", NULL, test_steps);
  g_test_add_func ("/channel-large/close-behind", test_close_behind);
  g_test_add_data_func ("/channel-large/close-between", GINT_TO_POINTER (TRUE), test_end_between);
  g_test_add_data_func ("/channel-large/drop-between", NULL, test_end_between);
  g_test_add_func ("/channel-large/write-error-between", test_write_error_between);
  g_test_add_func ("/channel-large/key-limit", test_key_limit);
  g_test_add_func ("/channel-large/trim", test_trim);
  g_test_add_func ("/channel-large/keep-total", test_keep_total);
  g_test_add_data_func ("/channel-large/drop-inside", GINT_TO_POINTER (TRUE), test_drop_inside);
  g_test_add_data_func ("/channel-large/drop-inside-fault", NULL, test_drop_inside);
  g_test_add_func ("/channel-large/forms", test_forms);
  for (guint i = 0; i < G_N_ELEMENTS (fault_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/channel-large/fault/", fault_cases[i].name, NULL);

      g_test_add_data_func (path, &fault_cases[i], test_fault);
    }
  g_test_add_func ("/channel-large/padding-between", test_padding_between);
  g_test_add_func ("/channel-large/replay", test_replay);
  g_test_add_func ("/channel-large/not-valid", test_not_valid);

  return g_test_run ();
}

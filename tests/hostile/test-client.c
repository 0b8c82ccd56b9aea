/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Servers that do the handshake or the framing wrong. */

typedef struct
{
  const char *name;
  const char *data; /* of `connected`; %s: a good key, %s: a good salt */
  int         error;
} Hello;

#define ID "\"id\":\"x\","

static const Hello hellos[] = {
  { "no-id", "{\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "empty-id", "{\"id\":\"\",\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "id-number", "{\"id\":5,\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "not-object", "[\"%s\",\"%s\"]", SIGNAL_ERROR_PROTOCOL },
  { "no-key", "{" ID "\"key\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "no-salt", "{" ID "\"serverPublicKey\":\"%s\",\"Salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "long-key", "{" ID "\"serverPublicKey\":\"%sAAAA\",\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "long-salt", "{" ID "\"serverPublicKey\":\"%s\",\"salt\":\"%sAAAA\"}", SIGNAL_ERROR_CRYPTO },
  { "escaped-dot", "{" ID "\"serverPublicKey\":\"\\u002e%s\",\"salt\":\"%s\"}",
    SIGNAL_ERROR_CRYPTO },
  { "key-number", "{" ID "\"serverPublicKey\":5,\"_%s\":0,\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
};

static const Hello *hello;

static void
greet_with_hello (Guest *guest)
{
  g_autoptr (JsonNode) good = NULL;
  g_autofree char *connected = guest_compose_connected (guest);
  g_autoptr (GString) text = g_string_new ("{\"event\":\"connected\",\"data\":");
  JsonObject *data;

  good = parse_json (connected);
  data = json_object_get_object_member (json_node_get_object (good), "data");
  g_string_append (text, hello->data);
  g_string_append_c (text, '}');
  g_string_replace (text, "%s", json_object_get_string_member (data, "serverPublicKey"), 1);
  g_string_replace (text, "%s", json_object_get_string_member (data, "salt"), 1);
  guest_send_text (guest, text->str);
}

/* Such a `connected` fails the attempt. */
static void
test_hello (gconstpointer data)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  hello = data;
  host->greet = greet_with_hello;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, hello->error);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
  WAIT_UNTIL (((Guest *) host->guests->pdata[0])->is_gone);
}

static void
greet_with_bad_point (Guest *guest)
{
  g_autofree char *text = guest_compose_connected (guest);
  char *key = strstr (text, "\"serverPublicKey\":\"") + strlen ("\"serverPublicKey\":\"");

  /* Still base64 of 65 bytes, and no longer on the curve. */
  key[40] = key[40] == 'A' ? 'B' : 'A';
  guest_send_text (guest, text);
}

static void
greet_after_bad_point (Guest *guest)
{
  if (guest->host->guests->len > 1)
    guest_welcome (guest);
  else
    greet_with_bad_point (guest);
}

static void
test_bad_point (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_after_bad_point;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (host->guests->len, ==, 2);
}

static void
greet_sealed (Guest *guest)
{
  g_autofree char *connected = guest_compose_connected (guest);

  guest_take_key (guest);
  guest_send (guest, connected);
}

/* `connected` encrypted with the key that is inside it: named, and well before the deadline. */
static void
test_sealed_hello (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_sealed;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (recorder->error->message, "connected"));
  g_assert_cmpuint (host->guests->len, ==, 1);
}

static void
greet_after_noise (Guest *guest)
{
  guest_send_text (guest, "{\"event\":\"broadcast\",\"data\":1}");
  guest_send_text (guest, "no JSON");
  guest_send_text (guest, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                          "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
  guest_welcome (guest);
}

/* What comes before `connected` is dropped, and does no harm. */
static void
test_noise_first (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_after_noise;
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->errors->len, ==, 3);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  guest_send (host_wait_guest (host, 0), "{\"event\":\"good\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
}

static void
greet_after_broadcast (Guest *guest)
{
  guest_send_text (guest, "{\"event\":\"broadcast\",\"data\":1}");
  guest_welcome_plain (guest);
}

static void
test_broadcast_first_plain (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_after_broadcast;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->messages->len, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* Where a client allows plaintext, and gets a key, it takes no plaintext all the same. */
static void
test_no_downgrade (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_true (signal_client_get_encrypted (recorder->client));
  guest_send_text (host_wait_guest (host, 0), "{\"event\":\"wrong\"}");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
test_wrong_info (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  g_object_set (recorder->client, "ecdh-info", "nx-signal-e2e", NULL);
  recorder_connect (recorder);
  guest_send (host_wait_guest (host, 0), "{\"event\":\"e\"}");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

/* A text message in so many frames. */
static void
send_fragments (Guest      *guest,
                const char *text,
                guint       n_parts)
{
  gsize length = strlen (text);

  for (guint i = 0; i < n_parts; i++)
    {
      gsize from = length * i / n_parts, to = length * (i + 1) / n_parts;
      guint8 first = (i == 0 ? 0x01 : 0x00) | (i == n_parts - 1 ? 0x80 : 0x00);

      guest_send_frame (guest, first, text + from, to - from);
    }
}

static void
test_fragments (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autofree char *text = NULL;

  recorder_connect (recorder);
  text = guest_seal (host_wait_guest (host, 0), "{\"event\":\"parts\"}");
  send_fragments (host_wait_guest (host, 0), text, 7);
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "parts");
}

/* A message of the limit passes; one byte more ends the connection, in one frame or many. */
static void
check_incoming_limit (guint n_parts)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  g_autofree char *inner = g_strdup_printf ("{\"event\":\"big\",\"data\":\"%0*u\"}", 30000, 0);
  g_autofree char *good = NULL;
  g_autofree char *bad = NULL;
  Guest *guest;

  recorder_connect (recorder);
  guest = host_wait_guest (host, 0);
  good = guest_seal (guest, inner);
  g_object_set (recorder->client, "max-incoming-size", (guint64) strlen (good), NULL);
  guest_reset (guest);
  WAIT_UNTIL (recorder->n_connected == 2);
  guest = host_wait_guest (host, 1);
  g_clear_pointer (&good, g_free);
  good = guest_seal (guest, inner);
  bad = g_strconcat (good, " ", NULL);

  send_fragments (guest, good, n_parts);
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpuint (recorder->errors->len, ==, 1);

  send_fragments (guest, bad, n_parts);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  WAIT_UNTIL (guest->is_gone);
  g_assert_cmpuint (guest->close_code, ==, 1009);
  WAIT_UNTIL (recorder->n_connected == 3);
  g_assert_cmpuint (recorder->messages->len, ==, 1);
}

static void
test_incoming_limit (void)
{
  check_incoming_limit (1);
}

static void
test_incoming_limit_fragments (void)
{
  check_incoming_limit (200);
}

/* A frame that says it is of 2⁶³ − 1 bytes costs no memory, and ends the connection. */
static void
test_huge_header (void)
{
  static const guint8 header[] = { 0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  recorder_connect (recorder);
  guest_write (host_wait_guest (host, 0), header, sizeof header);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* What breaks RFC 6455 ends the connection, and the client comes back. */
static void
test_broken_frames (void)
{
  static const struct { guint8 data[8]; gsize length; } frames[] = {
    { { 0xc1, 0x00 }, 2 },                               /* a reserved bit */
    { { 0x83, 0x00 }, 2 },                               /* a reserved opcode */
    { { 0x81, 0x81, 0, 0, 0, 0, 'x' }, 7 },              /* masked */
    { { 0x09, 0x00 }, 2 },                               /* a ping in parts */
    { { 0x89, 126, 0, 126 }, 4 },                        /* a ping that is too long */
  };
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  static const guint8 filler[256];

  recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      Guest *guest = host_wait_guest (host, i);

      guest_write (guest, frames[i].data, frames[i].length);
      guest_write (guest, filler, sizeof filler);
      WAIT_UNTIL (recorder->n_connected == i + 2);
      g_assert_cmpuint (recorder->errors->len, ==, i + 1);
    }
}

/* The text frame itself is not UTF-8: it is dropped alone, and the connection goes on. */
static void
test_frame_not_utf8 (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);
  Guest *guest;

  recorder_connect (recorder);
  guest = host_wait_guest (host, 0);
  guest_send_frame (guest, 0x81, "{\"event\":\"\xff\"}", 13);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  guest_send_frame (guest, 0x81, "\xfe\xff", 2);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  guest_send (guest, "{\"event\":\"next\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++)
    {
      g_autofree char *path = g_strconcat ("/client/hostile/hello/", hellos[i].name, NULL);

      g_test_add_data_func (path, &hellos[i], test_hello);
    }
  g_test_add_func ("/client/hostile/bad-point", test_bad_point);
  g_test_add_func ("/client/hostile/sealed-hello", test_sealed_hello);
  g_test_add_func ("/client/hostile/noise-first", test_noise_first);
  g_test_add_func ("/client/hostile/broadcast-first-plain", test_broadcast_first_plain);
  g_test_add_func ("/client/hostile/no-downgrade", test_no_downgrade);
  g_test_add_func ("/client/hostile/wrong-info", test_wrong_info);
  g_test_add_func ("/client/hostile/fragments", test_fragments);
  g_test_add_func ("/client/hostile/incoming-limit", test_incoming_limit);
  g_test_add_func ("/client/hostile/incoming-limit-fragments", test_incoming_limit_fragments);
  g_test_add_func ("/client/hostile/huge-header", test_huge_header);
  g_test_add_func ("/client/hostile/broken-frames", test_broken_frames);
  g_test_add_func ("/client/hostile/frame-not-utf8", test_frame_not_utf8);

  return g_test_run ();
}

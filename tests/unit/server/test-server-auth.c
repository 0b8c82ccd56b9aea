/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "tests/lib/raw-client.h"

static gboolean has_random_data = TRUE;

/* These take the place of the functions from which the library gets random data. */

int
gnutls_rnd (int     level,
            void   *data,
            size_t  length);

int
gnutls_rnd (int     level,
            void   *data,
            size_t  length)
{
  int (*next) (int, void *, size_t) = dlsym (RTLD_NEXT, "gnutls_rnd");

  return has_random_data ? next (level, data, length) : -206; /* GNUTLS_E_RANDOM_FAILED */
}

int
getentropy (void   *data,
            size_t  length)
{
  int (*next) (void *, size_t) = dlsym (RTLD_NEXT, "getentropy");

  if (has_random_data)
    return next (data, length);
  errno = ENOSYS;
  return -1;
}

static SignalPeer *
only_peer (Fixture *fixture)
{
  WAIT_UNTIL (fixture->connected->len == 1);
  return fixture->connected->pdata[0];
}

static void
test_accepted (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
  g_autoptr (JsonObject) connected = NULL;
  SignalPeer *peer;
  const char *time;

  raw_client_authenticate (raw, "secret");
  connected = raw_client_wait_event (raw, "connected");
  peer = only_peer (fixture);

  g_assert_cmpstr (json_object_get_string_member (connected, "id"), ==, signal_peer_get_id (peer));
  g_assert_cmpstr (json_object_get_string_member (connected, "userId"), ==, "alice");
  g_assert_cmpuint (strlen (json_object_get_string_member (connected, "serverPublicKey")), ==, 88);
  g_assert_cmpuint (strlen (json_object_get_string_member (connected, "salt")), ==, 44);
  time = json_object_get_string_member (connected, "time");
  g_assert_true (g_regex_match_simple ("^\\d{4}(-\\d\\d){2}T\\d\\d(:\\d\\d){2}\\.\\d{3}Z$", time, 0,
                                       0));
  g_assert_cmpuint (fixture->n_asked, ==, 1);
  g_assert_cmpstr (signal_peer_get_user_id (peer), ==, "alice");
  g_assert_true (signal_peer_get_encrypted (peer));
  g_assert_true (g_uuid_string_is_valid (signal_peer_get_id (peer)));
}

static void
test_messages_both_ways (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (JsonNode) payload = parse_json ("{\"n\":9007199254740993,\"s\":\"añ🎈\"}");
  g_autoptr (JsonObject) got = NULL;
  g_autoptr (GError) error = NULL;
  SignalMessage *message;

  raw_client_send_encrypted (raw, "{\"event\":\"chat\",\"data\":9223372036854775999,\"id\":\"7\"}");
  WAIT_UNTIL (fixture->messages->len == 1);
  message = fixture->messages->pdata[0];
  g_assert_cmpstr (signal_message_get_event (message), ==, "chat");
  g_assert_cmpstr (signal_message_get_id (message), ==, "7");
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, "9223372036854775999");
  g_assert_true (signal_message_is_encrypted (message));

  signal_server_send_to_peer (fixture->server, only_peer (fixture), "news", payload, &error);
  g_assert_no_error (error);
  got = raw_client_wait_event (raw, "news");
  g_assert_cmpint (json_object_get_int_member (got, "n"), ==, 9007199254740993);
  g_assert_cmpstr (json_object_get_string_member (got, "s"), ==, "añ🎈");
  g_assert_cmpuint (raw->n_encrypted, ==, 1);
}

/* Two connections of the same client differ in key, salt and ID. */
static void
test_fresh_keys (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) one = raw_client_new (fixture->uri);
  g_autoptr (RawClient) two = raw_client_new (fixture->uri);
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;
  const char * const members[] = { "id", "serverPublicKey", "salt" };

  raw_client_authenticate (one, "secret");
  raw_client_authenticate (two, "secret");
  first = raw_client_wait_event (one, "connected");
  second = raw_client_wait_event (two, "connected");
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    g_assert_cmpstr (json_object_get_string_member (first, members[i]), !=,
                     json_object_get_string_member (second, members[i]));
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);

  raw_client_authenticate (raw, "wrong");
  raw_client_wait_error (raw, "Authentication failed");
  raw_client_wait_closed (raw, 4003);
  g_assert_cmpstr (raw->reason, ==, "Authentication failed");
  g_assert_cmpuint (fixture->n_asked, ==, 1);
  g_assert_cmpuint (fixture->connected->len, ==, 0);
  g_assert_cmpuint (fixture->disconnected->len, ==, 0);
}

/* Without a type and a token that are strings, the request is refused without emitting the
 * signal. */
static void
test_incomplete (void)
{
  const char * const texts[] = {
    "{\"event\":\"authenticate\"}",
    "{\"event\":\"authenticate\",\"data\":null}",
    "{\"event\":\"authenticate\",\"data\":[\"Bearer\",\"secret\"]}",
    "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\"}}",
    "{\"event\":\"authenticate\",\"data\":{\"token\":\"secret\"}}",
    "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":{\"secret\":1}}}",
    "{\"event\":\"authenticate\",\"data\":{\"type\":1,\"token\":\"secret\"}}",
  };
  g_autoptr (Fixture) fixture = fixture_new ();

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (RawClient) raw = raw_client_new (fixture->uri);

      raw_client_send_text (raw, texts[i]);
      raw_client_wait_error (raw, "Authentication failed");
      raw_client_wait_closed (raw, 4003);
    }
  g_assert_cmpuint (fixture->n_asked, ==, 0);
}

static void
test_no_handler (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autofree char *uri = NULL;
  g_autoptr (RawClient) raw = NULL;

  g_assert_true (signal_server_listen (server, NULL, 0, NULL));
  uri = signal_server_get_uri (server);
  raw = raw_client_new (uri);
  raw_client_authenticate (raw, "secret");
  raw_client_wait_error (raw, "Authentication failed");
  raw_client_wait_closed (raw, 4003);
}

static char *
answer (SignalServer *server,
        SignalPeer   *peer,
        const char   *type,
        const char   *token,
        gpointer      user_data)
{
  return g_strdup (user_data);
}

static void
test_first_handler_wins (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (answer), (gpointer) "bob");
  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (answer), (gpointer) "carol");
  raw = raw_client_new_authenticated (fixture->uri, "none of the first");
  g_assert_cmpstr (signal_peer_get_user_id (only_peer (fixture)), ==, "bob");
}

static void
test_too_late (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_object_set (fixture->server, "auth-timeout", 60, NULL);
  raw = raw_client_new (fixture->uri);
  raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");
  raw_client_wait_closed (raw, 4001);
  g_assert_cmpstr (raw->reason, ==, "Authentication timeout");
  g_assert_cmpuint (raw->frames->len, ==, 0);
}

/* The timeout applies to peers that have not authenticated only. */
static void
test_in_time (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_object_set (fixture->server, "auth-timeout", 100, NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  run_for (250);
  g_assert_false (raw->closed);
  raw_client_assert_no_event (raw);
}

static void
test_twice (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  raw_client_authenticate (raw, "bob-secret");
  raw_client_wait_error (raw, "Already authenticated");
  g_assert_cmpuint (raw->n_encrypted, ==, 1);
  g_assert_cmpuint (fixture->n_asked, ==, 1);
  g_assert_cmpstr (signal_peer_get_user_id (only_peer (fixture)), ==, "alice");
}

static void
test_not_yet (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
  g_autoptr (JsonObject) connected = NULL;

  raw_client_send_text (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"a\"]}}");
  raw_client_wait_error (raw, "Not authenticated");
  raw_client_send_text (raw, "{\"event\":\"chat\",\"data\":1}");
  raw_client_wait_error (raw, "Not authenticated");
  raw_client_send_text (raw, "{\"event\":");
  raw_client_wait_error (raw, "Invalid message format");

  signal_server_broadcast (fixture->server, "news", NULL, NULL);
  raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");
  raw_client_assert_no_event (raw);
  g_assert_cmpuint (fixture->messages->len, ==, 0);

  raw_client_authenticate (raw, "secret");
  connected = raw_client_wait_event (raw, "connected");
}

static void
test_bad_keys (void)
{
  const char * const keys[] = {
    /* none; not text; not base64; too short; the wrong form; not on the curve */
    "null", "17", "\"\"", "\"not base64\"", "\"AAAA\"",
    "\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
    "\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\"",
  };

  for (guint require = 0; require < 2; require++)
    {
      g_autoptr (Fixture) fixture = fixture_new ();

      g_object_set (fixture->server, "require-encryption", require == 1, NULL);
      for (guint i = require == 1 ? 0 : 1; i < G_N_ELEMENTS (keys); i++)
        {
          g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
          g_autofree char *text = g_strdup_printf ("{\"event\":\"authenticate\",\"data\":{\"type\":"
                                                   "\"Bearer\",\"token\":\"secret\","
                                                   "\"clientPublicKey\":%s}}", keys[i]);

          raw_client_send_text (raw, text);
          raw_client_wait_error (raw, "Encryption handshake failed");
          raw_client_wait_closed (raw, 4004);
          g_assert_cmpstr (raw->reason, ==, "Encryption required");
        }
      g_assert_cmpuint (fixture->connected->len, ==, 0);
    }
}

/* The client may try again, as it has done nothing wrong. */
static void
test_no_random_data (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
  g_autoptr (RawClient) other = NULL;

  has_random_data = FALSE;
  raw_client_authenticate (raw, "secret");
  raw_client_wait_closed (raw, 1011);
  g_assert_cmpuint (fixture->connected->len, ==, 0);

  has_random_data = TRUE;
  other = raw_client_new_authenticated (fixture->uri, "secret");
  only_peer (fixture);
}

/* The key member of IGNIS's own guide is read if the other one is missing or null. */
static void
test_other_key_member (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  const struct
  {
    const char *format; /* of the members, with one key */
    gboolean    is_accepted;
  } cases[] = {
    { "\"publicKey\":\"%s\"", TRUE },
    { "\"clientPublicKey\":null,\"publicKey\":\"%s\"", TRUE },
    { "\"publicKey\":17,\"clientPublicKey\":\"%s\"", TRUE },
    { "\"clientPublicKey\":17,\"publicKey\":\"%s\"", FALSE },
    { "\"publicKey\":[\"%s\"]", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
      g_autofree char *key = raw_client_dup_public_key (raw);
      g_auto (GStrv) parts = g_strsplit (cases[i].format, "%s", 2);
      g_autofree char *text = g_strconcat ("{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                                           "\"token\":\"secret\",", parts[0], key, parts[1], "}}", NULL);
      g_autoptr (JsonObject) connected = NULL;

      raw_client_send_text (raw, text);
      if (cases[i].is_accepted)
        connected = raw_client_wait_event (raw, "connected");
      else
        raw_client_wait_error (raw, "Encryption handshake failed");
    }
  g_assert_cmpuint (fixture->connected->len, ==, 3);
}

static void
test_plaintext (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) plain = NULL;
  g_autoptr (RawClient) encrypted = NULL;
  g_autoptr (JsonObject) nothing = NULL;

  g_object_set (fixture->server, "require-encryption", FALSE, NULL);
  plain = raw_client_new_plain (fixture->uri, "secret");
  g_assert_false (signal_peer_get_encrypted (only_peer (fixture)));
  encrypted = raw_client_new_authenticated (fixture->uri, "secret");

  raw_client_send_text (plain, "{\"event\":\"chat\",\"data\":1}");
  WAIT_UNTIL (fixture->messages->len == 1);
  g_assert_false (signal_message_is_encrypted (fixture->messages->pdata[0]));

  g_assert_true (signal_server_broadcast (fixture->server, "news", NULL, NULL));
  nothing = raw_client_wait_event (plain, "news");
  nothing = raw_client_wait_event (encrypted, "news");
  g_assert_cmpuint (encrypted->n_encrypted, ==, 1);
  g_assert_cmpstr (plain->frames->pdata[plain->frames->len - 1], ==, "{\"event\":\"news\"}");
}

/* Plaintext from a peer that has a key is not delivered. */
static void
test_plaintext_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  raw_client_send_text (raw, "{\"event\":\"chat\",\"data\":1}");
  raw_client_wait_error (raw, "Encryption required");
  raw_client_send_encrypted (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"a\"]}}");
  raw_client_wait_error (raw, "Invalid message format");
  raw_client_send_encrypted (raw, "{\"event\":\"authenticate\"}");
  raw_client_wait_error (raw, "Invalid message format");
  raw_client_send_text (raw, "{\"event\":\"connected\"}");
  raw_client_wait_error (raw, "Invalid message format");
  g_assert_cmpuint (raw->n_encrypted, ==, 4);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
  g_assert_false (g_strv_contains (signal_peer_get_rooms (only_peer (fixture)), "a"));
}

/* The size and the number of frames before authentication are limited. */
static void
test_too_much (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) large = raw_client_new (fixture->uri);
  g_autoptr (RawClient) many = raw_client_new (fixture->uri);
  g_autofree char *text = g_strnfill (17 * 1024, ' ');

  raw_client_send_text (large, text);
  raw_client_wait_closed (large, 1009);

  text[8 * 1024] = '\0';
  for (guint i = 0; i < 5 && !many->closed; i++)
    {
      raw_client_send_text (many, text);
      run_for (5);
    }
  raw_client_wait_closed (many, 4001);
  g_assert_cmpstr (many->reason, ==, "Too much before authentication");
}

static char *
close_peer (SignalServer *server,
            SignalPeer   *peer,
            const char   *type,
            const char   *token,
            gpointer      user_data)
{
  signal_peer_close (peer, 4321, "Not you");
  return g_strdup ("alice");
}

static void
test_closed_in_handler (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autofree char *uri = NULL;
  g_autoptr (RawClient) raw = NULL;

  g_signal_connect (server, "authenticate", G_CALLBACK (close_peer), NULL);
  g_assert_true (signal_server_listen (server, NULL, 0, NULL));
  uri = signal_server_get_uri (server);
  raw = raw_client_new (uri);
  raw_client_authenticate (raw, "secret");
  raw_client_wait_closed (raw, 4321);
  g_assert_cmpstr (raw->reason, ==, "Not you");
  g_assert_cmpuint (raw->frames->len, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/auth/accepted", test_accepted);
  g_test_add_func ("/server/auth/messages-both-ways", test_messages_both_ways);
  g_test_add_func ("/server/auth/fresh-keys", test_fresh_keys);
  g_test_add_func ("/server/auth/refused", test_refused);
  g_test_add_func ("/server/auth/incomplete", test_incomplete);
  g_test_add_func ("/server/auth/no-handler", test_no_handler);
  g_test_add_func ("/server/auth/first-handler-wins", test_first_handler_wins);
  g_test_add_func ("/server/auth/too-late", test_too_late);
  g_test_add_func ("/server/auth/in-time", test_in_time);
  g_test_add_func ("/server/auth/twice", test_twice);
  g_test_add_func ("/server/auth/not-yet", test_not_yet);
  g_test_add_func ("/server/auth/bad-keys", test_bad_keys);
  g_test_add_func ("/server/auth/no-random-data", test_no_random_data);
  g_test_add_func ("/server/auth/other-key-member", test_other_key_member);
  g_test_add_func ("/server/auth/plaintext", test_plaintext);
  g_test_add_func ("/server/auth/plaintext-refused", test_plaintext_refused);
  g_test_add_func ("/server/auth/too-much", test_too_much);
  g_test_add_func ("/server/auth/closed-in-handler", test_closed_in_handler);

  return g_test_run ();
}

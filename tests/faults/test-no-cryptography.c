/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "tests/lib/channel-pair.h"
#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"

/* There are no random numbers, or no cipher. What needs them fails with an error, instead of being sent
 * without encryption or with a mask that can be predicted.
 *
 * The library calls the functions that this program defines, instead of those of GnuTLS. */

/* How many random bytes the library draws for what. */
#define SCALAR 32
#define UUID 16
#define UPGRADE_KEY 16
#define IV 12
#define MASK 4   /* for a control frame of libsoup */
#define MASKS 64 /* for several frames of the library */
#define ANY 0

static size_t failing_size;
static guint n_succeeding; /* calls for that size before one fails */
static gboolean is_failing;
static gboolean has_no_cipher;
static gboolean has_no_encryption;

int
gnutls_rnd (gnutls_rnd_level_t  level,
            void               *data,
            size_t              size)
{
  int (*real) (gnutls_rnd_level_t, void *, size_t) = dlsym (RTLD_NEXT, "gnutls_rnd");

  if (is_failing && (failing_size == ANY || size == failing_size) && n_succeeding-- == 0)
    {
      is_failing = FALSE;
      return GNUTLS_E_RANDOM_FAILED;
    }

  return real (level, data, size);
}

int
gnutls_aead_cipher_init (gnutls_aead_cipher_hd_t   *handle,
                         gnutls_cipher_algorithm_t  cipher,
                         const gnutls_datum_t      *key)
{
  int (*real) (gnutls_aead_cipher_hd_t *, gnutls_cipher_algorithm_t, const gnutls_datum_t *)
    = dlsym (RTLD_NEXT, "gnutls_aead_cipher_init");

  return has_no_cipher ? GNUTLS_E_UNWANTED_ALGORITHM : real (handle, cipher, key);
}

int
gnutls_aead_cipher_encrypt (gnutls_aead_cipher_hd_t  handle,
                            const void              *nonce,
                            size_t                   nonce_size,
                            const void              *auth,
                            size_t                   auth_size,
                            size_t                   tag_size,
                            const void              *plaintext,
                            size_t                   plaintext_size,
                            void                    *ciphertext,
                            size_t                  *ciphertext_size)
{
  int (*real) (gnutls_aead_cipher_hd_t, const void *, size_t, const void *, size_t, size_t, const void *,
               size_t, void *, size_t *) = dlsym (RTLD_NEXT, "gnutls_aead_cipher_encrypt");

  return has_no_encryption ? GNUTLS_E_ENCRYPTION_FAILED
                           : real (handle, nonce, nonce_size, auth, auth_size, tag_size, plaintext,
                                   plaintext_size, ciphertext, ciphertext_size);
}

/* The next call for this size fails. */
static void
fail_next (size_t size)
{
  failing_size = size;
  n_succeeding = 0;
  is_failing = TRUE;
}

static void
assert_send_fails (Recorder *recorder)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_client_send_json (recorder->client, "lost", NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

static void
assert_only_arrives (Recorder   *recorder,
                     MockPeer   *peer,
                     const char *event)
{
  g_autofree char *inner = g_strdup_printf ("{\"event\":\"%s\"}", event);

  recorder_send (recorder, event, NULL);
  WAIT_UNTIL (peer->inner->len == 1);
  g_assert_cmpstr (peer->inner->pdata[0], ==, inner);
  g_assert_cmpuint (peer->frames->len, ==, 2);
}

/* Without a key pair, an attempt does not begin. */
static void
test_key_pair (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  fail_next (SCALAR);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (server->peers->len, ==, 0);
  recorder_connect (recorder);
}

/* The key of the upgrade request, and the mask of `authenticate`, which carries the token. */
static void
test_handshake (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  fail_next (GPOINTER_TO_SIZE (data));
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (recorder->errors->len, ==, 1);
  g_assert_cmpuint (server->peers->len, ==, 2);
  g_assert_null (((MockPeer *) server->peers->pdata[0])->token);
}

/* The IV of a message. */
static void
test_iv (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  fail_next (IV);
  assert_send_fails (recorder);
  assert_only_arrives (recorder, server->peers->pdata[0], "next");
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* The masks of messages, once those that have been drawn before are used up. */
static void
test_masks (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GError) error = NULL;
  guint n_sent = 0;
  MockPeer *peer;

  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  fail_next (MASKS);
  while (signal_client_send_json (recorder->client, "before", NULL, &error))
    n_sent++;
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (n_sent, <, MASKS / MASK);

  recorder_send (recorder, "next", NULL);
  WAIT_UNTIL (peer->inner->len > n_sent);
  g_assert_cmpstr (peer->inner->pdata[n_sent], ==, "{\"event\":\"next\"}");
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
on_replied (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError **error = user_data;

  g_assert_null (signal_client_request_finish (SIGNAL_CLIENT (source), result, error));
}

/* The ID of a request. */
static void
test_request (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GError) error = NULL;

  recorder_connect (recorder);
  fail_next (UUID);
  signal_client_request_async (recorder->client, "lost", NULL, 0, NULL, on_replied, &error);
  WAIT_UNTIL (error != NULL);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  assert_only_arrives (recorder, server->peers->pdata[0], "next");
}

/* The mask of a pong. */
static void
test_pong (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  fail_next (MASK);
  mock_peer_send_frame (server->peers->pdata[0], 0x89, "ping", 4);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

/* The mask of a close frame. */
static void
test_close (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  fail_next (MASK);
  recorder_disconnect (recorder);
  peer = server->peers->pdata[0];
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (peer->close_code, ==, 0);
}

/* The mask of a ping. */
static void
test_ping (void)
{
  g_autoptr (ChannelPair) pair = channel_pair_new (FALSE);

  fail_next (MASKS);
  signal_websocket_ping (pair->client.websocket);
  run_pending ();
  g_assert_cmpuint (signal_websocket_get_bytes_sent (pair->client.websocket), ==, 0);

  signal_websocket_ping (pair->client.websocket);
  WAIT_UNTIL (signal_websocket_get_round_trip (pair->client.websocket) >= 0);
}

static void
test_no_encryption (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  has_no_encryption = TRUE;
  assert_send_fails (recorder);
  has_no_encryption = FALSE;
  assert_only_arrives (recorder, server->peers->pdata[0], "next");
}

static void
send_connected_and_disable_cipher (MockPeer *peer)
{
  mock_peer_send_connected (peer);
  has_no_cipher = TRUE;
}

/* The client does not continue without a cipher. */
static void
test_no_cipher (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  signal_client_set_max_retries (recorder->client, 0);
  server->respond = send_connected_and_disable_cipher;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  has_no_cipher = FALSE;
  g_assert_cmpuint (recorder->n_connected, ==, 0);
}

/* The server does not continue without a cipher either. */
static void
test_no_cipher_in_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new (fixture->uri);

  signal_client_set_token (recorder->client, "secret");
  has_no_cipher = TRUE;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  has_no_cipher = FALSE;
  g_assert_cmpuint (fixture->connected->len, ==, 0);
  recorder_connect (recorder);
}

/* Returns whether there were enough calls for one to fail. */
static gboolean
exchange (guint n_before)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new (fixture->uri);

  signal_client_set_token (recorder->client, "secret");
  fail_next (ANY);
  n_succeeding = n_before;
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  if (recorder->error != NULL)
    recorder_connect (recorder);

  if (!signal_client_send_json (recorder->client, "hello", NULL, NULL))
    recorder_send (recorder, "hello", NULL);
  WAIT_UNTIL (fixture->messages->len > 0);
  g_assert_true (signal_message_is_encrypted (fixture->messages->pdata[0]));
  recorder_disconnect (recorder);
  WAIT_UNTIL (fixture->disconnected->len > 0);
  return !is_failing;
}

/* Whichever call fails, in the client or in the server: they can continue. */
static void
test_any_call (void)
{
  guint n_before = 0;

  while (exchange (n_before))
    n_before++;
  is_failing = FALSE;
  g_assert_cmpuint (n_before, >, 5);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/no-cryptography/key-pair", test_key_pair);
  g_test_add_data_func ("/no-cryptography/upgrade", GSIZE_TO_POINTER (UPGRADE_KEY), test_handshake);
  g_test_add_data_func ("/no-cryptography/authenticate", GSIZE_TO_POINTER (MASKS), test_handshake);
  g_test_add_func ("/no-cryptography/iv", test_iv);
  g_test_add_func ("/no-cryptography/masks", test_masks);
  g_test_add_func ("/no-cryptography/request", test_request);
  g_test_add_func ("/no-cryptography/pong", test_pong);
  g_test_add_func ("/no-cryptography/close", test_close);
  g_test_add_func ("/no-cryptography/ping", test_ping);
  g_test_add_func ("/no-cryptography/encryption", test_no_encryption);
  g_test_add_func ("/no-cryptography/cipher", test_no_cipher);
  g_test_add_func ("/no-cryptography/cipher-in-server", test_no_cipher_in_server);
  g_test_add_func ("/no-cryptography/any-call", test_any_call);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/secrets-server.h"

#include <dlfcn.h>
#ifdef HAVE_GNUTLS
#include <gnutls/crypto.h>
#endif
#include <string.h>
#include <unistd.h>

/* Secrets that remain in the memory of a client's process. The server, which has the same secrets,
 * runs in another process, and sends them in masked form. */

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined (__SANITIZE_ADDRESS__) || __has_feature (address_sanitizer)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static gboolean keeps_freed;

#if defined (__GLIBC__) && !IS_SANITIZED
void __libc_free (void *memory);

/* Keeps freed memory from being overwritten by chance, so that the search finds what was not
 * wiped. */
void
free (void *memory)
{
  if (!keeps_freed)
    __libc_free (memory);
}
#endif

static Needle scalar = { "private scalar" };

/* Of the functions from which the library gets random data, this takes the place of the one that it calls. */
#ifdef HAVE_GNUTLS

/* Only the generation of a private key requests this number of random bytes for a key. */
int
gnutls_rnd (gnutls_rnd_level_t  level,
            void               *data,
            size_t              length)
{
  int (*real) (gnutls_rnd_level_t, void *, size_t) = dlsym (RTLD_NEXT, "gnutls_rnd");
  int status = real (level, data, length);

  if (level == GNUTLS_RND_KEY && length == SIGNAL_ECDH_SCALAR_SIZE)
    needle_set (&scalar, data, length);
  return status;
}

#else

/* Only the generation of a private key requests this number of random bytes. */
int
getentropy (void   *data,
            size_t  length)
{
  int (*real) (void *, size_t) = dlsym (RTLD_NEXT, "getentropy");
  int status = real (data, length);

  if (length == SIGNAL_ECDH_SCALAR_SIZE)
    needle_set (&scalar, data, length);
  return status;
}

#endif

typedef struct
{
  const char *name;
  gboolean    is_secure;
  gsize       filler; /* bytes in the message before the secret */
} Case;

static const Case cases[] = {
  { "short", FALSE, 10 },
  { "long", FALSE, 80000 },
};
static const Case tls_case = { "tls", TRUE, 3000 };

static Identity *identity; /* NULL without TLS or openssl */

typedef struct
{
  SecretsServer *server;
  Recorder      *recorder;
  gsize          filler;
  Needle         token, text, x, key;
} Scene;

static void
search (Needle **needles)
{
  run_pending ();
  keeps_freed = FALSE;
  search_memory (needles);
  keeps_freed = TRUE;
}

static void
search_all (Scene *scene)
{
  Needle *needles[] = { &scalar, &scene->token, &scene->text, &scene->x, &scene->key, NULL };

  search (needles);
}

/* Not formatted with printf(), which makes copies of its own. */
static void
send_secret (Scene *scene)
{
  gsize size = scene->filler + NEEDLE_MAX + 1;
  char *json = g_strnfill (size, 'x');
  char *secret = json + size - 1 - NEEDLE_MAX;

  needle_generate (&scene->text, secret);
  json[0] = '"';
  json[size - 1] = '"';
  g_assert_true (signal_client_send_json (scene->recorder->client, "news", json, NULL));
  needle_wipe (json, size);
  g_free (json);
}

/* Starts to connect a client with a secret token, which has sent it, and queues a secret
 * message. */
static void
scene_open (Scene      *scene,
            const Case *test_case)
{
  g_autofree char *uri = NULL;
  char secret[NEEDLE_MAX + 1] = "";

  *scene = (Scene) { .token = { "token" }, .text = { "message" }, .x = { "shared" },
                     .key = { "key" }, .filler = test_case->filler };
  keeps_freed = TRUE;
  scene->server = secrets_server_new (test_case->is_secure ? identity : NULL);
  uri = secrets_server_wait (scene->server, "uri");
  scene->recorder = recorder_new (uri);
  if (test_case->is_secure)
    g_object_set (scene->recorder->client, "tls-database", identity->database, NULL);

  needle_generate (&scene->token, secret);
  signal_client_update_token (scene->recorder->client, secret);
  needle_wipe (secret, sizeof secret);
  recorder_start (scene->recorder);
  send_secret (scene);

  recorder_wait_state (scene->recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  g_free (secrets_server_wait (scene->server, "arrived"));
}

static void
scene_close (Scene *scene)
{
  secrets_server_free (scene->server);
  recorder_free (scene->recorder);
  keeps_freed = FALSE;
}

/* Completes the handshake, after which the message is sent. */
static void
complete_handshake (Scene *scene)
{
  secrets_server_command (scene->server, "complete\n");
  secrets_server_wait_needle (scene->server, &scene->x);
  secrets_server_wait_needle (scene->server, &scene->key);
  recorder_wait_state (scene->recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  WAIT_UNTIL (signal_client_get_outbox_length (scene->recorder->client) == 0);
}

/* Ends the connection, waits until the client reconnects, and queues another secret message. */
static void
lose_connection (Scene *scene)
{
  secrets_server_command (scene->server, "cut\n");
  WAIT_UNTIL (scene->recorder->delays->len == 1);
  send_secret (scene);
  recorder_wait_state (scene->recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  g_free (secrets_server_wait (scene->server, "arrived"));
}

/* Checks that the search finds a secret that is in memory. */
static void
assert_waiting (Scene *scene)
{
  search_all (scene);
  g_assert_cmpuint (scalar.n_found, >, 0);
  g_assert_cmpuint (scene->token.n_found, >, 0);
  g_assert_cmpuint (scene->text.n_found, >, 0);
#ifdef __linux__
  g_assert_cmpuint (scalar.n_dumped, ==, 0);
  /* Checks that no complete secret is in memory. Parts of one may be on the stack for a moment. */
  g_assert_cmpuint (scene->token.n_dumped, <, NEEDLE_MAX / 8);
#endif
}

static void
assert_connected (Scene *scene)
{
  search_all (scene);
  g_assert_cmpuint (scene->key.n_found, >, 0);
  g_assert_cmpuint (scene->token.n_found, >, 0);
  g_assert_cmpuint (scalar.n_found, ==, 0);
  g_assert_cmpuint (scene->x.n_found, ==, 0);
  g_assert_cmpuint (scene->text.n_found, ==, 0);
}

static gboolean
is_gone (Scene *scene)
{
  search_all (scene);
  return scalar.n_found == 0 && scene->x.n_found == 0 && scene->key.n_found == 0
         && scene->token.n_found == 0 && scene->token.n_framed == 0 && scene->text.n_found == 0;
}

/* Closing a connection takes a moment. */
static void
assert_gone (Scene *scene)
{
  WAIT_UNTIL (is_gone (scene));
}

static void
test_disconnected (gconstpointer test_case)
{
  Scene scene;

  scene_open (&scene, test_case);
  assert_waiting (&scene);
  complete_handshake (&scene);
  assert_connected (&scene);
  recorder_disconnect (scene.recorder);
  recorder_drop_client (scene.recorder);
  assert_gone (&scene);
  scene_close (&scene);
}

static void
test_dropped (gconstpointer test_case)
{
  Scene scene;

  scene_open (&scene, test_case);
  complete_handshake (&scene);
  assert_connected (&scene);
  recorder_drop_client (scene.recorder);
  assert_gone (&scene);
  scene_close (&scene);
}

static void
test_disconnected_early (gconstpointer test_case)
{
  Scene scene;

  scene_open (&scene, test_case);
  assert_waiting (&scene);
  recorder_disconnect (scene.recorder);
  recorder_drop_client (scene.recorder);
  assert_gone (&scene);
  scene_close (&scene);
}

/* A message is queued for a connection that is never established. */
static void
test_dropped_late (gconstpointer test_case)
{
  Scene scene;

  scene_open (&scene, test_case);
  complete_handshake (&scene);
  lose_connection (&scene);
  assert_waiting (&scene);
  recorder_drop_client (scene.recorder);
  assert_gone (&scene);
  scene_close (&scene);
}

/* The keys of a connection are wiped with it, even if the client continues to exist. */
static void
test_reconnected (gconstpointer test_case)
{
  Scene scene;
  Needle old_scalar, old_key;
  Needle *old[] = { &old_scalar, &old_key, NULL };

  scene_open (&scene, test_case);
  complete_handshake (&scene);
  old_scalar = scalar;
  old_key = scene.key;
  search (old);
  g_assert_cmpuint (old_key.n_found, >, 0);

  lose_connection (&scene);
  assert_waiting (&scene);
  complete_handshake (&scene);
  assert_connected (&scene);
  search (old);
  g_assert_cmpuint (old_scalar.n_found, ==, 0);
  g_assert_cmpuint (old_key.n_found, ==, 0);

  recorder_drop_client (scene.recorder);
  assert_gone (&scene);
  scene_close (&scene);
}

static void
test_token_replaced (gconstpointer test_case)
{
  Scene scene;

  scene_open (&scene, test_case);
  complete_handshake (&scene);
  assert_connected (&scene);
  signal_client_update_token (scene.recorder->client, "another");
  search_all (&scene);
  g_assert_cmpuint (scene.token.n_found, ==, 0);
  scene_close (&scene);
}

static void
test_no_memory (void)
{
  g_test_skip ("The memory of this process cannot be read through /proc, or a sanitizer has much more of it");
}

static void
test_no_tls (void)
{
  g_test_skip ("There is no TLS here, or no openssl to make a certificate with");
}

static void
add_test (const char    *name,
          GTestDataFunc  function)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/client/secrets/%s/%s", name, cases[i].name);

      g_test_add_data_func (path, &cases[i], function);
    }
}

static void
add_tests (void)
{
  add_test ("disconnected", test_disconnected);
  add_test ("dropped", test_dropped);
  add_test ("disconnected-early", test_disconnected_early);
  add_test ("dropped-late", test_dropped_late);
  add_test ("reconnected", test_reconnected);
  add_test ("token-replaced", test_token_replaced);

  /* The last test, because TLS uses much memory that has to be searched. */
  if (identity != NULL)
    g_test_add_data_func ("/client/secrets/tls/reconnected", &tls_case, test_reconnected);
  else
    g_test_add_func ("/client/secrets/tls/reconnected", test_no_tls);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  /* The first one overwrites freed memory, so that nothing could be found. */
  if (g_getenv ("MALLOC_PERTURB_") != NULL || g_getenv ("G_SLICE") == NULL)
    {
      g_unsetenv ("MALLOC_PERTURB_");
      g_setenv ("G_SLICE", "always-malloc", TRUE);
      execv ("/proc/self/exe", argv);
    }
  if (argc > 1 && g_str_equal (argv[1], "--server"))
    return secrets_server_main (argv + 2);

  g_test_init (&argc, &argv, NULL);
  identity = identity_new ("IP:127.0.0.1");
  if (search_is_possible () && !IS_SANITIZED)
    add_tests ();
  else
    g_test_add_func ("/client/secrets", test_no_memory);

  result = g_test_run ();
  g_clear_pointer (&identity, identity_free);
  return result;
}

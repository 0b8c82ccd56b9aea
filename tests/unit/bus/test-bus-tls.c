/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"
#include "tests/lib/mock-redis.h"
#include "tests/lib/tls-identity.h"

#include <string.h>

static Identity *right; /* for 127.0.0.1 */
static Identity *wrong; /* for another host */

static void
test_trusted (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (right->certificate);
  g_autofree char *uri = g_strdup_printf ("rediss://:pw@127.0.0.1:%u", mock->port);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (uri);
  g_autofree char *filler = g_strnfill (200000, 'x');
  g_autofree char *text = g_strconcat ("\"", filler, "\"", NULL);

  mock->password = "pw";
  signal_bus_set_tls_database (recorder->bus, right->database);
  g_assert_true (signal_bus_get_tls_database (recorder->bus) == right->database);
  bus_recorder_connect (recorder);
  for (guint i = 0; i < 10; i++)
    g_assert_true (signal_bus_broadcast_json (recorder->bus, "e", text, NULL, NULL));
  mock->is_bytewise = TRUE;
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 10);
  g_assert_nonnull (strstr (mock->commands->pdata[mock_redis_find_command (mock, "PUBLISH", 0)], text));
  g_assert_null (((MockLink *) mock->links->pdata[0])->certificate);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
}

static void
test_reconnect (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (right->certificate);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  signal_bus_set_tls_database (recorder->bus, right->database);
  bus_recorder_connect (recorder);
  mock_redis_kill_links (mock);
  bus_recorder_wait_connected (recorder, 2);
  mock_redis_reset_links (mock);
  bus_recorder_wait_connected (recorder, 3);
  g_assert_cmpuint (recorder->errors->len, ==, 2);
}

/* Nothing is said to a Redis that is not trusted. */
static void
assert_refused (MockRedis    *mock,
                BusRecorder  *recorder,
                GTlsDatabase *database)
{
  mock->password = "pw";
  if (database != NULL)
    signal_bus_set_tls_database (recorder->bus, database);
  bus_recorder_connect_fails (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpuint (mock->commands->len, ==, 0);
  bus_recorder_close (recorder);
}

static void
test_untrusted (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (right->certificate);
  g_autofree char *uri = g_strdup_printf ("rediss://:pw@127.0.0.1:%u", mock->port);
  g_autoptr (BusRecorder) system = bus_recorder_new (uri);
  g_autoptr (BusRecorder) other = bus_recorder_new (uri);

  assert_refused (mock, system, NULL);
  assert_refused (mock, other, wrong->database);
}

static void
test_wrong_host (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (wrong->certificate);
  g_autofree char *uri = g_strdup_printf ("rediss://:pw@127.0.0.1:%u", mock->port);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (uri);

  assert_refused (mock, recorder, wrong->database);
}

static void
test_certificate (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (right->certificate);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->authentication = G_TLS_AUTHENTICATION_REQUIRED;
  signal_bus_set_tls_database (recorder->bus, right->database);
  signal_bus_set_tls_certificate (recorder->bus, wrong->certificate);
  g_assert_true (signal_bus_get_tls_certificate (recorder->bus) == wrong->certificate);
  bus_recorder_connect (recorder);
  for (guint i = 0; i < 2; i++)
    g_assert_true (g_tls_certificate_is_same (((MockLink *) mock->links->pdata[i])->certificate,
                                              wrong->certificate));
}

static void
test_no_certificate (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new_tls (right->certificate);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->authentication = G_TLS_AUTHENTICATION_REQUIRED;
  signal_bus_set_tls_database (recorder->bus, right->database);
  bus_recorder_start (recorder, NULL);
  WAIT_UNTIL (recorder->is_done);
  g_assert_nonnull (recorder->error);
  g_assert_cmpuint (mock->commands->len, ==, 0);
}

/* TLS to a Redis without, which takes the first message for a command, and the reverse. */
static void
test_mismatch (void)
{
  g_autoptr (MockRedis) plain = mock_redis_new ();
  g_autoptr (MockRedis) tls = mock_redis_new_tls (right->certificate);
  g_autofree char *tls_uri = g_strdup_printf ("rediss://127.0.0.1:%u", plain->port);
  g_autofree char *plain_uri = g_strdup_printf ("redis://127.0.0.1:%u", tls->port);
  g_autoptr (BusRecorder) first = bus_recorder_new (tls_uri);
  g_autoptr (BusRecorder) second = bus_recorder_new (plain_uri);

  bus_recorder_start (first, NULL);
  bus_recorder_start (second, NULL);
  run_for (50);
  mock_redis_kill_links (plain);
  WAIT_UNTIL (first->is_done && second->is_done);
  g_assert_nonnull (first->error);
  g_assert_nonnull (second->error);
  g_assert_cmpuint (first->n_connected + second->n_connected, ==, 0);
}

/* A handshake that is taken for commands can contain an empty line, which Redis ignores. */
static void
test_empty_line (void)
{
  static const char lines[] = "\0\r\nPING\r\n";
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", mock->port, NULL, NULL);
  g_assert_nonnull (connection);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), lines,
                                            sizeof lines - 1, NULL, NULL, NULL));
  WAIT_UNTIL (mock->commands->len == 1);
  g_assert_cmpstr (mock->commands->pdata[0], ==, "PING");
}

static void
test_skipped (void)
{
  g_test_skip ("There is no TLS here, or no openssl to make a certificate with");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  right = identity_new ("IP:127.0.0.1");
  wrong = identity_new ("DNS:other.example");
  if (right != NULL && wrong != NULL)
    {
      g_test_add_func ("/bus/tls/trusted", test_trusted);
      g_test_add_func ("/bus/tls/reconnect", test_reconnect);
      g_test_add_func ("/bus/tls/untrusted", test_untrusted);
      g_test_add_func ("/bus/tls/wrong-host", test_wrong_host);
      g_test_add_func ("/bus/tls/certificate", test_certificate);
      g_test_add_func ("/bus/tls/no-certificate", test_no_certificate);
      g_test_add_func ("/bus/tls/mismatch", test_mismatch);
      g_test_add_func ("/bus/tls/empty-line", test_empty_line);
    }
  else
    {
      g_test_add_func ("/bus/tls", test_skipped);
    }

  result = g_test_run ();
  g_clear_pointer (&right, identity_free);
  g_clear_pointer (&wrong, identity_free);
  return result;
}

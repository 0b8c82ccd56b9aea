/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"

#include <string.h>

/* Several servers: which one is tried, and when. */

#define UNAVAILABLE "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
#define BUSY "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n"

#define BASE_INTERVAL 100
#define SHORT_INTERVAL 10 /* within a round */

typedef struct
{
  Recorder  *recorder;
  GPtrArray *urls; /* of each notification of current-url, "-" for NULL */
} Failover;

static void
on_current_url (SignalClient *client,
                GParamSpec   *pspec,
                Failover     *failover)
{
  const char *url = signal_client_get_current_url (client);

  g_ptr_array_add (failover->urls, g_strdup (url != NULL ? url : "-"));
}

static void
failover_clear (Failover *failover)
{
  g_signal_handlers_disconnect_by_data (failover->recorder->client, failover);
  recorder_free (failover->recorder);
  g_ptr_array_unref (failover->urls);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Failover, failover_clear)

/* The URLs of further servers end with NULL. */
static void
failover_init (Failover   *failover,
               const char *first, ...)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  const char *url;
  va_list list;

  va_start (list, first);
  while ((url = va_arg (list, const char *)) != NULL)
    g_ptr_array_add (others, (char *) url);
  va_end (list);
  g_ptr_array_add (others, NULL);

  failover->recorder = recorder_new (first);
  failover->recorder->disconnects_when_freed = TRUE;
  failover->urls = g_ptr_array_new_with_free_func (g_free);
  g_object_set (failover->recorder->client,
                "server-urls", others->pdata,
                "base-interval", BASE_INTERVAL,
                "backoff-multiplier", 2.0,
                NULL);
  g_signal_connect (failover->recorder->client, "notify::current-url", G_CALLBACK (on_current_url),
                    failover);
}

static void
assert_delays (Recorder    *recorder,
               const guint *delays,
               guint        n_delays)
{
  g_assert_cmpuint (recorder->delays->len, ==, n_delays);
  for (guint i = 0; i < n_delays; i++)
    {
      g_assert_cmpuint (g_array_index (recorder->delays, guint, i), ==, delays[i]);
      g_assert_cmpuint (g_array_index (recorder->attempts, guint, i), ==, i + 1);
    }
}

static char *
get_dead_url (void)
{
  g_autoptr (MockServer) server = mock_server_new ();

  return g_strdup (server->uri);
}

static void
test_dead_port (void)
{
  g_autofree char *dead = get_dead_url ();
  g_autoptr (Fixture) fixture = fixture_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = { SHORT_INTERVAL };

  failover_init (&failover, dead, fixture->uri, NULL);
  signal_client_set_token (failover.recorder->client, "secret");
  g_assert_null (signal_client_get_current_url (failover.recorder->client));
  recorder_connect (failover.recorder);
  assert_delays (failover.recorder, delays, G_N_ELEMENTS (delays));
  g_assert_cmpstr (signal_client_get_current_url (failover.recorder->client), ==, fixture->uri);
  g_assert_cmpstr (signal_client_get_user_id (failover.recorder->client), ==, "alice");

  g_assert_cmpuint (failover.urls->len, ==, 3);
  g_assert_cmpstr (failover.urls->pdata[0], ==, dead);
  g_assert_cmpstr (failover.urls->pdata[1], ==, "-");
  g_assert_cmpstr (failover.urls->pdata[2], ==, fixture->uri);

  recorder_disconnect (failover.recorder);
  g_assert_null (signal_client_get_current_url (failover.recorder->client));
  g_assert_cmpuint (failover.urls->len, ==, 4);
}

/* The delays grow after each round, and every attempt counts. */
static void
test_rounds (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_autoptr (MockServer) c = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = {
    SHORT_INTERVAL, SHORT_INTERVAL, BASE_INTERVAL,
    SHORT_INTERVAL, SHORT_INTERVAL, 2 * BASE_INTERVAL,
    SHORT_INTERVAL,
  };

  a->http_response = b->http_response = c->http_response = UNAVAILABLE;
  failover_init (&failover, a->uri, b->uri, c->uri, NULL);
  g_object_set (failover.recorder->client, "max-retries", G_N_ELEMENTS (delays), NULL);
  recorder_connect_fails (failover.recorder, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  assert_delays (failover.recorder, delays, G_N_ELEMENTS (delays));
  g_assert_cmpuint (a->peers->len, ==, 3);
  g_assert_cmpuint (b->peers->len, ==, 3);
  g_assert_cmpuint (c->peers->len, ==, 2);

  /* The next connect_async() begins with server-url. */
  a->http_response = NULL;
  recorder_connect (failover.recorder);
  g_assert_cmpuint (a->peers->len, ==, 4);
  g_assert_cmpuint (c->peers->len, ==, 2);
}

static void
test_no_retries (void)
{
  g_autofree char *dead = get_dead_url ();
  g_autoptr (MockServer) server = mock_server_new ();
  g_auto (Failover) failover = { 0 };

  failover_init (&failover, dead, server->uri, NULL);
  g_object_set (failover.recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (failover.recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpuint (server->peers->len, ==, 0);
}

/* A server that has died is tried once more before the next one, which takes over for good. */
static void
test_server_dies (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = { BASE_INTERVAL, SHORT_INTERVAL };

  failover_init (&failover, a->uri, b->uri, NULL);
  recorder_connect (failover.recorder);
  g_assert_cmpstr (signal_client_get_current_url (failover.recorder->client), ==, a->uri);

  mock_server_stop_listening (a);
  mock_peer_reset (mock_server_wait_peer (a, 0));
  WAIT_UNTIL (failover.recorder->n_connected == 2);
  assert_delays (failover.recorder, delays, G_N_ELEMENTS (delays));
  g_assert_cmpstr (signal_client_get_current_url (failover.recorder->client), ==, b->uri);

  /* Likewise when the second one is lost. */
  run_for (BASE_INTERVAL + 20);
  mock_peer_reset (mock_server_wait_peer (b, 0));
  WAIT_UNTIL (failover.recorder->n_connected == 3);
  g_assert_cmpuint (b->peers->len, ==, 2);
}

static void
test_same_server_first (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = { BASE_INTERVAL };

  failover_init (&failover, a->uri, b->uri, NULL);
  recorder_connect (failover.recorder);
  mock_peer_shut_down (mock_server_wait_peer (a, 0));
  WAIT_UNTIL (failover.recorder->n_connected == 2);
  assert_delays (failover.recorder, delays, G_N_ELEMENTS (delays));
  g_assert_cmpuint (a->peers->len, ==, 2);
  g_assert_cmpuint (b->peers->len, ==, 0);
}

static void
accept_and_shut_down (MockPeer *peer)
{
  mock_peer_send_connected (peer);
  mock_peer_shut_down (peer);
}

/* A server that accepts clients and drops them at once does not keep them from the next one. */
static void
test_server_drops_clients (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };

  a->respond = accept_and_shut_down;
  failover_init (&failover, a->uri, b->uri, NULL);
  recorder_start (failover.recorder);
  WAIT_UNTIL (b->peers->len == 1);
  recorder_wait_connected (failover.recorder);
  g_assert_cmpuint (a->peers->len, ==, 2);
}

/* If all of them do that, the delays grow nevertheless. */
static void
test_servers_drop_clients (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = {
    BASE_INTERVAL, SHORT_INTERVAL, 2 * BASE_INTERVAL, SHORT_INTERVAL, 4 * BASE_INTERVAL,
  };

  a->respond = b->respond = accept_and_shut_down;
  failover_init (&failover, a->uri, b->uri, NULL);
  recorder_start (failover.recorder);
  WAIT_UNTIL (failover.recorder->delays->len >= G_N_ELEMENTS (delays));
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    g_assert_cmpuint (g_array_index (failover.recorder->delays, guint, i), ==, delays[i]);
}

static void
refuse_token (MockPeer *peer)
{
  mock_peer_send_error (peer, "Authentication failed");
  mock_peer_close (peer, 4003);
}

static void
refuse_encryption (MockPeer *peer)
{
  mock_peer_close (peer, 4004);
}

static void
test_refused_for_good (void)
{
  static const struct { MockPeerFunc refuse; int code; } cases[] = {
    { refuse_token, SIGNAL_ERROR_AUTHENTICATION_FAILED },
    { refuse_encryption, SIGNAL_ERROR_ENCRYPTION_REQUIRED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *dead = get_dead_url ();
      g_autoptr (MockServer) refusing = mock_server_new ();
      g_autoptr (MockServer) other = mock_server_new ();
      g_auto (Failover) failover = { 0 };

      refusing->respond = cases[i].refuse;
      failover_init (&failover, dead, refusing->uri, other->uri, NULL);
      recorder_connect_fails (failover.recorder, SIGNAL_ERROR, cases[i].code);
      g_assert_cmpuint (refusing->peers->len, ==, 1);
      g_assert_cmpuint (other->peers->len, ==, 0);
    }
}

static char *
on_authenticate (SignalClient *client,
                 guint        *n_asked)
{
  return g_strdup ((*n_asked)++ == 0 ? "old" : "new");
}

static void
accept_new_token (MockPeer *peer)
{
  if (g_str_equal (peer->token, "new"))
    mock_peer_send_connected (peer);
  else
    refuse_token (peer);
}

/* A new token is for the server that has rejected the previous one. */
static void
test_new_token (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  guint n_asked = 0;

  a->respond = accept_new_token;
  failover_init (&failover, a->uri, b->uri, NULL);
  g_signal_connect (failover.recorder->client, "authenticate", G_CALLBACK (on_authenticate), &n_asked);
  recorder_connect (failover.recorder);
  g_assert_cmpuint (a->peers->len, ==, 2);
  g_assert_cmpuint (b->peers->len, ==, 0);
}

/* What one server asks for does not delay the attempt for another one, but the next round. */
static void
test_retry_after (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  const guint delays[] = { SHORT_INTERVAL, 77000 };

  a->http_response = BUSY;
  b->http_response = UNAVAILABLE;
  failover_init (&failover, a->uri, b->uri, NULL);
  recorder_start (failover.recorder);
  WAIT_UNTIL (failover.recorder->delays->len == 2);
  assert_delays (failover.recorder, delays, G_N_ELEMENTS (delays));
}

static void
test_reconnect_now (void)
{
  g_autoptr (MockServer) a = mock_server_new ();
  g_autoptr (MockServer) b = mock_server_new ();
  g_auto (Failover) failover = { 0 };

  a->http_response = UNAVAILABLE;
  failover_init (&failover, a->uri, b->uri, NULL);
  g_object_set (failover.recorder->client, "base-interval", G_MAXINT, "max-interval", G_MAXINT, NULL);
  recorder_start (failover.recorder);
  recorder_wait_state (failover.recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_assert_null (signal_client_get_current_url (failover.recorder->client));
  signal_client_reconnect_now (failover.recorder->client);
  g_assert_cmpstr (signal_client_get_current_url (failover.recorder->client), ==, b->uri);
  WAIT_UNTIL (failover.recorder->is_done);
  g_assert_no_error (failover.recorder->error);
}

/* Nothing is sent to any server if one of the URLs is not valid. */
static void
test_bad_url (void)
{
  static const struct { const char *url; int code; } cases[] = {
    { "https://example.org/", SIGNAL_ERROR_INVALID_ARGUMENT },
    { "", SIGNAL_ERROR_INVALID_ARGUMENT },
    { "ws://example.org/ws", SIGNAL_ERROR_INSECURE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_auto (Failover) failover = { 0 };

      failover_init (&failover, server->uri, server->uri, cases[i].url, NULL);
      recorder_connect_fails (failover.recorder, SIGNAL_ERROR, cases[i].code);
      g_assert_nonnull (strstr (failover.recorder->error->message, "3"));
      g_assert_cmpstr (failover.recorder->states->str, ==, "");
      run_pending ();
      g_assert_cmpuint (server->peers->len, ==, 0);
    }
}

/* Without server-url, the list is all that there is. */
static void
test_list_alone (void)
{
  g_autofree char *dead = get_dead_url ();
  g_autoptr (MockServer) server = mock_server_new ();
  g_auto (Failover) failover = { 0 };

  failover_init (&failover, NULL, dead, server->uri, NULL);
  recorder_connect (failover.recorder);
  g_assert_cmpstr (signal_client_get_current_url (failover.recorder->client), ==, server->uri);
}

static void
test_property (void)
{
  static const char * const urls[] = { "wss://b.example.org/ws", "wss://c.example.org/ws", NULL };
  g_autoptr (MockServer) server = mock_server_new ();
  g_auto (Failover) failover = { 0 };
  guint count = 0;

  failover_init (&failover, server->uri, NULL);
  g_signal_connect (failover.recorder->client, "notify::server-urls", G_CALLBACK (count_notify), &count);
  g_assert_null (*signal_client_get_server_urls (failover.recorder->client));
  signal_client_set_server_urls (failover.recorder->client, NULL);
  g_assert_cmpuint (count, ==, 0);
  signal_client_set_server_urls (failover.recorder->client, urls);
  signal_client_set_server_urls (failover.recorder->client, urls);
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (g_strv_equal (signal_client_get_server_urls (failover.recorder->client), urls));

  recorder_connect (failover.recorder);
  g_test_expect_message ("signal-glib", G_LOG_LEVEL_CRITICAL, "*DISCONNECTED*");
  signal_client_set_server_urls (failover.recorder->client, NULL);
  g_test_assert_expected_messages ();
  g_assert_true (g_strv_equal (signal_client_get_server_urls (failover.recorder->client), urls));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/servers/dead-port", test_dead_port);
  g_test_add_func ("/client/servers/rounds", test_rounds);
  g_test_add_func ("/client/servers/no-retries", test_no_retries);
  g_test_add_func ("/client/servers/dies", test_server_dies);
  g_test_add_func ("/client/servers/same-first", test_same_server_first);
  g_test_add_func ("/client/servers/drops-clients", test_server_drops_clients);
  g_test_add_func ("/client/servers/all-drop-clients", test_servers_drop_clients);
  g_test_add_func ("/client/servers/refused-for-good", test_refused_for_good);
  g_test_add_func ("/client/servers/new-token", test_new_token);
  g_test_add_func ("/client/servers/retry-after", test_retry_after);
  g_test_add_func ("/client/servers/reconnect-now", test_reconnect_now);
  g_test_add_func ("/client/servers/bad-url", test_bad_url);
  g_test_add_func ("/client/servers/list-alone", test_list_alone);
  g_test_add_func ("/client/servers/property", test_property);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

#include <signal-glib/signal-enums.h>

typedef struct
{
  const char *name;
  GType       type;
  guint64     value;
  guint64     other; /* another valid value */
} Number;

static const Number numbers[] = {
  { "max-retries", G_TYPE_UINT, 20, G_MAXUINT },
  { "base-interval", G_TYPE_UINT, 2000, 0 },
  { "max-interval", G_TYPE_UINT, 30000, 1 },
  { "heartbeat-interval", G_TYPE_UINT, 30000, 0 },
  { "liveness-timeout", G_TYPE_UINT, 10000, 1 },
  { "connect-timeout", G_TYPE_UINT, 15000, 1 },
  { "outbox-limit", G_TYPE_UINT, 256, 0 },
  { "max-message-size", G_TYPE_UINT, 131072, 1 },
  { "max-incoming-size", G_TYPE_UINT64, 16 * 1024 * 1024, 1 },
  { "require-encryption", G_TYPE_BOOLEAN, TRUE, FALSE },
  { "allow-insecure", G_TYPE_BOOLEAN, FALSE, TRUE },
};

static guint64
get_number (gpointer      object,
            const Number *number)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) wide = G_VALUE_INIT;

  g_value_init (&value, number->type);
  g_value_init (&wide, G_TYPE_UINT64);
  g_object_get_property (object, number->name, &value);
  g_assert_true (g_value_transform (&value, &wide));
  return g_value_get_uint64 (&wide);
}

static void
set_number (gpointer      object,
            const Number *number,
            guint64       to)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, number->type);
  if (number->type == G_TYPE_UINT)
    g_value_set_uint (&value, to);
  else if (number->type == G_TYPE_UINT64)
    g_value_set_uint64 (&value, to);
  else
    g_value_set_boolean (&value, to);
  g_object_set_property (object, number->name, &value);
}

static void
test_numbers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
      g_autofree char *signal = g_strconcat ("notify::", numbers[i].name, NULL);
      GObjectClass *class = G_OBJECT_GET_CLASS (client);
      GParamSpec *pspec = g_object_class_find_property (class, numbers[i].name);
      guint count = 0;

      g_assert_nonnull (pspec);
      g_assert_true (pspec->value_type == numbers[i].type);
      g_assert_cmpuint (get_number (client, &numbers[i]), ==, numbers[i].value);

      g_signal_connect (client, signal, G_CALLBACK (count_notify), &count);
      set_number (client, &numbers[i], numbers[i].value);
      g_assert_cmpuint (count, ==, 0);
      set_number (client, &numbers[i], numbers[i].other);
      g_assert_cmpuint (count, ==, 1);
      g_assert_cmpuint (get_number (client, &numbers[i]), ==, numbers[i].other);
    }
}

static void
test_doubles (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  double multiplier, jitter;
  guint count = 0;

  g_object_get (client, "backoff-multiplier", &multiplier, "jitter", &jitter, NULL);
  g_assert_cmpfloat (multiplier, ==, 1.5);
  g_assert_cmpfloat (jitter, ==, 0.2);

  g_signal_connect (client, "notify", G_CALLBACK (count_notify), &count);
  g_object_set (client, "backoff-multiplier", 1.5, "jitter", 0.2, NULL);
  g_assert_cmpuint (count, ==, 0);
  g_object_set (client, "backoff-multiplier", 1.0, "jitter", 1.0, NULL);
  g_assert_cmpuint (count, ==, 2);
  g_object_get (client, "backoff-multiplier", &multiplier, "jitter", &jitter, NULL);
  g_assert_cmpfloat (multiplier, ==, 1.0);
  g_assert_cmpfloat (jitter, ==, 1.0);
}

static void
test_strings (void)
{
  g_autoptr (SignalClient) client = signal_client_new ("wss://example.org/ws", NULL);
  g_autofree char *url = NULL;
  g_autofree char *info = NULL;
  g_autofree char *info_again = NULL;
  guint count = 0;

  g_object_get (client, "server-url", &url, "ecdh-info", &info, NULL);
  g_assert_cmpstr (url, ==, "wss://example.org/ws");
  g_assert_cmpstr (info, ==, TEST_INFO);

  g_signal_connect (client, "notify", G_CALLBACK (count_notify), &count);
  g_object_set (client, "server-url", "wss://example.org/ws", "ecdh-info", TEST_INFO, NULL);
  g_assert_cmpuint (count, ==, 0);
  g_object_set (client, "server-url", "wss://example.com/ws", "ecdh-info", "other", NULL);
  g_assert_cmpuint (count, ==, 2);
  g_object_set (client, "ecdh-info", NULL, NULL);
  g_object_get (client, "ecdh-info", &info_again, NULL);
  g_assert_cmpstr (info_again, ==, TEST_INFO);
}

static void
test_objects (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (NULL, NULL);
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  GNetworkMonitor *monitor = g_network_monitor_get_default ();
  g_autoptr (GProxyResolver) got_resolver = NULL;
  g_autoptr (SoupMessageHeaders) got_headers = NULL;
  g_autoptr (GNetworkMonitor) got_monitor = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  guint count = 0;

  g_object_get (client, "tls-database", &database, "tls-certificate", &certificate, NULL);
  g_assert_null (database);
  g_assert_null (certificate);

  g_signal_connect (client, "notify", G_CALLBACK (count_notify), &count);
  for (guint i = 0; i < 2; i++)
    g_object_set (client,
                  "proxy-resolver", resolver,
                  "headers", headers,
                  "network-monitor", monitor,
                  NULL);
  g_assert_cmpuint (count, ==, 3);
  g_object_get (client, "proxy-resolver", &got_resolver, "headers", &got_headers,
                "network-monitor", &got_monitor, NULL);
  g_assert_true (got_resolver == resolver);
  g_assert_true (got_headers == headers);
  g_assert_true (got_monitor == monitor);
}

static void
test_read_only (void)
{
  static const char * const names[] = {
    "state", "client-id", "user-id", "rooms", "encrypted", "last-error",
  };
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  GObjectClass *class = G_OBJECT_GET_CLASS (client);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (class, names[i]);

      g_assert_nonnull (pspec);
      g_assert_cmphex (pspec->flags & G_PARAM_READWRITE, ==, G_PARAM_READABLE);
    }
  g_assert_cmphex (g_object_class_find_property (class, "token")->flags & G_PARAM_READWRITE, ==,
                   G_PARAM_WRITABLE);

  g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_DISCONNECTED);
  g_assert_null (signal_client_get_client_id (client));
  g_assert_null (signal_client_get_user_id (client));
  g_assert_false (signal_client_get_encrypted (client));
  g_assert_null (signal_client_get_last_error (client));
  g_assert_nonnull (signal_client_get_rooms (client));
  g_assert_null (signal_client_get_rooms (client)[0]);
}

/* The documented ranges, with both limits. */
static void
test_ranges (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  GObjectClass *class = G_OBJECT_GET_CLASS (client);
  GParamSpecDouble *multiplier, *jitter;
  GParamSpecUInt *retries;

  multiplier = G_PARAM_SPEC_DOUBLE (g_object_class_find_property (class, "backoff-multiplier"));
  jitter = G_PARAM_SPEC_DOUBLE (g_object_class_find_property (class, "jitter"));
  retries = G_PARAM_SPEC_UINT (g_object_class_find_property (class, "max-retries"));
  g_assert_cmpfloat (multiplier->minimum, ==, 1.0);
  g_assert_cmpfloat (jitter->minimum, ==, 0.0);
  g_assert_cmpfloat (jitter->maximum, ==, 1.0);
  g_assert_cmpuint (retries->minimum, ==, 0);
  g_assert_cmpuint (retries->maximum, ==, G_MAXUINT);
}

static void
test_enums (void)
{
  static const char * const states[] = {
    "disconnected", "connecting", "connected", "authenticating", "authenticated", "reconnecting",
  };
  static const char * const errors[] = {
    "failed", "not-connected", "crypto", "protocol", "authentication-failed", "encryption-required",
    "timed-out", "retries-exhausted", "outbox-full", "too-large", "invalid-argument", "insecure",
    "server", "connection-lost",
  };
  g_autoptr (GEnumClass) state_class = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);
  g_autoptr (GEnumClass) error_class = g_type_class_ref (SIGNAL_TYPE_ERROR);

  g_assert_cmpuint (state_class->n_values, ==, G_N_ELEMENTS (states));
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpstr (g_enum_get_value (state_class, i)->value_nick, ==, states[i]);
  g_assert_cmpuint (error_class->n_values, ==, G_N_ELEMENTS (errors));
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    g_assert_cmpstr (g_enum_get_value (error_class, i)->value_nick, ==, errors[i]);
  g_assert_cmpstr (g_quark_to_string (SIGNAL_ERROR), ==, "signal-error-quark");
}

/* Neither the key of the upgrade request nor anything else that is sent reveals the state of GLib's
 * random number generator, which an application may use itself. */
static void
test_key_is_unpredictable (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *foreseen = NULL;
  guint32 random_numbers[4];
  const char *request, *key;

  g_random_set_seed (29);
  for (guint i = 0; i < G_N_ELEMENTS (random_numbers); i++)
    random_numbers[i] = g_random_int ();
  foreseen = g_base64_encode ((guint8 *) random_numbers, sizeof random_numbers);
  g_random_set_seed (29);
  recorder_connect (recorder);

  request = mock_server_wait_peer (server, 0)->request;
  key = strstr (request, "\r\nSec-WebSocket-Key: ");
  g_assert_nonnull (key);
  g_assert_true (g_strrstr (request, "\r\nSec-WebSocket-Key: ") == key);
  g_assert_cmpint (strcspn (strchr (key, ' ') + 1, "\r"), ==, strlen (foreseen));
  g_assert_null (strstr (request, foreseen));
}

static void
test_url_while_connected (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *url = NULL;

  recorder_connect (recorder);
  g_test_expect_message ("signal-glib", G_LOG_LEVEL_CRITICAL, "*DISCONNECTED*");
  g_object_set (recorder->client, "server-url", "ws://127.0.0.1/", NULL);
  g_test_assert_expected_messages ();
  g_object_get (recorder->client, "server-url", &url, NULL);
  g_assert_cmpstr (url, ==, server->uri);
}

/* The URL can be changed for the next connection. */
static void
test_other_url (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (MockServer) other = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  recorder_disconnect (recorder);
  g_object_set (recorder->client, "server-url", other->uri, NULL);
  recorder_connect (recorder);
  g_assert_cmpuint (server->peers->len, ==, 1);
  g_assert_cmpuint (other->peers->len, ==, 1);
}

/* Additional headers are sent, except for those that belong to the handshake. */
static void
test_headers (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  g_autofree char *host_line = g_strdup_printf ("Host: 127.0.0.1:%u\r\n", server->port);
  const char *request;

  soup_message_headers_append (headers, "Origin", "https://example.org");
  soup_message_headers_append (headers, "X-Api-Key", "one");
  soup_message_headers_append (headers, "Cookie", "a=b; c=d");
  soup_message_headers_append (headers, "Host", "reserved.example");
  soup_message_headers_append (headers, "Upgrade", "reserved");
  soup_message_headers_append (headers, "Connection", "reserved");
  soup_message_headers_append (headers, "Content-Length", "7");
  soup_message_headers_append (headers, "Transfer-Encoding", "reserved");
  soup_message_headers_append (headers, "sec-websocket-key", "reserved");
  soup_message_headers_append (headers, "Sec-WebSocket-Extensions", "reserved");
  g_object_set (recorder->client, "headers", headers, NULL);
  recorder_connect (recorder);
  request = mock_server_wait_peer (server, 0)->request;
  g_assert_nonnull (strstr (request, "\r\nOrigin: https://example.org\r\n"));
  g_assert_nonnull (strstr (request, "\r\nX-Api-Key: one\r\n"));
  g_assert_nonnull (strstr (request, "\r\nCookie: a=b; c=d\r\n"));
  g_assert_nonnull (strstr (request, host_line));
  g_assert_null (strstr (request, "reserved"));
  g_assert_null (strstr (request, "Content-Length"));

  /* They are sent with every upgrade request, also when reconnecting. */
  mock_peer_shut_down (server->peers->pdata[0]);
  g_assert_nonnull (strstr (mock_server_wait_peer (server, 1)->request, "\r\nX-Api-Key: one\r\n"));
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* A setting that changes during a connection applies from the next one on, and leaves the others as
 * they are. */
static void
test_while_connected (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new ("direct://", NULL);
  g_autoptr (GProxyResolver) kept = NULL;
  GWeakRef weak;

  soup_message_headers_append (headers, "X-Api-Key", "one");
  g_object_set (recorder->client, "headers", headers, "proxy-resolver", resolver, NULL);
  g_weak_ref_init (&weak, resolver);
  g_clear_object (&resolver);
  g_clear_pointer (&headers, soup_message_headers_unref);
  recorder_connect (recorder);
  g_object_set (recorder->client, "heartbeat-interval", 12345, NULL);
  mock_peer_shut_down (server->peers->pdata[0]);
  g_assert_nonnull (strstr (mock_server_wait_peer (server, 1)->request, "\r\nX-Api-Key: one\r\n"));
  WAIT_UNTIL (recorder->n_connected == 2);
  g_object_get (recorder->client, "proxy-resolver", &kept, NULL);
  g_assert_true (G_IS_SIMPLE_PROXY_RESOLVER (kept));

  g_clear_object (&kept);
  recorder_disconnect (recorder);
  recorder_drop_client (recorder);
  run_pending ();
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/properties/numbers", test_numbers);
  g_test_add_func ("/client/properties/doubles", test_doubles);
  g_test_add_func ("/client/properties/strings", test_strings);
  g_test_add_func ("/client/properties/objects", test_objects);
  g_test_add_func ("/client/properties/read-only", test_read_only);
  g_test_add_func ("/client/properties/ranges", test_ranges);
  g_test_add_func ("/client/properties/enums", test_enums);
  g_test_add_func ("/client/properties/url-while-connected", test_url_while_connected);
  g_test_add_func ("/client/properties/other-url", test_other_url);
  g_test_add_func ("/client/properties/headers", test_headers);
  g_test_add_func ("/client/properties/while-connected", test_while_connected);
  g_test_add_func ("/client/properties/key-is-unpredictable", test_key_is_unpredictable);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/tls-identity.h"
#include "tests/lib/tls-relay.h"

/* Clients in one process, and a server that offers session tickets. A certificate that one client
 * accepted must not be accepted for another. GLib's test framework is not initialized, because
 * glib-networking resumes no sessions if it is. */

typedef enum
{
  HANDLER,   /* a handler accepts the certificate */
  NOTHING,   /* the system's certificates, without a handler */
  DATABASE,  /* a database that has the certificate */
  OTHER,     /* a database that has another */
  N_KINDS
} Kind;

static const char * const kinds[] = { "handler", "nothing", "database", "other-database" };

static Identity *identity;
static Identity *other;
static guint n_tests;

static void
report (const char *name,
        const char *directive)
{
  g_print ("ok %u - %s%s\n", ++n_tests, name, directive);
}

static gboolean
accept_any (GTlsConnection       *connection,
            GTlsCertificate      *certificate,
            GTlsCertificateFlags  errors,
            gpointer              user_data)
{
  return TRUE;
}

static void
on_event (GSocketClient      *client,
          GSocketClientEvent  event,
          GSocketConnectable *connectable,
          GIOStream          *connection,
          gpointer            user_data)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    g_signal_connect (connection, "accept-certificate", G_CALLBACK (accept_any), NULL);
}

/* Checks that a session of GIO's own client is resumed. */
static void
connect_plainly (TlsRelay *relay)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  GInputStream *input;
  char buffer[16];

  g_socket_client_set_tls (client, TRUE);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, 5);
  g_signal_connect (client, "event", G_CALLBACK (on_event), NULL);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", tls_relay_get_port (relay), NULL,
                                                &error);
  g_assert_no_error (error);

  /* TLS 1.3 sends the tickets with the first data. */
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  for (guint i = 0; i < 20; i++)
    {
      g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), buffer, sizeof buffer,
                                                NULL, NULL);
      run_for (5);
    }
}

static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       guint                *n_asked)
{
  g_assert_cmphex (errors, ==, G_TLS_CERTIFICATE_UNKNOWN_CA);
  ++*n_asked;
  return TRUE;
}

static void
connect_as (Kind        kind,
            const char *uri)
{
  g_autoptr (Recorder) recorder = recorder_new (uri);
  guint n_asked = 0;

  g_object_set (recorder->client, "max-retries", 0, NULL);
  if (kind == HANDLER)
    g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                      &n_asked);
  else if (kind != NOTHING)
    g_object_set (recorder->client,
                  "tls-database", kind == DATABASE ? identity->database : other->database,
                  NULL);

  if (kind == HANDLER || kind == DATABASE)
    {
      recorder_connect (recorder);
      g_assert_cmpuint (n_asked, ==, kind == HANDLER ? 1 : 0);
      recorder_disconnect (recorder);
    }
  else
    {
      recorder_connect_fails (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
      g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
    }
}

static void
test_version (const char *version)
{
  g_autofree char *priority = g_strdup_printf ("NORMAL:-VERS-ALL:+VERS-%s", version);
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (TlsRelay) relay = tls_relay_new (identity->file, identity->key_file, NULL, priority,
                                              server->port);
  g_autofree char *uri = g_strdup_printf ("wss://127.0.0.1:%u/ws", tls_relay_get_port (relay));
  g_autofree char *control = g_strdup_printf ("%s resumes elsewhere", version);
  guint n_tokens = 0;

  connect_plainly (relay);
  connect_plainly (relay);
  report (control, tls_relay_get_n_resumed (relay) > 0 ? "" : " # SKIP not with this GLib");

  for (Kind first = 0; first < N_KINDS; first++)
    for (Kind second = 0; second < N_KINDS; second++)
      {
        g_autofree char *name = g_strdup_printf ("%s %s then %s", version, kinds[first], kinds[second]);

        connect_as (first, uri);
        connect_as (second, uri);
        report (name, "");
      }

  /* Each kind of client was used equally often, and two of the four sent the token. */
  for (guint i = 0; i < server->peers->len; i++)
    n_tokens += ((MockPeer *) server->peers->pdata[i])->token != NULL;
  g_assert_cmpuint (n_tokens, ==, N_KINDS * N_KINDS);
}

int
main (void)
{
  identity = identity_new ("IP:127.0.0.1");
  other = identity_new ("IP:127.0.0.1");
  if (identity == NULL || other == NULL)
    {
      g_print ("1..0 # SKIP There is no TLS here, or no openssl to make a certificate with\n");
      return 0;
    }

  test_version ("TLS1.3");
  test_version ("TLS1.2");
  g_print ("1..%u\n", n_tests);

  identity_free (identity);
  identity_free (other);
  return 0;
}

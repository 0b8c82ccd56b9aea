/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/tls-identity.h"

#include <string.h>
#include <sys/socket.h>

/* A server that starts a second handshake on an established connection, which TLS 1.3 does not
 * have. */

static Identity *identity;

typedef struct
{
  gboolean is_done;
  GError  *error;
} Handshake;

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Handshake *handshake = user_data;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &handshake->error);
  handshake->is_done = TRUE;
}

static void
renegotiate (MockPeer  *peer,
             Handshake *handshake)
{
  GTlsConnection *connection = G_TLS_CONNECTION (peer->stream);

  g_assert_cmpint (g_tls_connection_get_protocol_version (connection), ==,
                   G_TLS_PROTOCOL_VERSION_TLS_1_2);
  g_tls_connection_handshake_async (connection, G_PRIORITY_DEFAULT, peer->cancellable,
                                    on_handshake, handshake);
  WAIT_UNTIL (handshake->is_done);
}

static GTlsConnection *
take_tls (int       fd,
          gboolean  is_server)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) base = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GError) error = NULL;
  GIOStream *stream;

  if (is_server)
    stream = g_tls_server_connection_new (G_IO_STREAM (base), identity->certificate, &error);
  else
    stream = g_tls_client_connection_new (G_IO_STREAM (base), NULL, &error);
  g_assert_no_error (error);
  return G_TLS_CONNECTION (stream);
}

static gboolean
on_probe_certificate (GTlsConnection       *connection,
                      GTlsCertificate      *certificate,
                      GTlsCertificateFlags  errors,
                      guint                *n_asked)
{
  ++*n_asked;
  return TRUE;
}

static void
on_probe_read (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  gboolean *is_over = user_data;

  g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  *is_over = TRUE;
}

/* Whether glib-networking renegotiates: version 2.90 reports success without sending anything. Each
 * handshake shows the certificate. */
static gboolean
can_renegotiate (void)
{
  g_autoptr (GTlsConnection) server = NULL;
  g_autoptr (GTlsConnection) client = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Handshake first = { FALSE }, other = { FALSE }, second = { FALSE };
  gboolean is_over = FALSE;
  guint n_asked = 0;
  char byte;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  server = take_tls (fds[0], TRUE);
  client = take_tls (fds[1], FALSE);
  g_signal_connect (client, "accept-certificate", G_CALLBACK (on_probe_certificate), &n_asked);
  g_tls_connection_handshake_async (server, G_PRIORITY_DEFAULT, NULL, on_handshake, &first);
  g_tls_connection_handshake_async (client, G_PRIORITY_DEFAULT, NULL, on_handshake, &other);
  WAIT_UNTIL (first.is_done && other.is_done);
  g_assert_no_error (first.error);
  g_assert_no_error (other.error);
  g_assert_cmpuint (n_asked, ==, 1);

  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (client)), &byte, 1,
                             G_PRIORITY_DEFAULT, cancellable, on_probe_read, &is_over);
  g_tls_connection_handshake_async (server, G_PRIORITY_DEFAULT, NULL, on_handshake, &second);
  WAIT_UNTIL (second.is_done);
  g_assert_no_error (second.error);
  g_cancellable_cancel (cancellable);
  WAIT_UNTIL (is_over);
  return n_asked > 1;
}

static void
test_trusted (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (identity->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Handshake handshake = { FALSE };
  MockPeer *peer;

  g_object_set (recorder->client, "tls-database", identity->database, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  renegotiate (peer, &handshake);
  g_assert_no_error (handshake.error);
  mock_peer_send (peer, "{\"event\":\"news\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
}

static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       guint                *n_asked)
{
  ++*n_asked;
  return TRUE;
}

/* The handlers that accepted the certificate are disconnected after the handshake, so the second
 * one emits no signal, and a new connection does. */
static void
test_accepted (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (identity->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Handshake handshake = { FALSE };
  guint n_asked = 0;

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &n_asked);
  recorder_connect (recorder);
  renegotiate (mock_server_wait_peer (server, 0), &handshake);
  g_assert_nonnull (handshake.error);
  g_assert_error (recorder_wait_error (recorder, 0), G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpuint (n_asked, ==, 1);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (n_asked, ==, 2);
  g_clear_error (&handshake.error);
}

static void
test_skipped (gconstpointer why)
{
  g_test_skip (why);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_setenv ("G_TLS_GNUTLS_PRIORITY", "NORMAL:-VERS-TLS1.3", TRUE);
  g_test_init (&argc, &argv, NULL);

  if (strstr (G_OBJECT_TYPE_NAME (g_tls_backend_get_default ()), "Gnutls") != NULL)
    identity = identity_new ("IP:127.0.0.1");
  if (identity == NULL)
    {
      g_test_add_data_func ("/client/renegotiation",
                            "There is no TLS 1.2 here, or no openssl to make a certificate with",
                            test_skipped);
    }
  else if (!can_renegotiate ())
    {
      g_test_add_data_func ("/client/renegotiation", "GLib's TLS does not renegotiate here", test_skipped);
    }
  else
    {
      g_test_add_func ("/client/renegotiation/trusted", test_trusted);
      g_test_add_func ("/client/renegotiation/accepted", test_accepted);
    }

  result = g_test_run ();
  g_clear_pointer (&identity, identity_free);
  return result;
}

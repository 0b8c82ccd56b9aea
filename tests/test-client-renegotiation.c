/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fixture.h"
#include "tls-identity.h"

#include <string.h>

/* A server that begins a second handshake on a connection that is up. TLS 1.3 knows no such thing. */

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
renegotiate (Guest     *guest,
             Handshake *handshake)
{
  GTlsConnection *connection = G_TLS_CONNECTION (guest->stream);

  g_assert_cmpint (g_tls_connection_get_protocol_version (connection), ==,
                   G_TLS_PROTOCOL_VERSION_TLS_1_2);
  g_tls_connection_handshake_async (connection, G_PRIORITY_DEFAULT, guest->cancellable,
                                    on_handshake, handshake);
  WAIT_UNTIL (handshake->is_done);
}

static void
test_trusted (void)
{
  g_autoptr (Host) host = host_new_tls (identity->certificate);
  g_autoptr (Watch) watch = watch_new (host->uri);
  Handshake handshake = { FALSE };
  Guest *guest;

  g_object_set (watch->client, "tls-database", identity->database, NULL);
  watch_connect (watch);
  guest = host_wait_guest (host, 0);
  renegotiate (guest, &handshake);
  g_assert_no_error (handshake.error);
  guest_send (guest, "{\"event\":\"news\"}");
  WAIT_UNTIL (watch->messages->len == 1);
  g_assert_cmpuint (watch->n_connected, ==, 1);
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

/* What accepted the certificate has gone with the handshake: nobody is asked then, and a new
 * connection asks. */
static void
test_accepted (void)
{
  g_autoptr (Host) host = host_new_tls (identity->certificate);
  g_autoptr (Watch) watch = watch_new (host->uri);
  Handshake handshake = { FALSE };
  guint n_asked = 0;

  g_signal_connect (watch->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &n_asked);
  watch_connect (watch);
  renegotiate (host_wait_guest (host, 0), &handshake);
  g_assert_nonnull (handshake.error);
  g_assert_error (watch_get_error (watch, 0), G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpuint (n_asked, ==, 1);
  WAIT_UNTIL (watch->n_connected == 2);
  g_assert_cmpuint (n_asked, ==, 2);
  g_clear_error (&handshake.error);
}

static void
test_skipped (void)
{
  g_test_skip ("There is no TLS 1.2 here, or no openssl to make a certificate with");
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
  if (identity != NULL)
    {
      g_test_add_func ("/client/renegotiation/trusted", test_trusted);
      g_test_add_func ("/client/renegotiation/accepted", test_accepted);
    }
  else
    {
      g_test_add_func ("/client/renegotiation", test_skipped);
    }

  result = g_test_run ();
  g_clear_pointer (&identity, identity_free);
  return result;
}

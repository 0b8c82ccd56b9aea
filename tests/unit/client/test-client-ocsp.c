/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/tls-relay.h"

#include <glib/gstdio.h>
#include <string.h>

/* Certificates, and the errors that GSocketClient and SignalClient find in each. */

typedef struct
{
  const char           *name;     /* the base name of the certificate and its key */
  const char           *response; /* the stapled response, or NULL */
  GTlsCertificateFlags  errors;
} Case;

static const Case cases[] = {
  { "good", NULL, 0 },
  { "good", "good.ocsp", 0 },
  { "good", "revoked.ocsp", G_TLS_CERTIFICATE_GENERIC_ERROR }, /* of another certificate */
  { "revoked", NULL, 0 },        /* without a response */
  { "revoked", "revoked.ocsp", G_TLS_CERTIFICATE_REVOKED },
  { "staple", NULL, G_TLS_CERTIFICATE_GENERIC_ERROR },
  { "staple", "staple.ocsp", 0 },
  { "other-host", NULL, G_TLS_CERTIFICATE_BAD_IDENTITY },
  { "expired", NULL, G_TLS_CERTIFICATE_EXPIRED },
  { "early", NULL, G_TLS_CERTIFICATE_NOT_ACTIVATED },
  { "unknown", NULL, G_TLS_CERTIFICATE_UNKNOWN_CA },
};

static char *directory;
static GTlsDatabase *database;
static MockServer *server;

/* Creates certificates of one CA, and the OCSP responses for them. */
static const char script[] =
  "set -e\n"
  "cat >ca.cnf <<END\n"
  "[ca]\n"
  "default_ca = test\n"
  "[test]\n"
  "database = index.txt\n"
  "serial = serial\n"
  "new_certs_dir = .\n"
  "certificate = ca.pem\n"
  "private_key = ca.key\n"
  "default_md = sha256\n"
  "default_days = 2\n"
  "policy = policy\n"
  "[policy]\n"
  "commonName = supplied\n"
  "[host]\n"
  "subjectAltName = IP:127.0.0.1\n"
  "[other]\n"
  "subjectAltName = DNS:other.example\n"
  "[staple]\n"
  "subjectAltName = IP:127.0.0.1\n"
  "tlsfeature = status_request\n"
  "END\n"
  "touch index.txt\n"
  "echo 01 >serial\n"
  "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
  "openssl req -x509 $key -days 2 -subj /CN=authority -keyout ca.key -out ca.pem\n"
  "openssl req -x509 $key -days 2 -subj /CN=unknown -addext subjectAltName=IP:127.0.0.1 \\\n"
  "  -keyout unknown.key -out unknown.pem\n"
  "issue () {\n"
  "  name=$1 extensions=$2\n"
  "  shift 2\n"
  "  openssl req -new $key -subj /CN=$name -keyout $name.key -out $name.csr\n"
  "  openssl ca -config ca.cnf -batch -notext -extensions $extensions -in $name.csr -out $name.pem \"$@\"\n"
  "}\n"
  "issue good host\n"
  "issue revoked host\n"
  "issue staple staple\n"
  "issue other-host other\n"
  "issue expired host -startdate 20190101000000Z -enddate 20200101000000Z\n"
  "issue early host -startdate 20490101000000Z -enddate 20491231000000Z\n"
  "openssl ca -config ca.cnf -revoke revoked.pem\n"
  "for name in good revoked staple; do\n"
  "  openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem \\\n"
  "    -cert $name.pem -respout $name.ocsp -ndays 2 -noverify\n"
  "done\n";

static gboolean
create_certificates (void)
{
  const char *argv[] = { "sh", "-c", script, NULL };
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *file = NULL;
  g_autoptr (GError) error = NULL;
  int status = 1;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return FALSE;

  directory = g_dir_make_tmp ("signal-glib-test-XXXXXX", &error);
  g_assert_no_error (error);
  g_spawn_sync (directory, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors,
                &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    {
      g_test_message ("%s%s", output, errors);
      return FALSE;
    }

  file = g_build_filename (directory, "ca.pem", NULL);
  database = g_tls_file_database_new (file, &error);
  g_assert_no_error (error);
  return TRUE;
}

static void
remove_certificates (void)
{
  GDir *files = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
  g_dir_close (files);
  g_rmdir (directory);
  g_free (directory);
}

static gboolean
refuse (GTlsConnection       *connection,
        GTlsCertificate      *certificate,
        GTlsCertificateFlags  errors,
        GTlsCertificateFlags *found)
{
  *found = errors;
  return FALSE;
}

static void
on_event (GSocketClient        *client,
          GSocketClientEvent    event,
          GSocketConnectable   *connectable,
          GIOStream            *connection,
          GTlsCertificateFlags *found)
{
  if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING)
    return;

  g_tls_connection_set_database (G_TLS_CONNECTION (connection), database);
  g_signal_connect (connection, "accept-certificate", G_CALLBACK (refuse), found);
}

static GTlsCertificateFlags
ask_socket_client (TlsRelay *relay)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificateFlags found = 0;

  g_socket_client_set_tls (client, TRUE);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, 5);
  g_signal_connect (client, "event", G_CALLBACK (on_event), &found);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", tls_relay_get_port (relay), NULL,
                                                &error);
  if (found == 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  return found;
}

static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       GTlsCertificateFlags *found)
{
  *found = errors;
  return FALSE;
}

static GTlsCertificateFlags
ask_signal_client (TlsRelay *relay,
                   char    **message)
{
  g_autofree char *uri = g_strdup_printf ("wss://127.0.0.1:%u/ws", tls_relay_get_port (relay));
  g_autoptr (Recorder) recorder = recorder_new (uri);
  GTlsCertificateFlags found = 0;

  g_object_set (recorder->client, "max-retries", 0, "tls-database", database, NULL);
  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &found);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  if (found == 0)
    {
      g_assert_no_error (recorder->error);
      recorder_disconnect (recorder);
    }
  else
    {
      g_assert_error (recorder->error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
      *message = g_strdup (recorder->error->message);
    }
  return found;
}

/* Each error has a message of its own. */
static const char *
get_text (GTlsCertificateFlags errors)
{
  switch ((guint) errors)
    {
    case G_TLS_CERTIFICATE_REVOKED:
      return "The certificate of “127.0.0.1” is not accepted: it has been revoked";
    case G_TLS_CERTIFICATE_GENERIC_ERROR:
      return "The certificate of “127.0.0.1” is not accepted: it cannot be verified";
    case G_TLS_CERTIFICATE_BAD_IDENTITY:
      return "The certificate of “127.0.0.1” is not accepted: it was issued for another host";
    case G_TLS_CERTIFICATE_EXPIRED:
      return "The certificate of “127.0.0.1” is not accepted: it has expired";
    case G_TLS_CERTIFICATE_NOT_ACTIVATED:
      return "The certificate of “127.0.0.1” is not accepted: it is not valid yet";
    case G_TLS_CERTIFICATE_UNKNOWN_CA:
      return "The certificate of “127.0.0.1” is not accepted: the authority that signed it is not trusted";
    default:
      return NULL;
    }
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *base = g_build_filename (directory, test->name, NULL);
  g_autofree char *certificate = g_strconcat (base, ".pem", NULL);
  g_autofree char *key = g_strconcat (base, ".key", NULL);
  g_autofree char *response = test->response != NULL
                              ? g_build_filename (directory, test->response, NULL) : NULL;
  g_autoptr (TlsRelay) relay = tls_relay_new (certificate, key, response, NULL, server->port);
  g_autofree char *message = NULL;

  g_assert_cmphex (ask_socket_client (relay), ==, test->errors);
  g_assert_cmphex (ask_signal_client (relay, &message), ==, test->errors);
  g_assert_cmpstr (message, ==, get_text (test->errors));
}

static void
test_skipped (void)
{
  g_test_skip ("There is no TLS of GnuTLS here, or no openssl to make certificates with");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  if (strstr (G_OBJECT_TYPE_NAME (g_tls_backend_get_default ()), "Gnutls") != NULL
      && create_certificates ())
    {
      server = mock_server_new ();
      for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        {
          g_autofree char *path = g_strdup_printf ("/client/ocsp/%s/%s", cases[i].name,
                                                   cases[i].response != NULL ? cases[i].response : "none");

          g_test_add_data_func (path, &cases[i], test_case);
        }
    }
  else
    {
      g_test_add_func ("/client/ocsp", test_skipped);
    }

  result = g_test_run ();
  g_clear_pointer (&server, mock_server_free);
  g_clear_object (&database);
  if (directory != NULL)
    remove_certificates ();
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* wss: haproxy in front of the public server, and the embedded server. The certificate is for
 * `localhost` and issued by a private CA. */

static char *folder;

typedef struct
{
  char *trusted; /* with the name in the certificate */
  char *misnamed;
  char *mutual;  /* also requires a certificate of the client */
} Site;

static Site haproxy;
static Site embedded;

static GTlsDatabase *
load_authority (void)
{
  g_autofree char *path = g_build_filename (folder, "ca.pem", NULL);
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database = g_tls_file_database_new (path, &error);

  g_assert_no_error (error);
  return database;
}

/* A single attempt. */
static Recorder *
begin (const char *url,
       gboolean    with_database)
{
  g_autoptr (GTlsDatabase) database = with_database ? load_authority () : NULL;
  Recorder *recorder = interop_recorder_new (url, "ann");

  g_object_set (recorder->client, "max-retries", 0, NULL);
  if (database != NULL)
    g_object_set (recorder->client, "tls-database", database, NULL);
  return recorder;
}

static void
assert_works (Recorder *recorder)
{
  g_autofree char *text = g_strnfill (90 * 1024, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", text);
  g_autofree char *answer = NULL;

  INTEROP_WAIT (recorder->is_done);
  g_assert_no_error (recorder->error);
  answer = interop_request (recorder, "echo", json);
  g_assert_cmpstr (answer, ==, json);
}

static void
test_trusted (gconstpointer data)
{
  const Site *site = data;
  g_autoptr (Recorder) recorder = begin (site->trusted, TRUE);

  recorder_start (recorder);
  assert_works (recorder);
}

static void
test_unknown_authority (gconstpointer data)
{
  const Site *site = data;
  g_autoptr (Recorder) recorder = begin (site->trusted, FALSE);

  recorder_start (recorder);
  recorder_wait_failure (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

static void
test_wrong_name (gconstpointer data)
{
  const Site *site = data;
  g_autoptr (Recorder) recorder = begin (site->misnamed, TRUE);

  recorder_start (recorder);
  recorder_wait_failure (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  *(GTlsCertificateFlags *) user_data = errors;
  return TRUE;
}

static void
test_accept_certificate (gconstpointer data)
{
  const Site *site = data;
  g_autoptr (Recorder) recorder = begin (site->misnamed, TRUE);
  GTlsCertificateFlags errors = 0;

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &errors);
  recorder_start (recorder);
  assert_works (recorder);
  g_assert_cmpuint (errors, ==, G_TLS_CERTIFICATE_BAD_IDENTITY);
}

static void
test_client_certificate (gconstpointer data)
{
  const Site *site = data;
  g_autoptr (Recorder) with = begin (site->mutual, TRUE);
  g_autoptr (Recorder) without = begin (site->mutual, TRUE);
  g_autofree char *path = g_build_filename (folder, "client.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);

  g_assert_no_error (error);
  g_object_set (with->client, "tls-certificate", certificate, NULL);
  recorder_start (with);
  assert_works (with);

  recorder_start (without);
  INTEROP_WAIT (without->is_done);
  g_assert_nonnull (without->error);
  g_assert_cmpuint (without->n_connected, ==, 0);
  g_test_message ("without one: %s", without->error->message);
}

static void
open_sites (void)
{
  g_autofree char *ports = NULL;
  g_autofree char *setting = NULL;
  g_auto (GStrv) parts = NULL;

  folder = processes_query ("certificates", NULL);
  g_free (processes_query ("server", "a", "public", NULL));
  ports = processes_query ("haproxy", "a", NULL);
  parts = g_strsplit (ports, " ", -1);
  haproxy.trusted = g_strdup_printf ("wss://localhost:%s/ws", parts[1]);
  haproxy.misnamed = g_strdup_printf ("wss://127.0.0.1:%s/ws", parts[1]);
  haproxy.mutual = g_strdup_printf ("wss://localhost:%s/ws", parts[2]);

  setting = g_strdup_printf ("TLS_CERTIFICATE=%s/server.pem", folder);
  embedded.trusted = processes_query ("server", "embedded", "embedded", setting, NULL);
  embedded.misnamed = g_strdup_printf ("wss://127.0.0.1:%s", strrchr (embedded.trusted, ':') + 1);
}

static void
close_site (Site *site)
{
  g_free (site->trusted);
  g_free (site->misnamed);
  g_free (site->mutual);
}

int
main (int   argc,
      char *argv[])
{
  const struct { const char *name; GTestDataFunc function; } both[] = {
    { "trusted", test_trusted },
    { "unknown-authority", test_unknown_authority },
    { "wrong-name", test_wrong_name },
    { "accept-certificate", test_accept_certificate },
  };
  int result;

  interop_test_init (&argc, &argv);
  open_sites ();
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    {
      g_autofree char *at_haproxy = g_strconcat ("/interop/tls/haproxy/", both[i].name, NULL);
      g_autofree char *at_embedded = g_strconcat ("/interop/tls/embedded/", both[i].name, NULL);

      g_test_add_data_func (at_haproxy, &haproxy, both[i].function);
      g_test_add_data_func (at_embedded, &embedded, both[i].function);
    }
  g_test_add_data_func ("/interop/tls/haproxy/client-certificate", &haproxy,
                        test_client_certificate);
  result = history_run ();
  close_site (&haproxy);
  close_site (&embedded);
  g_free (folder);
  return result;
}

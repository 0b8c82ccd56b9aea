/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "demo/common/system-certificates.h"
#include "tests/lib/tls-identity.h"

typedef struct
{
  char *directory;
  char *cache;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("signal-glib-test-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->cache = g_build_filename (g_get_user_cache_dir (), "signal-glib", NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_rmdir (fixture->directory);
  g_rmdir (fixture->cache);
  g_free (fixture->directory);
  g_free (fixture->cache);
}

static void
add_certificate (const Fixture  *fixture,
                 const Identity *identity,
                 const char     *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);
  g_autofree char *contents = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  /* Android's files have a description after the certificate, and end as they like. */
  g_file_get_contents (identity->file, &contents, NULL, &error);
  g_assert_no_error (error);
  text = g_strconcat (contents, "Certificate:\n    Data:\n        Version: 3", NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
remove_certificate (const Fixture *fixture,
                    const char    *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static GTlsCertificateFlags
verify (GTlsDatabase    *database,
        GTlsCertificate *certificate)
{
  g_autoptr (GError) error = NULL;
  GTlsCertificateFlags flags = g_tls_database_verify_chain (database, certificate,
                                                            G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, NULL,
                                                            NULL, G_TLS_DATABASE_VERIFY_NONE, NULL, &error);

  g_assert_no_error (error);
  return flags;
}

/* All of the files are read, from the first directory that exists, and nothing of them is left behind. */
static void
test_load (Fixture       *fixture,
           gconstpointer  data)
{
  const char *directories[] = { "/nonexistent/cacerts", fixture->directory, "/nonexistent/later", NULL };
  g_autofree char *copy = g_build_filename (fixture->cache, "certificates.pem", NULL);
  g_autoptr (Identity) first = identity_new ("DNS:first.test");
  g_autoptr (Identity) second = identity_new ("DNS:second.test");
  g_autoptr (Identity) other = identity_new ("DNS:other.test");
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (first == NULL || second == NULL || other == NULL)
    {
      g_test_skip ("There is no TLS or no openssl");
      return;
    }

  add_certificate (fixture, first, "00673b5b.0");
  add_certificate (fixture, second, "04f60c28.0");
  database = system_certificates_load (directories, &error);
  g_assert_no_error (error);
  g_assert_nonnull (database);
  g_assert_false (g_file_test (copy, G_FILE_TEST_EXISTS));
  remove_certificate (fixture, "00673b5b.0");
  remove_certificate (fixture, "04f60c28.0");

  g_assert_cmpuint (verify (database, first->certificate), ==, 0);
  g_assert_cmpuint (verify (database, second->certificate), ==, 0);
  g_assert_cmpuint (verify (database, other->certificate), ==, G_TLS_CERTIFICATE_UNKNOWN_CA);
}

static void
test_missing (Fixture       *fixture,
              gconstpointer  data)
{
  const char *directories[] = { "/nonexistent/cacerts", "/nonexistent/other", NULL };
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  database = system_certificates_load (directories, &error);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_null (database);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("signal-glib-test-XXXXXX", NULL);
  int status;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/demo/system-certificates/load", Fixture, NULL, set_up, test_load, tear_down);
  g_test_add ("/demo/system-certificates/missing", Fixture, NULL, set_up, test_missing, tear_down);
  status = g_test_run ();
  g_rmdir (cache);
  return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-identity.h"

#include <glib/gstdio.h>

void
identity_free (Identity *identity)
{
  g_clear_object (&identity->certificate);
  g_clear_object (&identity->database);
  g_unlink (identity->key_file);
  g_unlink (identity->file);
  g_rmdir (identity->directory);
  g_free (identity->key_file);
  g_free (identity->file);
  g_free (identity->directory);
  g_free (identity);
}

/* Creates a self-signed certificate on P-256. Returns NULL if there is no TLS, or no openssl program. */
Identity *
identity_new (const char *name)
{
  return identity_new_with_key (name, "ec", "ec_paramgen_curve:prime256v1");
}

/* The same for another algorithm, and an option that it needs. */
Identity *
identity_new_with_key (const char *name,
                       const char *algorithm,
                       const char *option)
{
  Identity *identity;
  g_autofree char *extension = g_strconcat ("subjectAltName=", name, NULL);
  g_autoptr (GError) error = NULL;
  int status = 1;
  const char *argv[] = {
    "openssl", "req", "-x509", "-newkey", algorithm, "-pkeyopt", option, "-nodes", "-days", "2",
    "-subj", "/CN=test", "-addext", extension, "-keyout", "key.pem",
    "-out", "certificate.pem", NULL,
  };

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return NULL;

  identity = g_new0 (Identity, 1);
  identity->directory = g_dir_make_tmp ("signal-glib-test-XXXXXX", &error);
  g_assert_no_error (error);
  identity->key_file = g_build_filename (identity->directory, "key.pem", NULL);
  identity->file = g_build_filename (identity->directory, "certificate.pem", NULL);

  if (!g_spawn_sync (identity->directory, (char **) argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL, NULL, NULL, NULL, &status, NULL)
      || status != 0)
    {
      identity_free (identity);
      return NULL;
    }

  identity->certificate = g_tls_certificate_new_from_files (identity->file, identity->key_file,
                                                            &error);
  g_assert_no_error (error);
  identity->database = g_tls_file_database_new (identity->file, &error);
  g_assert_no_error (error);
  return identity;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-identity.h"

#include <glib/gstdio.h>

static gboolean
make_files (const char *directory)
{
  const char *argv[] = {
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1",
    "-keyout", "key.pem", "-out", "certificate.pem", NULL,
  };
  int status;

  return g_spawn_sync (directory, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL, NULL, NULL, NULL, &status, NULL)
         && status == 0;
}

/* Creates a self-signed certificate in temporary files. Returns NULL without openssl or TLS. */
BenchIdentity *
bench_identity_new (void)
{
  g_autoptr (BenchIdentity) self = g_new0 (BenchIdentity, 1);

  self->directory = g_dir_make_tmp ("signal-glib-bench-XXXXXX", NULL);
  if (self->directory == NULL)
    return NULL;

  self->key_file = g_build_filename (self->directory, "key.pem", NULL);
  self->file = g_build_filename (self->directory, "certificate.pem", NULL);
  if (make_files (self->directory))
    self->certificate = g_tls_certificate_new_from_files (self->file, self->key_file, NULL);

  return self->certificate != NULL ? g_steal_pointer (&self) : NULL;
}

void
bench_identity_free (BenchIdentity *self)
{
  g_clear_object (&self->certificate);
  if (self->directory != NULL)
    {
      g_unlink (self->key_file);
      g_unlink (self->file);
      g_rmdir (self->directory);
    }
  g_free (self->key_file);
  g_free (self->file);
  g_free (self->directory);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "system-certificates.h"

#include <glib/gstdio.h>

static gboolean
append_file (const char  *directory,
             const char  *name,
             GString     *pem,
             GError     **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *contents = NULL;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, error))
    return FALSE;

  g_string_append_len (pem, contents, length);
  g_string_append_c (pem, '\n');
  return TRUE;
}

static gboolean
append_directory (const char  *directory,
                  GString     *pem,
                  GError     **error)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (!append_file (directory, name, pem, error))
      return FALSE;
  return TRUE;
}

/* Returns a database of the certificates in the first of @directories that exists, or %NULL with @error set.
 * Android has a file for each certificate and names them by a digest that OpenSSL 1.0 and later do not use.
 * A GTlsFileDatabase is created from one file, which has been read when it is there. */
GTlsDatabase *
system_certificates_load (const char * const  *directories,
                          GError             **error)
{
  g_autoptr (GString) pem = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "signal-glib", NULL);
  GTlsDatabase *database = NULL;

  while (directories[1] != NULL && !g_file_test (directories[0], G_FILE_TEST_IS_DIR))
    directories++;
  if (!append_directory (directories[0], pem, error))
    return NULL;

  /* Only this process may write what it trusts. */
  g_mkdir_with_parents (folder, 0700);
  path = g_build_filename (folder, "certificates.pem", NULL);
  if (g_file_set_contents_full (path, pem->str, pem->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error))
    database = g_tls_file_database_new (path, error);
  g_unlink (path);
  return database;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-tls.h"

#include <glib/gi18n.h>

#include "cli-output.h"

static gboolean
has_private_key (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) key = NULL;

  g_object_get (certificate, "private-key", &key, NULL);
  return key != NULL;
}

/* Loads the certificates of authorities. Prints an error and returns %NULL on failure. */
GTlsDatabase *
cli_tls_load_database (const char *file)
{
  g_autofree char *path = g_canonicalize_filename (file, NULL);
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database = g_tls_file_database_new (path, &error);

  if (database == NULL)
    cli_error (_("Cannot read the certificates in “%s”: %s"), file, error->message);
  return database;
}

/* Loads the certificate of a server or a client and its key, which are in the same file if @key_file is
 * %NULL. Prints an error and returns %NULL on failure. */
GTlsCertificate *
cli_tls_load_certificate (const char *certificate_file,
                          const char *key_file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (key_file != NULL)
    certificate = g_tls_certificate_new_from_files (certificate_file, key_file, &error);
  else
    certificate = g_tls_certificate_new_from_file (certificate_file, &error);
  if (certificate == NULL && key_file != NULL)
    cli_error (_("Cannot read the certificate in “%s” and its key in “%s”: %s"), certificate_file,
               key_file, error->message);
  else if (certificate == NULL)
    cli_error (_("Cannot read the certificate and its key in “%s”: %s"), certificate_file,
               error->message);
  else if (!has_private_key (certificate))
    cli_error (_("“%s” contains no private key: add it to the file, or specify its own file with "
                 "--tls-key"), certificate_file);
  else
    return g_steal_pointer (&certificate);
  return NULL;
}

/* Prints how to fix the errors of a server certificate that was rejected. */
void
cli_tls_print_hints (GTlsCertificateFlags errors,
                     gboolean             has_ca_file)
{
  const GTlsCertificateFlags dates = G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_NOT_ACTIVATED;

  if ((errors & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0 && has_ca_file)
    cli_error (_("The file given with --ca-file contains neither the certificate of the server "
                 "nor that of its issuer"));
  else if ((errors & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0)
    cli_error (_("If you trust the server, use --ca-file to specify a file with its certificate "
                 "or that of its issuer"));
  if ((errors & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0)
    cli_error (_("Use a URL with a host name for which the certificate of the server was issued"));
  if ((errors & dates) != 0)
    cli_error (_("Check that the system clock is correct; if it is, the certificate of the server "
                 "must be replaced"));
  if ((errors & (G_TLS_CERTIFICATE_REVOKED | G_TLS_CERTIFICATE_INSECURE)) != 0)
    cli_error (_("The certificate of the server must no longer be trusted and has to be replaced"));
}

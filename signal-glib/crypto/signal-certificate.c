/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-certificate-private.h"

#include <glib/gi18n-lib.h>
#ifdef HAVE_GNUTLS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#endif
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

static void
key_array_free (GByteArray *key)
{
  signal_secret_wipe (key->data, key->len);
  g_byte_array_unref (key);
}

#ifdef HAVE_GNUTLS

/* Larger than the identifier of any key. */
#define ID_SIZE 64

static gnutls_datum_t
as_datum (GByteArray *bytes)
{
  return (gnutls_datum_t) { .data = bytes->data, .size = bytes->len };
}

/* Returns whether the certificate and the key are known not to match. Formats that cannot be
 * parsed here may still be supported by the TLS library that GLib uses. */
static gboolean
is_other_key (GByteArray *certificate_der,
              GByteArray *key_der)
{
  const gnutls_datum_t certificate_datum = as_datum (certificate_der);
  const gnutls_datum_t key_datum = as_datum (key_der);
  guint8 certificate_id[ID_SIZE], key_id[ID_SIZE];
  size_t certificate_id_size = sizeof certificate_id, key_id_size = sizeof key_id;
  gnutls_x509_crt_t certificate = NULL;
  gnutls_x509_privkey_t key = NULL;
  gboolean is_other = FALSE;

  if (gnutls_x509_crt_init (&certificate) == 0
      && gnutls_x509_privkey_init (&key) == 0
      && gnutls_x509_crt_import (certificate, &certificate_datum, GNUTLS_X509_FMT_DER) == 0
      && gnutls_x509_privkey_import2 (key, &key_datum, GNUTLS_X509_FMT_DER, NULL, 0) == 0
      /* An RSA-PSS certificate may have a plain RSA key. */
      && gnutls_x509_crt_get_pk_algorithm (certificate, NULL) != GNUTLS_PK_RSA_PSS
      && gnutls_x509_crt_get_key_id (certificate, 0, certificate_id, &certificate_id_size) == 0
      && gnutls_x509_privkey_get_key_id (key, 0, key_id, &key_id_size) == 0)
    is_other = certificate_id_size != key_id_size
               || memcmp (certificate_id, key_id, key_id_size) != 0;

  g_clear_pointer (&certificate, gnutls_x509_crt_deinit);
  g_clear_pointer (&key, gnutls_x509_privkey_deinit);
  return is_other;
}

#else

static gboolean
is_other_key (GByteArray *certificate_der,
              GByteArray *key_der)
{
  return FALSE;
}

#endif

/* Checks whether a server can use the certificate, for which it needs the matching private
 * key. */
gboolean
signal_certificate_check_key (GTlsCertificate  *certificate,
                              GError          **error)
{
  g_autoptr (GByteArray) certificate_der = NULL;
  GByteArray *key_der = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *key_uri = NULL;
  gboolean has_key, is_other;

  g_object_get (certificate,
                "certificate", &certificate_der,
                "private-key", &key_der,
                "pkcs11-uri", &uri,
                "private-key-pkcs11-uri", &key_uri,
                NULL);
  /* A key in a PKCS#11 token cannot be exported; without a URI of its own, it has that of the
   * certificate. */
  has_key = key_der != NULL || key_uri != NULL || uri != NULL;
  is_other = certificate_der != NULL && key_der != NULL && is_other_key (certificate_der, key_der);
  g_clear_pointer (&key_der, key_array_free);

  if (!has_key)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                         _("The TLS certificate has no private key; the server needs both, for example "
                           "in one PEM file"));
  else if (is_other)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                         _("The private key does not match the TLS certificate"));
  return has_key && !is_other;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tests/lib/tls-identity.h"
#include "signal-glib/crypto/signal-certificate-private.h"
#include "signal-glib/signal-error.h"

/* A certificate whose properties a test chooses, as other TLS libraries and PKCS#11 tokens have them. */
struct _TestCertificate
{
  GTlsCertificate parent_instance;

  GByteArray *certificate;
  GByteArray *key;
  const char *uri;
  const char *key_uri;
};

#define TEST_TYPE_CERTIFICATE (test_certificate_get_type ())
G_DECLARE_FINAL_TYPE (TestCertificate, test_certificate, TEST, CERTIFICATE, GTlsCertificate)
G_DEFINE_FINAL_TYPE (TestCertificate, test_certificate, G_TYPE_TLS_CERTIFICATE)

enum
{
  PROP_CERTIFICATE = 1,
  PROP_PRIVATE_KEY,
  PROP_PKCS11_URI,
  PROP_PRIVATE_KEY_PKCS11_URI,
  N_READ,
};

/* Those above, and those that are only set, because the base class does not know them. */
static const char * const properties[] = {
  [PROP_CERTIFICATE] = "certificate",
  [PROP_PRIVATE_KEY] = "private-key",
  [PROP_PKCS11_URI] = "pkcs11-uri",
  [PROP_PRIVATE_KEY_PKCS11_URI] = "private-key-pkcs11-uri",
  [N_READ] = "certificate-pem",
  "private-key-pem",
  "issuer",
};

static void
test_certificate_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  TestCertificate *self = TEST_CERTIFICATE (object);

  switch (prop_id)
    {
    case PROP_CERTIFICATE:
      g_value_set_boxed (value, self->certificate);
      break;
    case PROP_PRIVATE_KEY:
      g_value_set_boxed (value, self->key);
      break;
    case PROP_PKCS11_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_PRIVATE_KEY_PKCS11_URI:
      g_value_set_string (value, self->key_uri);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* They are only set to their defaults. */
static void
test_certificate_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
}

static void
test_certificate_finalize (GObject *object)
{
  TestCertificate *self = TEST_CERTIFICATE (object);

  g_clear_pointer (&self->certificate, g_byte_array_unref);
  g_clear_pointer (&self->key, g_byte_array_unref);

  G_OBJECT_CLASS (test_certificate_parent_class)->finalize (object);
}

static void
test_certificate_class_init (TestCertificateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_certificate_get_property;
  object_class->set_property = test_certificate_set_property;
  object_class->finalize = test_certificate_finalize;
  for (guint i = 1; i < G_N_ELEMENTS (properties); i++)
    g_object_class_override_property (object_class, i, properties[i]);
}

static void
test_certificate_init (TestCertificate *self)
{
}

/* Keys are compared by GnuTLS; without it, the TLS library has to find that they differ. */
#ifdef HAVE_GNUTLS
#define MISMATCH "does not match"
#else
#define MISMATCH NULL
#endif

static GByteArray *
get_der (Identity   *identity,
         const char *property)
{
  GByteArray *der;

  g_object_get (identity->certificate, property, &der, NULL);
  return der;
}

static GByteArray *
new_noise (void)
{
  return g_byte_array_append (g_byte_array_new (), (const guint8 *) "noise", 5);
}

/* text is a part of the error, or NULL if the certificate can be used. */
static void
check (GTlsCertificate *certificate,
       const char      *text)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = signal_certificate_check_key (certificate, &error);

  g_assert_cmpint (ok, ==, (text == NULL));
  g_assert_cmpint (ok, ==, (error == NULL));
  if (ok)
    return;

  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, text));
}

/* The arrays are (transfer full). */
static void
check_parts (GByteArray *certificate,
             GByteArray *key,
             const char *uri,
             const char *key_uri,
             const char *text)
{
  g_autoptr (TestCertificate) self = g_object_new (TEST_TYPE_CERTIFICATE, NULL);

  self->certificate = certificate;
  self->key = key;
  self->uri = uri;
  self->key_uri = key_uri;
  check (G_TLS_CERTIFICATE (self), text);
}

static void
test_own_key (gconstpointer algorithm)
{
  g_autoptr (Identity) identity = identity_new_with_key ("IP:127.0.0.1", algorithm, "rsa_keygen_bits:2048");

  if (identity == NULL)
    g_test_skip ("No certificate can be made here");
  else
    check (identity->certificate, NULL);
}

static void
test_keys (void)
{
  g_autoptr (Identity) first = identity_new ("IP:127.0.0.1");
  g_autoptr (Identity) second = identity_new ("IP:127.0.0.1");

  if (first == NULL || second == NULL)
    {
      g_test_skip ("No certificate can be made here");
      return;
    }

  check_parts (get_der (first, "certificate"), get_der (first, "private-key"), NULL, NULL, NULL);
  check_parts (get_der (first, "certificate"), get_der (second, "private-key"), NULL, NULL, MISMATCH);
  check_parts (get_der (first, "certificate"), NULL, NULL, NULL, "no private key");

  /* What cannot be parsed is left to the TLS library, which may know it. */
  check_parts (get_der (first, "certificate"), new_noise (), NULL, NULL, NULL);
  check_parts (new_noise (), get_der (first, "private-key"), NULL, NULL, NULL);
  check_parts (NULL, get_der (first, "private-key"), NULL, NULL, NULL);
}

/* A key in a token is not exported, and may have the URI of the certificate. */
static void
test_token (void)
{
  check_parts (new_noise (), NULL, NULL, "pkcs11:object=key", NULL);
  check_parts (new_noise (), NULL, "pkcs11:object=both", NULL, NULL);
  check_parts (NULL, NULL, NULL, NULL, "no private key");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/crypto/certificate/rsa", "rsa", test_own_key);
  /* Its algorithm differs from that of a plain RSA key, which it may have. */
  g_test_add_data_func ("/crypto/certificate/rsa-pss", "rsa-pss", test_own_key);
  g_test_add_func ("/crypto/certificate/keys", test_keys);
  g_test_add_func ("/crypto/certificate/token", test_token);

  return g_test_run ();
}

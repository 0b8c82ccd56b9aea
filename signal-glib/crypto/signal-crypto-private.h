/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIGNAL_CRYPTO_PUBLIC_KEY_SIZE 65 /* SEC 1 uncompressed point: 0x04 ‖ X ‖ Y */
#define SIGNAL_CRYPTO_SCALAR_SIZE 32
#define SIGNAL_CRYPTO_SALT_SIZE 32
#define SIGNAL_CRYPTO_KEY_SIZE 32 /* AES-256 */
#define SIGNAL_CRYPTO_IV_SIZE 12  /* 96 bits, NIST SP 800-38D 8.2.2 */
#define SIGNAL_CRYPTO_TAG_SIZE 16

typedef struct _SignalKeyPair SignalKeyPair;
typedef struct _SignalSessionKey SignalSessionKey;

gboolean signal_crypto_random (void    *buffer,
                               gsize    length,
                               GError **error);
void     signal_crypto_wipe   (void    *buffer,
                               gsize    length);

SignalKeyPair    *signal_key_pair_generate        (GError              **error) G_GNUC_WARN_UNUSED_RESULT;
SignalKeyPair    *signal_key_pair_new_from_scalar (const guint8          scalar[SIGNAL_CRYPTO_SCALAR_SIZE],
                                                   GError              **error) G_GNUC_WARN_UNUSED_RESULT;
void              signal_key_pair_free            (SignalKeyPair        *self);
void              signal_key_pair_export_public   (const SignalKeyPair  *self,
                                                   guint8                point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE]);
gboolean          signal_key_pair_agree           (const SignalKeyPair  *self,
                                                   const guint8         *peer_point,
                                                   gsize                 peer_point_length,
                                                   guint8                shared[SIGNAL_CRYPTO_SCALAR_SIZE],
                                                   GError              **error);
SignalSessionKey *signal_key_pair_derive          (const SignalKeyPair  *self,
                                                   const guint8         *peer_point,
                                                   gsize                 peer_point_length,
                                                   const guint8         *salt,
                                                   gsize                 salt_length,
                                                   const char           *info,
                                                   GError              **error) G_GNUC_WARN_UNUSED_RESULT;

void signal_crypto_hkdf_sha256 (const guint8 *ikm,
                                gsize         ikm_length,
                                const guint8 *salt,
                                gsize         salt_length,
                                const guint8 *info,
                                gsize         info_length,
                                guint8       *okm,
                                gsize         okm_length);

SignalSessionKey *signal_session_key_new             (const guint8       key[SIGNAL_CRYPTO_KEY_SIZE]) G_GNUC_WARN_UNUSED_RESULT;
void              signal_session_key_free            (SignalSessionKey  *self);
gboolean          signal_session_key_encrypt         (SignalSessionKey  *self,
                                                      const guint8      *plaintext,
                                                      gsize              plaintext_length,
                                                      guint8             iv[SIGNAL_CRYPTO_IV_SIZE],
                                                      guint8            *ciphertext,
                                                      GError           **error);
gboolean          signal_session_key_encrypt_with_iv (SignalSessionKey  *self,
                                                      const guint8       iv[SIGNAL_CRYPTO_IV_SIZE],
                                                      const guint8      *plaintext,
                                                      gsize              plaintext_length,
                                                      guint8            *ciphertext,
                                                      GError           **error);
gboolean          signal_session_key_decrypt         (SignalSessionKey  *self,
                                                      const guint8       iv[SIGNAL_CRYPTO_IV_SIZE],
                                                      const guint8      *ciphertext,
                                                      gsize              ciphertext_length,
                                                      guint8            *plaintext,
                                                      GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalKeyPair, signal_key_pair_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalSessionKey, signal_session_key_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* AES-256-GCM (NIST SP 800-38D) without additional authenticated data. */

#define SIGNAL_AEAD_KEY_SIZE 32
#define SIGNAL_AEAD_IV_SIZE 12 /* 96 bits, section 8.2.2 */
#define SIGNAL_AEAD_TAG_SIZE 16

typedef struct _SignalAead SignalAead;

SignalAead *signal_aead_new             (const guint8   key[SIGNAL_AEAD_KEY_SIZE]) G_GNUC_WARN_UNUSED_RESULT;
void        signal_aead_free            (SignalAead    *self);
gboolean    signal_aead_encrypt         (SignalAead    *self,
                                         const guint8  *plaintext,
                                         gsize          plaintext_length,
                                         guint8         iv[SIGNAL_AEAD_IV_SIZE],
                                         guint8        *ciphertext,
                                         GError       **error);
gboolean    signal_aead_encrypt_with_iv (SignalAead    *self,
                                         const guint8   iv[SIGNAL_AEAD_IV_SIZE],
                                         const guint8  *plaintext,
                                         gsize          plaintext_length,
                                         guint8        *ciphertext,
                                         GError       **error);
gboolean    signal_aead_decrypt         (SignalAead    *self,
                                         const guint8   iv[SIGNAL_AEAD_IV_SIZE],
                                         const guint8  *ciphertext,
                                         gsize          ciphertext_length,
                                         guint8        *plaintext,
                                         GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalAead, signal_aead_free)

G_END_DECLS

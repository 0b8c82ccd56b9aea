/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* ECDH on P-256 (FIPS 186-5, NIST SP 800-56A). */

#define SIGNAL_ECDH_PUBLIC_KEY_SIZE 65 /* SEC 1 uncompressed point: 0x04 ‖ X ‖ Y */
#define SIGNAL_ECDH_SCALAR_SIZE 32
#define SIGNAL_ECDH_SHARED_SECRET_SIZE 32

typedef struct _SignalEcdhKeyPair SignalEcdhKeyPair;

SignalEcdhKeyPair *signal_ecdh_key_pair_generate        (GError                  **error) G_GNUC_WARN_UNUSED_RESULT;
SignalEcdhKeyPair *signal_ecdh_key_pair_new_from_scalar (const guint8              scalar[SIGNAL_ECDH_SCALAR_SIZE],
                                                         GError                  **error) G_GNUC_WARN_UNUSED_RESULT;
void               signal_ecdh_key_pair_free            (SignalEcdhKeyPair        *self);
void               signal_ecdh_key_pair_export_public   (const SignalEcdhKeyPair  *self,
                                                         guint8                    point[SIGNAL_ECDH_PUBLIC_KEY_SIZE]);
gboolean           signal_ecdh_key_pair_agree           (const SignalEcdhKeyPair  *self,
                                                         const guint8             *peer_point,
                                                         gsize                     peer_point_length,
                                                         guint8                    shared[SIGNAL_ECDH_SHARED_SECRET_SIZE],
                                                         GError                  **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalEcdhKeyPair, signal_ecdh_key_pair_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void signal_hkdf_sha256 (const guint8 *ikm,
                         gsize         ikm_length,
                         const guint8 *salt,
                         gsize         salt_length,
                         const guint8 *info,
                         gsize         info_length,
                         guint8       *okm,
                         gsize         okm_length);

G_END_DECLS

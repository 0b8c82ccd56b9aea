/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The maximum number of bytes before the first frame: the final and the interim response
 * heads. */
#define SIGNAL_UPGRADE_HEAD_MAX (32 * 1024)

/* The maximum number of interim responses. */
#define SIGNAL_UPGRADE_INTERIM_MAX 16

typedef struct _SignalUpgradeResponse SignalUpgradeResponse;

SignalUpgradeResponse *signal_upgrade_response_new             (const char             *key) G_GNUC_WARN_UNUSED_RESULT;
void                   signal_upgrade_response_free            (SignalUpgradeResponse  *self);
gboolean               signal_upgrade_response_take            (SignalUpgradeResponse  *self,
                                                                const void             *data,
                                                                gsize                   length,
                                                                gboolean               *is_complete,
                                                                GError                **error);
GBytes                *signal_upgrade_response_copy_rest       (SignalUpgradeResponse  *self) G_GNUC_WARN_UNUSED_RESULT;
guint                  signal_upgrade_response_get_retry_after (SignalUpgradeResponse  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalUpgradeResponse, signal_upgrade_response_free)

G_END_DECLS

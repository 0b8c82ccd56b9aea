/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "crypto/signal-aead-private.h"

G_BEGIN_DECLS

/* The set of IVs that have been received with one key, which is exact for the newest
 * SIGNAL_REPLAY_WINDOW_SIZE of them. It grows with its contents, by 20 bytes for each IV and
 * rounded up to a power of 2: less than 64 bytes when it is empty, 704 for up to 32 IVs, and at
 * most 1,310,784 (1.25 MiB) when it is full. */

#define SIGNAL_REPLAY_WINDOW_SIZE 65536 /* the number of IVs that are remembered for one key */

typedef struct _SignalReplayWindow SignalReplayWindow;

SignalReplayWindow *signal_replay_window_new      (void) G_GNUC_WARN_UNUSED_RESULT;
void                signal_replay_window_free     (SignalReplayWindow       *self);
void                signal_replay_window_prefetch (const SignalReplayWindow *self,
                                                   const guint8              iv[SIGNAL_AEAD_IV_SIZE]);
gboolean            signal_replay_window_seen     (const SignalReplayWindow *self,
                                                   const guint8              iv[SIGNAL_AEAD_IV_SIZE]);
gboolean            signal_replay_window_add      (SignalReplayWindow       *self,
                                                   const guint8              iv[SIGNAL_AEAD_IV_SIZE]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalReplayWindow, signal_replay_window_free)

G_END_DECLS

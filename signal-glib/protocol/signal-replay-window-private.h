/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "crypto/signal-aead-private.h"

G_BEGIN_DECLS

/* Which IVs were seen under one key: exact for the newest SIGNAL_REPLAY_WINDOW_SIZE of them. It
 * grows with what it holds, at 20 bytes an IV rounded up to a power of 2: under 64 bytes for none,
 * 704 for up to 32, and never more than 1,310,784 (1.25 MiB), when the window is full. */

#define SIGNAL_REPLAY_WINDOW_SIZE 65536 /* IVs remembered for one key, the newest */

typedef struct _SignalReplayWindow SignalReplayWindow;

SignalReplayWindow *signal_replay_window_new  (void) G_GNUC_WARN_UNUSED_RESULT;
void                signal_replay_window_free (SignalReplayWindow       *self);
gboolean            signal_replay_window_seen (const SignalReplayWindow *self,
                                               const guint8              iv[SIGNAL_AEAD_IV_SIZE]);
gboolean            signal_replay_window_add  (SignalReplayWindow       *self,
                                               const guint8              iv[SIGNAL_AEAD_IV_SIZE]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalReplayWindow, signal_replay_window_free)

G_END_DECLS

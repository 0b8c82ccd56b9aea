/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "recorder.h"

G_BEGIN_DECLS

/* Checks after an attack by a peer. */

void  hostile_check_recovery (Recorder *recorder);
void  hostile_check_alive    (Recorder *recorder,
                              MockPeer *peer);
gsize hostile_get_memory     (void);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "recorder.h"

G_BEGIN_DECLS

/* What tests against a hostile peer have in common. */

void  hostile_check_recovery (Recorder *recorder);
void  hostile_check_alive    (Recorder *recorder,
                              MockPeer *peer);
gsize hostile_get_memory     (void);

G_END_DECLS

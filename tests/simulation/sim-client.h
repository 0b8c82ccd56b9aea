/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "sim-ledger.h"

G_BEGIN_DECLS

#define SIM_N_ROOMS 4

/* A client, the application that uses it at random, and what the application knows. */
typedef struct _SimClient SimClient;

SimClient    *sim_client_new               (guint        id,
                                            guint64      seed,
                                            const char  *uri);
void          sim_client_free              (SimClient   *self);
void          sim_client_act               (SimClient   *self);
void          sim_client_check             (SimClient   *self,
                                            gboolean     is_settled);
void          sim_client_check_settled     (SimClient   *self);
void          sim_client_finish            (SimClient   *self);
gboolean      sim_client_is_finished       (SimClient   *self);
void          sim_client_stay              (SimClient   *self);
SimLedger    *sim_client_get_messages      (SimClient   *self);
SimLedger    *sim_client_get_requests      (SimClient   *self);
gboolean      sim_client_wants_room        (SimClient   *self,
                                            guint        room);
gboolean      sim_client_has_lasting_rooms (SimClient   *self);
gboolean      sim_client_has_token         (SimClient   *self,
                                            const char  *token);
const char   *sim_client_get_client_id     (SimClient   *self);
guint64       sim_client_get_connects      (SimClient   *self);

char         *sim_room_name                (guint        room) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-client.h"

G_BEGIN_DECLS

/* A server that can be stopped and started again, and its application. */
typedef struct _SimHost SimHost;

SimHost    *sim_host_new           (guint64     seed,
                                    GPtrArray  *clients);
void        sim_host_free          (SimHost    *self);
const char *sim_host_get_uri       (SimHost    *self);
void        sim_host_restart       (SimHost    *self,
                                    guint       downtime);
void        sim_host_set_refusal   (SimHost    *self,
                                    guint       percent);
void        sim_host_set_deferral  (SimHost    *self,
                                    guint       percent);
void        sim_host_speak         (SimHost    *self,
                                    gboolean    is_hasty);
void        sim_host_check         (SimHost    *self,
                                    gboolean    is_settled);
void        sim_host_check_settled (SimHost    *self);
void        sim_host_stop          (SimHost    *self);

G_END_DECLS

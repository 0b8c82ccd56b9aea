/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The properties of a client, as far as it has announced them. */
typedef struct
{
  SignalConnectionState state;
  gboolean is_connected;
  gboolean is_encrypted;
  gboolean has_id;
  guint    outbox_length;
  guint    failures;
  gint64   retry_at;
  gboolean was_lost; /* the state has not been AUTHENTICATED the whole time since the last connection */
} SimStatus;

void sim_status_watch (SimStatus    *self,
                       SignalClient *client);
void sim_status_check (SimStatus    *self,
                       SignalClient *client,
                       guint         id);

G_END_DECLS

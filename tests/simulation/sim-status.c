/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-status.h"

#include "sim-clock.h"

static void
on_notify (SignalClient *client,
           GParamSpec   *pspec,
           SimStatus    *self)
{
  const char *name = pspec->name;

  if (g_str_equal (name, "state"))
    {
      self->state = signal_client_get_state (client);
      self->was_lost |= self->state != SIGNAL_CONNECTION_STATE_AUTHENTICATED;
    }
  else if (g_str_equal (name, "is-connected"))
    self->is_connected = signal_client_get_is_connected (client);
  else if (g_str_equal (name, "encrypted"))
    self->is_encrypted = signal_client_get_encrypted (client);
  else if (g_str_equal (name, "client-id"))
    self->has_id = signal_client_get_client_id (client) != NULL;
  else if (g_str_equal (name, "outbox-length"))
    self->outbox_length = signal_client_get_outbox_length (client);
  else if (g_str_equal (name, "failures"))
    self->failures = signal_client_get_failures (client);
  else if (g_str_equal (name, "retry-at"))
    self->retry_at = signal_client_get_retry_at (client);
}

/* client is a new one. */
void
sim_status_watch (SimStatus    *self,
                  SignalClient *client)
{
  *self = (SimStatus) { .was_lost = TRUE };
  g_signal_connect (client, "notify", G_CALLBACK (on_notify), self);
}

static void
compare (gint64      announced,
         gint64      actual,
         const char *name,
         guint       id)
{
  if (announced != actual)
    sim_fail ("client %u has announced %s %" G_GINT64_FORMAT ", and it is %" G_GINT64_FORMAT, id, name,
              announced, actual);
}

/* Between two iterations of the main loop, every change has been announced. */
void
sim_status_check (SimStatus    *self,
                  SignalClient *client,
                  guint         id)
{
  compare (self->state, signal_client_get_state (client), "state", id);
  compare (self->is_connected, signal_client_get_is_connected (client), "is-connected", id);
  compare (self->is_encrypted, signal_client_get_encrypted (client), "encrypted", id);
  compare (self->has_id, signal_client_get_client_id (client) != NULL, "client-id", id);
  compare (self->outbox_length, signal_client_get_outbox_length (client), "outbox-length", id);
  compare (self->failures, signal_client_get_failures (client), "failures", id);
  compare (self->retry_at, signal_client_get_retry_at (client), "retry-at", id);
}

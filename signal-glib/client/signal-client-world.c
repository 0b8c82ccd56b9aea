/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "signal-error.h"

/* What the client makes of the news of the world. */

/* Between looks at the clock where there are no heartbeats, in ms. */
#define DEFAULT_TICK 30000

/* A peer may have given us up in that time. */
static gboolean
is_long_sleep (SignalClient *self,
               gint64        slept)
{
  return slept / 1000 > self->heartbeat_interval;
}

static void
on_woke (SignalClient *self,
         gint64        slept)
{
  gboolean is_authenticated = signal_client_get_state (self)
                              == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
  g_autoptr (GError) error = NULL;

  if (is_authenticated && !is_long_sleep (self, slept))
    {
      signal_connection_probe (self->connection);
      return;
    }

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                               _("The machine has slept; the connection is made anew"));
  self->failures = 0;
  self->backoff = 0;
  signal_connection_renew (self->connection, error);
}

static void
on_news (SignalSystemEvent news,
         gint64            slept,
         gpointer          user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);

  if (self->connection != NULL && news == SIGNAL_SYSTEM_EVENT_RESUMED)
    on_woke (self, slept);
  else if (self->connection != NULL)
    signal_connection_probe (self->connection);
  else if (news != SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED)
    signal_client_retry_now (self);
}

/* Until signal_client_stop(). */
void
signal_client_watch_world (SignalClient *self)
{
  guint tick = self->heartbeat_interval > 0 ? self->heartbeat_interval : DEFAULT_TICK;

  g_clear_pointer (&self->vigil, signal_system_monitor_free);
  g_main_context_push_thread_default (self->context);
  self->vigil = signal_system_monitor_new (self->network_monitor, tick, on_news, self);
  g_main_context_pop_thread_default (self->context);
}

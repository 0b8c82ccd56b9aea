/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-keepalive-private.h"

#include <string.h>

#include "util/signal-source-private.h"

#define HEARTBEAT "{\"event\":\"heartbeat\"}"

struct _SignalKeepalive
{
  SignalChannel *channel;
  gint64 interval; /* µs */
  gint64 timeout;  /* µs */
  SignalKeepaliveTimeoutFunc timed_out;
  gpointer user_data;

  GSource *heartbeat;
  GSource *watch;
  gint64 probed; /* when the unanswered ping was sent; 0 if there is none */
};

static gint64
get_last_received (SignalKeepalive *self)
{
  return signal_websocket_get_last_received (signal_channel_get_websocket (self->channel));
}

static gboolean
on_heartbeat (gpointer user_data)
{
  SignalKeepalive *self = user_data;

  signal_channel_send_plain (self->channel, HEARTBEAT, strlen (HEARTBEAT), NULL);
  return G_SOURCE_CONTINUE;
}

/* Any received byte shows that the peer is alive. If the peer has been silent for an interval, it
 * is sent a ping; if nothing is received within the timeout after that, it is considered dead. */
static gboolean
on_watch (gpointer user_data)
{
  SignalKeepalive *self = user_data;
  gint64 now = g_get_monotonic_time ();
  gint64 last = get_last_received (self);

  if (self->probed != 0 && last >= self->probed)
    self->probed = 0;

  if (self->probed != 0 && now >= self->probed + self->timeout)
    {
      g_source_set_ready_time (self->watch, -1);
      self->timed_out (self->user_data);
      return G_SOURCE_CONTINUE;
    }

  if (self->probed == 0 && self->interval == 0)
    g_source_set_ready_time (self->watch, -1);
  else if (self->probed == 0 && now >= last + self->interval)
    signal_keepalive_probe (self);
  else if (self->probed == 0)
    g_source_set_ready_time (self->watch, last + self->interval);

  return G_SOURCE_CONTINUE;
}

/* heartbeat_interval is the time between heartbeats in ms, and how long the peer may be silent
 * before it is sent a ping, or 0 for neither. liveness_timeout is how long a ping may remain
 * unanswered in ms. timed_out is called when the peer does not respond, and may free the keepalive. */
SignalKeepalive *
signal_keepalive_new (SignalChannel              *channel,
                      GMainContext               *context,
                      guint                       heartbeat_interval,
                      guint                       liveness_timeout,
                      SignalKeepaliveTimeoutFunc  timed_out,
                      gpointer                    user_data)
{
  SignalKeepalive *self = g_new0 (SignalKeepalive, 1);

  self->channel = g_object_ref (channel);
  self->interval = (gint64) heartbeat_interval * 1000;
  self->timeout = (gint64) liveness_timeout * 1000;
  self->timed_out = timed_out;
  self->user_data = user_data;

  self->watch = signal_source_new_timed (on_watch, self, "[signal-glib] liveness");
  g_source_set_priority (self->watch, SIGNAL_SOURCE_AFTER_READING);
  g_source_attach (self->watch, context);

  if (heartbeat_interval > 0)
    {
      self->heartbeat = g_timeout_source_new (heartbeat_interval);
      g_source_set_callback (self->heartbeat, on_heartbeat, self, NULL);
      g_source_set_static_name (self->heartbeat, "[signal-glib] heartbeat");
      g_source_attach (self->heartbeat, context);
      g_source_set_ready_time (self->watch, g_get_monotonic_time () + self->interval);
    }

  return self;
}

void
signal_keepalive_free (SignalKeepalive *self)
{
  signal_source_clear (&self->heartbeat);
  signal_source_clear (&self->watch);
  g_clear_object (&self->channel);
  g_free (self);
}

/* Sends a ping, regardless of what was received before. */
void
signal_keepalive_probe (SignalKeepalive *self)
{
  gboolean is_answered = get_last_received (self) >= self->probed;

  if (self->probed != 0 && !is_answered)
    return;

  self->probed = g_get_monotonic_time ();
  signal_websocket_ping (signal_channel_get_websocket (self->channel));
  g_source_set_ready_time (self->watch, self->probed + self->timeout);
}

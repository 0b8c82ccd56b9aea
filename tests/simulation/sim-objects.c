/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-objects.h"

#include "sim-wrap.h"
#include "signal-glib/client/signal-connection-private.h"
#include "signal-glib/protocol/signal-channel-private.h"

static guint n_objects;

guint
sim_objects_count (void)
{
  return n_objects;
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  n_objects--;
}

static gpointer
count (gpointer object)
{
  g_object_weak_ref (object, on_finalized, NULL);
  n_objects++;
  return object;
}

SIM_WRAP (SignalConnection *, signal_connection_new, const SignalConnectionHandlers *handlers,
          gpointer user_data)
{
  return count (__real_signal_connection_new (handlers, user_data));
}

SIM_WRAP (SignalChannel *, signal_channel_new, SignalWebsocket *websocket,
          const SignalChannelHandlers *handlers, gpointer user_data)
{
  return count (__real_signal_channel_new (websocket, handlers, user_data));
}

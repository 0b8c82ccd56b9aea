/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "history-watch.h"

#include "history-line.h"

/* Whether an object is seen for the first time. */
static gboolean
is_new (gpointer object)
{
  GQuark quark = g_quark_from_static_string ("history-watched");

  if (!history_line_is_on () || g_object_get_qdata (object, quark) != NULL)
    return FALSE;

  g_object_set_qdata (object, quark, object);
  return TRUE;
}

/* @bus may be NULL. */
static void
add_bus (gpointer   actor,
         SignalBus *bus)
{
  HistoryLine *line = history_line_begin (actor, "bus");
  g_autofree char *prefix = NULL;

  if (bus != NULL)
    {
      g_object_get (bus, "channel-prefix", &prefix, NULL);
      history_line_add_text (line, "group", prefix != NULL ? prefix : "");
      history_line_add_boolean (line, "connected", signal_bus_get_connected (bus));
    }
  history_line_end (line);
}

static void
on_bus_connected (SignalBus *bus)
{
  add_bus (bus, bus);
}

void
history_watch_bus (SignalBus *bus)
{
  if (!is_new (bus))
    return;

  g_signal_connect (bus, "notify::connected", G_CALLBACK (on_bus_connected), NULL);
  add_bus (bus, bus);
}

static void
on_connected (SignalServer *server)
{
  g_autoptr (SignalBus) bus = NULL;

  g_object_get (server, "bus", &bus, NULL);
  add_bus (server, bus);
}

static void
on_bus (SignalServer *server)
{
  g_autoptr (SignalBus) bus = NULL;

  on_connected (server);
  g_object_get (server, "bus", &bus, NULL);
  if (bus == NULL)
    return;

  /* It may have been the bus of the server before. */
  g_signal_handlers_disconnect_by_func (bus, on_connected, server);
  g_signal_connect_object (bus, "notify::connected", G_CALLBACK (on_connected), server, G_CONNECT_SWAPPED);
}

void
history_watch_server (SignalServer *server)
{
  if (!is_new (server))
    return;

  g_signal_connect (server, "notify::bus", G_CALLBACK (on_bus), NULL);
  on_bus (server);
}

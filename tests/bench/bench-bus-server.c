/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include <glib-unix.h>

#include <signal-glib/signal-glib.h>

#include "bench-limit.h"
#include "bench-payload.h"

/* The embedded server on a bus, until standard input is closed: bench-bus-server REDIS-URI. Prints its
 * URI. The event `spray` requests a number of messages to rooms in turn, as in bus-server.mjs. */

#define MAX_PENDING 4096

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 gpointer      user_data)
{
  return g_strdup (token);
}

static void
on_spray (SignalServer  *server,
          SignalPeer    *peer,
          SignalMessage *message,
          gpointer       user_data)
{
  JsonObject *order = json_node_get_object (signal_message_get_payload (message));
  const char *prefix = json_object_get_string_member (order, "prefix");
  gint64 first = json_object_get_int_member (order, "first");
  gint64 count = json_object_get_int_member (order, "count");
  gint64 rooms = json_object_get_int_member (order, "rooms");
  g_autofree char *json = bench_payload_new (json_object_get_int_member (order, "size"));
  g_autoptr (JsonNode) payload = json_from_string (json, NULL);
  g_autoptr (GError) error = NULL;

  for (gint64 i = first; i < first + count; i++)
    {
      g_autofree char *room = g_strdup_printf ("%s%" G_GINT64_FORMAT, prefix, i % rooms);

      if (!signal_server_send_to_room (server, room, BENCH_EVENT, payload, NULL, &error))
        g_error ("%s", error->message);
    }
}

static void
on_bus_error (SignalBus    *bus,
              const GError *error,
              gpointer      user_data)
{
  g_printerr ("%s\n", error->message);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autofree char *uri = NULL;
  g_autoptr (GError) error = NULL;

  if (!signal_bus_connect_finish (SIGNAL_BUS (source), result, &error))
    g_error ("%s", error->message);

  uri = signal_server_get_uri (user_data);
  printf ("%s\n", uri);
  fflush (stdout);
}

static gboolean
on_stdin (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (SignalBus) bus = NULL;
  g_autoptr (GError) error = NULL;

  if (argc != 2)
    {
      g_printerr ("usage: %s REDIS-URI\n", argv[0]);
      return 2;
    }

  bench_limit_raise_files ();
  bus = signal_bus_new (argv[1]);
  g_signal_connect (bus, "error", G_CALLBACK (on_bus_error), NULL);
  g_object_set (server, "max-peers", G_MAXINT, "max-pending", MAX_PENDING, "bus", bus, NULL);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "message::spray", G_CALLBACK (on_spray), NULL);
  if (!signal_server_listen (server, NULL, 0, &error))
    g_error ("%s", error->message);

  signal_bus_connect_async (bus, NULL, on_connected, server);
  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_stdin, loop);
  g_main_loop_run (loop);

  return 0;
}

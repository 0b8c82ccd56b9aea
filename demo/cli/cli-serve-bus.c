/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-serve-bus.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "cli-output.h"

/* The bus of a server. */

static void
on_checked (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  GError **error = data;

  signal_bus_connect_finish (SIGNAL_BUS (source), result, error);
}

/* Whether the bus could connect, without doing so: what is wrong with its options is found first. */
static gboolean
check (SignalBus *bus)
{
  g_autoptr (GError) error = NULL;

  signal_bus_connect_async (bus, NULL, on_checked, &error);
  signal_bus_close_async (bus, NULL, NULL, NULL);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return TRUE;
  cli_error ("%s", error->message);
  return FALSE;
}

/* Gives the server a bus if the options or the environment have a URI. The bus is not connected. Prints an
 * error and returns %FALSE if the options are not valid. */
gboolean
cli_serve_bus_attach (SignalServer        *server,
                      const CliBusOptions *options)
{
  const char *uri = cli_bus_get_uri (options);
  g_autoptr (SignalBus) bus = uri != NULL ? cli_bus_create (options, uri) : NULL;

  if (uri == NULL)
    return TRUE;
  if (bus == NULL || !check (bus))
    return FALSE;
  signal_server_set_bus (server, bus);
  return TRUE;
}

static void
on_error (SignalBus    *bus,
          const GError *error,
          gpointer      data)
{
  cli_error ("%s", error->message);
}

static void
on_connected (SignalBus  *bus,
              GParamSpec *pspec,
              gpointer    data)
{
  if (signal_bus_get_connected (bus))
    fputs (_("Connected to Redis\n"), stderr);
}

static void
on_connect_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr (GMainLoop) loop = data;
  g_autoptr (GError) error = NULL;

  if (!signal_bus_connect_finish (SIGNAL_BUS (source), result, &error))
    {
      cli_error ("%s", error->message);
      cli_error (_("Until Redis is available, messages reach only the clients of this process"));
    }
  g_main_loop_quit (loop);
}

/* Runs the main loop until the bus is connected or the first attempt has failed. The server starts in both
 * cases, and the bus goes on trying. */
void
cli_serve_bus_connect (SignalBus *bus,
                       GMainLoop *loop,
                       gboolean   quiet)
{
  g_signal_connect (bus, "error", G_CALLBACK (on_error), NULL);
  if (!quiet)
    g_signal_connect (bus, "notify::connected", G_CALLBACK (on_connected), NULL);
  signal_bus_connect_async (bus, NULL, on_connect_done, g_main_loop_ref (loop));
  g_main_loop_run (loop);
}

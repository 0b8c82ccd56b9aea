/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"
#include "cli-status.h"

#define TICK_MS 200

static struct
{
  SignalClient *client;
  gboolean in_place;
  volatile sig_atomic_t drawn;
  gboolean disconnecting;
  char *text;
  CliColor color;
  gint64 since; /* start of the current state */
  guint tick_id;
} status;

static void
print_text (const char *before,
            const char *after)
{
  fprintf (stderr, "%s%s%s%s%s", before, cli_color (STDERR_FILENO, status.color), status.text,
           cli_color (STDERR_FILENO, CLI_COLOR_OFF), after);
  fflush (stderr);
}

void
cli_status_hide (void)
{
  if (!status.in_place || !status.drawn)
    return;
  fputs ("\r\033[K", stderr);
  status.drawn = FALSE;
}

void
cli_status_show (void)
{
  if (!status.in_place || status.text == NULL)
    return;
  print_text ("\r\033[K", "");
  status.drawn = TRUE;
}

/* Takes ownership of @text. */
static void
set_text (CliColor  color,
          char     *text)
{
  if (g_strcmp0 (status.text, text) == 0)
    {
      g_free (text);
      return;
    }
  g_free (status.text);
  status.text = text;
  status.color = color;
  if (status.in_place)
    cli_status_show ();
  else
    print_text ("", "\n");
}

/* On a terminal, shows how long the state has lasted if that is more than a second. */
static void
show_progress (const char *text)
{
  gint64 seconds = (g_get_monotonic_time () - status.since) / G_USEC_PER_SEC;

  if (status.in_place && seconds > 0)
    set_text (CLI_COLOR_WAIT, g_strdup_printf (_("%s %u s"), text, (guint) seconds));
  else
    set_text (CLI_COLOR_WAIT, g_strdup (text));
}

static void
show_countdown (const char *text)
{
  gint64 remaining = signal_client_get_retry_at (status.client) - g_get_monotonic_time ();

  /* Translators: as in “Reconnecting (attempt 2) in 1.5 s” */
  set_text (CLI_COLOR_WAIT, g_strdup_printf (_("%s in %.1f s"), text,
                                             MAX (0, remaining) / (double) G_USEC_PER_SEC));
}

static void
show_state (void)
{
  SignalConnectionState state = signal_client_get_state (status.client);
  const char *text = signal_client_get_status_text (status.client);

  if (status.disconnecting)
    {
      /* A line for it would only be noise. */
      if (status.in_place)
        show_progress (_("Disconnecting…"));
      return;
    }
  switch (state)
    {
    case SIGNAL_CONNECTION_STATE_DISCONNECTED:
      set_text (CLI_COLOR_OFF, g_strdup (text));
      break;
    case SIGNAL_CONNECTION_STATE_AUTHENTICATED:
      set_text (CLI_COLOR_GOOD, g_strdup (text));
      break;
    case SIGNAL_CONNECTION_STATE_RECONNECTING:
      show_countdown (text);
      break;
    default:
      show_progress (text);
      break;
    }
}

static gboolean
on_tick (gpointer data)
{
  show_state ();
  return G_SOURCE_CONTINUE;
}

static gboolean
is_waiting (void)
{
  SignalConnectionState state = signal_client_get_state (status.client);

  return status.disconnecting
         || (state != SIGNAL_CONNECTION_STATE_AUTHENTICATED
             && state != SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
update (void)
{
  if (!is_waiting ())
    g_clear_handle_id (&status.tick_id, g_source_remove);
  else if (status.in_place && status.tick_id == 0)
    status.tick_id = g_timeout_add (TICK_MS, on_tick, NULL);
  show_state ();
}

static void
on_state (SignalClient *client)
{
  SignalConnectionState state = signal_client_get_state (client);

  /* SignalClient::reconnecting follows, after the error that is the cause. */
  if (state == SIGNAL_CONNECTION_STATE_RECONNECTING)
    return;
  if (state == SIGNAL_CONNECTION_STATE_CONNECTING)
    status.since = g_get_monotonic_time ();
  update ();
}

void
cli_status_start (SignalClient  *client,
                  CliStatusMode  mode)
{
  if (mode == CLI_STATUS_NONE)
    return;
  status.client = g_object_ref (client);
  status.in_place = mode == CLI_STATUS_LINE && isatty (STDERR_FILENO)
                    && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (client, "reconnecting", G_CALLBACK (update), NULL);
}

/* The state is DISCONNECTED at once, but what was sent before may still be written, and the closing
 * handshake can take seconds. */
void
cli_status_set_disconnecting (void)
{
  if (status.client == NULL
      || signal_client_get_state (status.client) == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    return;
  status.disconnecting = TRUE;
  status.since = g_get_monotonic_time ();
  update ();
}

/* Shows @result, or the state of the client if it is %NULL, when the connection has been closed. */
void
cli_status_finish (const char *result)
{
  if (status.client == NULL)
    return;
  status.disconnecting = FALSE;
  g_clear_handle_id (&status.tick_id, g_source_remove);
  if (result != NULL)
    set_text (CLI_COLOR_GOOD, g_strdup (result));
  else
    show_state ();
}

void
cli_status_stop (void)
{
  if (status.client == NULL)
    return;
  g_clear_handle_id (&status.tick_id, g_source_remove);
  g_signal_handlers_disconnect_by_func (status.client, on_state, NULL);
  g_signal_handlers_disconnect_by_func (status.client, update, NULL);
  g_clear_object (&status.client);
  if (status.drawn)
    fputc ('\n', stderr);
  status.drawn = FALSE;
  g_clear_pointer (&status.text, g_free);
}

/* Ends the status line. Can be called in a signal handler. */
void
cli_status_end_line (void)
{
  if (status.drawn && write (STDERR_FILENO, "\n", 1) == 1)
    status.drawn = FALSE;
}

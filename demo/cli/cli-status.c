/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-status.h"

#define TICK_MS 200

static struct
{
  SignalClient *client;
  gboolean in_place;
  gboolean drawn;
  char *text;
  guint attempt;
  gint64 retry_at;
  guint tick;
} status;

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
  fprintf (stderr, "\r\033[K%s", status.text);
  fflush (stderr);
  status.drawn = TRUE;
}

static void
set_text (char *text)
{
  if (g_strcmp0 (status.text, text) == 0)
    {
      g_free (text);
      return;
    }
  g_free (status.text);
  status.text = text;
  if (status.in_place)
    cli_status_show ();
  else
    fprintf (stderr, "%s\n", text);
}

static void
show_countdown (void)
{
  double left = MAX (0, status.retry_at - g_get_monotonic_time ()) / (double) G_USEC_PER_SEC;

  set_text (g_strdup_printf (_("Reconnecting in %.1f s (attempt %u)"), left, status.attempt));
}

static gboolean
on_tick (gpointer data)
{
  show_countdown ();
  return G_SOURCE_CONTINUE;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay)
{
  status.attempt = attempt;
  status.retry_at = g_get_monotonic_time () + (gint64) delay * 1000;
  show_countdown ();
  if (status.in_place && status.tick == 0)
    status.tick = g_timeout_add (TICK_MS, on_tick, NULL);
}

static void
on_state (SignalClient *client)
{
  SignalConnectionState state = signal_client_get_state (client);

  /* The signal “reconnecting” tells more than this state does. */
  if (state == SIGNAL_CONNECTION_STATE_RECONNECTING)
    return;
  g_clear_handle_id (&status.tick, g_source_remove);
  switch (state)
    {
    case SIGNAL_CONNECTION_STATE_CONNECTING:
      set_text (g_strdup (_("Connecting…")));
      break;
    case SIGNAL_CONNECTION_STATE_CONNECTED:
    case SIGNAL_CONNECTION_STATE_AUTHENTICATING:
      set_text (g_strdup (_("Connected, authenticating…")));
      break;
    case SIGNAL_CONNECTION_STATE_AUTHENTICATED:
      set_text (g_strdup (signal_client_get_encrypted (client) ? _("Connected, encrypted")
                                                               : _("Connected, not encrypted")));
      break;
    case SIGNAL_CONNECTION_STATE_DISCONNECTED:
    default:
      set_text (g_strdup (_("Disconnected")));
      break;
    }
}

/* Shows the state of @client until cli_status_end(); @in_place: re-drawn where it stands, if
 * standard error is a terminal. */
void
cli_status_start (SignalClient *client,
                  gboolean      in_place)
{
  status.client = g_object_ref (client);
  status.in_place = in_place && isatty (STDERR_FILENO)
                    && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (client, "reconnecting", G_CALLBACK (on_reconnecting), NULL);
}

void
cli_status_end (void)
{
  if (status.client == NULL)
    return;
  g_clear_handle_id (&status.tick, g_source_remove);
  g_signal_handlers_disconnect_by_func (status.client, on_state, NULL);
  g_signal_handlers_disconnect_by_func (status.client, on_reconnecting, NULL);
  g_clear_object (&status.client);
  if (status.drawn)
    fputc ('\n', stderr);
  status.drawn = FALSE;
  g_clear_pointer (&status.text, g_free);
}

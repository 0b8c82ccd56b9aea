/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "cli-status.h"
#include "cli-text.h"
#include "cli-trace.h"

static struct
{
  SignalClient *client;
  gint64 last; /* when the last line was printed */
  gint64 round_trip;
  guint attempt; /* the scheduled attempt, or 0 */
} trace;

/* @cause can contain text from a peer. */
static void
print_line (const char *state,
            const char *cause)
{
  gint64 now = g_get_monotonic_time ();
  gint64 since = trace.last != 0 ? now - trace.last : 0;
  g_autofree char *printable = cli_text_escape (cause);

  trace.last = now;
  cli_status_hide ();
  fprintf (stderr, "trace: %.1f ms (+%.1f): %s: %s\n", now / 1000.0, since / 1000.0,
           state, printable);
  cli_status_show ();
}

static void
print_connecting (void)
{
  g_autofree char *cause = NULL;

  if (trace.attempt > 0)
    cause = g_strdup_printf (_("starting retry %u"), trace.attempt);
  else
    cause = g_strdup (_("requested"));
  trace.attempt = 0;
  print_line ("connecting", cause);
}

static void
on_state (SignalClient *client)
{
  switch (signal_client_get_state (client))
    {
    case SIGNAL_CONNECTION_STATE_CONNECTING:
      print_connecting ();
      break;
    case SIGNAL_CONNECTION_STATE_CONNECTED:
      print_line ("connected", _("the socket was opened"));
      break;
    case SIGNAL_CONNECTION_STATE_AUTHENTICATING:
      print_line ("authenticating", _("the token was sent"));
      break;
    case SIGNAL_CONNECTION_STATE_AUTHENTICATED:
      print_line ("authenticated", signal_client_get_encrypted (client)
                                   ? _("the server accepted the token, and the key was derived")
                                   : _("the server accepted the token without encryption"));
      break;
    /* These have signals of their own. */
    case SIGNAL_CONNECTION_STATE_RECONNECTING:
    case SIGNAL_CONNECTION_STATE_DISCONNECTED:
    default:
      break;
    }
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay)
{
  const GError *error = signal_client_get_last_error (client);
  g_autofree char *cause = g_strdup_printf (_("%s; retry %u in %u ms"),
                                            error->message, attempt, delay);

  trace.attempt = attempt;
  print_line ("reconnecting", cause);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error)
{
  print_line ("disconnected", error != NULL ? error->message : _("requested"));
}

/* Traces @client until cli_trace_stop(). */
void
cli_trace_start (SignalClient *client)
{
  trace.client = g_object_ref (client);
  trace.round_trip = -1;
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (client, "reconnecting", G_CALLBACK (on_reconnecting), NULL);
  g_signal_connect (client, "disconnected", G_CALLBACK (on_disconnected), NULL);
}

/* Saves the properties that are only available while there is a connection. */
void
cli_trace_sample (void)
{
  if (trace.client != NULL)
    g_object_get (trace.client, "round-trip-time", &trace.round_trip, NULL);
}

static void
print_statistics (void)
{
  static const char * const names[] = {
    "attempts", "reconnects", "messages-sent", "messages-received", "bytes-sent", "bytes-received",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      guint64 value;

      g_object_get (trace.client, names[i], &value, NULL);
      fprintf (stderr, "trace: %s: %" G_GUINT64_FORMAT "\n", names[i], value);
    }
  if (trace.round_trip >= 0)
    fprintf (stderr, "trace: round-trip-time: %.3f ms\n", trace.round_trip / 1000.0);
}

void
cli_trace_stop (void)
{
  if (trace.client == NULL)
    return;
  g_signal_handlers_disconnect_by_func (trace.client, on_state, NULL);
  g_signal_handlers_disconnect_by_func (trace.client, on_reconnecting, NULL);
  g_signal_handlers_disconnect_by_func (trace.client, on_disconnected, NULL);
  cli_status_hide ();
  print_statistics ();
  g_clear_object (&trace.client);
}

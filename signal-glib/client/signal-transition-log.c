/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-transition-log-private.h"

#ifdef HAVE_SYSPROF
#include <sysprof-capture.h>
#endif

#include "websocket/signal-error-name-private.h"

static const char * const state_names[] = {
  "DISCONNECTED", "CONNECTING", "CONNECTED", "AUTHENTICATING", "AUTHENTICATED", "RECONNECTING",
};

/* self must be zeroed. */
void
signal_transition_log_init (SignalTransitionLog *self)
{
  static int n_clients;

  self->client = (guint) g_atomic_int_add (&n_clients, 1) + 1;
}

void
signal_transition_log_clear (SignalTransitionLog *self)
{
  g_clear_pointer (&self->failure, g_free);
}

/* Returns whether there is debug output, so that it need not be composed otherwise. */
gboolean
signal_transition_log_is_enabled (void)
{
  return !g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN);
}

/* Remembers the reason for the next transition. close_code is 0 if there is none. */
void
signal_transition_log_fail (SignalTransitionLog *self,
                            const GError        *error,
                            guint16              close_code)
{
  g_autofree char *name = NULL;

  g_clear_pointer (&self->failure, g_free);
  if (!signal_transition_log_is_enabled ())
    return;

  name = signal_error_name (error);
  self->failure = close_code != 0 ? g_strdup_printf ("%s (close code %u)", name, close_code)
                                  : g_steal_pointer (&name);
}

#ifdef HAVE_SYSPROF
/* Returns the name of the mark that the state belongs to, or NULL. */
static const char *
get_phase (SignalConnectionState state)
{
  switch (state)
    {
    case SIGNAL_CONNECTION_STATE_CONNECTING:
      return "connect";
    case SIGNAL_CONNECTION_STATE_CONNECTED:
    case SIGNAL_CONNECTION_STATE_AUTHENTICATING:
      return "authenticate";
    case SIGNAL_CONNECTION_STATE_AUTHENTICATED:
      return "connection";
    case SIGNAL_CONNECTION_STATE_DISCONNECTED:
    case SIGNAL_CONNECTION_STATE_RECONNECTING:
    default:
      return NULL;
    }
}

static void
mark (SignalTransitionLog   *self,
      SignalConnectionState  state)
{
  const char *phase = get_phase (self->state);
  gint64 now = g_get_monotonic_time ();

  if (g_strcmp0 (phase, get_phase (state)) == 0)
    return;

  if (phase != NULL && sysprof_collector_is_active ())
    sysprof_collector_mark_printf (self->phase_begin * 1000, (now - self->phase_begin) * 1000,
                                   G_LOG_DOMAIN, phase, "client %u, connection %u",
                                   self->client, self->connection);
  self->phase_begin = now;
}
#endif

static void
print (SignalTransitionLog   *self,
       SignalConnectionState  state,
       const char            *cause)
{
  const char *failure = self->failure != NULL ? self->failure : "";
  gboolean is_known = *failure != '\0' && g_str_has_prefix (failure, cause);

  g_debug ("client %u, connection %u: %s → %s: %s%s%s", self->client, self->connection,
           state_names[self->state], state_names[state],
           failure, *failure != '\0' && !is_known ? "; " : "", is_known ? "" : cause);
}

/* The state may be the previous one, which is not a transition. cause is a sentence, or the name of
 * an error. */
void
signal_transition_log_add (SignalTransitionLog   *self,
                           SignalConnectionState  state,
                           const char            *cause)
{
  if (state == self->state)
    return;

#ifdef HAVE_SYSPROF
  mark (self, state);
#endif
  if (state == SIGNAL_CONNECTION_STATE_CONNECTING)
    self->connection++;
  if (signal_transition_log_is_enabled ())
    print (self, state, cause);

  g_clear_pointer (&self->failure, g_free);
  self->state = state;
}

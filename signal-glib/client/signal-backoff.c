/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-backoff-private.h"

#include <math.h>

/* The maximum delay that a server can ask for, in ms. */
#define AT_LEAST_MAX (5 * 60 * 1000)

/* The delay before the next server of a round is shorter than the base interval by this factor. It
 * is not 0, so that the clients of a server that has failed do not all reach the next one at the
 * same time. */
#define ROUND_DIVISOR 10

/* Returns whether the policy allows the retry with this number, starting from 1. */
gboolean
signal_backoff_allows_retry (const SignalBackoffPolicy *policy,
                             guint                      attempt)
{
  return policy->max_retries == G_MAXUINT || attempt <= policy->max_retries;
}

/* Returns the delay in ms before the retry with this number, starting from 1. random is in [0,
 * 1): the result is in [(1 − jitter) × d, d], where d = base × multiplier^(attempt − 1), limited
 * to the maximum. */
guint
signal_backoff_get_delay (const SignalBackoffPolicy *policy,
                          guint                      attempt,
                          double                     random)
{
  double delay = policy->base_interval * pow (policy->multiplier, attempt - 1);

  if (policy->base_interval == 0)
    return 0;

  /* Also true if pow() has overflowed to infinity. */
  if (!(delay < policy->max_interval))
    delay = policy->max_interval;

  delay *= 1 - policy->jitter * random;

  return (guint) (delay + 0.5);
}

void
signal_backoff_reset (SignalBackoff *self)
{
  *self = (SignalBackoff) { 0 };
}

/* An attempt was authenticated, and its connection has lasted for duration µs. The delay is only
 * reset if the connection has lasted for some time, because a server that accepts connections and
 * then closes them must not be flooded. */
void
signal_backoff_connected (SignalBackoff             *self,
                          const SignalBackoffPolicy *policy,
                          gint64                     duration)
{
  if (duration > (gint64) policy->base_interval * 1000)
    signal_backoff_reset (self);
  self->failures = 0;
}

/* The next attempt is for the next one of n_servers, which are tried in turn. Must be called
 * before signal_backoff_fail(). Only a complete round is followed by a growing delay, so that each
 * server is tried as often as a single one would be. */
void
signal_backoff_next_server (SignalBackoff *self,
                            guint          n_servers)
{
  self->tried++;
  self->is_in_round = self->tried < n_servers;
}

/* An attempt has failed, or a connection was lost. Returns the delay in ms before the next
 * attempt. If is_urgent, the first one has no delay. at_least is the delay in ms that the server
 * has asked for, or 0; it does not apply to the other servers of a round. */
guint
signal_backoff_fail (SignalBackoff             *self,
                     const SignalBackoffPolicy *policy,
                     gboolean                   is_urgent,
                     guint                      at_least)
{
  guint delay;

  self->failures++;
  self->at_least = MAX (self->at_least, MIN (at_least, AT_LEAST_MAX));
  if (self->is_in_round)
    {
      self->is_in_round = FALSE;
      return signal_backoff_get_delay (policy, 1, g_random_double ()) / ROUND_DIVISOR;
    }

  self->tried = 0;
  self->delays++;
  at_least = self->at_least;
  self->at_least = 0;
  if (is_urgent && self->delays == 1)
    return 0;

  delay = signal_backoff_get_delay (policy, self->delays, g_random_double ());
  return MAX (delay, at_least);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-backoff-private.h"

#include <math.h>

/* The maximum delay that a server can ask for, in ms. */
#define AT_LEAST_MAX (5 * 60 * 1000)

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
  self->failures = 0;
  self->delays = 0;
}

/* An attempt was authenticated, and its connection has lasted for duration µs. The delay is only
 * reset if the connection has lasted for some time, because a server that accepts connections and
 * then closes them must not be flooded. */
void
signal_backoff_connected (SignalBackoff             *self,
                          const SignalBackoffPolicy *policy,
                          gint64                     duration)
{
  self->failures = 0;
  if (duration > (gint64) policy->base_interval * 1000)
    self->delays = 0;
}

/* An attempt has failed, or a connection was lost. Returns the delay in ms before the next
 * attempt. If is_urgent, the first one has no delay. at_least is the delay in ms that the server
 * has asked for, or 0. */
guint
signal_backoff_fail (SignalBackoff             *self,
                     const SignalBackoffPolicy *policy,
                     gboolean                   is_urgent,
                     guint                      at_least)
{
  guint delay;

  self->failures++;
  self->delays++;
  if (is_urgent && self->delays == 1)
    return 0;

  delay = signal_backoff_get_delay (policy, self->delays, g_random_double ());
  return MAX (delay, MIN (at_least, AT_LEAST_MAX));
}

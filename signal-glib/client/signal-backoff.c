/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-backoff-private.h"

#include <math.h>

/* Whether the retry of this number, from 1, is one that the policy grants. */
gboolean
signal_backoff_allows_retry (const SignalBackoffPolicy *policy,
                             guint                      attempt)
{
  return policy->max_retries == G_MAXUINT || attempt <= policy->max_retries;
}

/* The wait in ms before the retry of this number, from 1. random is drawn from [0, 1): the result
 * lies in [(1 − jitter) × d, d] with d = base × multiplier^(attempt − 1), capped. */
guint
signal_backoff_get_delay (const SignalBackoffPolicy *policy,
                          guint                      attempt,
                          double                     random)
{
  double delay = policy->base_interval * pow (policy->multiplier, attempt - 1);

  if (policy->base_interval == 0)
    return 0;

  /* Also true when pow() has overflowed to infinity. */
  if (!(delay < policy->max_interval))
    delay = policy->max_interval;

  delay *= 1 - policy->jitter * random;

  return (guint) (delay + 0.5);
}

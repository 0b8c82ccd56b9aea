/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint  max_retries;   /* 0 for none, G_MAXUINT for no limit */
  guint  base_interval; /* ms */
  double multiplier;    /* ≥ 1 */
  guint  max_interval;  /* ms */
  double jitter;        /* 0 … 1 */
} SignalBackoffPolicy;

/* Computes the delay before the next attempt from the results of the previous ones. Initially
 * zeroed. */
typedef struct
{
  guint    failures;    /* consecutive failed attempts */
  guint    delays;      /* growing delays: rounds of failed attempts, and connections that did not last */
  guint    tried;       /* servers that have failed in the current round */
  gboolean is_in_round; /* the next attempt is for another server of the current round */
  guint    at_least;    /* ms; the longest delay that a server has asked for in the current round */
} SignalBackoff;

void     signal_backoff_reset        (SignalBackoff             *self);
void     signal_backoff_connected    (SignalBackoff             *self,
                                      const SignalBackoffPolicy *policy,
                                      gint64                     duration);
void     signal_backoff_next_server  (SignalBackoff             *self,
                                      guint                      n_servers);
guint    signal_backoff_fail         (SignalBackoff             *self,
                                      const SignalBackoffPolicy *policy,
                                      gboolean                   is_urgent,
                                      guint                      at_least);

gboolean signal_backoff_allows_retry (const SignalBackoffPolicy *policy,
                                      guint                      attempt);
guint    signal_backoff_get_delay    (const SignalBackoffPolicy *policy,
                                      guint                      attempt,
                                      double                     random);

G_END_DECLS

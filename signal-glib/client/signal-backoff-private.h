/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint  max_retries;   /* 0: never, G_MAXUINT: without end */
  guint  base_interval; /* ms */
  double multiplier;    /* ≥ 1 */
  guint  max_interval;  /* ms */
  double jitter;        /* 0 … 1 */
} SignalBackoffPolicy;

/* How long to wait before the next attempt, from what has become of those before. Filled with zeros at
 * first. */
typedef struct
{
  guint failures; /* attempts in a row that failed */
  guint delays;   /* likewise, and those whose connection did not last */
} SignalBackoff;

void     signal_backoff_reset        (SignalBackoff             *self);
void     signal_backoff_connected    (SignalBackoff             *self,
                                      const SignalBackoffPolicy *policy,
                                      gint64                     duration);
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

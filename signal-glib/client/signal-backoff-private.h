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

gboolean signal_backoff_allows_retry (const SignalBackoffPolicy *policy,
                                      guint                      attempt);
guint    signal_backoff_get_delay    (const SignalBackoffPolicy *policy,
                                      guint                      attempt,
                                      double                     random);

G_END_DECLS

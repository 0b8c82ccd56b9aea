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
} SignalRetryPolicy;

gboolean signal_retry_is_allowed (const SignalRetryPolicy *policy,
                                  guint                    attempt);
guint    signal_retry_delay      (const SignalRetryPolicy *policy,
                                  guint                    attempt,
                                  double                   random);

G_END_DECLS

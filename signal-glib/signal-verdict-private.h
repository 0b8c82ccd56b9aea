/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the end of a connection means for the next one. */
typedef enum
{
  SIGNAL_VERDICT_RETRY,   /* with back-off */
  SIGNAL_VERDICT_NOW,     /* without a wait */
  SIGNAL_VERDICT_REFUSED, /* not before there is a new token */
  SIGNAL_VERDICT_STOP,    /* not at all */
} SignalVerdict;

GError *signal_verdict_explain (guint16        code,
                                const char    *reason,
                                const char    *server_error,
                                const GError  *transport_error,
                                SignalVerdict *verdict) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

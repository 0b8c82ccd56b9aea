/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the end of a connection means for the next one. */
typedef enum
{
  SIGNAL_CLOSE_ACTION_RETRY,   /* with back-off */
  SIGNAL_CLOSE_ACTION_RETRY_NOW,     /* without a wait */
  SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, /* not before there is a new token */
  SIGNAL_CLOSE_ACTION_STOP,    /* not at all */
} SignalCloseAction;

GError *signal_close_code_explain (guint16            code,
                                   const char        *reason,
                                   const char        *server_error,
                                   const GError      *transport_error,
                                   SignalCloseAction *verdict) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 6455 section 7.4.1. */
#define SIGNAL_CLOSE_NORMAL 1000
#define SIGNAL_CLOSE_GOING_AWAY 1001
#define SIGNAL_CLOSE_PROTOCOL_ERROR 1002
#define SIGNAL_CLOSE_ABNORMAL 1006 /* no close frame was received */
#define SIGNAL_CLOSE_BAD_DATA 1007
#define SIGNAL_CLOSE_TOO_BIG 1009
#define SIGNAL_CLOSE_INTERNAL_ERROR 1011

/* Codes that are specific to the protocol. */
#define SIGNAL_CLOSE_NOT_AUTHENTICATED 4001 /* within the time limit */
#define SIGNAL_CLOSE_NO_HEARTBEAT 4002
#define SIGNAL_CLOSE_REFUSED 4003
#define SIGNAL_CLOSE_ENCRYPTION_REQUIRED 4004

/* How to proceed after a connection has ended. */
typedef enum
{
  SIGNAL_CLOSE_ACTION_RETRY,          /* with exponential backoff */
  SIGNAL_CLOSE_ACTION_RETRY_NOW,      /* without a delay */
  SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, /* only with a new token */
  SIGNAL_CLOSE_ACTION_STOP,           /* never */
} SignalCloseAction;

GError *signal_close_code_explain (guint16            code,
                                   const char        *reason,
                                   const char        *server_error,
                                   const GError      *transport_error,
                                   SignalCloseAction *action) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 6455 section 7.4.1. */
#define SIGNAL_CLOSE_NORMAL 1000
#define SIGNAL_CLOSE_GOING_AWAY 1001
#define SIGNAL_CLOSE_PROTOCOL_ERROR 1002
#define SIGNAL_CLOSE_ABNORMAL 1006 /* there was no close frame */
#define SIGNAL_CLOSE_BAD_DATA 1007
#define SIGNAL_CLOSE_TOO_BIG 1009

/* The protocol's own. */
#define SIGNAL_CLOSE_NOT_AUTHENTICATED 4001 /* in time */
#define SIGNAL_CLOSE_NO_HEARTBEAT 4002
#define SIGNAL_CLOSE_REFUSED 4003
#define SIGNAL_CLOSE_ENCRYPTION_REQUIRED 4004

/* What the end of a connection means for the next one. */
typedef enum
{
  SIGNAL_CLOSE_ACTION_RETRY,          /* with back-off */
  SIGNAL_CLOSE_ACTION_RETRY_NOW,      /* without a wait */
  SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, /* not before there is a new token */
  SIGNAL_CLOSE_ACTION_STOP,           /* not at all */
} SignalCloseAction;

GError *signal_close_code_explain (guint16            code,
                                   const char        *reason,
                                   const char        *server_error,
                                   const GError      *transport_error,
                                   SignalCloseAction *action) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-glib/websocket/signal-websocket-private.h"

G_BEGIN_DECLS

/* What happens to a text message that is not UTF-8. */
typedef enum
{
  ECHO_DROPS_BAD_TEXT,  /* it is ignored, as the library does it */
  ECHO_CLOSES_BAD_TEXT, /* the connection is closed with 1007, as Autobahn expects it */
} EchoPolicy;

typedef struct _Echo Echo;

typedef void (*EchoClosedFunc) (Echo       *echo,
                                guint16     code,
                                const char *reason,
                                gpointer    user_data);

/* A WebSocket of the library, in either role, that sends back each message it receives. */
Echo *echo_new  (SignalWebsocket            *websocket,
                 SoupWebsocketConnectionType type,
                 EchoPolicy                  policy,
                 EchoClosedFunc              closed,
                 gpointer                    user_data);
void  echo_free (Echo                       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Echo, echo_free)

G_END_DECLS

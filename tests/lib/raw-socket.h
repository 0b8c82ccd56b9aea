/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "raw-client.h"

G_BEGIN_DECLS

/* Sockets for peers that follow no protocol. */

#define RAW_SOCKET_UPGRADE \
  "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

int      raw_socket_dial          (const char *uri);
int      raw_socket_dial_from     (const char *uri,
                                   const char *source);
void     raw_socket_write         (int         fd,
                                   const char *text);
gboolean raw_socket_read          (int         fd,
                                   GString    *text);
void     raw_socket_wait_text     (int         fd,
                                   const char *text);
void     raw_socket_wait_end      (int         fd,
                                   GString    *text);
gsize    raw_socket_flood         (int         fd,
                                   const char *block,
                                   gsize       length,
                                   gsize       total);
int      raw_socket_upgrade       (const char *uri);
void     raw_socket_send_text     (int         fd,
                                   const char *text);

G_END_DECLS

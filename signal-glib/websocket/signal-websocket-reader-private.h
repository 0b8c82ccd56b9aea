/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "websocket/signal-websocket-frame-private.h"

G_BEGIN_DECLS

/* The results of signal_websocket_reader_next(). */
typedef enum
{
  SIGNAL_WEBSOCKET_READER_NEEDS_DATA, /* nothing is complete */
  SIGNAL_WEBSOCKET_READER_MESSAGE,    /* a complete text or binary message */
  SIGNAL_WEBSOCKET_READER_CONTROL,    /* a control frame, as received, with its header */
  SIGNAL_WEBSOCKET_READER_TOO_LARGE,  /* a message that exceeds the limit */
  SIGNAL_WEBSOCKET_READER_FAULT,      /* a violation of RFC 6455 */
  SIGNAL_WEBSOCKET_READER_FINISHED,   /* the end, after one of the previous two or a close frame */
} SignalWebsocketReaderEvent;

/* Parses the bytes from a socket into messages and control frames (RFC 6455 section 5). Data
 * frames are processed here: fragments are assembled, and their sizes are checked before memory
 * is allocated for them. Control frames are validated and passed on. */
typedef struct
{
  guint64 limit;     /* bytes of payload of one message, including all its frames */
  gboolean must_mask; /* the peer is a client */

  guint8 *data; /* NULL if there is nothing, so that an idle connection needs no memory */
  gsize capacity;
  gsize start; /* the contents are data[start … end) */
  gsize end;

  SignalWebsocketFrame frame; /* the frame at start, */
  gboolean has_frame;         /* if this is TRUE */
  gsize taken;                /* bytes of the payload that have been moved to the fragments */
  GByteArray *fragments;      /* of a fragmented message; NULL if there is none */
  guint8 opcode;              /* of that message */
  guint64 message_size;       /* according to the frame headers so far */
  gboolean is_in_message;
  gboolean is_delivered;      /* the fragments are those of the previous message */
  gboolean is_finished;
  const char *fault;          /* a description of what the peer did wrong, or NULL */
} SignalWebsocketReader;

guint8                     *signal_websocket_reader_reserve    (SignalWebsocketReader        *self,
                                                                gsize                        *size);
void                        signal_websocket_reader_add        (SignalWebsocketReader        *self,
                                                                gsize                         size);
SignalWebsocketReaderEvent  signal_websocket_reader_next       (SignalWebsocketReader        *self,
                                                                guint8                       *opcode,
                                                                const guint8                **data,
                                                                gsize                        *length);
gboolean                    signal_websocket_reader_is_at_data (const SignalWebsocketReader  *self);
void                        signal_websocket_reader_trim       (SignalWebsocketReader        *self);
void                        signal_websocket_reader_clear      (SignalWebsocketReader        *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "websocket/signal-websocket-frame-private.h"

G_BEGIN_DECLS

/* What signal_websocket_reader_next() has found. */
typedef enum
{
  SIGNAL_WEBSOCKET_READER_NEEDS_DATA, /* nothing that is complete */
  SIGNAL_WEBSOCKET_READER_MESSAGE,    /* a whole text or binary message */
  SIGNAL_WEBSOCKET_READER_CONTROL,    /* a control frame, with its header, as it was received */
  SIGNAL_WEBSOCKET_READER_TOO_LARGE,  /* a message beyond the limit */
  SIGNAL_WEBSOCKET_READER_FAULT,      /* something that RFC 6455 does not allow */
  SIGNAL_WEBSOCKET_READER_FINISHED,   /* one of the last two, or a close frame, has come before */
} SignalWebsocketReaderEvent;

/* Turns the bytes from a socket into messages and control frames (RFC 6455 section 5). Data frames
 * end here: their fragments are put together, and their sizes are checked before memory is spent on
 * them. Control frames are checked and passed on. */
typedef struct
{
  guint64 limit;     /* bytes of payload of one message, all its frames together */
  gboolean must_mask; /* the peer is a client */

  guint8 *data; /* NULL while there is nothing, so that an idle connection costs nothing */
  gsize capacity;
  gsize start; /* data[start … end) */
  gsize end;

  SignalWebsocketFrame frame; /* at start, */
  gboolean has_frame;         /* if this is TRUE */
  gsize taken;                /* bytes of the frame's payload that are among the fragments already */
  GByteArray *fragments;      /* of a message in several frames; NULL: there is none */
  guint8 opcode;              /* of that message */
  guint64 message_size;       /* announced so far */
  gboolean is_in_message;
  gboolean is_delivered;      /* the fragments are those of the last message */
  gboolean is_finished;
  const char *fault;          /* what the peer did wrong, for people; NULL: nothing */
} SignalWebsocketReader;

guint8                     *signal_websocket_reader_reserve (SignalWebsocketReader  *self,
                                                             gsize                  *size);
void                        signal_websocket_reader_add     (SignalWebsocketReader  *self,
                                                             gsize                   size);
SignalWebsocketReaderEvent  signal_websocket_reader_next    (SignalWebsocketReader  *self,
                                                             guint8                 *opcode,
                                                             const guint8          **data,
                                                             gsize                  *length);
void                        signal_websocket_reader_trim    (SignalWebsocketReader  *self);
void                        signal_websocket_reader_clear   (SignalWebsocketReader  *self);

G_END_DECLS

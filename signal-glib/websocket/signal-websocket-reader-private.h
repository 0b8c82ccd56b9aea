/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "websocket/signal-websocket-frame-private.h"

G_BEGIN_DECLS

/* What is to be done with what is at the head of the buffer. */
typedef enum
{
  SIGNAL_WEBSOCKET_READER_WAIT,     /* more has to come first */
  SIGNAL_WEBSOCKET_READER_PASS,     /* some bytes are for libsoup */
  SIGNAL_WEBSOCKET_READER_TEXT,     /* a whole text message in one frame */
  SIGNAL_WEBSOCKET_READER_OVERFLOW, /* a message larger than the limit; nothing goes on after it */
} SignalFrameBufferStep;

/* Bytes read from a WebSocket and not yet handed on, cut at the boundaries of frames. A text
 * message that came in one frame, as nearly all do, can be taken right here, where it lies; libsoup
 * gets all the rest. It is also where a message that grows past the limit is noticed: libsoup
 * before 3.8 limits a frame only, so that the fragments of one message add up without end. */
typedef struct
{
  guint64  limit;      /* bytes of payload of one message, all its fragments together */
  gboolean must_mask;  /* the peer is a client */
  gboolean takes_text; /* somebody takes whole text messages */

  guint8     *data; /* NULL while there is nothing, so that an idle connection costs nothing */
  gsize       capacity;
  gsize       start; /* data[start … end) */
  gsize       end;

  SignalWebsocketFrame frame;         /* at start, */
  gboolean    has_frame;     /* if this says so */
  guint64     passing;       /* what is left to hand on of a frame that libsoup gets */
  guint64     message;       /* payload of a message in fragments so far */
  gboolean    is_in_message;
  gboolean    is_over;       /* the limit was broken */
  const char *fault;         /* what the peer did wrong, for people; NULL: nothing */
} SignalWebsocketReader;

guint8                *signal_websocket_reader_reserve  (SignalWebsocketReader *self,
                                                         gsize                 *size);
void                   signal_websocket_reader_add      (SignalWebsocketReader *self,
                                                         gsize                  size);
SignalFrameBufferStep  signal_websocket_reader_look     (SignalWebsocketReader *self);
gsize                  signal_websocket_reader_pass     (SignalWebsocketReader *self,
                                                         guint8                *buffer,
                                                         gsize                  size);
const char            *signal_websocket_reader_get_text (SignalWebsocketReader *self,
                                                         gsize                 *length);
void                   signal_websocket_reader_skip     (SignalWebsocketReader *self);
void                   signal_websocket_reader_trim     (SignalWebsocketReader *self);
void                   signal_websocket_reader_clear    (SignalWebsocketReader *self);

G_END_DECLS

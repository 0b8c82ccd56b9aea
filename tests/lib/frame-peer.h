/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FRAME_PEER_MASK_SIZE 4

/* One frame, as it was received. */
typedef struct
{
  guint8      first;                      /* FIN, the reserved bits and the opcode */
  guint8      mask[FRAME_PEER_MASK_SIZE]; /* zeros if there was none */
  GByteArray *payload;                    /* without the mask */
} ReceivedFrame;

/* The other end of a WebSocket of the library, which writes and reads single frames, valid or not. It shares
 * no code with the library. */
typedef struct
{
  GIOStream  *stream;
  gboolean    is_client; /* its frames are masked, and those of the library are not; or the reverse */
  GByteArray *unread;    /* received bytes that were not taken as frames */
} FramePeer;

FramePeer     *frame_peer_new      (GIOStream     *stream,
                                    gboolean       is_client);
void           frame_peer_free     (FramePeer     *self);
gsize          frame_peer_append   (FramePeer     *self,
                                    GByteArray    *bytes,
                                    guint8         first,
                                    const void    *payload,
                                    gsize          length);
gboolean       frame_peer_write    (FramePeer     *self,
                                    const guint8  *bytes,
                                    gsize          length);
gboolean       frame_peer_send     (FramePeer     *self,
                                    guint8         first,
                                    const void    *payload,
                                    gsize          length);
void           frame_peer_end      (FramePeer     *self);
gboolean       frame_peer_read     (FramePeer     *self,
                                    gsize          limit);
ReceivedFrame *frame_peer_take     (FramePeer     *self);
void           received_frame_free (ReceivedFrame *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FramePeer, frame_peer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReceivedFrame, received_frame_free)

G_END_DECLS

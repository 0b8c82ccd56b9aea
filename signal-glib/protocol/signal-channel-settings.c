/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-state-private.h"

/* For tests: another limit than KEY_LIMIT. */
void
signal_channel_set_key_limit (SignalChannel *self,
                              guint64        limit)
{
  self->key_limit = limit;
}

/* The largest frame to send, in bytes of payload. */
void
signal_channel_set_max_message_size (SignalChannel *self,
                                     gsize          size)
{
  /* GByteArray counts in a guint, and more than one message may wait. */
  self->max_message_size = MIN (size, SIGNAL_CHANNEL_MAX_MESSAGE);
}

/* How many bytes may wait for the peer to read before sending fails; the last message may reach
 * over. */
void
signal_channel_set_max_unsent (SignalChannel *self,
                               gsize          size)
{
  self->max_unsent = size;
}

/* The largest message to take, in bytes of payload, all its frames together. */
void
signal_channel_set_max_incoming_size (SignalChannel *self,
                                      guint64        size)
{
  /* 0 would mean without a limit to libsoup, and a crash (CVE-2026-0716). */
  g_return_if_fail (size > 0);

  size = MIN (size, SIGNAL_CHANNEL_MAX_MESSAGE);
  soup_websocket_connection_set_max_incoming_payload_size (self->socket, size);
  signal_stream_input_set_limit (signal_stream_get_input (self->stream), size);
}

/* How long what was sent may go unacknowledged by the peer's kernel. */
void
signal_channel_set_user_timeout (SignalChannel *self,
                                 guint          ms)
{
  signal_stream_set_user_timeout (self->stream, ms);
}

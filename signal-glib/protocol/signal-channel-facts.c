/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-state-private.h"

gboolean
signal_channel_is_encrypted (SignalChannel *self)
{
  return self->key != NULL;
}

/* Whether the key has served for as many messages as it should. The channel goes on: its owner
 * decides. */
gboolean
signal_channel_is_worn (SignalChannel *self)
{
  return self->key_uses >= self->key_limit;
}

/* Whether something encrypted came while there was no key. */
gboolean
signal_channel_saw_unreadable (SignalChannel *self)
{
  return self->saw_unreadable;
}

/* Whether there still is a socket, be it one that is closing. */
gboolean
signal_channel_is_connected (SignalChannel *self)
{
  return self->socket != NULL;
}

/* Whether messages can be sent. */
gboolean
signal_channel_is_open (SignalChannel *self)
{
  return self->socket != NULL
         && soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN;
}

/* When the last byte came, by g_get_monotonic_time(). */
gint64
signal_channel_get_last_received (SignalChannel *self)
{
  return signal_stream_input_get_last (signal_stream_get_input (self->stream));
}

guint64
signal_channel_get_bytes_received (SignalChannel *self)
{
  return signal_stream_input_get_total (signal_stream_get_input (self->stream));
}

guint64
signal_channel_get_bytes_sent (SignalChannel *self)
{
  return signal_stream_output_get_total (signal_stream_get_output (self->stream));
}

/* The bytes that the socket has not taken yet. */
gsize
signal_channel_get_unsent (SignalChannel *self)
{
  return signal_stream_output_get_unsent (signal_stream_get_output (self->stream));
}

/* µs between the last ping that was answered and its answer; -1: there was none. */
gint64
signal_channel_get_round_trip (SignalChannel *self)
{
  return self->round_trip;
}

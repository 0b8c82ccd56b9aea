/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-connection-state-private.h"

/* What the owner may ask of a connection, and what it may send. */

SignalConnectionState
signal_connection_get_phase (SignalConnection *self)
{
  return self->phase;
}

/* The id that the server gave, once AUTHENTICATED. */
const char *
signal_connection_get_client_id (SignalConnection *self)
{
  return self->client_id;
}

const char *
signal_connection_get_user_id (SignalConnection *self)
{
  return self->user_id;
}

gboolean
signal_connection_is_encrypted (SignalConnection *self)
{
  return self->channel != NULL && signal_channel_is_encrypted (self->channel);
}

/* Whether the socket is open both ways: a peer that has left is told of only later. */
gboolean
signal_connection_can_send (SignalConnection *self)
{
  return self->channel != NULL && signal_channel_is_open (self->channel);
}

/* How long it has been AUTHENTICATED, in µs; −1 if it never was. */
gint64
signal_connection_get_age (SignalConnection *self)
{
  return self->authenticated != 0 ? g_get_monotonic_time () - self->authenticated : -1;
}

/* µs that the last answered ping took; -1: none was. */
gint64
signal_connection_get_round_trip (SignalConnection *self)
{
  return self->channel != NULL ? signal_channel_get_round_trip (self->channel) : -1;
}

/* The bytes that came. */
guint64
signal_connection_get_received (SignalConnection *self)
{
  return self->channel != NULL ? signal_channel_get_bytes_received (self->channel) : 0;
}

/* The bytes that the socket has taken; still known when the connection has ended. */
guint64
signal_connection_get_written (SignalConnection *self)
{
  return self->channel != NULL ? signal_channel_get_bytes_sent (self->channel) : 0;
}

/* The bytes that were handed over and that the socket has not taken yet. */
gsize
signal_connection_get_unsent (SignalConnection *self)
{
  return self->channel != NULL ? signal_channel_get_unsent (self->channel) : 0;
}

/* Sends a whole envelope, encrypted where the connection is. */
gboolean
signal_connection_send (SignalConnection  *self,
                        const char        *envelope,
                        gsize              length,
                        GError           **error)
{
  return signal_channel_send (self->channel, envelope, length, error);
}

/* Sends a control event. */
gboolean
signal_connection_send_plain (SignalConnection  *self,
                              const char        *envelope,
                              GError           **error)
{
  return signal_channel_send_plain (self->channel, envelope, strlen (envelope), error);
}

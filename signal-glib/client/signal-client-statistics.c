/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

/* What a client counts over its life. */

#define FACT (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

static guint64
get_bytes_received (SignalClient *self)
{
  guint64 now = self->connection != NULL ? signal_connection_get_received (self->connection) : 0;

  return self->bytes_received + now;
}

static guint64
get_bytes_sent (SignalClient *self)
{
  guint64 now = self->connection != NULL ? signal_connection_get_written (self->connection) : 0;

  return self->bytes_sent + now;
}

/* Adds what a connection that has ended has moved. */
void
signal_client_count_connection (SignalClient     *self,
                                SignalConnection *connection)
{
  self->bytes_received += signal_connection_get_received (connection);
  self->bytes_sent += signal_connection_get_written (connection);
}

void
signal_client_get_statistic (SignalClient *self,
                             guint         prop_id,
                             GValue       *value)
{
  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_ATTEMPTS:
      g_value_set_uint64 (value, self->attempts);
      break;
    case SIGNAL_CLIENT_PROP_RECONNECTS:
      g_value_set_uint64 (value, self->reconnects);
      break;
    case SIGNAL_CLIENT_PROP_MESSAGES_SENT:
      g_value_set_uint64 (value, self->messages_sent);
      break;
    case SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED:
      g_value_set_uint64 (value, self->messages_received);
      break;
    case SIGNAL_CLIENT_PROP_BYTES_SENT:
      g_value_set_uint64 (value, get_bytes_sent (self));
      break;
    case SIGNAL_CLIENT_PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, get_bytes_received (self));
      break;
    case SIGNAL_CLIENT_PROP_ROUND_TRIP_TIME:
      g_value_set_int64 (value, self->connection != NULL
                                ? signal_connection_get_round_trip (self->connection) : -1);
      break;
    default:
      g_return_if_reached ();
    }
}

void
signal_client_install_statistics (void)
{
  /**
   * SignalClient:outbox-length: (getter get_outbox_length)
   *
   * How many messages were accepted and are not known to be written to the socket.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LENGTH] =
    g_param_spec_uint ("outbox-length", NULL, NULL, 0, G_MAXUINT, 0, FACT);

  /**
   * SignalClient:buffered-amount: (getter get_buffered_amount)
   *
   * How many bytes were accepted and have not been taken by the socket. Not notified: see
   * [signal@Signal.Client::drained].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT] =
    g_param_spec_uint64 ("buffered-amount", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:attempts:
   *
   * How many attempts to connect were made. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ATTEMPTS] =
    g_param_spec_uint64 ("attempts", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:reconnects:
   *
   * How many times the client was authenticated again. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_RECONNECTS] =
    g_param_spec_uint64 ("reconnects", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:messages-sent:
   *
   * How many messages were handed to a connection. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_SENT] =
    g_param_spec_uint64 ("messages-sent", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:messages-received:
   *
   * How many messages came. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED] =
    g_param_spec_uint64 ("messages-received", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:bytes-sent:
   *
   * How many bytes were written, frames and heartbeats included, TLS and HTTP not. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_SENT] =
    g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:bytes-received:
   *
   * How many bytes came, as in [property@Signal.Client:bytes-sent]. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_RECEIVED] =
    g_param_spec_uint64 ("bytes-received", NULL, NULL, 0, G_MAXUINT64, 0, FACT);

  /**
   * SignalClient:round-trip-time:
   *
   * How long the last ping that was answered took, in microseconds; -1: none was on this
   * connection. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ROUND_TRIP_TIME] =
    g_param_spec_int64 ("round-trip-time", NULL, NULL, -1, G_MAXINT64, -1, FACT);
}

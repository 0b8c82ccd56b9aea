/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"

/* Between the caller and the connection: each message that was accepted is written once at the
 * most, and one that was not written is sent on the next connection or reported. */

/* Handed to the connection at a time, so that what is lost with it is little. */
#define HIGH_WATER (1024 * 1024)

void
signal_client_notify_outbox (SignalClient *self)
{
  guint length = signal_outbox_get_length (self->outbox);

  if (length == self->announced_length)
    return;

  self->announced_length = length;
  g_object_notify_by_pspec (G_OBJECT (self),
                            signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LENGTH]);
}

static gboolean
is_authenticated (SignalClient *self)
{
  return signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

/* The size of the frame is known before there is a connection to send it on. */
static gboolean
check_size (SignalClient  *self,
            gsize          length,
            GError       **error)
{
  gboolean is_plain = is_authenticated (self) && !signal_connection_is_encrypted (self->connection);
  gsize size = is_plain ? length : signal_envelope_get_encrypted_size (length);

  if (size <= self->max_message_size)
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
               _("The message takes a frame of %zu bytes, and the limit is %zu"),
               size, (gsize) self->max_message_size);
  return FALSE;
}

static guint64
count_handed (SignalConnection *connection)
{
  return signal_connection_get_written (connection) + signal_connection_get_unsent (connection);
}

static gboolean
send_now (SignalClient  *self,
          const char    *envelope,
          gsize          length,
          GError       **error)
{
  g_autoptr (SignalConnection) connection = g_object_ref (self->connection);
  guint64 offset = count_handed (connection);

  if (!signal_connection_send (connection, envelope, length, error))
    return FALSE;

  self->messages_sent++;
  signal_outbox_settle (self->outbox, signal_connection_get_written (connection));
  if (offset >= signal_connection_get_written (connection))
    signal_outbox_push_handed (self->outbox, envelope, length, offset);
  signal_client_notify_outbox (self);
  return TRUE;
}

/* Sends an envelope, or keeps it for when the client is there. */
gboolean
signal_client_send_or_keep (SignalClient  *self,
                            const char    *envelope,
                            gsize          length,
                            GError       **error)
{
  SignalConnectionState state = signal_client_get_state (self);
  gboolean can_send = state == SIGNAL_CONNECTION_STATE_AUTHENTICATED
                      && signal_outbox_get_waiting (self->outbox) == 0
                      && signal_connection_can_send (self->connection);

  if (!check_size (self, length, error))
    return FALSE;

  if (can_send)
    return send_now (self, envelope, length, error);

  if (state == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The client is not connected"));
      return FALSE;
    }

  if (self->outbox_limit == 0)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The client is not connected yet"));
      return FALSE;
    }

  if (!signal_outbox_push (self->outbox, envelope, length, self->outbox_limit, error))
    return FALSE;

  signal_client_notify_outbox (self);
  return TRUE;
}

static void
report_expired (SignalClient *self)
{
  gint64 before = g_get_monotonic_time () - (gint64) self->outbox_ttl * 1000;
  g_autoptr (GError) error = NULL;
  guint count;

  if (self->outbox_ttl == 0)
    return;

  count = signal_outbox_expire (self->outbox, before);
  if (count == 0)
    return;

  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                       g_dngettext (GETTEXT_PACKAGE,
                                    "%u message waited too long for a connection and was dropped",
                                    "%u messages waited too long for a connection and were dropped",
                                    count),
                       count);
  signal_client_report_error (self, error);
}

/* Hands over what waits, in order, until the connection has that many bytes to write. */
static void
hand_over (SignalClient *self,
           gsize         high_water)
{
  const char *text;
  gsize length;

  while (is_authenticated (self)
         && signal_connection_get_unsent (self->connection) < high_water
         && (text = signal_outbox_peek (self->outbox, &length)) != NULL)
    {
      g_autoptr (SignalConnection) connection = g_object_ref (self->connection);
      g_autoptr (GError) error = NULL;
      guint64 offset = count_handed (connection);

      if (signal_connection_send (connection, text, length, &error))
        {
          self->messages_sent++;
          signal_outbox_hand (self->outbox, offset);
          signal_outbox_settle (self->outbox, signal_connection_get_written (connection));
        }
      else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE))
        {
          signal_outbox_drop (self->outbox);
          signal_client_report_error (self, error);
        }
      else
        {
          break;
        }
    }
}

/* Hands over what waits, as much as the connection should have at a time. */
void
signal_client_flush_outbox (SignalClient *self)
{
  if (signal_outbox_get_waiting (self->outbox) > 0)
    {
      report_expired (self);
      hand_over (self, HIGH_WATER);
    }

  signal_client_notify_outbox (self);
}

/* The connection is about to be closed in good order: it writes first what it has got. */
void
signal_client_hand_over_all (SignalClient *self)
{
  hand_over (self, G_MAXSIZE);
}

/* The connection has written all it had. */
void
signal_client_on_drained (SignalConnection *connection,
                          gpointer          user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);

  signal_outbox_settle (self->outbox, signal_connection_get_written (connection));
  signal_client_flush_outbox (self);
  if (signal_client_get_buffered_amount (self) == 0)
    signal_client_emit_drained (self);
}

/* The connection has ended: what it did not write waits for the next one. */
void
signal_client_recall_outbox (SignalClient     *self,
                             SignalConnection *connection)
{
  signal_outbox_settle (self->outbox, signal_connection_get_written (connection));
  signal_outbox_recall (self->outbox);
}

/* The end for good: what still waits is lost, and what to say of it is returned, or NULL. What a
 * connection that closes in good order was given, it still writes. */
GError *
signal_client_empty_outbox (SignalClient *self)
{
  guint count = signal_outbox_get_waiting (self->outbox);

  signal_outbox_clear (self->outbox);
  if (count == 0)
    return NULL;

  return g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                      g_dngettext (GETTEXT_PACKAGE,
                                   "%u message was waiting for a connection and is lost",
                                   "%u messages were waiting for a connection and are lost",
                                   count),
                      count);
}

/**
 * signal_client_get_outbox_length: (get-property outbox-length)
 * @self: a client
 *
 * Gets how many messages were accepted and are not known to be written to the socket.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint
signal_client_get_outbox_length (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_outbox_get_length (self->outbox);
}

/**
 * signal_client_get_buffered_amount: (get-property buffered-amount)
 * @self: a client
 *
 * Gets how many bytes were accepted and have not been taken by the socket.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
guint64
signal_client_get_buffered_amount (SignalClient *self)
{
  gsize unsent;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  unsent = self->connection != NULL ? signal_connection_get_unsent (self->connection) : 0;
  return signal_outbox_get_size (self->outbox) + unsent;
}

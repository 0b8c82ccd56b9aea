/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-sender-private.h"

#include <glib/gi18n-lib.h>

#include "client/signal-outbox-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-room-name-private.h"
#include "signal-error.h"

/* The number of bytes that are passed to a connection at a time, which limits how many are lost
 * with it. */
#define HIGH_WATER (1024 * 1024)

struct _SignalSender
{
  const SignalSessionSettings *settings;
  SignalSenderErrorFunc report;
  gpointer user_data;

  SignalOutbox *outbox;
  SignalRoomSet *rooms;
  guint64 sent; /* messages that have been passed to a connection */
};

/* The owner keeps settings valid for the lifetime of the sender. */
SignalSender *
signal_sender_new (const SignalSessionSettings *settings,
                   SignalSenderErrorFunc        report,
                   gpointer                     user_data)
{
  SignalSender *self = g_new0 (SignalSender, 1);

  self->settings = settings;
  self->report = report;
  self->user_data = user_data;
  self->outbox = signal_outbox_new ();
  self->rooms = signal_room_set_new ();
  return self;
}

void
signal_sender_free (SignalSender *self)
{
  signal_outbox_free (self->outbox);
  signal_room_set_free (self->rooms);
  g_free (self);
}

/* Messages */

static guint64
count_accepted (SignalConnection *connection)
{
  return signal_connection_get_written (connection) + signal_connection_get_unsent (connection);
}

/* Passes waiting messages to the connection, in order, until it has that many unsent bytes. */
static void
send_waiting (SignalSender     *self,
              SignalConnection *connection,
              gsize             high_water)
{
  const char *text;
  gsize length;

  while (signal_connection_get_phase (connection) == SIGNAL_CONNECTION_STATE_AUTHENTICATED
         && signal_connection_get_unsent (connection) < high_water
         && (text = signal_outbox_peek (self->outbox, &length)) != NULL)
    {
      g_autoptr (GError) error = NULL;
      guint64 offset = count_accepted (connection);

      if (signal_connection_send (connection, text, length, &error))
        {
          self->sent++;
          signal_outbox_mark_in_flight (self->outbox, offset);
          signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
        }
      else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE))
        {
          signal_outbox_drop (self->outbox);
          self->report (error, self->user_data);
        }
      else
        {
          break;
        }
    }
}

static void
expire (SignalSender *self)
{
  gint64 before = g_get_monotonic_time () - (gint64) self->settings->outbox_ttl * 1000;
  g_autoptr (GError) error = NULL;
  guint count;

  if (self->settings->outbox_ttl == 0)
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
  self->report (error, self->user_data);
}

/* Passes as many waiting messages to the connection as it should have at a time. */
void
signal_sender_drain (SignalSender     *self,
                     SignalConnection *connection)
{
  signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
  if (signal_outbox_get_waiting (self->outbox) == 0)
    return;

  expire (self);
  send_waiting (self, connection, HIGH_WATER);
}

/* Passes all waiting messages to the connection, which writes them before it is closed. */
void
signal_sender_flush (SignalSender     *self,
                     SignalConnection *connection)
{
  if (connection != NULL)
    send_waiting (self, connection, G_MAXSIZE);
}

/* Takes back the messages that were not written by a connection that has ended. */
void
signal_sender_recall (SignalSender     *self,
                      SignalConnection *connection)
{
  signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
  signal_outbox_recall (self->outbox);
}

/* Discards the waiting messages, for which there will be no connection. A connection that is
 * being closed still writes what was passed to it. */
void
signal_sender_clear (SignalSender *self)
{
  guint count = signal_outbox_get_waiting (self->outbox);
  g_autoptr (GError) error = NULL;

  signal_outbox_clear (self->outbox);
  if (count == 0)
    return;

  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                       g_dngettext (GETTEXT_PACKAGE,
                                    "%u message was waiting for a connection and is lost",
                                    "%u messages were waiting for a connection and are lost",
                                    count),
                       count);
  self->report (error, self->user_data);
}

/* Like signal_sender_clear(), but without reporting an error. */
void
signal_sender_abandon (SignalSender *self)
{
  signal_outbox_clear (self->outbox);
}

/* Checks the size of the frame, which does not depend on the connection that will be used. */
static gboolean
check_size (SignalSender      *self,
            SignalConnection  *connection,
            gsize              length,
            GError           **error)
{
  gboolean is_plain = connection != NULL && !signal_connection_is_encrypted (connection);
  gsize size = is_plain ? length : signal_envelope_get_encrypted_size (length);

  return signal_channel_check_size (size, self->settings->connection->max_message_size, error);
}

static gboolean
send_now (SignalSender      *self,
          SignalConnection  *connection,
          const char        *envelope,
          gsize              length,
          GError           **error)
{
  guint64 offset = count_accepted (connection);

  if (!signal_connection_send (connection, envelope, length, error))
    return FALSE;

  self->sent++;
  signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
  if (offset >= signal_connection_get_written (connection))
    signal_outbox_push_in_flight (self->outbox, envelope, length, offset);
  return TRUE;
}

/* Sends an envelope, or keeps a copy of it. may_wait is whether there will be a connection. */
gboolean
signal_sender_send (SignalSender      *self,
                    SignalConnection  *connection,
                    const char        *envelope,
                    gsize              length,
                    gboolean           may_wait,
                    GError           **error)
{
  if (!check_size (self, connection, length, error))
    return FALSE;

  if (connection != NULL
      && signal_outbox_get_waiting (self->outbox) == 0
      && signal_connection_can_send (connection))
    return send_now (self, connection, envelope, length, error);

  if (!may_wait)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The client is not connected"));
      return FALSE;
    }

  if (self->settings->outbox_limit == 0)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The client is not connected yet"));
      return FALSE;
    }

  return signal_outbox_push (self->outbox, envelope, length, self->settings->outbox_limit, error);
}

/* Rooms */

/* Sends a request to join or leave rooms. If it cannot be sent, the rooms are updated after the
 * next authentication. Names that the server would ignore are left out. */
static void
send_rooms (SignalSender       *self,
            SignalConnection   *connection,
            const char         *event,
            const char * const *rooms)
{
  g_autoptr (GPtrArray) valid = g_ptr_array_new ();
  g_autoptr (GPtrArray) frames = NULL;

  for (guint i = 0; rooms[i] != NULL; i++)
    if (signal_room_name_check (rooms[i], NULL))
      g_ptr_array_add (valid, (char *) rooms[i]);
  g_ptr_array_add (valid, NULL);

  frames = signal_room_name_compose_frames (event, (const char * const *) valid->pdata,
                                            self->settings->connection->max_message_size);
  for (guint i = 0; i < frames->len; i++)
    signal_connection_send_plain (connection, g_ptr_array_index (frames, i), NULL);
}

static GStrv
list_missing (const char * const *names,
              const char * const *from)
{
  g_autoptr (GStrvBuilder) missing = g_strv_builder_new ();

  for (guint i = 0; names[i] != NULL; i++)
    if (!g_strv_contains (from, names[i]))
      g_strv_builder_add (missing, names[i]);

  return g_strv_builder_end (missing);
}

/* Returns whether the rooms to join automatically have changed. */
gboolean
signal_sender_set_auto_join_rooms (SignalSender       *self,
                                   SignalConnection   *connection,
                                   const char * const *rooms)
{
  g_auto (GStrv) before = g_strdupv ((char **) signal_room_set_get_wanted (self->rooms));
  const char * const *now;
  g_auto (GStrv) joined = NULL;
  g_auto (GStrv) left = NULL;

  if (!signal_room_set_set_auto_join (self->rooms, rooms))
    return FALSE;

  if (connection == NULL)
    return TRUE;

  now = signal_room_set_get_wanted (self->rooms);
  joined = list_missing (now, (const char * const *) before);
  left = list_missing ((const char * const *) before, now);
  send_rooms (self, connection, "leave", (const char * const *) left);
  send_rooms (self, connection, "join", (const char * const *) joined);
  return TRUE;
}

/* is_changed is set to whether the wanted rooms have changed. */
gboolean
signal_sender_join_rooms (SignalSender        *self,
                          SignalConnection    *connection,
                          const char * const  *rooms,
                          gboolean            *is_changed,
                          GError             **error)
{
  if (!signal_room_name_check_all (rooms, error))
    return FALSE;

  if (connection != NULL)
    send_rooms (self, connection, "join", rooms);
  *is_changed = signal_room_set_join (self->rooms, rooms, NULL);
  return TRUE;
}

gboolean
signal_sender_leave_rooms (SignalSender        *self,
                           SignalConnection    *connection,
                           const char * const  *rooms,
                           gboolean            *is_changed,
                           GError             **error)
{
  if (!signal_room_name_check_all (rooms, error))
    return FALSE;

  if (connection != NULL && g_strv_contains (rooms, signal_connection_get_client_id (connection)))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("A client cannot leave the room that is its own id"));
      return FALSE;
    }

  if (connection != NULL)
    send_rooms (self, connection, "leave", rooms);
  *is_changed = signal_room_set_leave (self->rooms, rooms, NULL);
  return TRUE;
}

/* Joins all wanted rooms on a new connection. */
void
signal_sender_rejoin_rooms (SignalSender     *self,
                            SignalConnection *connection)
{
  send_rooms (self, connection, "join", signal_room_set_get_wanted (self->rooms));
}

/* Getters */

SignalRoomSet *
signal_sender_get_rooms (SignalSender *self)
{
  return self->rooms;
}

/* Gets the number of messages that have not been passed to a connection. */
guint
signal_sender_get_waiting (SignalSender *self)
{
  return signal_outbox_get_waiting (self->outbox);
}

/* Gets the number of messages that are not known to be written. */
guint
signal_sender_get_length (SignalSender *self)
{
  return signal_outbox_get_length (self->outbox);
}

/* Gets the number of bytes that have not been passed to a connection. */
gsize
signal_sender_get_size (SignalSender *self)
{
  return signal_outbox_get_size (self->outbox);
}

/* Gets the number of messages that were passed to a connection in the lifetime of the sender. */
guint64
signal_sender_get_sent (SignalSender *self)
{
  return self->sent;
}

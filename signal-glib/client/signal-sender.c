/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-sender-private.h"

#include <glib/gi18n-lib.h>

#include "client/signal-outbox-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-room-name-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"

/* The number of bytes that are passed to a connection at a time, which limits how many are lost
 * with it. */
#define HIGH_WATER (1024 * 1024)

/* Messages that were passed to a connection which is being closed. */
typedef struct
{
  SignalSender *sender; /* NULL once it has been freed */
  SignalOutbox *outbox;
  SignalConnection *connection;
} Closing;

struct _SignalSender
{
  const SignalSessionSettings *settings;
  const SignalSenderHandlers *handlers;
  gpointer user_data;

  GMainContext *context;
  SignalOutbox *outbox;
  GQueue closing; /* of Closing */
  GSource *expiry; /* for the first waiting message; NULL if there is none */
  SignalRoomSet *rooms;
  guint64 sent; /* messages that have been passed to a connection */
};

static void
on_finished (SignalOperation *operation,
             const GError    *error,
             gpointer         user_data)
{
  SignalSender *self = user_data;

  self->handlers->finished (operation, error, self->user_data);
}

/* The owner keeps settings valid for the lifetime of the sender. handlers must be static. */
SignalSender *
signal_sender_new (const SignalSessionSettings *settings,
                   const SignalSenderHandlers  *handlers,
                   gpointer                     user_data)
{
  SignalSender *self = g_new0 (SignalSender, 1);

  self->settings = settings;
  self->handlers = handlers;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->outbox = signal_outbox_new (on_finished, self);
  self->rooms = signal_room_set_new ();
  return self;
}

void
signal_sender_free (SignalSender *self)
{
  for (GList *link = self->closing.head; link != NULL; link = link->next)
    {
      Closing *closing = link->data;

      closing->sender = NULL;
      g_clear_pointer (&closing->outbox, signal_outbox_free);
    }

  g_queue_clear (&self->closing);
  signal_source_clear (&self->expiry);
  signal_outbox_free (self->outbox);
  signal_room_set_free (self->rooms);
  g_main_context_unref (self->context);
  g_free (self);
}

static void
report_error (SignalSender *self,
              const GError *error)
{
  self->handlers->error (error, self->user_data);
}

/* Messages that wait too long */

/* Returns the number of messages that have expired. */
static guint
expire (SignalSender *self)
{
  gint64 before = g_get_monotonic_time () - (gint64) self->settings->outbox_ttl * 1000;
  g_autoptr (GError) expired = NULL;
  g_autoptr (GError) error = NULL;
  guint count;

  if (self->settings->outbox_ttl == 0)
    return 0;

  expired = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                 _("The message waited too long for a connection and was dropped"));
  count = signal_outbox_expire (self->outbox, before, expired);
  if (count == 0)
    return 0;

  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                       g_dngettext (GETTEXT_PACKAGE,
                                    "%u message waited too long for a connection and was dropped",
                                    "%u messages waited too long for a connection and were dropped",
                                    count),
                       count);
  report_error (self, error);
  return count;
}

static void watch_expiry (SignalSender *self);

static gboolean
on_expiry (gpointer user_data)
{
  SignalSender *self = user_data;
  guint count;

  signal_source_clear (&self->expiry);
  count = expire (self);
  watch_expiry (self);
  if (count > 0)
    self->handlers->expired (self->user_data);
  return G_SOURCE_REMOVE;
}

/* Ensures that on_expiry() is called when the first waiting message expires. It may be called
 * earlier, because the timer is not changed when that message has gone. */
static void
watch_expiry (SignalSender *self)
{
  gint64 added = signal_outbox_peek_added (self->outbox);
  gint64 time = added + (gint64) self->settings->outbox_ttl * 1000 + 1;

  if (added < 0 || self->settings->outbox_ttl == 0)
    return;

  if (self->expiry == NULL)
    {
      self->expiry = signal_source_new_timed (on_expiry, self, "[signal-glib] outbox expiry");
      g_source_set_ready_time (self->expiry, time);
      g_source_attach (self->expiry, self->context);
    }
  else if (time < g_source_get_ready_time (self->expiry))
    {
      g_source_set_ready_time (self->expiry, time);
    }
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
      guint64 begin = count_accepted (connection);

      if (signal_connection_send (connection, text, length, &error))
        {
          self->sent++;
          signal_outbox_mark_in_flight (self->outbox, begin, count_accepted (connection));
          signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
        }
      else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE))
        {
          signal_outbox_drop (self->outbox, error);
          report_error (self, error);
        }
      else
        {
          break;
        }
    }
}

/* Reports what has been written, and passes as many waiting messages to the connection as it
 * should have at a time. */
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
  signal_outbox_recall (self->outbox, signal_connection_get_written (connection));
  watch_expiry (self);
}

static GError *
new_disconnected_error (void)
{
  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                              _("The client was disconnected before the message was sent"));
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Closing *closing = user_data;
  SignalSender *self = closing->sender;
  g_autoptr (GError) error = new_disconnected_error ();

  signal_connection_close_finish (closing->connection, result, NULL);
  if (self != NULL)
    {
      g_queue_remove (&self->closing, closing);
      signal_outbox_recall (closing->outbox, signal_connection_get_written (closing->connection));
      signal_outbox_clear (closing->outbox, error);
      signal_outbox_free (closing->outbox);
    }

  g_object_unref (closing->connection);
  g_free (closing);
}

/* Closes the connection. What was passed to it is still written, and reported when it is closed. */
void
signal_sender_close (SignalSender     *self,
                     SignalConnection *connection)
{
  Closing *closing;

  signal_outbox_remove_written (self->outbox, signal_connection_get_written (connection));
  closing = g_new0 (Closing, 1);
  closing->sender = self;
  closing->outbox = signal_outbox_detach (self->outbox);
  closing->connection = g_object_ref (connection);
  g_queue_push_tail (&self->closing, closing);
  signal_connection_close_async (connection, NULL, on_closed, closing);
}

/* Discards the waiting messages, for which there will be no connection. */
void
signal_sender_clear (SignalSender *self)
{
  guint count = signal_outbox_get_waiting (self->outbox);
  g_autoptr (GError) disconnected = new_disconnected_error ();
  g_autoptr (GError) error = NULL;

  signal_source_clear (&self->expiry);
  signal_outbox_clear (self->outbox, disconnected);
  if (count == 0)
    return;

  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                       g_dngettext (GETTEXT_PACKAGE,
                                    "%u message was waiting for a connection and is lost",
                                    "%u messages were waiting for a connection and are lost",
                                    count),
                       count);
  report_error (self, error);
}

/* Ends everything now, without an error for the owner. It will not be known what becomes of the
 * messages that were passed to a connection which is being closed. */
void
signal_sender_abandon (SignalSender *self)
{
  g_autoptr (GError) disconnected = new_disconnected_error ();

  signal_source_clear (&self->expiry);
  for (GList *link = self->closing.head; link != NULL; link = link->next)
    {
      Closing *closing = link->data;

      signal_outbox_lose (closing->outbox, signal_connection_get_written (closing->connection));
    }

  signal_outbox_clear (self->outbox, disconnected);
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
          char             **envelope,
          gsize              length,
          SignalOperation   *operation,
          GError           **error)
{
  guint64 begin = count_accepted (connection);
  guint64 end, written;

  if (!signal_connection_send (connection, *envelope, length, error))
    return FALSE;

  self->sent++;
  end = count_accepted (connection);
  written = signal_connection_get_written (connection);
  signal_outbox_remove_written (self->outbox, written);
  if (end > written)
    signal_outbox_push_in_flight (self->outbox, envelope, length, operation, begin, end);
  else if (operation != NULL)
    on_finished (operation, NULL, self);
  return TRUE;
}

/* Sends an envelope. It is stolen if it is needed until it has been written, so that a large one is not
 * copied; otherwise, the caller wipes it. operation, which may be NULL, is told what becomes of it unless
 * this function fails. may_wait is whether there will be a connection. */
gboolean
signal_sender_send (SignalSender      *self,
                    SignalConnection  *connection,
                    char             **envelope,
                    gsize              length,
                    SignalOperation   *operation,
                    gboolean           may_wait,
                    GError           **error)
{
  if (!check_size (self, connection, length, error))
    return FALSE;

  if (connection != NULL
      && signal_outbox_get_waiting (self->outbox) == 0
      && signal_connection_can_send (connection))
    return send_now (self, connection, envelope, length, operation, error);

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

  if (!signal_outbox_push (self->outbox, envelope, length, operation, self->settings->outbox_limit,
                           error))
    return FALSE;

  watch_expiry (self);
  return TRUE;
}

/* Takes the message of an operation out of the queue, so that it will not be sent. Returns FALSE if
 * it is not there any more, or a part of it has been written. Flushes that have waited for it are
 * not reported before signal_sender_report_flushes(), so that the operation can be ended first. */
gboolean
signal_sender_cancel (SignalSender     *self,
                      SignalConnection *connection,
                      SignalOperation  *operation)
{
  guint64 begin;
  gsize length;

  if (operation->item == NULL)
    return FALSE;

  for (GList *link = self->closing.head; link != NULL; link = link->next)
    if (signal_outbox_locate (((Closing *) link->data)->outbox, operation, &begin, &length))
      {
        signal_outbox_withdraw (operation);
        return FALSE;
      }

  if (signal_outbox_locate (self->outbox, operation, &begin, &length))
    {
      if (connection == NULL || !signal_connection_take_back (connection, begin, length))
        {
          signal_outbox_withdraw (operation);
          return FALSE;
        }
      self->sent--;
    }

  signal_outbox_remove (self->outbox, operation);
  return TRUE;
}

void
signal_sender_report_flushes (SignalSender *self)
{
  signal_outbox_report_flushes (self->outbox);
}

/* A flush will not be reported any more. */
void
signal_sender_unwatch (SignalSender    *self,
                       SignalOperation *operation)
{
  for (GList *link = self->closing.head; link != NULL; link = link->next)
    signal_outbox_unwatch (((Closing *) link->data)->outbox, operation);
  signal_outbox_unwatch (self->outbox, operation);
}

/* Returns whether the message of an operation is waiting for a connection. */
gboolean
signal_sender_is_waiting (SignalOperation *operation)
{
  return signal_outbox_is_waiting (operation);
}

/* What becomes of the message of an operation will not be reported any more. */
void
signal_sender_forget (SignalOperation *operation)
{
  signal_outbox_forget (operation);
}

/* Reports a flush once for each of its markers, when all messages that have been accepted are
 * gone. */
void
signal_sender_watch (SignalSender    *self,
                     SignalOperation *operation)
{
  operation->n_markers = self->closing.length + 1;
  for (GList *link = self->closing.head; link != NULL; link = link->next)
    signal_outbox_flush (((Closing *) link->data)->outbox, operation);
  signal_outbox_flush (self->outbox, operation);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "crypto/signal-secret-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-room-name-private.h"
#include "signal-error.h"

/* What goes out: messages and rooms. */

/* What waits has a copy of its own, and this one is nobody's. */
static gboolean
send_and_wipe (SignalClient  *self,
               char          *envelope,
               gsize          length,
               GError       **error)
{
  gboolean accepted = signal_client_send_or_keep (self, envelope, length, error);

  signal_secret_wipe (envelope, length);
  return accepted;
}

/**
 * signal_client_send_message:
 * @self: a client
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message, encrypted.
 *
 * While the client is on its way to the server the message is kept, up to
 * [property@Signal.Client:outbox-limit] of them, and sent in order once it is there.
 *
 * A message is written at most once, and the protocol has no acknowledgement: %TRUE means that it was
 * accepted, not that it has arrived.
 *
 * A JsonNode holds numbers as 64-bit integers or doubles; use [method@Signal.Client.send_json] where the
 * digits of a text must stay as they are.
 *
 * Fails with %SIGNAL_ERROR_INVALID_ARGUMENT for a name that is empty or the protocol's own and for a
 * payload that JSON cannot express (infinity, NaN), %SIGNAL_ERROR_TOO_LARGE beyond
 * [property@Signal.Client:max-message-size], %SIGNAL_ERROR_NOT_CONNECTED while `DISCONNECTED`, and
 * %SIGNAL_ERROR_OUTBOX_FULL.
 *
 * Returns: %TRUE when the message was accepted; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_send_message (SignalClient  *self,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_node (event, payload, &length, error);
  return envelope != NULL && send_and_wipe (self, envelope, length, error);
}

/**
 * signal_client_send_json:
 * @self: a client
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text in UTF-8, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message whose payload is JSON text.
 *
 * The text is checked against RFC 8259 and sent as it is, digit for digit. Otherwise as
 * [method@Signal.Client.send_message].
 *
 * Returns: %TRUE when the message was accepted; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_send_json (SignalClient  *self,
                         const char    *event,
                         const char    *json,
                         GError       **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_json (event, json, &length, error);
  return envelope != NULL && send_and_wipe (self, envelope, length, error);
}

/* Asks the server for rooms, or to leave them. What cannot be sent is made up for after the next
 * authentication. Names that the server would drop are left out. */
void
signal_client_send_rooms (SignalClient       *self,
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
                                            self->max_message_size);
  for (guint i = 0; i < frames->len; i++)
    signal_connection_send_plain (self->connection, g_ptr_array_index (frames, i), NULL);
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

/* The rooms that are wanted have changed: the server is told now, if there is one. */
void
signal_client_follow_rooms (SignalClient       *self,
                            const char * const *before)
{
  const char * const *now = signal_room_set_get_wanted (self->rooms);
  g_auto (GStrv) joined = list_missing (now, before);
  g_auto (GStrv) left = list_missing (before, now);

  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    return;

  signal_client_send_rooms (self, "leave", (const char * const *) left);
  signal_client_send_rooms (self, "join", (const char * const *) joined);
}

static void
notify_rooms (SignalClient *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS]);
}

/**
 * signal_client_join_rooms:
 * @self: a client
 * @rooms: (array zero-terminated=1): names of rooms
 * @error: return location for a #GError
 *
 * Joins rooms.
 *
 * They are remembered, asked for now or when the client is authenticated next, and again after each
 * reconnect. The server does not answer, and may refuse silently.
 *
 * A name is UTF-8 text of 1 to 256 characters (as UTF-16 counts them) that does not begin with `ws:`.
 * One that is not fails the whole call with %SIGNAL_ERROR_INVALID_ARGUMENT, and nothing is sent.
 *
 * Returns: %TRUE on success; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_join_rooms (SignalClient        *self,
                          const char * const  *rooms,
                          GError             **error)
{
  g_autoptr (SignalClient) keep = NULL;
  g_auto (GStrv) copy = NULL;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (rooms != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_room_name_check_all (rooms, error))
    return FALSE;

  keep = g_object_ref (self);
  copy = g_strdupv ((char **) rooms);
  if (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    signal_client_send_rooms (self, "join", (const char * const *) copy);
  if (signal_room_set_join (self->rooms, (const char * const *) copy, NULL))
    notify_rooms (self);
  return TRUE;
}

/**
 * signal_client_leave_rooms:
 * @self: a client
 * @rooms: (array zero-terminated=1): names of rooms
 * @error: return location for a #GError
 *
 * Leaves rooms, and does not join them again after a reconnect.
 *
 * Joining is asynchronous on the server and leaving is not, so that a room which was joined a moment
 * before can stay joined until the next reconnect. The room that is the client's own id is never left:
 * that, as a bad name, fails the whole call with %SIGNAL_ERROR_INVALID_ARGUMENT, and nothing is sent.
 *
 * Returns: %TRUE on success; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_leave_rooms (SignalClient        *self,
                           const char * const  *rooms,
                           GError             **error)
{
  g_autoptr (SignalClient) keep = NULL;
  g_auto (GStrv) copy = NULL;
  const char *own;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (rooms != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_room_name_check_all (rooms, error))
    return FALSE;

  own = signal_client_get_client_id (self);
  if (own != NULL && g_strv_contains (rooms, own))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("A client cannot leave the room that is its own id"));
      return FALSE;
    }

  keep = g_object_ref (self);
  copy = g_strdupv ((char **) rooms);
  if (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    signal_client_send_rooms (self, "leave", (const char * const *) copy);
  if (signal_room_set_leave (self->rooms, (const char * const *) copy, NULL))
    notify_rooms (self);
  return TRUE;
}

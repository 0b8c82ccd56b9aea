/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "protocol/signal-envelope-private.h"
#include "server/signal-server-private.h"
#include "signal-error.h"

/* The envelope is the same for all who get it: what differs between them is the key. */
static char *
compose (const char  *event,
         JsonNode    *payload,
         gsize       *length,
         GError     **error)
{
  g_autofree char *envelope = signal_envelope_compose_node (event, payload, length, error);

  if (envelope == NULL
      || !signal_channel_check_size (signal_envelope_get_encrypted_size (*length),
                                     SIGNAL_PEER_MAX_OUTGOING_SIZE, error))
    return NULL;

  return g_steal_pointer (&envelope);
}

/* Takes a snapshot, since writing can find that a peer is gone, and handlers may do anything. */
static gboolean
send_to_all (GPtrArray   *snapshot,
             SignalPeer  *except,
             const char  *event,
             JsonNode    *payload,
             GError     **error)
{
  g_autoptr (GPtrArray) peers = snapshot;
  g_autofree char *envelope = NULL;
  gsize length;

  envelope = compose (event, payload, &length, error);
  if (envelope == NULL)
    return FALSE;

  for (guint i = 0; i < peers->len; i++)
    if (peers->pdata[i] != except && signal_peer_is_admitted (peers->pdata[i]))
      signal_peer_send (peers->pdata[i], envelope, length, NULL);
  return TRUE;
}

/**
 * signal_server_send_to_peer:
 * @self: a server
 * @peer: the peer
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to one peer, encrypted if the peer has a key.
 *
 * Fails with %SIGNAL_ERROR_INVALID_ARGUMENT if @event is empty or one of the protocol's own, or if
 * @payload is nothing that JSON can express; with %SIGNAL_ERROR_TOO_LARGE if the message takes more
 * than 16 MiB; with %SIGNAL_ERROR_NOT_CONNECTED if the peer is gone or has not authenticated; with
 * %SIGNAL_ERROR_OUTBOX_FULL if it does not read what it has been sent.
 *
 * Returns: %TRUE if the message is on its way
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_peer (SignalServer  *self,
                            SignalPeer    *peer,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_autofree char *envelope = NULL;
  g_autoptr (SignalPeer) keep = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (SIGNAL_IS_PEER (peer), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  envelope = compose (event, payload, &length, error);
  if (envelope == NULL)
    return FALSE;

  if (g_hash_table_lookup (self->peers, signal_peer_get_id (peer)) != peer
      || !signal_peer_is_admitted (peer))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The peer is not connected to this server"));
      return FALSE;
    }

  keep = g_object_ref (peer);
  return signal_peer_send (peer, envelope, length, error);
}

/**
 * signal_server_send_to_user:
 * @self: a server
 * @user_id: what a handler of [signal@Signal.Server::authenticate] returned
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to all peers of a user.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_user (SignalServer  *self,
                            const char    *user_id,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (user_id != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (signal_peer_index_snapshot (self->users, user_id), NULL, event, payload, error);
}

/**
 * signal_server_send_to_room:
 * @self: a server
 * @room: the name of a room
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @except: (nullable): a peer that is left out, such as the one who said it
 * @error: where to put an error
 *
 * Sends a message to all peers in a room.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_room (SignalServer  *self,
                            const char    *room,
                            const char    *event,
                            JsonNode      *payload,
                            SignalPeer    *except,
                            GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);
  g_return_val_if_fail (except == NULL || SIGNAL_IS_PEER (except), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (signal_peer_index_snapshot (self->rooms, room), except, event, payload, error);
}

/**
 * signal_server_broadcast:
 * @self: a server
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to all peers that have authenticated.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
 *
 * Since: 0.1
 */
gboolean
signal_server_broadcast (SignalServer  *self,
                         const char    *event,
                         JsonNode      *payload,
                         GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (signal_server_snapshot (self), NULL, event, payload, error);
}

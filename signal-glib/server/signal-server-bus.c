/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"
#include "util/signal-source-private.h"

/* How long a peer waits for Redis, in microseconds. */
#define MAX_ADMISSION_TIME (1 * G_USEC_PER_SEC)

/* The server on a bus. It watches the channels of its authenticated peers only: those of the rooms
 * that they are in, of their users and of their IDs, and the one of all peers. */

static void
add_channel (SignalServer   *self,
             GPtrArray      *channels,
             SignalBusScope  scope,
             const char     *target)
{
  g_ptr_array_add (channels, signal_bus_get_channel (self->bus, scope, target));
}

/* Returns the channels of a peer, except those of its rooms. */
static GPtrArray *
list_channels (SignalServer *self,
               SignalPeer   *peer,
               const char   *user_id)
{
  GPtrArray *channels = g_ptr_array_new_with_free_func (g_free);

  add_channel (self, channels, SIGNAL_BUS_BROADCAST, NULL);
  add_channel (self, channels, SIGNAL_BUS_PEER, signal_peer_get_id (peer));
  add_channel (self, channels, SIGNAL_BUS_USER, user_id);
  return channels;
}

static void
add_rooms (SignalServer       *self,
           GPtrArray          *channels,
           const char * const *rooms)
{
  for (; rooms != NULL && *rooms != NULL; rooms++)
    add_channel (self, channels, SIGNAL_BUS_ROOM, *rooms);
}

static GPtrArray *
list_all_channels (SignalServer *self,
                   SignalPeer   *peer,
                   const char   *user_id)
{
  GPtrArray *channels = list_channels (self, peer, user_id);

  add_rooms (self, channels, signal_peer_get_rooms (peer));
  return channels;
}

/* The admission of a peer, whose channels have been subscribed to. */
typedef struct
{
  SignalPeer *peer;
  char       *user_id;
  char       *public_key; /* that of the client, or NULL */
  SignalBus  *bus;
  GPtrArray  *channels;
  guint64     number;     /* see signal_bus_confirm() */
  gint64      deadline;
} Admission;

static void
admission_free (Admission *admission)
{
  signal_bus_unwatch (admission->bus, admission->channels);
  g_ptr_array_unref (admission->channels);
  g_object_unref (admission->bus);
  g_object_unref (admission->peer);
  g_free (admission->user_id);
  g_free (admission->public_key);
  g_free (admission);
}

/* Subscribes to the channels that a peer will have when it has been admitted, in one command. */
static GPtrArray *
watch_first_channels (SignalServer *self,
                      SignalPeer   *peer,
                      const char   *user_id)
{
  GPtrArray *channels = list_channels (self, peer, user_id);
  g_autoptr (GPtrArray) rooms = signal_server_list_first_rooms (self, peer);

  for (guint i = 0; i < rooms->len; i++)
    add_channel (self, channels, SIGNAL_BUS_ROOM, rooms->pdata[i]);
  signal_bus_watch (self->bus, channels);
  return channels;
}

static void
finish_admission (SignalServer *self,
                  Admission    *admission)
{
  if (signal_peer_is_open (admission->peer))
    signal_server_admit (self, admission->peer, admission->user_id, admission->public_key);
  admission_free (admission);
}

static void
set_admission_timer (SignalServer *self)
{
  Admission *first = g_queue_peek_head (&self->admissions);

  if (self->admission_timer != NULL)
    g_source_set_ready_time (self->admission_timer, first != NULL ? first->deadline : -1);
}

/* Admits the first peers in the queue. */
static void
finish_admissions (SignalServer *self,
                   guint64       number,
                   gint64        now)
{
  G_GNUC_UNUSED g_autoptr (SignalServer) keep = g_object_ref (self);
  Admission *first;

  while ((first = g_queue_peek_head (&self->admissions)) != NULL
         && (first->number <= number || first->deadline <= now))
    finish_admission (self, g_queue_pop_head (&self->admissions));

  set_admission_timer (self);
}

static gboolean
on_admission_timer (gpointer user_data)
{
  finish_admissions (user_data, 0, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

static void
on_confirmed (guint64  number,
              gpointer user_data)
{
  finish_admissions (user_data, number, 0);
}

/* Admits a peer when what is published from then on reaches it, or after some time: a Redis that is slow
 * does not keep clients from connecting. */
void
signal_server_bus_admit (SignalServer *self,
                         SignalPeer   *peer,
                         const char   *user_id,
                         const char   *public_key)
{
  Admission *admission;

  if (self->bus == NULL)
    {
      signal_server_admit (self, peer, user_id, public_key);
      return;
    }

  admission = g_new (Admission, 1);
  *admission = (Admission) {
    .peer = g_object_ref (peer),
    .user_id = g_strdup (user_id),
    .public_key = g_strdup (public_key),
    .bus = g_object_ref (self->bus),
    .channels = watch_first_channels (self, peer, user_id),
    .deadline = g_get_monotonic_time () + MAX_ADMISSION_TIME,
  };
  admission->number = signal_bus_confirm (self->bus);
  if (admission->number == 0)
    {
      finish_admission (self, admission);
      return;
    }

  g_queue_push_tail (&self->admissions, admission);
  if (self->admission_timer == NULL)
    {
      self->admission_timer = signal_source_new_timed (on_admission_timer, self,
                                                       "[signal-glib] server admission");
      g_source_attach (self->admission_timer, self->affinity.context);
    }
  set_admission_timer (self);
}

/* A peer has been admitted, and is in no room yet. */
void
signal_server_bus_add_peer (SignalServer *self,
                            SignalPeer   *peer,
                            const char   *user_id)
{
  g_autoptr (GPtrArray) channels = NULL;

  if (self->bus == NULL)
    return;

  channels = list_channels (self, peer, user_id);
  signal_bus_watch (self->bus, channels);
}

/* A peer that was admitted has disconnected; it still has its rooms. */
void
signal_server_bus_remove_peer (SignalServer *self,
                               SignalPeer   *peer)
{
  g_autoptr (GPtrArray) channels = NULL;

  if (self->bus == NULL)
    return;

  channels = list_all_channels (self, peer, signal_peer_get_user_id (peer));
  signal_bus_unwatch (self->bus, channels);
}

/* Peers have joined or left a room. */
static void
change_room (SignalServer *self,
             const char   *room,
             void        (*change) (SignalBus *, GPtrArray *))
{
  const char *rooms[] = { room, NULL };
  g_autoptr (GPtrArray) channels = NULL;

  if (self->bus == NULL)
    return;

  channels = g_ptr_array_new_with_free_func (g_free);
  add_rooms (self, channels, rooms);
  change (self->bus, channels);
}

void
signal_server_bus_join_room (SignalServer *self,
                             const char   *room)
{
  change_room (self, room, signal_bus_watch);
}

void
signal_server_bus_leave_room (SignalServer *self,
                              const char   *room)
{
  change_room (self, room, signal_bus_unwatch);
}

static GPtrArray *
find_recipients (SignalServer           *self,
                 const SignalBusMessage *message)
{
  GPtrArray *peers;
  SignalPeer *peer;

  switch (message->scope)
    {
    case SIGNAL_BUS_ROOM:
      return signal_peer_index_snapshot (self->rooms, message->target);

    case SIGNAL_BUS_USER:
      return signal_peer_index_snapshot (self->users, message->target);

    case SIGNAL_BUS_PEER:
      peers = g_ptr_array_new_with_free_func (g_object_unref);
      peer = g_hash_table_lookup (self->peers, message->target);
      if (peer != NULL)
        g_ptr_array_add (peers, g_object_ref (peer));
      return peers;

    case SIGNAL_BUS_BROADCAST:
    default:
      return signal_server_snapshot (self);
    }
}

/* Delivers what another server has published. */
static void
on_message (const SignalBusMessage *message,
            gpointer                user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) peers = find_recipients (self, message);
  g_autoptr (GHashTable) except = NULL;

  if (message->except != NULL && message->except[0] != NULL)
    {
      except = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; message->except[i] != NULL; i++)
        g_hash_table_add (except, (gpointer) message->except[i]);
    }

  for (guint i = 0; i < peers->len; i++)
    if (signal_peer_is_admitted (peers->pdata[i])
        && (except == NULL || !g_hash_table_contains (except, signal_peer_get_id (peers->pdata[i]))))
      signal_server_deliver (self, peers->pdata[i], message->envelope, message->length, NULL);
}

/* Publishes what has been delivered to the peers of this server. */
void
signal_server_bus_publish (SignalServer   *self,
                           SignalBusScope  scope,
                           const char     *target,
                           SignalPeer     *except,
                           const char     *envelope,
                           gsize           length)
{
  const char *ids[] = { except != NULL ? signal_peer_get_id (except) : NULL, NULL };
  const SignalBusMessage message = {
    .scope = scope,
    .target = target,
    .except = ids,
    .envelope = envelope,
    .length = length,
  };

  /* Other servers would not find anybody. */
  if (self->bus == NULL || (target != NULL && (*target == '\0' || !g_utf8_validate (target, -1, NULL))))
    return;

  signal_bus_publish (self->bus, self->bus_member, &message);
}

/* Subscribes to the channels of all peers, or no longer. */
static void
change_all (SignalServer *self,
            void        (*change) (SignalBus *, GPtrArray *))
{
  g_autoptr (GPtrArray) channels = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    if (signal_peer_get_user_id (peer) != NULL)
      g_ptr_array_extend_and_steal (channels,
                                    list_all_channels (self, peer, signal_peer_get_user_id (peer)));

  change (self->bus, channels);
}

static const SignalBusMemberFuncs member_funcs = {
  .message = on_message,
  .confirmed = on_confirmed,
};

/* bus may be NULL for none. */
void
signal_server_bus_set (SignalServer *self,
                       SignalBus    *bus)
{
  if (self->bus != NULL)
    {
      change_all (self, signal_bus_unwatch);
      signal_bus_detach (self->bus, g_steal_pointer (&self->bus_member));
    }

  g_set_object (&self->bus, bus);

  if (self->bus != NULL)
    {
      self->bus_member = signal_bus_attach (self->bus, &member_funcs, self);
      change_all (self, signal_bus_watch);
    }
}

/* The server is disposed of. Peers that wait are not admitted. */
void
signal_server_bus_close (SignalServer *self)
{
  g_queue_clear_full (&self->admissions, (GDestroyNotify) admission_free);
  signal_source_clear (&self->admission_timer);
  signal_server_bus_set (self, NULL);
}

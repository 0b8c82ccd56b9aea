/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-peer-list-private.h"

struct _SignalPeerList
{
  GObject parent_instance;

  GHashTable *members; /* the peers that are in the list when all changes have been applied */
  GSequence *peers;
  GHashTable *positions; /* peer → its position in the sequence */
  GQueue changes; /* a peer for each time that it has been added to or removed from the members */
  gboolean is_changing;
};

static void signal_peer_list_init_model (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalPeerList, signal_peer_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, signal_peer_list_init_model))

static void
signal_peer_list_finalize (GObject *object)
{
  SignalPeerList *self = SIGNAL_PEER_LIST (object);

  g_hash_table_unref (self->members);
  g_hash_table_unref (self->positions);
  g_sequence_free (self->peers);

  G_OBJECT_CLASS (signal_peer_list_parent_class)->finalize (object);
}

static void
signal_peer_list_class_init (SignalPeerListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = signal_peer_list_finalize;
}

static void
signal_peer_list_init (SignalPeerList *self)
{
  self->members = g_hash_table_new (NULL, NULL);
  self->peers = g_sequence_new (g_object_unref);
  self->positions = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->changes);
}

SignalPeerList *
signal_peer_list_new (void)
{
  return g_object_new (SIGNAL_TYPE_PEER_LIST, NULL);
}

static void
insert_or_remove (SignalPeerList *self,
                  SignalPeer     *peer)
{
  GSequenceIter *iter = g_hash_table_lookup (self->positions, peer);
  guint position;

  if (iter == NULL)
    {
      position = g_sequence_get_length (self->peers);
      iter = g_sequence_append (self->peers, g_object_ref (peer));
      g_hash_table_insert (self->positions, peer, iter);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
    }
  else
    {
      position = g_sequence_iter_get_position (iter);
      g_hash_table_remove (self->positions, peer);
      g_sequence_remove (iter);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
    }
}

static void
apply_changes (SignalPeerList *self)
{
  G_GNUC_UNUSED g_autoptr (SignalPeerList) keep = g_object_ref (self);

  if (self->is_changing)
    return;

  self->is_changing = TRUE;
  while (!g_queue_is_empty (&self->changes))
    {
      g_autoptr (SignalPeer) peer = g_queue_pop_head (&self->changes);

      insert_or_remove (self, peer);
    }
  self->is_changing = FALSE;
}

void
signal_peer_list_add (SignalPeerList *self,
                      SignalPeer     *peer)
{
  g_hash_table_add (self->members, peer);
  g_queue_push_tail (&self->changes, g_object_ref (peer));
  apply_changes (self);
}

/* Does nothing if the peer is not in the list. */
void
signal_peer_list_remove (SignalPeerList *self,
                         SignalPeer     *peer)
{
  if (!g_hash_table_remove (self->members, peer))
    return;

  g_queue_push_tail (&self->changes, g_object_ref (peer));
  apply_changes (self);
}

void
signal_peer_list_clear (SignalPeerList *self)
{
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    {
      g_queue_push_tail (&self->changes, g_object_ref (peer));
      g_hash_table_iter_remove (&iter);
    }
  apply_changes (self);
}

/* GListModel */

static GType
signal_peer_list_get_item_type (GListModel *model)
{
  return SIGNAL_TYPE_PEER;
}

static guint
signal_peer_list_get_n_items (GListModel *model)
{
  return g_sequence_get_length (SIGNAL_PEER_LIST (model)->peers);
}

static gpointer
signal_peer_list_get_item (GListModel *model,
                           guint       position)
{
  SignalPeerList *self = SIGNAL_PEER_LIST (model);
  GSequenceIter *iter;

  if (position >= (guint) g_sequence_get_length (self->peers))
    return NULL;

  iter = g_sequence_get_iter_at_pos (self->peers, position);
  return g_object_ref (g_sequence_get (iter));
}

static void
signal_peer_list_init_model (GListModelInterface *iface)
{
  iface->get_item_type = signal_peer_list_get_item_type;
  iface->get_n_items = signal_peer_list_get_n_items;
  iface->get_item = signal_peer_list_get_item;
}

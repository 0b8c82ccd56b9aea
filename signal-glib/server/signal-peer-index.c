/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-peer-index-private.h"

struct _SignalPeerIndex
{
  GHashTable *names; /* name → set of peers, which is never empty */
};

SignalPeerIndex *
signal_peer_index_new (void)
{
  SignalPeerIndex *self = g_new0 (SignalPeerIndex, 1);

  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_hash_table_unref);
  return self;
}

void
signal_peer_index_free (SignalPeerIndex *self)
{
  g_hash_table_unref (self->names);
  g_free (self);
}

void
signal_peer_index_add (SignalPeerIndex *self,
                       const char      *name,
                       SignalPeer      *peer)
{
  GHashTable *peers = g_hash_table_lookup (self->names, name);

  if (peers == NULL)
    {
      peers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
      g_hash_table_insert (self->names, g_strdup (name), peers);
    }

  g_hash_table_add (peers, g_object_ref (peer));
}

void
signal_peer_index_remove (SignalPeerIndex *self,
                          const char      *name,
                          SignalPeer      *peer)
{
  GHashTable *peers = g_hash_table_lookup (self->names, name);

  if (peers == NULL)
    return;

  g_hash_table_remove (peers, peer);
  if (g_hash_table_size (peers) == 0)
    g_hash_table_remove (self->names, name);
}

/* Returns references, so that the caller may modify the index while iterating. */
GPtrArray *
signal_peer_index_snapshot (SignalPeerIndex *self,
                            const char      *name)
{
  GPtrArray *snapshot = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTable *peers = g_hash_table_lookup (self->names, name);
  GHashTableIter iter;
  gpointer peer;

  if (peers == NULL)
    return snapshot;

  g_hash_table_iter_init (&iter, peers);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    g_ptr_array_add (snapshot, g_object_ref (peer));
  return snapshot;
}

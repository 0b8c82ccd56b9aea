/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-connection-limiter-private.h"

#include <string.h>

#include "util/signal-source-private.h"

/* No connection is closed before this time, in milliseconds, which is sufficient to authenticate
 * even if many clients connect at the same time. */
#define GRACE 250

/* How long a rejected client may take to read the response, in milliseconds. */
#define LINGER 500

#define PENDING_KEY "signal-glib-pending"

struct _SignalConnectionLimiter
{
  GMainContext *context;
  GQueue        waiting;       /* PendingConnection, oldest first */
  GHashTable   *networks;        /* network → number of the waiting connections */
  guint         n_peers;       /* number of the waiting connections that will become peers */
  guint         n_connections; /* number of all open connections, including peers */
};

typedef struct
{
  SignalConnectionLimiter *limiter; /* NULL once the connection has ended */
  GList        link;
  gboolean     is_waiting;
  gboolean     is_peer;
  guint64      network;
  gint64       since;
  GSocket     *socket;
  GSource     *deadline;
  GIOStream   *lingering;
} PendingConnection;

SignalConnectionLimiter *
signal_connection_limiter_new (void)
{
  SignalConnectionLimiter *self = g_atomic_rc_box_new0 (SignalConnectionLimiter);

  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->waiting);
  self->networks = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

static void
limiter_clear (gpointer limiter)
{
  SignalConnectionLimiter *self = limiter;

  g_hash_table_unref (self->networks);
  g_main_context_unref (self->context);
}

/* Connections that outlive the server hold a reference to the limiter. They end in the thread of the main
 * context, while another thread may release the last reference to the server. */
void
signal_connection_limiter_unref (SignalConnectionLimiter *self)
{
  g_atomic_rc_box_release_full (self, limiter_clear);
}

/* Addresses of the same network count as one: an IPv6 site is usually assigned a whole /64. */
static guint64
get_network (GSocketAddress *remote_address)
{
  GInetAddress *address;
  guint64 network = 0;

  if (!G_IS_INET_SOCKET_ADDRESS (remote_address))
    return 0;

  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote_address));
  memcpy (&network, g_inet_address_to_bytes (address),
          MIN (sizeof network, g_inet_address_get_native_size (address)));
  return network;
}

static guint
count_in_network (SignalConnectionLimiter *self,
                  guint64                  network)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->networks, &network));
}

static void
set_count (SignalConnectionLimiter *self,
           guint64                  network,
           guint                    count)
{
  if (count == 0)
    g_hash_table_remove (self->networks, &network);
  else
    g_hash_table_insert (self->networks, g_memdup2 (&network, sizeof network), GUINT_TO_POINTER (count));
}

/* Closing a lingering stream can end the connection, and so call this function again. */
static void
leave (PendingConnection *pending)
{
  SignalConnectionLimiter *limiter = pending->limiter;

  if (!pending->is_waiting)
    return;

  pending->is_waiting = FALSE;
  limiter->n_peers -= pending->is_peer;
  g_queue_unlink (&limiter->waiting, &pending->link);
  set_count (limiter, pending->network, count_in_network (limiter, pending->network) - 1);
  signal_source_clear (&pending->deadline);
  g_clear_object (&pending->socket);
  g_clear_object (&pending->lingering);
}

/* The owner of the connection then reads the end of the stream. */
static void
end_connection (PendingConnection *pending)
{
  g_atomic_rc_box_acquire (pending);
  g_socket_shutdown (pending->socket, TRUE, TRUE, NULL);
  leave (pending);
  g_atomic_rc_box_release (pending);
}

static gboolean
on_deadline (gpointer pending)
{
  end_connection (pending);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (PendingConnection *pending,
              guint              timeout)
{
  signal_source_clear (&pending->deadline);
  pending->deadline = g_timeout_source_new (timeout);
  g_source_set_static_name (pending->deadline, "[signal-glib] connection deadline");
  g_source_set_callback (pending->deadline, on_deadline, pending, NULL);
  g_source_attach (pending->deadline, pending->limiter->context);
}

static void
on_connection_finalized (gpointer data)
{
  PendingConnection *pending = data;

  leave (pending);
  pending->limiter->n_connections--;
  g_clear_pointer (&pending->limiter, signal_connection_limiter_unref);
  g_atomic_rc_box_release (pending);
}

/* Counts the connection as pending until it leaves, is evicted, or timeout milliseconds have
 * passed. */
void
signal_connection_limiter_enter (SignalConnectionLimiter *self,
                                 GSocketConnection       *connection,
                                 GSocketAddress          *remote_address,
                                 guint                    timeout)
{
  PendingConnection *pending = g_atomic_rc_box_new0 (PendingConnection);

  pending->limiter = g_atomic_rc_box_acquire (self);
  pending->link.data = pending;
  pending->is_waiting = TRUE;
  pending->network = get_network (remote_address);
  pending->since = g_get_monotonic_time ();
  pending->socket = g_object_ref (g_socket_connection_get_socket (connection));
  set_deadline (pending, timeout);

  self->n_connections++;
  g_queue_push_tail_link (&self->waiting, &pending->link);
  set_count (self, pending->network, count_in_network (self, pending->network) + 1);

  g_object_set_data_full (G_OBJECT (remote_address), PENDING_KEY, g_atomic_rc_box_acquire (pending),
                          g_atomic_rc_box_release);
  g_object_set_data_full (G_OBJECT (connection), PENDING_KEY, pending, on_connection_finalized);
}

guint
signal_connection_limiter_count_connections (SignalConnectionLimiter *self)
{
  return self->n_connections;
}

guint
signal_connection_limiter_count_waiting (SignalConnectionLimiter *self)
{
  return self->waiting.length;
}

/* Returns the number of pending connections that have been upgraded, and so count as peers. */
guint
signal_connection_limiter_count_peers (SignalConnectionLimiter *self)
{
  return self->n_peers;
}

/* Closes the oldest connection from the network with the most connections, unless it has not yet
 * had time to authenticate. Returns whether there was one. peers_only restricts this to
 * connections that count as peers. */
gboolean
signal_connection_limiter_evict (SignalConnectionLimiter *self,
                                 gboolean                 peers_only)
{
  gint64 latest = g_get_monotonic_time () - GRACE * G_TIME_SPAN_MILLISECOND;
  PendingConnection *chosen = NULL;
  guint most = 0;

  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      PendingConnection *pending = l->data;
      guint count = count_in_network (self, pending->network);

      if (count > most && (pending->is_peer || !peers_only))
        {
          chosen = pending;
          most = count;
        }
    }

  if (chosen == NULL || chosen->since > latest)
    return FALSE;

  end_connection (chosen);
  return TRUE;
}

/* Closes the connections that are kept open only for the client to read the response. */
void
signal_connection_limiter_drop_lingering (SignalConnectionLimiter *self)
{
  GList *next;

  for (GList *l = self->waiting.head; l != NULL; l = next)
    {
      PendingConnection *pending = l->data;

      next = l->next;
      if (pending->lingering != NULL)
        end_connection (pending);
    }
}

static PendingConnection *
find_waiting (GSocketAddress *remote_address)
{
  PendingConnection *pending = g_object_get_data (G_OBJECT (remote_address), PENDING_KEY);

  return pending != NULL && pending->is_waiting ? pending : NULL;
}

/* The connection is being upgraded, and counts as a peer. */
void
signal_connection_limiter_count_as_peer (GSocketAddress *remote_address)
{
  PendingConnection *pending = find_waiting (remote_address);

  if (pending == NULL || pending->is_peer)
    return;

  pending->is_peer = TRUE;
  pending->limiter->n_peers++;
}

/* The connection has become a peer, which has its own deadline; it is still pending. */
void
signal_connection_limiter_clear_deadline (GSocketAddress *remote_address)
{
  PendingConnection *pending = find_waiting (remote_address);

  if (pending != NULL)
    signal_source_clear (&pending->deadline);
}

/* The peer has been authenticated: the connection is no longer pending. */
void
signal_connection_limiter_leave (GSocketAddress *remote_address)
{
  PendingConnection *pending = find_waiting (remote_address);

  if (pending != NULL)
    leave (pending);
}

/* The client was rejected before its request was read completely. Closing the stream immediately
 * would reset the connection, and the response could be lost; therefore, the stream is kept open
 * for a while. */
void
signal_connection_limiter_linger (GSocketAddress *remote_address,
                                  GIOStream      *stream)
{
  PendingConnection *pending = find_waiting (remote_address);

  if (pending == NULL)
    return;

  g_socket_shutdown (pending->socket, FALSE, TRUE, NULL);
  pending->lingering = g_object_ref (stream);
  set_deadline (pending, LINGER);
}

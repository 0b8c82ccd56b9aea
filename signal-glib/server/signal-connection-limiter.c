/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-connection-limiter-private.h"

#include <string.h>

#include "util/signal-source-private.h"

/* Nobody is shown out before this time, in milliseconds: it is enough to authenticate, also when
 * many honest clients come at once. */
#define GRACE 250

/* How long one that was turned away may take to read why, in milliseconds. */
#define LINGER 500

#define CALLER_KEY "signal-glib-caller"

struct _SignalConnectionLimiter
{
  GMainContext *context;
  GQueue        waiting;       /* SignalCaller, the oldest first */
  GHashTable   *houses;        /* where the waiting ones come from → how many do */
  guint         n_peers;       /* of the waiting ones, those that are promised to become peers */
  guint         n_connections; /* all that are open, peers included */
};

typedef struct
{
  SignalConnectionLimiter *lobby; /* NULL: the connection is gone */
  GList        link;
  gboolean     is_waiting;
  gboolean     is_peer;
  guint64      house;
  gint64       since;
  GSocket     *socket;
  GSource     *deadline;
  GIOStream   *lingering;
} SignalCaller;

SignalConnectionLimiter *
signal_connection_limiter_new (void)
{
  SignalConnectionLimiter *self = g_rc_box_new0 (SignalConnectionLimiter);

  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->waiting);
  self->houses = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

static void
lobby_clear (gpointer lobby)
{
  SignalConnectionLimiter *self = lobby;

  g_hash_table_unref (self->houses);
  g_main_context_unref (self->context);
}

/* Connections that outlive the server keep the lobby. */
void
signal_connection_limiter_unref (SignalConnectionLimiter *self)
{
  g_rc_box_release_full (self, lobby_clear);
}

/* One who has a thousand addresses has them in one network: IPv6 hands those out whole. */
static guint64
get_house (GSocketAddress *remote_address)
{
  GInetAddress *address;
  guint64 house = 0;

  if (!G_IS_INET_SOCKET_ADDRESS (remote_address))
    return 0;

  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote_address));
  memcpy (&house, g_inet_address_to_bytes (address),
          MIN (sizeof house, g_inet_address_get_native_size (address)));
  return house;
}

static guint
count_house (SignalConnectionLimiter *self,
             guint64                  house)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->houses, &house));
}

static void
set_house (SignalConnectionLimiter *self,
           guint64                  house,
           guint                    count)
{
  if (count == 0)
    g_hash_table_remove (self->houses, &house);
  else
    g_hash_table_insert (self->houses, g_memdup2 (&house, sizeof house), GUINT_TO_POINTER (count));
}

/* Dropping what lingers can end the connection, and so come here again. */
static void
leave (SignalCaller *caller)
{
  SignalConnectionLimiter *lobby = caller->lobby;

  if (!caller->is_waiting)
    return;

  caller->is_waiting = FALSE;
  lobby->n_peers -= caller->is_peer;
  g_queue_unlink (&lobby->waiting, &caller->link);
  set_house (lobby, caller->house, count_house (lobby, caller->house) - 1);
  signal_source_clear (&caller->deadline);
  g_clear_object (&caller->socket);
  g_clear_object (&caller->lingering);
}

/* Whoever has the connection finds that it is at its end. */
static void
show_out (SignalCaller *caller)
{
  g_rc_box_acquire (caller);
  g_socket_shutdown (caller->socket, TRUE, TRUE, NULL);
  leave (caller);
  g_rc_box_release (caller);
}

static gboolean
on_deadline (gpointer caller)
{
  show_out (caller);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (SignalCaller *caller,
              guint         timeout)
{
  signal_source_clear (&caller->deadline);
  caller->deadline = g_timeout_source_new (timeout);
  g_source_set_static_name (caller->deadline, "[signal-glib] connection deadline");
  g_source_set_callback (caller->deadline, on_deadline, caller, NULL);
  g_source_attach (caller->deadline, caller->lobby->context);
}

static void
on_connection_gone (gpointer data)
{
  SignalCaller *caller = data;

  leave (caller);
  caller->lobby->n_connections--;
  g_clear_pointer (&caller->lobby, signal_connection_limiter_unref);
  g_rc_box_release (caller);
}

/* Waits from now on, until it leaves, is shown out or has waited for @timeout milliseconds. */
void
signal_connection_limiter_enter (SignalConnectionLimiter *self,
                                 GSocketConnection       *connection,
                                 GSocketAddress          *remote_address,
                                 guint                    timeout)
{
  SignalCaller *caller = g_rc_box_new0 (SignalCaller);

  caller->lobby = g_rc_box_acquire (self);
  caller->link.data = caller;
  caller->is_waiting = TRUE;
  caller->house = get_house (remote_address);
  caller->since = g_get_monotonic_time ();
  caller->socket = g_object_ref (g_socket_connection_get_socket (connection));
  set_deadline (caller, timeout);

  self->n_connections++;
  g_queue_push_tail_link (&self->waiting, &caller->link);
  set_house (self, caller->house, count_house (self, caller->house) + 1);

  g_object_set_data_full (G_OBJECT (remote_address), CALLER_KEY, g_rc_box_acquire (caller),
                          g_rc_box_release);
  g_object_set_data_full (G_OBJECT (connection), CALLER_KEY, caller, on_connection_gone);
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

/* Those of the waiting ones that take the place of a peer. */
guint
signal_connection_limiter_count_peers (SignalConnectionLimiter *self)
{
  return self->n_peers;
}

/* Shows out the oldest from where most of them come, unless it has yet to have the time to
 * authenticate. FALSE: nobody was. peers_only: of those that take the place of a peer. */
gboolean
signal_connection_limiter_evict (SignalConnectionLimiter *self,
                                 gboolean                 peers_only)
{
  gint64 latest = g_get_monotonic_time () - GRACE * G_TIME_SPAN_MILLISECOND;
  SignalCaller *chosen = NULL;
  guint most = 0;

  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      SignalCaller *caller = l->data;
      guint count = count_house (self, caller->house);

      if (count > most && (caller->is_peer || !peers_only))
        {
          chosen = caller;
          most = count;
        }
    }

  if (chosen == NULL || chosen->since > latest)
    return FALSE;

  show_out (chosen);
  return TRUE;
}

/* Those that only linger go at once. */
void
signal_connection_limiter_hang_up (SignalConnectionLimiter *self)
{
  GList *next;

  for (GList *l = self->waiting.head; l != NULL; l = next)
    {
      SignalCaller *caller = l->data;

      next = l->next;
      if (caller->lingering != NULL)
        show_out (caller);
    }
}

static SignalCaller *
find_waiting (GSocketAddress *remote_address)
{
  SignalCaller *caller = g_object_get_data (G_OBJECT (remote_address), CALLER_KEY);

  return caller != NULL && caller->is_waiting ? caller : NULL;
}

/* It takes the place of a peer. */
void
signal_connection_limiter_promise (GSocketAddress *remote_address)
{
  SignalCaller *caller = find_waiting (remote_address);

  if (caller == NULL || caller->is_peer)
    return;

  caller->is_peer = TRUE;
  caller->lobby->n_peers++;
}

/* It has become a peer, which has a deadline of its own, and waits on. */
void
signal_connection_limiter_clear_deadline (GSocketAddress *remote_address)
{
  SignalCaller *caller = find_waiting (remote_address);

  if (caller != NULL)
    signal_source_clear (&caller->deadline);
}

/* It has authenticated. */
void
signal_connection_limiter_leave (GSocketAddress *remote_address)
{
  SignalCaller *caller = find_waiting (remote_address);

  if (caller != NULL)
    leave (caller);
}

/* It was turned away before all was read that it had to say. To close at once would reset the
 * connection, and could take the answer from it; so the stream is kept for a moment. */
void
signal_connection_limiter_linger (GSocketAddress *remote_address,
                                  GIOStream      *stream)
{
  SignalCaller *caller = find_waiting (remote_address);

  if (caller == NULL)
    return;

  g_socket_shutdown (caller->socket, FALSE, TRUE, NULL);
  caller->lingering = g_object_ref (stream);
  set_deadline (caller, LINGER);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-socket-poller-private.h"

#ifdef HAVE_SYS_EPOLL_H

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* The number of sockets of a main context that are left to their owners. A source for each of them costs less
 * than the system call that the shared source makes in addition whenever something arrives. */
#define MAX_OWN 4

/* The number of sockets that are read in one dispatch. The kernel puts those that are still readable at the
 * end of its list, so that the next dispatch begins with the others. */
#define MAX_EVENTS 128

/* The number of busy sockets that are read in one dispatch of a nested main loop. */
#define MAX_BUSY 16

/* The source of a main context that waits for all its sockets but the first few. It exists while there is
 * any entry, so that a socket that pauses does not make it anew. */
typedef struct
{
  GSource parent;

  GMainContext *context; /* the key in pollers; not used otherwise */
  guint n_entries;       /* guarded by the lock of pollers, as n_own is */
  guint n_own;

  GMutex mutex;          /* guards what follows: a socket may be removed in any thread */
  int epoll_fd;          /* −1 before the first shared socket */
  GHashTable *shared;    /* file descriptor → entry */
  guint32 generation;    /* of the last shared entry */
  GQueue busy;           /* shared entries, see signal_socket_poller_set_busy() */
} Poller;

/* Tells an event of this registration from one of an earlier socket with the same file descriptor. */
typedef struct
{
  int fd;
  guint32 generation;
} Key;

G_LOCK_DEFINE_STATIC (pollers);
static GHashTable *pollers; /* GMainContext → Poller, neither owned */

static guint64
pack_key (const SignalSocketPollerEntry *entry)
{
  return (guint64) entry->generation << 32 | (guint32) entry->fd;
}

static Key
unpack_key (guint64 data)
{
  return (Key) { (int) (guint32) data, (guint32) (data >> 32) };
}

/* Returns FALSE if the entry has been removed. user_data may be used, as the entries of a main context
 * that is being dispatched are only removed by what is called from there. */
static gboolean
look_up (Poller                  *self,
         Key                      key,
         SignalSocketPollerEntry *copy)
{
  SignalSocketPollerEntry *entry;

  g_mutex_lock (&self->mutex);
  entry = g_hash_table_lookup (self->shared, GINT_TO_POINTER (key.fd));
  if (entry != NULL && entry->generation == key.generation)
    *copy = *entry;
  else
    entry = NULL;
  g_mutex_unlock (&self->mutex);

  return entry != NULL;
}

/* Lists the busy entries that have more. As many can be busy as main loops are nested. */
static guint
list_busy (Poller *self,
           Key    *keys,
           guint   max)
{
  guint n = 0;

  g_mutex_lock (&self->mutex);
  for (GList *link = self->busy.head; link != NULL && n < max; link = link->next)
    {
      const SignalSocketPollerEntry *entry = link->data;

      if (entry->has_more (entry->user_data))
        keys[n++] = (Key) { entry->fd, entry->generation };
    }
  g_mutex_unlock (&self->mutex);

  return n;
}

/* There are busy entries only if this is a nested main loop. */
static gboolean
poller_prepare (GSource *source,
                int     *timeout)
{
  Poller *self = (Poller *) source;
  Key key;

  *timeout = -1;
  return self->busy.length > 0 && list_busy (self, &key, 1) > 0;
}

static void
dispatch_busy (Poller *self)
{
  SignalSocketPollerEntry entry;
  Key keys[MAX_BUSY];
  guint n = list_busy (self, keys, MAX_BUSY);

  for (guint i = 0; i < n; i++)
    if (look_up (self, keys[i], &entry) && entry.has_more (entry.user_data))
      entry.ready (entry.user_data);
}

static gboolean
poller_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  Poller *self = (Poller *) source;
  struct epoll_event events[MAX_EVENTS];
  SignalSocketPollerEntry entry;
  int n;

  if (self->busy.length > 0)
    dispatch_busy (self);

  n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, 0);
  for (int i = 0; i < n && !g_source_is_destroyed (source); i++)
    if (look_up (self, unpack_key (events[i].data.u64), &entry))
      entry.ready (entry.user_data);

  return G_SOURCE_CONTINUE;
}

static void
poller_finalize (GSource *source)
{
  Poller *self = (Poller *) source;

  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_hash_table_unref (self->shared);
  g_mutex_clear (&self->mutex);
}

static GSourceFuncs poller_funcs = {
  .prepare = poller_prepare,
  .dispatch = poller_dispatch,
  .finalize = poller_finalize,
};

/* Called with the lock of pollers. */
static Poller *
create_poller (GMainContext *context)
{
  GSource *source = g_source_new (&poller_funcs, sizeof (Poller));
  Poller *self = (Poller *) source;

  self->context = context;
  self->epoll_fd = -1;
  self->shared = g_hash_table_new (NULL, NULL);
  g_mutex_init (&self->mutex);
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "[signal-glib] WebSockets read");

  if (pollers == NULL)
    pollers = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (pollers, context, self);
  return self;
}

/* Called with the lock of pollers. The source is attached with the first shared socket. */
static gboolean
open_epoll (Poller *self)
{
  if (self->epoll_fd >= 0)
    return TRUE;

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd < 0)
    return FALSE;

  g_source_add_unix_fd (&self->parent, self->epoll_fd, G_IO_IN);
  g_source_attach (&self->parent, self->context);
  return TRUE;
}

/* Returns FALSE if the kernel cannot wait for one more, or not for this file. */
static gboolean
share (Poller                  *self,
       SignalSocketPollerEntry *entry)
{
  struct epoll_event event = { .events = EPOLLIN };

  g_mutex_lock (&self->mutex);
  entry->generation = ++self->generation;
  event.data.u64 = pack_key (entry);
  entry->is_shared = epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, entry->fd, &event) == 0;

  /* An earlier entry with the same file descriptor is that of a socket that has been closed. */
  if (entry->is_shared)
    g_hash_table_replace (self->shared, GINT_TO_POINTER (entry->fd), entry);
  g_mutex_unlock (&self->mutex);

  return entry->is_shared;
}

/* Called with the lock of pollers. */
static void
release (Poller *self)
{
  if (--self->n_entries > 0)
    return;

  g_hash_table_remove (pollers, self->context);
  g_source_destroy (&self->parent);
}

/* Adds a socket of which the other members are set, and which is to be removed. Returns FALSE if the
 * caller has to wait for it with a source of its own. */
gboolean
signal_socket_poller_add (SignalSocketPollerEntry *entry,
                          GMainContext            *context)
{
  Poller *self;

  entry->busy = (GList) { .data = entry };

  G_LOCK (pollers);
  self = pollers != NULL ? g_hash_table_lookup (pollers, context) : NULL;
  if (self == NULL)
    self = create_poller (context);
  else
    g_source_ref (&self->parent);
  entry->poller = &self->parent;
  self->n_entries++;

  entry->is_shared = self->n_own >= MAX_OWN && open_epoll (self) && share (self, entry);
  if (!entry->is_shared)
    self->n_own++;
  G_UNLOCK (pollers);

  return entry->is_shared;
}

/* Removes a socket that has been added, with whatever result. ready is not called any more. */
void
signal_socket_poller_remove (SignalSocketPollerEntry *entry)
{
  Poller *self = (Poller *) entry->poller;

  if (self == NULL)
    return;

  signal_socket_poller_set_busy (entry, FALSE);
  entry->poller = NULL;

  G_LOCK (pollers);
  g_mutex_lock (&self->mutex);
  if (!entry->is_shared)
    {
      self->n_own--;
    }
  else if (g_hash_table_lookup (self->shared, GINT_TO_POINTER (entry->fd)) == entry)
    {
      g_hash_table_remove (self->shared, GINT_TO_POINTER (entry->fd));
      epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, entry->fd, NULL);
    }
  g_mutex_unlock (&self->mutex);
  release (self);
  G_UNLOCK (pollers);

  g_source_unref (&self->parent);
}

/* Sets whether has_more is to be asked in nested main loops. */
void
signal_socket_poller_set_busy (SignalSocketPollerEntry *entry,
                               gboolean                 is_busy)
{
  Poller *self = (Poller *) entry->poller;
  gboolean was_busy;

  if (self == NULL || !entry->is_shared)
    return;

  g_mutex_lock (&self->mutex);
  was_busy = entry->busy.prev != NULL || self->busy.head == &entry->busy;
  if (is_busy && !was_busy)
    g_queue_push_tail_link (&self->busy, &entry->busy);
  else if (!is_busy && was_busy)
    g_queue_unlink (&self->busy, &entry->busy);
  g_mutex_unlock (&self->mutex);
}

#else

gboolean
signal_socket_poller_add (SignalSocketPollerEntry *entry,
                          GMainContext            *context)
{
  return FALSE;
}

void
signal_socket_poller_remove (SignalSocketPollerEntry *entry)
{
}

void
signal_socket_poller_set_busy (SignalSocketPollerEntry *entry,
                               gboolean                 is_busy)
{
}

#endif

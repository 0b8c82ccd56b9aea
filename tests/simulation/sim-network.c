/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-network.h"

#include <errno.h>
#include <gmodule.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim-clock.h"
#include "sim-random.h"

#define MAX_FD 4096

/* What may be on its way or unread in one direction. It is often little, so that messages are written in
 * parts and wait in the library. */
#define MIN_WINDOW 1000
#define MAX_SMALL_WINDOW (4 * 1024)
#define MAX_WINDOW (64 * 1024)

/* How long the system tries to connect. */
#define CONNECT_TIME (127 * G_USEC_PER_SEC)

/* In microseconds. */
#define MAX_REFUSAL_LATENCY (200 * 1000)

#define FIRST_PORT 40000

/* What a slow reader reads at a time, in bytes, and how long it waits after that, in microseconds. */
#define MAX_SLOW_READ 2000
#define MAX_SLOW_WAIT (G_USEC_PER_SEC / 2)

/* The number of iterations of the main loop that take no time before this counts as a busy loop. */
#define MAX_BUSY 200000

typedef struct _Socket Socket;
typedef struct _Link Link;

typedef enum
{
  KIND_SOCKET,   /* not connected yet */
  KIND_LISTENER,
  KIND_STREAM,
  KIND_TIMER,
  KIND_EVENT,
  KIND_EPOLL,
} Kind;

struct _Socket
{
  int         fd;
  Kind        kind;
  guint16     port;
  int         error; /* reported once */
  GQueue      waiting; /* of a listener: sockets to accept */
  Link       *link;
  guint       side;
  gboolean    is_connecting;
  GByteArray *unread;
  gboolean    has_end;    /* after what is unread */
  gboolean    is_shut;    /* for writing */
  gint64      expiry;     /* of a timer, in boot time; 0 if it is not armed */
  int         is_signaled; /* of an event; other threads signal it, too */
  GPtrArray  *waited_for;  /* of an epoll: sockets, not owned */
  Socket     *epoll;       /* that waits for this socket, or NULL */
  guint64     epoll_data;
  gint64      slow_until; /* a slow reader */
  gint64      next_read;  /* of a slow reader */
};

struct _Link
{
  guint     ref_count;
  SimRandom random;
  Socket   *ends[2];    /* the client's and the server's; NULL once closed */
  gint64    latest[2];  /* when the last of what was sent by a side arrives */
  gint64    stalled[2]; /* until when nothing that a side sends arrives */
  GQueue    held[2];    /* of Arrival: what has to wait for that */
  gsize     window;     /* of each direction */
  gsize     in_flight[2];
  gint64    begun;      /* when the client began to connect */
  gboolean  has_vanished;
  gboolean  is_established;
};

/* Something that arrives. */
typedef struct
{
  Link   *link;
  guint   from;
  GBytes *data; /* NULL for the end of the data */
} Arrival;

static Socket *sockets[MAX_FD];
static GPtrArray *links;
static guint64 seed;
static guint64 n_links;
static guint16 next_port = FIRST_PORT;
static SimWeather weather;
static guint n_busy;

static Socket *
find (int fd)
{
  if (!sim_clock_is_active () || fd < 0 || fd >= MAX_FD)
    return NULL;
  return sockets[fd];
}

static void
socket_free (Socket *self)
{
  g_byte_array_unref (self->unread);
  g_clear_pointer (&self->waited_for, g_ptr_array_unref);
  g_free (self);
}

/* The number of a descriptor is that of a real one, which is good for nothing else. */
static Socket *
socket_new (Kind kind)
{
  Socket *self = g_new0 (Socket, 1);

  self->fd = (int) syscall (SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_assert (self->fd >= 0 && self->fd < MAX_FD);
  self->kind = kind;
  self->unread = g_byte_array_new ();
  g_queue_init (&self->waiting);
  sockets[self->fd] = self;
  return self;
}

static Link *
link_ref (Link *self)
{
  self->ref_count++;
  return self;
}

static void
link_unref (Link *self)
{
  if (--self->ref_count == 0)
    g_free (self);
}

static void
link_forget (Link *self)
{
  if (g_ptr_array_remove (links, self))
    link_unref (self);
}

static Link *
link_new (void)
{
  Link *self = g_new0 (Link, 1);

  self->ref_count = 1;
  self->begun = sim_clock_now ();
  sim_random_init (&self->random, seed ^ (++n_links * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d)));
  self->window = MAX_WINDOW;
  if (sim_random_chance (&self->random, 50))
    self->window = (gsize) sim_random_between (&self->random, MIN_WINDOW, MAX_SMALL_WINDOW);
  return self;
}

static void
attach (Link   *link,
        guint   side,
        Socket *socket)
{
  link->ends[side] = socket;
  socket->link = link_ref (link);
  socket->side = side;
  socket->kind = KIND_STREAM;
}

void
sim_network_start (void)
{
  links = g_ptr_array_new ();
  weather = (SimWeather) { .min_latency = 1000, .max_latency = 1000 };
}

void
sim_network_set_seed (guint64 new_seed)
{
  seed = new_seed;
  n_links = 0;
}

void
sim_network_set_weather (const SimWeather *new_weather)
{
  weather = *new_weather;
}

guint
sim_network_count_links (void)
{
  return links->len;
}

guint
sim_network_count_sockets (void)
{
  guint n = 0;

  for (int fd = 0; fd < MAX_FD; fd++)
    n += sockets[fd] != NULL && sockets[fd]->kind != KIND_EVENT;
  return n;
}

/* Arrivals */

static gint64
draw_latency (Link *link)
{
  return sim_random_between (&link->random, weather.min_latency, weather.max_latency);
}

/* GSocketClient of GLib 2.74 leaks 1 KiB if an attempt fails after it has looked for a second address,
 * which it does after 250 ms. The limit of the memory in use is for leaks of this library. */
static gint64
draw_refusal_latency (Link *link)
{
  gint64 latency = draw_latency (link);

  return MIN (latency, MAX_REFUSAL_LATENCY);
}

static void
arrive (Arrival *arrival)
{
  Link *link = arrival->link;
  Socket *to = link->ends[1 - arrival->from];

  if (to != NULL && !link->has_vanished && to->error == 0)
    {
      sim_trace ("arrive", arrival->data != NULL ? g_bytes_get_size (arrival->data) : 0);
      if (arrival->data != NULL)
        g_byte_array_append (to->unread, g_bytes_get_data (arrival->data, NULL),
                             (guint) g_bytes_get_size (arrival->data));
      else
        to->has_end = TRUE;
    }

  g_clear_pointer (&arrival->data, g_bytes_unref);
  link_unref (link);
  g_free (arrival);
}

/* The first of what is held may arrive now. */
static void
on_release (gpointer data)
{
  Arrival *first = data;
  Link *link = first->link;
  guint from = first->from;
  Arrival *arrival;

  if (link->stalled[from] > sim_clock_now ())
    {
      sim_clock_at (link->stalled[from], on_release, first);
      return;
    }

  link_ref (link);
  while ((arrival = g_queue_pop_head (&link->held[from])) != NULL)
    arrive (arrival);
  link_unref (link);
}

static void
on_arrival (gpointer data)
{
  Arrival *arrival = data;
  Link *link = arrival->link;
  GQueue *held = &link->held[arrival->from];
  gint64 stalled = link->stalled[arrival->from];

  if (stalled <= sim_clock_now () && g_queue_is_empty (held))
    {
      arrive (arrival);
      return;
    }

  g_queue_push_tail (held, arrival);
  if (held->length == 1)
    sim_clock_at (stalled, on_release, arrival);
}

/* In the order in which it was sent. */
static void
dispatch (Link       *link,
          guint       from,
          const void *data,
          gsize       length)
{
  Arrival *arrival = g_new (Arrival, 1);
  gint64 at = sim_clock_now () + draw_latency (link);

  at = MAX (at, link->latest[from]);
  link->latest[from] = at;
  *arrival = (Arrival) {
    .link = link_ref (link),
    .from = from,
    .data = data != NULL ? g_bytes_new (data, length) : NULL,
  };
  sim_clock_at (at, on_arrival, arrival);
}

static void
transmit (Link       *link,
          guint       from,
          const char *data,
          gsize       length)
{
  gboolean is_split = sim_random_chance (&link->random, weather.split);

  sim_trace ("transmit", length);

  link->in_flight[from] += length;
  while (length > 0)
    {
      gsize n = length;

      if (is_split)
        n = sim_random_chance (&link->random, 50) ? 1 : 1 + sim_random_below (&link->random, (guint) length);
      n = MIN (n, length);
      dispatch (link, from, data, n);
      data += n;
      length -= n;

      /* A long message is not sent in single bytes as a whole. */
      if (is_split && sim_random_chance (&link->random, 2))
        is_split = FALSE;
    }
}

static void
fail_end (Socket *end,
          int     error)
{
  if (end == NULL)
    return;

  end->error = error;
  end->is_connecting = FALSE;
  g_byte_array_set_size (end->unread, 0);
}

static void
reset (Link *link)
{
  if (link->has_vanished)
    return;

  fail_end (link->ends[0], ECONNRESET);
  fail_end (link->ends[1], ECONNRESET);
}

static void
on_reset (gpointer data)
{
  Link *link = data;

  sim_trace ("reset", 0);
  reset (link);
  link_unref (link);
}

/* Connecting */

static Socket *
find_listener (guint16 port)
{
  for (int fd = 0; fd < MAX_FD; fd++)
    if (sockets[fd] != NULL && sockets[fd]->kind == KIND_LISTENER && sockets[fd]->port == port)
      return sockets[fd];

  return NULL;
}

static void
on_connect_timeout (gpointer data)
{
  Link *link = data;

  if (link->ends[0] != NULL && link->ends[0]->is_connecting)
    fail_end (link->ends[0], ETIMEDOUT);
  link_unref (link);
}

/* Nobody listens. If it is too late to say so, the attempt is not answered. */
static void
refuse (Link *link)
{
  sim_trace ("refused", link->ends[0]->port);
  if (sim_clock_now () - link->begun <= MAX_REFUSAL_LATENCY)
    fail_end (link->ends[0], ECONNREFUSED);
  else
    sim_clock_at (link->begun + CONNECT_TIME, on_connect_timeout, link_ref (link));
}

static void
establish (Link *link)
{
  Socket *client = link->ends[0];
  Socket *listener, *server;

  if (client == NULL || !client->is_connecting)
    return;

  listener = find_listener (client->port);
  if (listener == NULL)
    {
      refuse (link);
      return;
    }

  sim_trace ("established", client->port);
  client->is_connecting = FALSE;
  server = socket_new (KIND_STREAM);
  server->port = client->port;
  attach (link, 1, server);
  link->is_established = TRUE;
  g_ptr_array_add (links, link_ref (link));
  g_queue_push_nth (&listener->waiting, server,
                    (int) sim_random_below (&link->random, listener->waiting.length + 1));

  if (sim_random_chance (&link->random, weather.cut_short))
    sim_clock_at (sim_clock_now () + sim_random_between (&link->random, 0, 3 * G_USEC_PER_SEC), on_reset,
                  link_ref (link));
}

static void
on_established (gpointer data)
{
  Link *link = data;

  establish (link);
  link_unref (link);
}

static void
on_refused (gpointer data)
{
  Link *link = data;

  if (link->ends[0] != NULL && link->ends[0]->is_connecting)
    fail_end (link->ends[0], ECONNREFUSED);
  link_unref (link);
}

static void
start_connecting (Socket  *self,
                  guint16  port)
{
  Link *link = link_new ();
  gint64 now = sim_clock_now ();

  self->port = port;
  self->is_connecting = TRUE;
  attach (link, 0, self);
  if (sim_random_chance (&link->random, weather.vanish))
    sim_clock_at (now + CONNECT_TIME, on_connect_timeout, link);
  else if (sim_random_chance (&link->random, weather.refuse))
    sim_clock_at (now + draw_refusal_latency (link), on_refused, link);
  else if (find_listener (port) == NULL)
    sim_clock_at (now + draw_refusal_latency (link), on_established, link);
  else
    sim_clock_at (now + 2 * draw_latency (link), on_established, link);
}

/* Faults */

static Link *
pick (guint which)
{
  return links->len > 0 ? links->pdata[which % links->len] : NULL;
}

gboolean
sim_network_cut (guint which)
{
  Link *link = pick (which);

  if (link == NULL)
    return FALSE;

  sim_trace ("cut", which);
  reset (link);
  return TRUE;
}

gboolean
sim_network_vanish (guint which)
{
  Link *link = pick (which);

  if (link == NULL)
    return FALSE;

  sim_trace ("vanish", which);
  link->has_vanished = TRUE;
  return TRUE;
}

gboolean
sim_network_stall (guint  which,
                   gint64 duration)
{
  Link *link = pick (which);
  guint side = which % 2;

  if (link == NULL)
    return FALSE;

  sim_trace ("stall", which);
  link->stalled[side] = MAX (link->stalled[side], sim_clock_now () + duration);
  return TRUE;
}

gboolean
sim_network_slow (guint  which,
                  gint64 duration)
{
  Link *link = pick (which);
  Socket *end = link != NULL ? link->ends[which / 2 % 2] : NULL;

  if (end == NULL)
    return FALSE;

  sim_trace ("slow", which);
  end->slow_until = MAX (end->slow_until, sim_clock_now () + duration);
  return TRUE;
}

void
sim_network_cut_all (void)
{
  sim_trace ("cut all", links->len);
  for (guint i = 0; i < links->len; i++)
    reset (links->pdata[i]);
}

/* The functions of the C library */

static int
fail_with (int error)
{
  errno = error;
  return -1;
}

G_MODULE_EXPORT int
socket (int domain,
        int type,
        int protocol)
{
  if (!sim_clock_is_active () || domain != AF_INET)
    return (int) syscall (SYS_socket, domain, type, protocol);

  return socket_new (KIND_SOCKET)->fd;
}

G_MODULE_EXPORT int
bind (int                    fd,
      const struct sockaddr *address,
      socklen_t              length)
{
  Socket *self = find (fd);
  const struct sockaddr_in *inet = (const struct sockaddr_in *) (const void *) address;

  if (self == NULL)
    return (int) syscall (SYS_bind, fd, address, length);

  self->port = ntohs (inet->sin_port);
  if (self->port == 0)
    self->port = next_port++;
  return find_listener (self->port) != NULL ? fail_with (EADDRINUSE) : 0;
}

G_MODULE_EXPORT int
listen (int fd,
        int backlog)
{
  Socket *self = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_listen, fd, backlog);

  self->kind = KIND_LISTENER;
  return 0;
}

G_MODULE_EXPORT int
connect (int                    fd,
         const struct sockaddr *address,
         socklen_t              length)
{
  Socket *self = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_connect, fd, address, length);

  start_connecting (self, ntohs (((const struct sockaddr_in *) (const void *) address)->sin_port));
  return fail_with (EINPROGRESS);
}

static int
write_address (guint16          port,
               struct sockaddr *address,
               socklen_t       *length)
{
  struct sockaddr_in inet = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };

  if (address != NULL)
    {
      memcpy (address, &inet, MIN (*length, sizeof inet));
      *length = sizeof inet;
    }
  return 0;
}

G_MODULE_EXPORT int
accept4 (int              fd,
         struct sockaddr *address,
         socklen_t       *length,
         int              flags)
{
  Socket *self = find (fd);
  Socket *accepted;

  if (self == NULL)
    return (int) syscall (SYS_accept4, fd, address, length, flags);

  accepted = g_queue_pop_head (&self->waiting);
  if (accepted == NULL)
    return fail_with (EAGAIN);

  write_address (1, address, length);
  return accepted->fd;
}

G_MODULE_EXPORT int
accept (int              fd,
        struct sockaddr *address,
        socklen_t       *length)
{
  return accept4 (fd, address, length, 0);
}

G_MODULE_EXPORT int
getsockname (int              fd,
             struct sockaddr *address,
             socklen_t       *length)
{
  Socket *self = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_getsockname, fd, address, length);
  return write_address (self->port, address, length);
}

G_MODULE_EXPORT int
getpeername (int              fd,
             struct sockaddr *address,
             socklen_t       *length)
{
  Socket *self = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_getpeername, fd, address, length);
  if (self->kind != KIND_STREAM || self->is_connecting)
    return fail_with (ENOTCONN);
  return write_address (self->side == 0 ? self->port : 1, address, length);
}

G_MODULE_EXPORT int
setsockopt (int         fd,
            int         level,
            int         name,
            const void *value,
            socklen_t   length)
{
  if (find (fd) == NULL)
    return (int) syscall (SYS_setsockopt, fd, level, name, value, length);
  return 0;
}

G_MODULE_EXPORT int
getsockopt (int                  fd,
            int                  level,
            int                  name,
            void       *restrict value,
            socklen_t  *restrict length)
{
  Socket *self = find (fd);
  int result = 0;

  if (self == NULL)
    return (int) syscall (SYS_getsockopt, fd, level, name, value, length);

  if (level == SOL_SOCKET && name == SO_TYPE)
    result = SOCK_STREAM;
  else if (level == SOL_SOCKET && name == SO_PROTOCOL)
    result = IPPROTO_TCP;
  else if (level == SOL_SOCKET && name == SO_DOMAIN)
    result = AF_INET;
  else if (level == SOL_SOCKET && name == SO_ERROR)
    result = self->error;

  memcpy (value, &result, MIN (*length, sizeof result));
  *length = sizeof result;
  return 0;
}

static ssize_t
send_data (Socket     *self,
           const char *data,
           gsize       length)
{
  Link *link = self->link;
  gsize space;

  if (self->kind != KIND_STREAM || self->is_connecting)
    return fail_with (self->is_connecting ? EAGAIN : ENOTCONN);
  if (self->error != 0)
    return fail_with (self->error);
  if (self->is_shut)
    return fail_with (EPIPE);

  space = link->window - MIN (link->window, link->in_flight[self->side]);
  if (space == 0)
    return fail_with (EAGAIN);

  length = MIN (length, space);
  transmit (link, self->side, data, length);
  return (ssize_t) length;
}

/* Returns whether a slow reader waits before it reads more. */
static gboolean
is_waiting_to_read (Socket *self)
{
  gint64 now = sim_clock_now ();

  return now < self->slow_until && now < self->next_read && self->unread->len > 0 && self->error == 0;
}

static void
on_next_read (gpointer data)
{
}

/* Returns how much a slow reader reads now, of the number of bytes that it could read. */
static gsize
read_slowly (Socket *self,
             gsize   length)
{
  SimRandom *random = &self->link->random;
  gsize n = 1 + sim_random_below (random, MAX_SLOW_READ);

  self->next_read = sim_clock_now () + sim_random_between (random, 1, MAX_SLOW_WAIT);
  sim_clock_at (self->next_read, on_next_read, NULL);
  return MIN (n, length);
}

static ssize_t
receive_data (Socket *self,
              void   *buffer,
              gsize   length,
              int     flags)
{
  gsize n = MIN (length, self->unread->len);

  if (self->kind != KIND_STREAM || self->is_connecting)
    return fail_with (self->is_connecting ? EAGAIN : ENOTCONN);
  if (n == 0 && self->error != 0)
    return fail_with (self->error);
  if (n == 0)
    return self->has_end ? 0 : fail_with (EAGAIN);
  if (is_waiting_to_read (self))
    return fail_with (EAGAIN);
  if (sim_clock_now () < self->slow_until)
    n = read_slowly (self, n);

  memcpy (buffer, self->unread->data, n);
  if ((flags & MSG_PEEK) == 0)
    {
      g_byte_array_remove_range (self->unread, 0, (guint) n);
      self->link->in_flight[1 - self->side] -= n;
    }
  return (ssize_t) n;
}

G_MODULE_EXPORT ssize_t
send (int         fd,
      const void *data,
      size_t      length,
      int         flags)
{
  Socket *self = find (fd);

  if (self == NULL)
    return syscall (SYS_sendto, fd, data, length, flags, NULL, 0);
  return send_data (self, data, length);
}

G_MODULE_EXPORT ssize_t
recv (int     fd,
      void   *buffer,
      size_t  length,
      int     flags)
{
  Socket *self = find (fd);

  if (self == NULL)
    return syscall (SYS_recvfrom, fd, buffer, length, flags, NULL, NULL);
  return receive_data (self, buffer, length, flags);
}

G_MODULE_EXPORT ssize_t
sendmsg (int                  fd,
         const struct msghdr *message,
         int                  flags)
{
  Socket *self = find (fd);
  ssize_t total = 0;

  if (self == NULL)
    return syscall (SYS_sendmsg, fd, message, flags);

  for (gsize i = 0; i < message->msg_iovlen; i++)
    {
      const struct iovec *part = &message->msg_iov[i];
      ssize_t n = send_data (self, part->iov_base, part->iov_len);

      if (n < 0)
        return total > 0 ? total : n;
      total += n;
      if ((gsize) n < part->iov_len)
        break;
    }
  return total;
}

G_MODULE_EXPORT ssize_t
recvmsg (int            fd,
         struct msghdr *message,
         int            flags)
{
  Socket *self = find (fd);
  ssize_t total = 0;

  if (self == NULL)
    return syscall (SYS_recvmsg, fd, message, flags);

  message->msg_flags = 0;
  message->msg_controllen = 0;
  message->msg_namelen = 0;
  for (gsize i = 0; i < message->msg_iovlen; i++)
    {
      const struct iovec *part = &message->msg_iov[i];
      ssize_t n = receive_data (self, part->iov_base, part->iov_len, flags);

      if (n < 0)
        return total > 0 ? total : n;
      total += n;
      if ((gsize) n < part->iov_len)
        break;
    }
  return total;
}

static void
send_end (Socket *self)
{
  if (self->is_shut || self->link == NULL || self->error != 0)
    return;

  self->is_shut = TRUE;
  if (self->link->is_established)
    dispatch (self->link, self->side, NULL, 0);
}

G_MODULE_EXPORT int
shutdown (int fd,
          int how)
{
  Socket *self = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_shutdown, fd, how);

  if (how != SHUT_RD)
    send_end (self);
  return 0;
}

/* A socket with unread data is reset, as by Linux. */
static void
close_stream (Socket *self)
{
  Link *link = self->link;

  if (self->unread->len > 0 && link->is_established)
    sim_clock_at (sim_clock_now () + draw_latency (link), on_reset, link_ref (link));
  else
    send_end (self);

  link->ends[self->side] = NULL;
  if (link->ends[0] == NULL && link->ends[1] == NULL)
    link_forget (link);
  self->link = NULL;
  link_unref (link);
}

G_MODULE_EXPORT int
close (int fd)
{
  Socket *self = find (fd);
  Socket *waiting;

  if (self == NULL)
    return (int) syscall (SYS_close, fd);

  while ((waiting = g_queue_pop_head (&self->waiting)) != NULL)
    close (waiting->fd);
  if (self->link != NULL)
    close_stream (self);
  if (self->epoll != NULL)
    g_ptr_array_remove (self->epoll->waited_for, self);
  for (guint i = 0; self->waited_for != NULL && i < self->waited_for->len; i++)
    ((Socket *) self->waited_for->pdata[i])->epoll = NULL;
  sockets[fd] = NULL;
  socket_free (self);
  return (int) syscall (SYS_close, fd);
}

/* Timers */

G_MODULE_EXPORT int
timerfd_create (int clock,
                int flags)
{
  if (!sim_clock_is_active ())
    return (int) syscall (SYS_timerfd_create, clock, flags);

  g_assert_cmpint (clock, ==, CLOCK_BOOTTIME);
  return socket_new (KIND_TIMER)->fd;
}

G_MODULE_EXPORT int
timerfd_settime (int                      fd,
                 int                      flags,
                 const struct itimerspec *value,
                 struct itimerspec       *before)
{
  Socket *self = find (fd);
  gint64 delay = value->it_value.tv_sec * G_USEC_PER_SEC + value->it_value.tv_nsec / 1000;

  if (self == NULL)
    return (int) syscall (SYS_timerfd_settime, fd, flags, value, before);

  self->expiry = delay > 0 ? sim_clock_boot_time () + delay : 0;
  return 0;
}

/* Events, by which other threads wake up the main loop. They are real ones, too, in case that another
 * thread waits for one. */

G_MODULE_EXPORT int
eventfd (unsigned int count,
         int          flags)
{
  Socket *self;

  if (!sim_clock_is_active () || count != 0)
    return (int) syscall (SYS_eventfd2, count, flags);

  self = socket_new (KIND_EVENT);
  return self->fd;
}

static void
set_signaled (int fd,
              int is_signaled)
{
  if (fd >= 0 && fd < MAX_FD && sockets[fd] != NULL && sockets[fd]->kind == KIND_EVENT)
    g_atomic_int_set (&sockets[fd]->is_signaled, is_signaled);
}

G_MODULE_EXPORT ssize_t
write (int         fd,
       const void *data,
       size_t      length)
{
  set_signaled (fd, TRUE);
  return syscall (SYS_write, fd, data, length);
}

G_MODULE_EXPORT ssize_t
read (int     fd,
      void   *buffer,
      size_t  length)
{
  set_signaled (fd, FALSE);
  return syscall (SYS_read, fd, buffer, length);
}

/* Waiting */

static short get_condition (Socket *self);

static gboolean
is_any_readable (GPtrArray *waited_for)
{
  for (guint i = 0; i < waited_for->len; i++)
    if ((get_condition (waited_for->pdata[i]) & ~POLLOUT) != 0)
      return TRUE;

  return FALSE;
}

static short
get_condition (Socket *self)
{
  short condition = 0;

  switch (self->kind)
    {
    case KIND_LISTENER:
      return g_queue_is_empty (&self->waiting) ? 0 : POLLIN;

    case KIND_TIMER:
      return self->expiry > 0 && sim_clock_boot_time () >= self->expiry ? POLLIN : 0;

    case KIND_EVENT:
      return g_atomic_int_get (&self->is_signaled) ? POLLIN : 0;

    case KIND_EPOLL:
      return is_any_readable (self->waited_for) ? POLLIN : 0;

    case KIND_STREAM:
      if (self->is_connecting)
        return 0;
      if (self->error != 0)
        return POLLIN | POLLOUT | POLLERR | POLLHUP;
      if ((self->unread->len > 0 || self->has_end) && !is_waiting_to_read (self))
        condition |= POLLIN;
      if (self->has_end && self->is_shut && !is_waiting_to_read (self))
        condition |= POLLHUP;
      if (self->link->in_flight[self->side] < self->link->window)
        condition |= POLLOUT;
      return condition;

    case KIND_SOCKET:
    default:
      return POLLOUT | POLLHUP;
    }
}

G_MODULE_EXPORT int
epoll_create1 (int flags)
{
  Socket *self;

  if (!sim_clock_is_active ())
    return (int) syscall (SYS_epoll_create1, flags);

  self = socket_new (KIND_EPOLL);
  self->waited_for = g_ptr_array_new ();
  return self->fd;
}

G_MODULE_EXPORT int
epoll_ctl (int                 epoll_fd,
           int                 operation,
           int                 fd,
           struct epoll_event *event)
{
  Socket *self = find (epoll_fd);
  Socket *other = find (fd);

  if (self == NULL)
    return (int) syscall (SYS_epoll_ctl, epoll_fd, operation, fd, event);

  if (other == NULL || (other->epoll == self) == (operation == EPOLL_CTL_ADD))
    {
      errno = other == NULL ? EBADF : operation == EPOLL_CTL_ADD ? EEXIST : ENOENT;
      return -1;
    }

  g_assert (operation == EPOLL_CTL_DEL || (other->epoll == NULL && event->events == EPOLLIN));
  if (operation == EPOLL_CTL_DEL)
    {
      g_ptr_array_remove (self->waited_for, other);
      other->epoll = NULL;
      return 0;
    }

  g_ptr_array_add (self->waited_for, other);
  other->epoll = self;
  other->epoll_data = event->data.u64;
  return 0;
}

/* Only without waiting. What is reported is reported last the next time, as by the kernel. */
G_MODULE_EXPORT int
epoll_wait (int                 epoll_fd,
            struct epoll_event *events,
            int                 max_events,
            int                 timeout)
{
  Socket *self = find (epoll_fd);
  guint n_waited_for;
  int n = 0;

  if (self == NULL)
    return (int) syscall (SYS_epoll_pwait, epoll_fd, events, max_events, timeout, NULL, 0);

  g_assert (timeout == 0);
  n_waited_for = self->waited_for->len;
  for (guint i = 0, at = 0; i < n_waited_for && n < max_events; i++)
    {
      Socket *socket = self->waited_for->pdata[at];

      if ((get_condition (socket) & ~POLLOUT) == 0)
        {
          at++;
          continue;
        }

      events[n].events = EPOLLIN;
      events[n++].data.u64 = socket->epoll_data;
      g_ptr_array_remove_index (self->waited_for, at);
      g_ptr_array_add (self->waited_for, socket);
    }
  return n;
}

/* Returns the number of descriptors that are ready. */
static int
check (struct pollfd *fds,
       nfds_t         n_fds)
{
  struct timespec zero = { 0, 0 };
  int n_ready = 0;

  for (nfds_t i = 0; i < n_fds; i++)
    {
      Socket *self = find (fds[i].fd);

      if (self != NULL)
        fds[i].revents = get_condition (self) & (fds[i].events | POLLERR | POLLHUP);
      else if (syscall (SYS_ppoll, &fds[i], 1, &zero, NULL, 0) < 0)
        fds[i].revents = 0;
      n_ready += fds[i].revents != 0;
    }
  return n_ready;
}

/* Returns when the first of the timers expires, or G_MAXINT64. */
static gint64
next_timer (const struct pollfd *fds,
            nfds_t               n_fds)
{
  gint64 next = G_MAXINT64;

  for (nfds_t i = 0; i < n_fds; i++)
    {
      Socket *self = find (fds[i].fd);

      if (self != NULL && self->kind == KIND_TIMER && self->expiry > 0)
        next = MIN (next, self->expiry - (sim_clock_boot_time () - sim_clock_now ()));
    }
  return next;
}

/* Time passes only here. The timeout is in microseconds, or negative for none. */
static int
wait_for (struct pollfd *fds,
          nfds_t         n_fds,
          gint64         timeout)
{
  gint64 end = timeout < 0 ? G_MAXINT64 : sim_clock_now () + timeout;

  for (;;)
    {
      int n_ready = check (fds, n_fds);
      gint64 next = MIN (sim_clock_next (), next_timer (fds, n_fds));

      if (n_ready > 0 || sim_clock_now () >= end)
        return n_ready;
      if (MIN (next, end) == G_MAXINT64)
        sim_fail ("the program waits for something that never happens");

      n_busy = 0;
      sim_clock_advance (MIN (next, end));
    }
}

/* GLib calls this since it waits for nanoseconds, and poll() before. */
G_MODULE_EXPORT int
ppoll (struct pollfd         *fds,
       nfds_t                 n_fds,
       const struct timespec *time,
       const sigset_t        *mask)
{
  struct timespec remaining = time == NULL ? (struct timespec) { 0 } : *time;
  gint64 timeout = -1;

  if (!sim_clock_is_active ())
    return (int) syscall (SYS_ppoll, fds, n_fds, time == NULL ? NULL : &remaining, mask, _NSIG / 8);

  g_assert (mask == NULL);
  if (time != NULL)
    timeout = time->tv_sec * G_USEC_PER_SEC + (time->tv_nsec + 999) / 1000;

  /* Due, but not seen yet. */
  sim_clock_advance (sim_clock_now ());
  if (++n_busy > MAX_BUSY)
    sim_fail ("the main loop does not come to rest");

  return timeout == 0 ? check (fds, n_fds) : wait_for (fds, n_fds, timeout);
}

G_MODULE_EXPORT int
poll (struct pollfd *fds,
      nfds_t         n_fds,
      int            timeout)
{
  struct timespec time = { timeout / 1000, timeout % 1000 * 1000000L };

  return ppoll (fds, n_fds, timeout < 0 ? NULL : &time, NULL);
}

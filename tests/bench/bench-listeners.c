/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-listeners.h"

#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "bench-wait.h"

#define BUFFER_SIZE (256 * 1024)
#define MAX_EVENTS 256
#define HANDSHAKE_TIMEOUT_S 20

/* Both servers drop a client that says nothing for 90 seconds. */
#define HEARTBEAT_MS 30000

/* The generator of P-256, which is a valid public key. */
#define PUBLIC_KEY "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU="

#define OPCODE_TEXT 1
#define OPCODE_BINARY 2
#define OPCODE_PING 9
#define OPCODE_PONG 10
#define FIN 0x80
#define MASKED 0x80
#define MAX_HEADER 10

typedef struct
{
  GSocket *socket;
  guint8   header[MAX_HEADER]; /* of a frame that has not arrived completely */
  guint    header_length;
  guint64  skip;               /* bytes left of the payload of a frame */
} Listener;

struct _BenchListeners
{
  GMutex     mutex;
  GPtrArray *listeners; /* protected by the mutex while they are added */
  pthread_t  thread;
  gboolean   running;
  int        epoll;
  int        stop;     /* eventfd */
  int        wake;     /* eventfd */
  guint64    count;    /* atomic, as the next one */
  guint64    wake_at;
  guint8    *buffer;
};

static void
listener_free (gpointer data)
{
  Listener *self = data;

  g_clear_object (&self->socket);
  g_free (self);
}

BenchListeners *
bench_listeners_new (void)
{
  BenchListeners *self = g_new0 (BenchListeners, 1);

  g_mutex_init (&self->mutex);
  self->listeners = g_ptr_array_new_with_free_func (listener_free);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->stop = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->wake_at = G_MAXUINT64;
  self->buffer = g_malloc (BUFFER_SIZE);
  if (self->epoll < 0 || self->stop < 0 || self->wake < 0)
    g_error ("%s", g_strerror (errno));

  return self;
}

static void
signal_fd (int fd)
{
  guint64 one = 1;

  if (write (fd, &one, sizeof one) != sizeof one)
    g_warning ("%s", g_strerror (errno));
}

void
bench_listeners_free (BenchListeners *self)
{
  if (self->running)
    {
      signal_fd (self->stop);
      pthread_join (self->thread, NULL);
    }
  g_ptr_array_unref (self->listeners);
  g_mutex_clear (&self->mutex);
  close (self->epoll);
  close (self->stop);
  close (self->wake);
  g_free (self->buffer);
  g_free (self);
}

static gboolean
send_all (GSocket     *socket,
          const void  *bytes,
          gsize        length,
          GError     **error)
{
  const char *next = bytes;

  while (length > 0)
    {
      gssize count = g_socket_send (socket, next, length, NULL, error);

      if (count < 0)
        return FALSE;
      next += count;
      length -= count;
    }

  return TRUE;
}

/* A mask of zeros leaves the payload as it is. */
static gboolean
send_frame (GSocket     *socket,
            guint8       opcode,
            const char  *text,
            GError     **error)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  gsize length = strlen (text);
  guint8 header[8] = { FIN | opcode, MASKED | length };
  gsize header_length = 6;

  if (length >= 126)
    {
      header[1] = MASKED | 126;
      header[2] = length >> 8;
      header[3] = length;
      header_length = 8;
    }

  g_byte_array_append (frame, header, header_length);
  g_byte_array_append (frame, (const guint8 *) text, length);
  return send_all (socket, frame->data, frame->len, error);
}

static GSocket *
open_socket (const char  *uri,
             GError     **error)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, error);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (parsed == NULL)
    return NULL;

  address = g_inet_socket_address_new_from_string (g_uri_get_host (parsed), g_uri_get_port (parsed));
  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;

  g_socket_set_timeout (socket, HANDSHAKE_TIMEOUT_S);
  return g_socket_connect (socket, address, NULL, error) ? g_steal_pointer (&socket) : NULL;
}

/* Reads the response to the upgrade, which nothing follows before the client has authenticated. */
static gboolean
read_upgrade (GSocket  *socket,
              GError  **error)
{
  g_autoptr (GString) response = g_string_new (NULL);
  char buffer[2048];

  while (!g_str_has_suffix (response->str, "\r\n\r\n"))
    {
      gssize length = g_socket_receive (socket, buffer, sizeof buffer, NULL, error);

      if (length < 0)
        return FALSE;
      g_string_append_len (response, buffer, length);
      if (length == 0 || response->len > sizeof buffer)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The server did not upgrade: %s",
                       response->str);
          return FALSE;
        }
    }

  return TRUE;
}

/* The length of a frame's header, of which at least two bytes are known. */
static guint
measure_header (const guint8 *header)
{
  guint length = header[1] & 0x7f;

  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

static guint64
read_length (const guint8 *header)
{
  guint64 length = header[1] & 0x7f;
  guint size = measure_header (header);

  if (size == 2)
    return length;

  length = 0;
  for (guint i = 2; i < size; i++)
    length = length << 8 | header[i];
  return length;
}

/* Returns the number of messages. */
static guint
take_bytes (Listener     *self,
            const guint8 *bytes,
            gsize         length)
{
  guint count = 0;

  while (length > 0)
    {
      guint8 opcode;

      if (self->skip > 0)
        {
          gsize part = MIN (self->skip, length);

          self->skip -= part;
          bytes += part;
          length -= part;
          continue;
        }

      self->header[self->header_length++] = *bytes++;
      length--;
      if (self->header_length < 2 || self->header_length < measure_header (self->header))
        continue;

      opcode = self->header[0] & 0x0f;
      self->skip = read_length (self->header);
      self->header_length = 0;
      if (opcode == OPCODE_TEXT || opcode == OPCODE_BINARY)
        count++;
      else if (opcode == OPCODE_PING)
        send_frame (self->socket, OPCODE_PONG, "", NULL);
    }

  return count;
}

/* Reads the answer to `authenticate`. */
static gboolean
read_answer (Listener  *self,
             GError   **error)
{
  guint count = 0;
  char buffer[2048];

  while (count == 0 || self->skip > 0 || self->header_length > 0)
    {
      gssize length = g_socket_receive (self->socket, buffer, sizeof buffer, NULL, error);

      if (length < 0)
        return FALSE;
      if (length == 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The server closed the connection");
          return FALSE;
        }
      count += take_bytes (self, (const guint8 *) buffer, length);
    }

  return TRUE;
}

static char *
build_join (const char * const *rooms)
{
  g_autofree char *list = g_strjoinv ("\",\"", (char **) rooms);

  return g_strdup_printf ("{\"event\":\"join\",\"data\":{\"rooms\":[\"%s\"]}}", list);
}

/* Connects a client, authenticates, and asks for the rooms, which must not need escaping in JSON. Can be
 * called in any thread. */
gboolean
bench_listeners_add (BenchListeners      *self,
                     const char          *uri,
                     const char * const  *rooms,
                     GError             **error)
{
  static const char request[] =
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  static const char authenticate[] =
    "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":\"bench\","
    "\"clientPublicKey\":\"" PUBLIC_KEY "\"}}";
  g_autofree char *join = build_join (rooms);
  Listener *listener = g_new0 (Listener, 1);

  g_mutex_lock (&self->mutex);
  g_ptr_array_add (self->listeners, listener);
  g_mutex_unlock (&self->mutex);
  listener->socket = open_socket (uri, error);
  if (listener->socket == NULL
      || !send_all (listener->socket, request, strlen (request), error)
      || !read_upgrade (listener->socket, error)
      || !send_frame (listener->socket, OPCODE_TEXT, authenticate, error)
      || !read_answer (listener, error)
      || !send_frame (listener->socket, OPCODE_TEXT, join, error))
    return FALSE;

  g_socket_set_blocking (listener->socket, FALSE);
  return TRUE;
}

static void
read_socket (BenchListeners *self,
             Listener       *listener)
{
  gssize length = read (g_socket_get_fd (listener->socket), self->buffer, BUFFER_SIZE);
  guint count;

  if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
    g_error ("A listener has lost its connection");
  if (length < 0)
    return;

  count = take_bytes (listener, self->buffer, length);
  if (count > 0)
    __atomic_add_fetch (&self->count, count, __ATOMIC_SEQ_CST);
}

static void
wake_if_reached (BenchListeners *self)
{
  guint64 wake_at = __atomic_load_n (&self->wake_at, __ATOMIC_SEQ_CST);

  if (__atomic_load_n (&self->count, __ATOMIC_SEQ_CST) < wake_at)
    return;

  /* Once, unless the other thread has set another one meanwhile. */
  if (__atomic_compare_exchange_n (&self->wake_at, &wake_at, G_MAXUINT64, FALSE, __ATOMIC_SEQ_CST,
                                   __ATOMIC_SEQ_CST))
    signal_fd (self->wake);
}

static void
send_heartbeats (BenchListeners *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = self->listeners->pdata[i];

      send_frame (listener->socket, OPCODE_TEXT, "{\"event\":\"heartbeat\"}", NULL);
    }
}

static void *
run (void *data)
{
  BenchListeners *self = data;
  gint64 heartbeat = g_get_monotonic_time () + HEARTBEAT_MS * 1000;

  for (;;)
    {
      struct epoll_event events[MAX_EVENTS];
      int count = epoll_wait (self->epoll, events, MAX_EVENTS, 1000);

      for (int i = 0; i < count; i++)
        {
          if (events[i].data.ptr == NULL)
            return NULL;
          read_socket (self, events[i].data.ptr);
        }
      wake_if_reached (self);

      if (g_get_monotonic_time () >= heartbeat)
        {
          send_heartbeats (self);
          heartbeat += HEARTBEAT_MS * 1000;
        }
    }
}

/* Nothing can be added afterwards. */
void
bench_listeners_start (BenchListeners *self)
{
  struct epoll_event event = { .events = EPOLLIN };

  epoll_ctl (self->epoll, EPOLL_CTL_ADD, self->stop, &event);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = self->listeners->pdata[i];

      event.data.ptr = listener;
      if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, g_socket_get_fd (listener->socket), &event) != 0)
        g_error ("%s", g_strerror (errno));
    }

  self->running = pthread_create (&self->thread, NULL, run, self) == 0;
  if (!self->running)
    g_error ("There is no thread for the listeners");
}

/* The number of messages that have been received. */
guint64
bench_listeners_get_count (BenchListeners *self)
{
  return __atomic_load_n (&self->count, __ATOMIC_SEQ_CST);
}

gint64
bench_listeners_get_cpu_ns (BenchListeners *self)
{
  clockid_t clock;

  if (!self->running || pthread_getcpuclockid (self->thread, &clock) != 0)
    return 0;
  return bench_clock_read (clock);
}

/* An eventfd that becomes readable when the count reaches that of bench_listeners_set_wake_at(). */
int
bench_listeners_get_fd (BenchListeners *self)
{
  return self->wake;
}

void
bench_listeners_set_wake_at (BenchListeners *self,
                             guint64         count)
{
  __atomic_store_n (&self->wake_at, count, __ATOMIC_SEQ_CST);
  wake_if_reached (self);
}

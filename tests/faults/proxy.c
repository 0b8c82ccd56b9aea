/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define CHUNK (64 * 1024)

typedef struct _Link Link;

/* One direction of a link. It reads only after everything that it has read before is written, like
 * a router whose queue is full. */
typedef struct
{
  Link    *link;
  GSocket *from;
  GSocket *to;
  guint8   data[CHUNK];
  gsize    start;
  gsize    end;
  gint64   due; /* when the buffered data may be written */
  GSource *source;
} Pipe;

struct _Link
{
  Proxy   *proxy;
  GSocket *client;
  GSocket *server;
  Pipe     pipes[2];
};

static void move (Pipe *pipe);

static void
pipe_clear_source (Pipe *pipe)
{
  if (pipe->source != NULL)
    g_source_destroy (pipe->source);
  g_clear_pointer (&pipe->source, g_source_unref);
}

static void
link_free (Link *link)
{
  for (guint i = 0; i < G_N_ELEMENTS (link->pipes); i++)
    pipe_clear_source (&link->pipes[i]);
  g_socket_close (link->client, NULL);
  g_socket_close (link->server, NULL);
  g_object_unref (link->client);
  g_object_unref (link->server);
  g_free (link);
}

static gboolean
on_socket (GSocket      *socket,
           GIOCondition  condition,
           gpointer      user_data)
{
  move (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_due (gpointer user_data)
{
  move (user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_for (Pipe         *pipe,
          GSocket      *socket,
          GIOCondition  condition)
{
  pipe_clear_source (pipe);
  pipe->source = g_socket_create_source (socket, condition, NULL);
  g_source_set_callback (pipe->source, G_SOURCE_FUNC (on_socket), pipe, NULL);
  g_source_attach (pipe->source, NULL);
}

static void
wait_until_due (Pipe *pipe)
{
  pipe_clear_source (pipe);
  pipe->source = g_timeout_source_new (pipe->link->proxy->delay);
  g_source_set_callback (pipe->source, on_due, pipe, NULL);
  g_source_attach (pipe->source, NULL);
}

/* Returns FALSE if the link is closed. */
static gboolean
fill (Pipe *pipe)
{
  Proxy *proxy = pipe->link->proxy;
  g_autoptr (GError) error = NULL;
  gssize count = g_socket_receive (pipe->from, (char *) pipe->data, sizeof pipe->data, NULL,
                                   &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return TRUE;

  if (count <= 0)
    {
      g_ptr_array_remove_fast (proxy->links, pipe->link);
      return FALSE;
    }

  pipe->start = 0;
  pipe->end = count;
  pipe->due = g_get_monotonic_time () + (gint64) proxy->delay * 1000;
  return TRUE;
}

static gboolean
drain (Pipe *pipe)
{
  Proxy *proxy = pipe->link->proxy;
  gsize size = proxy->is_chopping ? 1 : pipe->end - pipe->start;
  g_autoptr (GError) error = NULL;
  gssize count = g_socket_send (pipe->to, (char *) pipe->data + pipe->start, size, NULL, &error);

  if (count >= 0)
    {
      pipe->start += count;
      return TRUE;
    }

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return TRUE;

  g_ptr_array_remove_fast (proxy->links, pipe->link);
  return FALSE;
}

/* Makes one step, and attaches a source for the next one. */
static void
move (Pipe *pipe)
{
  if (pipe->start == pipe->end && !fill (pipe))
    return;

  if (pipe->start == pipe->end)
    {
      wait_for (pipe, pipe->from, G_IO_IN);
    }
  else if (pipe->due > g_get_monotonic_time ())
    {
      wait_until_due (pipe);
    }
  else if (drain (pipe))
    {
      if (pipe->start == pipe->end)
        wait_for (pipe, pipe->from, G_IO_IN);
      else
        wait_for (pipe, pipe->to, G_IO_OUT);
    }
}

static void
set_up_socket (Proxy   *proxy,
               GSocket *socket)
{
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (proxy->buffer_size > 0)
    {
      g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, proxy->buffer_size, NULL);
      g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, proxy->buffer_size, NULL);
    }
}

static void
set_linger (GSocket *socket)
{
  struct linger linger = { 1, 0 };

  g_assert_cmpint (setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &linger,
                               sizeof linger), ==, 0);
}

static void
start_pipe (Pipe    *pipe,
            Link    *link,
            GSocket *from,
            GSocket *to)
{
  pipe->link = link;
  pipe->from = from;
  pipe->to = to;
  if (!link->proxy->is_stalling)
    wait_for (pipe, from, G_IO_IN);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             Proxy             *proxy)
{
  GSocket *client = g_socket_connection_get_socket (connection);
  g_autoptr (GSocket) server = NULL;
  g_autoptr (GError) error = NULL;
  Link *link;

  if (proxy->is_refusing)
    {
      proxy->n_refused++;
      set_linger (client);
      g_socket_close (client, NULL);
      return TRUE;
    }

  server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  set_up_socket (proxy, client);
  set_up_socket (proxy, server);
  if (!g_socket_connect (server, proxy->target, NULL, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING))
    {
      g_socket_close (client, NULL);
      return TRUE;
    }

  proxy->n_accepted++;
  link = g_new0 (Link, 1);
  link->proxy = proxy;
  link->client = g_object_ref (client);
  link->server = g_steal_pointer (&server);
  g_ptr_array_add (proxy->links, link);
  start_pipe (&link->pipes[0], link, link->client, link->server);
  start_pipe (&link->pipes[1], link, link->server, link->client);
  return TRUE;
}

/* Refuses connections from now on. The links that are open stay open. */
void
proxy_shut (Proxy *proxy)
{
  if (proxy->service == NULL)
    return;

  g_socket_service_stop (proxy->service);
  g_socket_listener_close (G_SOCKET_LISTENER (proxy->service));
  g_clear_object (&proxy->service);
}

/* Listens on the same port as before. */
void
proxy_reopen (Proxy *proxy)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, proxy->port);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  proxy->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (proxy->service), 512);
  g_socket_listener_add_address (G_SOCKET_LISTENER (proxy->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  g_signal_connect (proxy->service, "incoming", G_CALLBACK (on_incoming), proxy);
  proxy->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
}

/* @uri is that of the server, ws://127.0.0.1:PORT/PATH. */
Proxy *
proxy_new (const char *uri)
{
  Proxy *proxy = g_new0 (Proxy, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, &error);

  g_assert_no_error (error);
  proxy->target = g_inet_socket_address_new_from_string (g_uri_get_host (parsed),
                                                         g_uri_get_port (parsed));
  g_assert_nonnull (proxy->target);
  proxy->links = g_ptr_array_new_with_free_func ((GDestroyNotify) link_free);
  proxy_reopen (proxy);
  proxy->uri = g_strdup_printf ("ws://127.0.0.1:%u%s", proxy->port, g_uri_get_path (parsed));
  return proxy;
}

void
proxy_free (Proxy *proxy)
{
  proxy_shut (proxy);
  g_ptr_array_unref (proxy->links);
  g_object_unref (proxy->target);
  g_free (proxy->uri);
  g_free (proxy);
}

/* Sends FIN, and prevents the RST that the kernel sends if there is unread data. */
static void
finish (GSocket *socket)
{
  char data[4096];

  g_socket_shutdown (socket, FALSE, TRUE, NULL);
  while (g_socket_receive (socket, data, sizeof data, NULL, NULL) > 0)
    continue;
}

/* Sends FIN in both directions of every link. Data that is buffered is lost. */
void
proxy_cut (Proxy *proxy)
{
  for (guint i = 0; i < proxy->links->len; i++)
    {
      Link *link = proxy->links->pdata[i];

      finish (link->client);
      finish (link->server);
    }
  g_ptr_array_set_size (proxy->links, 0);
}

/* Sends RST in both directions of every link. */
void
proxy_reset (Proxy *proxy)
{
  for (guint i = 0; i < proxy->links->len; i++)
    {
      Link *link = proxy->links->pdata[i];

      set_linger (link->client);
      set_linger (link->server);
    }
  g_ptr_array_set_size (proxy->links, 0);
}

/* The links that are open stay open, but forward nothing more. Later links do. */
void
proxy_stall (Proxy *proxy)
{
  for (guint i = 0; i < proxy->links->len; i++)
    {
      Link *link = proxy->links->pdata[i];

      pipe_clear_source (&link->pipes[0]);
      pipe_clear_source (&link->pipes[1]);
    }
}

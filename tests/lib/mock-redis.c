/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-redis.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* The connections of the mock Redis, and how it reads requests. */

#define MAX_BULK (512 * 1024 * 1024)

static void start_reading (MockLink *link);
static void write_more    (MockLink *link);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
mock_link_free (MockLink *link)
{
  g_clear_object (&link->cancellable);
  g_clear_object (&link->certificate);
  g_byte_array_unref (link->in);
  g_byte_array_unref (link->out);
  g_ptr_array_unref (link->commands);
  g_hash_table_unref (link->channels);
  g_hash_table_unref (link->patterns);
  g_free (link);
}

/* Ends the connection; what was not written is lost. */
void
mock_link_close (MockLink *link)
{
  if (link->socket == NULL)
    return;

  if (link->mock->flooded == link)
    mock_redis_stop_flood (link->mock);
  clear_source (&link->reading);
  clear_source (&link->writing);
  link->is_open = FALSE;
  g_hash_table_remove_all (link->channels);
  g_hash_table_remove_all (link->patterns);
  g_cancellable_cancel (link->cancellable);
  g_socket_shutdown (link->socket, TRUE, TRUE, NULL);
  g_clear_object (&link->stream);
  g_clear_object (&link->socket);
}

/* Ends the connection with RST, as a Redis that crashes does. */
static void
mock_link_reset (MockLink *link)
{
  struct linger linger = { 1, 0 };

  if (link->socket == NULL)
    return;

  setsockopt (g_socket_get_fd (link->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  g_socket_close (link->socket, NULL);
  mock_link_close (link);
}

static gboolean
on_writable (GObject  *stream,
             gpointer  user_data)
{
  MockLink *link = user_data;

  clear_source (&link->writing);
  write_more (link);
  return G_SOURCE_REMOVE;
}

static gboolean
on_next_byte (gpointer user_data)
{
  return on_writable (NULL, user_data);
}

static void
write_later (MockLink *link)
{
  GOutputStream *stream = g_io_stream_get_output_stream (link->stream);

  if (link->mock->is_bytewise)
    {
      link->writing = g_idle_source_new ();
      g_source_set_priority (link->writing, G_PRIORITY_DEFAULT);
      g_source_set_callback (link->writing, on_next_byte, link, NULL);
    }
  else
    {
      link->writing = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (stream), NULL);
      g_source_set_callback (link->writing, G_SOURCE_FUNC (on_writable), link, NULL);
    }
  g_source_attach (link->writing, NULL);
}

static void
write_more (MockLink *link)
{
  if (!link->is_open || link->writing != NULL || link->mock->flooded == link)
    return;

  while (link->n_written < link->out->len)
    {
      GOutputStream *stream = g_io_stream_get_output_stream (link->stream);
      gsize length = link->mock->is_bytewise ? 1 : link->out->len - link->n_written;
      g_autoptr (GError) error = NULL;
      gssize count = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream),
                                                                 link->out->data + link->n_written,
                                                                 length, NULL, &error);

      /* The end of the connection is noticed when it is read. */
      if (count < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return;
      link->n_written += MAX (count, 0);
      if (link->n_written < link->out->len && (count < 0 || link->mock->is_bytewise))
        {
          write_later (link);
          return;
        }
    }

  g_byte_array_set_size (link->out, 0);
  link->n_written = 0;
  if (link->is_closing)
    mock_link_close (link);
}

void
mock_link_write (MockLink   *link,
                 const void *data,
                 gsize       length)
{
  g_byte_array_append (link->out, data, length);
  write_more (link);
}

void
mock_link_write_text (MockLink   *link,
                      const char *text)
{
  mock_link_write (link, text, strlen (text));
}

/* Finds the CR that ends the line at @offset. Returns FALSE if the line is not complete. */
static gboolean
find_line (MockLink *link,
           gsize     offset,
           gsize    *end)
{
  const guint8 *begin = link->in->data + offset;
  const guint8 *found = link->in->len > offset ? memchr (begin, '\r', link->in->len - offset) : NULL;

  *end = found != NULL ? offset + (found - begin) : 0;
  return found != NULL && *end + 2 <= link->in->len;
}

static gboolean
read_number (MockLink *link,
             char      kind,
             gsize    *offset,
             gint64    max,
             gint64   *number)
{
  g_autofree char *line = NULL;
  gsize end;

  if (!find_line (link, *offset, &end))
    return FALSE;

  line = g_strndup ((const char *) link->in->data + *offset, end - *offset);
  *offset = end + 2;
  if (line[0] != kind || !g_ascii_string_to_signed (line + 1, 10, 0, max, number, NULL))
    *number = -1;
  return TRUE;
}

static void
refuse_request (MockLink *link)
{
  link->is_closing = TRUE;
  mock_link_write_text (link, "-ERR Protocol error: invalid multibulk length\r\n");
}

/* Reads a request: an array of bulk strings, or a line of words. Returns its size, or 0 if it is not
 * complete or not valid. */
static gsize
read_request (MockLink   *link,
              GPtrArray  *words)
{
  gint64 count, length;
  gsize offset = 0;
  gsize end;

  if (link->in->len > 0 && link->in->data[0] != '*' && find_line (link, 0, &end))
    {
      g_autofree char *line = g_strndup ((const char *) link->in->data, end);
      g_auto (GStrv) parts = g_strsplit (line, " ", -1);

      for (guint i = 0; parts[i] != NULL; i++)
        g_ptr_array_add (words, g_string_new (parts[i]));
      return end + 2;
    }
  if (!read_number (link, '*', &offset, 1024 * 1024, &count))
    return 0;

  for (gint64 i = 0; i < count; i++)
    {
      if (!read_number (link, '$', &offset, MAX_BULK, &length))
        return 0;
      if (length < 0)
        break;
      if (link->in->len < offset + length + 2)
        return 0;
      g_ptr_array_add (words, g_string_new_len ((const char *) link->in->data + offset, length));
      offset += length + 2;
    }
  if (count > 0 && words->len == count)
    return offset;

  refuse_request (link);
  return 0;
}

static void
free_word (gpointer word)
{
  g_string_free (word, TRUE);
}

static void
execute_requests (MockLink *link)
{
  while (link->in->len > 0 && link->is_open && !link->is_closing)
    {
      g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (free_word);
      gsize size = read_request (link, words);

      if (size == 0)
        return;
      g_byte_array_remove_range (link->in, 0, size);
      if (words->len > 0)  /* Redis ignores empty lines. */
        mock_link_execute (link, words);
    }
}

/* Returns FALSE if there is nothing to read. */
static gboolean
read_once (MockLink *link)
{
  g_autofree guint8 *buffer = g_malloc (65536);
  g_autoptr (GError) error = NULL;
  GInputStream *stream;
  gssize count;

  if (!link->is_open)
    return FALSE;
  stream = g_io_stream_get_input_stream (link->stream);
  count = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, 65536,
                                                    NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return FALSE;
  if (count <= 0)
    {
      mock_link_close (link);
      return FALSE;
    }

  g_byte_array_append (link->in, buffer, count);
  execute_requests (link);
  return TRUE;
}

static gboolean
on_readable (GObject  *stream,
             gpointer  user_data)
{
  MockLink *link = user_data;
  g_autoptr (GSource) source = g_source_ref (link->reading);

  read_once (link);
  return !g_source_is_destroyed (source);
}

static void
start_reading (MockLink *link)
{
  GInputStream *stream;

  if (!link->is_open || link->mock->is_frozen || link->reading != NULL)
    return;

  stream = g_io_stream_get_input_stream (link->stream);
  link->reading = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (stream), NULL);
  g_source_set_callback (link->reading, G_SOURCE_FUNC (on_readable), link, NULL);
  g_source_attach (link->reading, NULL);
}

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  MockLink *link = user_data;

  link->n_pending--;
  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL))
    {
      mock_link_close (link);
      return;
    }

  g_set_object (&link->certificate, g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (source)));
  link->is_open = TRUE;
  start_reading (link);
}

static gboolean
accept_any (void)
{
  return TRUE;
}

static void
start_tls (MockLink  *link,
           GIOStream *base)
{
  link->stream = g_tls_server_connection_new (base, link->mock->certificate, NULL);
  g_object_set (link->stream, "authentication-mode", link->mock->authentication, NULL);
  g_signal_connect (link->stream, "accept-certificate", G_CALLBACK (accept_any), NULL);
  link->n_pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (link->stream), G_PRIORITY_DEFAULT,
                                    link->cancellable, on_handshake, link);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             MockRedis         *mock)
{
  MockLink *link = g_new0 (MockLink, 1);

  link->mock = mock;
  link->socket = g_object_ref (g_socket_connection_get_socket (connection));
  g_socket_set_option (link->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  link->cancellable = g_cancellable_new ();
  link->in = g_byte_array_new ();
  link->out = g_byte_array_new ();
  link->commands = g_ptr_array_new_with_free_func (g_free);
  link->channels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  link->patterns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_ptr_array_add (mock->links, link);

  if (mock->certificate != NULL)
    {
      start_tls (link, G_IO_STREAM (connection));
    }
  else
    {
      link->stream = g_object_ref (G_IO_STREAM (connection));
      link->is_open = TRUE;
      start_reading (link);
    }
  return TRUE;
}

/* Listens, after mock_redis_stop() on the same port as before. */
void
mock_redis_start (MockRedis *mock)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, mock->port);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (mock->service);
  mock->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (mock->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  g_signal_connect (mock->service, "incoming", G_CALLBACK (on_incoming), mock);
  mock->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
}

MockRedis *
mock_redis_new_tls (GTlsCertificate *certificate)
{
  MockRedis *mock = g_new0 (MockRedis, 1);

  mock->links = g_ptr_array_new_with_free_func ((GDestroyNotify) mock_link_free);
  mock->commands = g_ptr_array_new_with_free_func (g_free);
  g_set_object (&mock->certificate, certificate);
  mock_redis_start (mock);
  mock->uri = g_strdup_printf ("%s://127.0.0.1:%u", certificate != NULL ? "rediss" : "redis", mock->port);
  return mock;
}

MockRedis *
mock_redis_new (void)
{
  return mock_redis_new_tls (NULL);
}

void
mock_redis_kill_links (MockRedis *mock)
{
  for (guint i = 0; i < mock->links->len; i++)
    mock_link_close (mock->links->pdata[i]);
}

void
mock_redis_reset_links (MockRedis *mock)
{
  for (guint i = 0; i < mock->links->len; i++)
    mock_link_reset (mock->links->pdata[i]);
}

/* Refuses connections from now on, and ends those that there are. */
void
mock_redis_stop (MockRedis *mock)
{
  if (mock->service != NULL)
    {
      g_signal_handlers_disconnect_by_data (mock->service, mock);
      g_socket_service_stop (mock->service);
      g_socket_listener_close (G_SOCKET_LISTENER (mock->service));
      g_clear_object (&mock->service);
    }
  mock_redis_kill_links (mock);
}

static gboolean
is_idle (MockRedis *mock)
{
  for (guint i = 0; i < mock->links->len; i++)
    if (((MockLink *) mock->links->pdata[i])->n_pending > 0)
      return FALSE;
  return TRUE;
}

void
mock_redis_free (MockRedis *mock)
{
  mock_redis_stop (mock);
  WAIT_UNTIL (is_idle (mock));
  g_ptr_array_unref (mock->links);
  g_ptr_array_unref (mock->commands);
  run_pending ();
  g_clear_object (&mock->certificate);
  g_free (mock->uri);
  g_free (mock);
}

/* Accepts connections, but reads nothing, like a process that is stopped. */
void
mock_redis_freeze (MockRedis *mock,
                   gboolean   is_frozen)
{
  mock->is_frozen = is_frozen;
  for (guint i = 0; i < mock->links->len; i++)
    {
      MockLink *link = mock->links->pdata[i];

      if (is_frozen)
        clear_source (&link->reading);
      else
        start_reading (link);
    }
}

/* Executes everything that has been written to it until now. */
void
mock_redis_drain (MockRedis *mock)
{
  for (guint i = 0; i < mock->links->len; i++)
    while (read_once (mock->links->pdata[i]))
      ;
}

/* Sends one message after the other, in another thread, and nothing else on this connection. */
static gpointer
run_flood (gpointer data)
{
  MockRedis *mock = data;
  struct pollfd poller = { g_socket_get_fd (mock->flooded->socket), POLLOUT, 0 };
  gsize length;
  const char *message = g_bytes_get_data (mock->flood_message, &length);

  for (guint i = 0; i < mock->n_flood && g_atomic_int_get (&mock->is_flooding); i++)
    for (gsize sent = 0; sent < length; )
      {
        gssize count = send (poller.fd, message + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0)
          sent += count;
        else if (errno != EAGAIN || !g_atomic_int_get (&mock->is_flooding))
          return NULL;
        else
          poll (&poller, 1, 10);
      }

  g_atomic_int_set (&mock->is_flooding, FALSE);
  return NULL;
}

/* Sends a message @count times to one subscriber of the channel, as fast as that reads, without the main
 * context. */
void
mock_redis_start_flood (MockRedis  *mock,
                        const char *channel,
                        const char *text,
                        guint       count)
{
  MockLink *link = mock_redis_get_subscriber (mock, channel);

  g_assert_null (mock->flood);
  g_assert_null (mock->certificate);
  g_assert_nonnull (link);
  WAIT_UNTIL (link->out->len == 0);
  mock->flood_message = g_byte_array_free_to_bytes (mock_redis_format_message (NULL, channel, text,
                                                                               strlen (text)));
  mock->flooded = link;
  mock->n_flood = count;
  mock->is_flooding = TRUE;
  mock->flood = g_thread_new ("flood", run_flood, mock);
}

/* Ends the flood, within a message if that is not read; then the connection is of no further use. */
void
mock_redis_stop_flood (MockRedis *mock)
{
  MockLink *link = g_steal_pointer (&mock->flooded);

  if (link == NULL)
    return;

  g_atomic_int_set (&mock->is_flooding, FALSE);
  g_thread_join (g_steal_pointer (&mock->flood));
  g_clear_pointer (&mock->flood_message, g_bytes_unref);
  write_more (link);
}

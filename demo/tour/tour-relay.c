/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-relay.h"

#include <string.h>

#include "tour-frame-reader.h"
#include "tour-http.h"

#define BUFFER_SIZE 16384
#define MAX_CONNECTIONS 64
#define REQUEST_TIMEOUT_SECONDS 10
#define STATUS_UPGRADED 101
#define REFUSAL "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

struct _TourRelay
{
  GSocketService *service;
  GSocketClient *socket_client;
  TourFrameFunc func;
  gpointer data;
  guint16 port;
  guint16 upstream;
  guint last_connection_id;
  GHashTable *connections; /* set of open TourConnections */
};

/* One connection from a client. Each of its two directions holds a reference, and so does the
 * asynchronous call that is pending before they exist. */

typedef struct
{
  grefcount ref_count;
  TourRelay *relay; /* NULL once the connection has ended */
  GCancellable *cancellable;
  GIOStream *client;
  GIOStream *server;
  GByteArray *request;
  guint request_timeout; /* until the request has been forwarded */
  guint id;              /* starts at 1 */
  gboolean is_opaque;    /* the server did not upgrade to WebSocket: do not look for frames */
  guint8 buffer[BUFFER_SIZE];
} TourConnection;

/* One direction of a connection. When it ends, the whole connection ends. */
typedef struct
{
  TourConnection *connection;
  GInputStream *input;
  GOutputStream *output;
  TourFrameReader reader;
  GByteArray *header; /* HTTP headers so far; NULL once WebSocket frames follow */
  guint8 buffer[BUFFER_SIZE];
} Direction;

static void direction_read (Direction *self);
static void connection_read_request (TourConnection *self);

static TourConnection *
connection_ref (TourConnection *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

static void
connection_unref (TourConnection *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;
  g_io_stream_close (self->client, NULL, NULL);
  if (self->server != NULL)
    g_io_stream_close (self->server, NULL, NULL);
  g_object_unref (self->client);
  g_clear_object (&self->server);
  g_object_unref (self->cancellable);
  g_byte_array_unref (self->request);
  g_free (self);
}

/* Cancels every pending call; each drops its reference in its callback. */
static void
connection_end (TourConnection *self)
{
  g_clear_handle_id (&self->request_timeout, g_source_remove);
  if (self->relay != NULL)
    g_hash_table_remove (self->relay->connections, self);
  self->relay = NULL;
  g_cancellable_cancel (self->cancellable);
}

static void
direction_free (Direction *self)
{
  connection_end (self->connection);
  tour_frame_reader_clear (&self->reader);
  g_clear_pointer (&self->header, g_byte_array_unref);
  connection_unref (self->connection);
  g_free (self);
}

/* Returns how many of the bytes just read belong to HTTP headers, before the first frame. Interim
 * responses (1xx) may precede the final one. */
static gsize
direction_skip_http (Direction *self,
                     gsize      n_bytes)
{
  gsize length;

  g_byte_array_append (self->header, self->buffer, (guint) n_bytes);
  while ((length = tour_http_get_header_length ((const char *) self->header->data,
                                                self->header->len)) > 0)
    {
      guint status = tour_http_get_status ((const char *) self->header->data, length);

      g_byte_array_remove_range (self->header, 0, (guint) length);
      if (status == STATUS_UPGRADED || status < 100 || status >= 200)
        {
          gsize left = self->header->len;

          self->connection->is_opaque = status != STATUS_UPGRADED;
          g_clear_pointer (&self->header, g_byte_array_unref);
          return n_bytes - left;
        }
    }
  if (self->header->len > TOUR_HTTP_MAX_HEADER)
    {
      self->connection->is_opaque = TRUE;
      g_clear_pointer (&self->header, g_byte_array_unref);
    }
  return n_bytes;
}

static void
direction_inspect (Direction *self,
                   gsize      n_bytes)
{
  TourRelay *relay = self->connection->relay;
  gsize skipped = self->header != NULL ? direction_skip_http (self, n_bytes) : 0;

  if (!self->connection->is_opaque)
    tour_frame_reader_feed (&self->reader, self->buffer + skipped, n_bytes - skipped,
                            relay->func, relay->data);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    direction_read (data);
  else
    direction_free (data);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Direction *self = data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (length <= 0 || self->connection->relay == NULL)
    {
      direction_free (self);
      return;
    }
  direction_inspect (self, (gsize) length);
  g_output_stream_write_all_async (self->output, self->buffer, (gsize) length, G_PRIORITY_DEFAULT,
                                   self->connection->cancellable, on_written, self);
}

static void
direction_read (Direction *self)
{
  g_input_stream_read_async (self->input, self->buffer, BUFFER_SIZE, G_PRIORITY_DEFAULT,
                             self->connection->cancellable, on_read, self);
}

static Direction *
direction_new (TourConnection *connection,
               GIOStream      *input,
               GIOStream      *output,
               gboolean        from_client)
{
  Direction *self = g_new0 (Direction, 1);

  self->connection = connection_ref (connection);
  self->input = g_io_stream_get_input_stream (input);
  self->output = g_io_stream_get_output_stream (output);
  self->header = from_client ? NULL : g_byte_array_new ();
  tour_frame_reader_init (&self->reader, connection->id, from_client);
  return self;
}

static void
on_refusal_written (GObject      *source,
                    GAsyncResult *result,
                    gpointer      data)
{
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  connection_end (data);
  connection_unref (data);
}

/* Takes ownership of the reference. */
static void
connection_refuse (TourConnection *self)
{
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->client), REFUSAL,
                                   strlen (REFUSAL), G_PRIORITY_DEFAULT, self->cancellable,
                                   on_refusal_written, self);
}

static void
on_request_forwarded (GObject      *source,
                      GAsyncResult *result,
                      gpointer      data)
{
  TourConnection *self = data;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL)
      || self->relay == NULL)
    connection_end (self);
  else
    {
      g_clear_handle_id (&self->request_timeout, g_source_remove);
      direction_read (direction_new (self, self->client, self->server, TRUE));
      direction_read (direction_new (self, self->server, self->client, FALSE));
    }
  connection_unref (self);
}

static void
on_server_connected (GObject      *source,
                     GAsyncResult *result,
                     gpointer      data)
{
  TourConnection *self = data;
  GSocketConnection *server =
    g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, NULL);

  if (server == NULL || self->relay == NULL)
    {
      g_clear_object (&server);
      connection_end (self);
      connection_unref (self);
      return;
    }
  self->server = G_IO_STREAM (server);
  self->id = ++self->relay->last_connection_id;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->server),
                                   self->request->data, self->request->len, G_PRIORITY_DEFAULT,
                                   self->cancellable, on_request_forwarded, self);
}

/* A complete request must not be followed by anything before it has been answered. */
static void
on_request_read (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  TourConnection *self = data;
  gssize n_read = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  gsize length;

  if (n_read <= 0 || self->relay == NULL)
    {
      connection_end (self);
      connection_unref (self);
      return;
    }
  g_byte_array_append (self->request, self->buffer, (guint) n_read);
  length = tour_http_get_header_length ((const char *) self->request->data, self->request->len);
  if (length == 0 && self->request->len <= TOUR_HTTP_MAX_HEADER)
    connection_read_request (self);
  else if (self->request->len > TOUR_HTTP_MAX_HEADER || length != self->request->len
           || !tour_http_is_allowed ((const char *) self->request->data, length, self->relay->port))
    connection_refuse (self);
  else
    g_socket_client_connect_to_host_async (self->relay->socket_client, "127.0.0.1",
                                           self->relay->upstream, self->cancellable,
                                           on_server_connected, self);
}

static void
connection_read_request (TourConnection *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->client), self->buffer, BUFFER_SIZE,
                             G_PRIORITY_DEFAULT, self->cancellable, on_request_read, self);
}

static gboolean
on_request_timeout (gpointer data)
{
  TourConnection *self = data;

  self->request_timeout = 0;
  connection_end (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *client,
             GObject           *source,
             gpointer           data)
{
  TourRelay *self = data;
  TourConnection *connection;

  if (self->upstream == 0 || g_hash_table_size (self->connections) >= MAX_CONNECTIONS)
    {
      g_io_stream_close (G_IO_STREAM (client), NULL, NULL);
      return TRUE;
    }
  connection = g_new0 (TourConnection, 1);
  g_ref_count_init (&connection->ref_count);
  connection->relay = self;
  connection->cancellable = g_cancellable_new ();
  connection->client = g_object_ref (G_IO_STREAM (client));
  connection->request = g_byte_array_new ();
  connection->request_timeout =
    g_timeout_add_seconds (REQUEST_TIMEOUT_SECONDS, on_request_timeout, connection);
  g_hash_table_add (self->connections, connection);
  connection_read_request (connection);
  return TRUE;
}

TourRelay *
tour_relay_new (TourFrameFunc   func,
                gpointer        data,
                guint16        *port,
                GError        **error)
{
  g_autoptr (TourRelay) self = g_new0 (TourRelay, 1);
  g_autoptr (GSocketAddress) loopback = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;

  self->func = func;
  self->data = data;
  self->connections = g_hash_table_new (NULL, NULL);
  self->socket_client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->socket_client, FALSE);
  self->service = g_socket_service_new ();
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), loopback,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                      &address, error))
    return NULL;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  *port = self->port;
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  return g_steal_pointer (&self);
}

/* Sets the port on which the server listens, or 0 to reject new clients. */
void
tour_relay_set_upstream (TourRelay *self,
                         guint16    port)
{
  self->upstream = port;
}

void
tour_relay_free (TourRelay *self)
{
  g_autoptr (GList) connections = g_hash_table_get_keys (self->connections);

  for (GList *connection = connections; connection != NULL; connection = connection->next)
    connection_end (connection->data);
  g_hash_table_unref (self->connections);
  g_socket_service_stop (self->service);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_clear_object (&self->service);
  g_clear_object (&self->socket_client);
  g_free (self);
}

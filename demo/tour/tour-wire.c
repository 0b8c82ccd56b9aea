/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-wire.h"

#include <string.h>

#include "tour-http.h"

#define CHUNK 16384
#define MAX_LINKS 64
#define REQUEST_SECONDS 10
#define STATUS_UPGRADED 101
#define REFUSAL "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

struct _TourWire
{
  GSocketService *service;
  GSocketClient *dialer;
  TourFrameFunc func;
  gpointer data;
  guint16 port;
  guint16 upstream;
  guint n_links;
  GHashTable *links; /* TourLink, those that are open */
};

/* One connection. Each direction holds on to it, and so does whatever is waited for before there
 * are two. */
typedef struct
{
  grefcount ref_count;
  TourWire *wire; /* NULL: it is over */
  GCancellable *cancellable;
  GIOStream *client;
  GIOStream *server;
  GByteArray *request;
  guint deadline;  /* until the request is on its way */
  guint number;    /* from 1 */
  gboolean opaque; /* what passes is not made of frames */
  guint8 chunk[CHUNK];
} TourLink;

/* One direction of it, which ends the other one with itself. */
typedef struct
{
  TourLink *link;
  GInputStream *from;
  GOutputStream *to;
  TourFrameReader reader;
  GByteArray *head; /* NULL: it is over, and frames follow */
  guint8 chunk[CHUNK];
} Pump;

static void pump_read (Pump *pump);
static void link_read_request (TourLink *self);

static TourLink *
link_ref (TourLink *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

static void
link_unref (TourLink *self)
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

/* Whatever is waited for is told, and lets go. */
static void
link_end (TourLink *self)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  if (self->wire != NULL)
    g_hash_table_remove (self->wire->links, self);
  self->wire = NULL;
  g_cancellable_cancel (self->cancellable);
}

static void
pump_free (Pump *pump)
{
  link_end (pump->link);
  tour_frame_reader_clear (&pump->reader);
  g_clear_pointer (&pump->head, g_byte_array_unref);
  link_unref (pump->link);
  g_free (pump);
}

/* Gives how many of @bytes belong to the heads before the frames. An answer may have others before
 * the one that counts. */
static gsize
pump_skip_heads (Pump  *pump,
                 gsize  n_bytes)
{
  gsize end;

  g_byte_array_append (pump->head, pump->chunk, (guint) n_bytes);
  while ((end = tour_http_find_end ((const char *) pump->head->data, pump->head->len)) > 0)
    {
      guint status = tour_http_read_status ((const char *) pump->head->data, end);

      g_byte_array_remove_range (pump->head, 0, (guint) end);
      if (status == STATUS_UPGRADED || status < 100 || status >= 200)
        {
          gsize left = pump->head->len;

          pump->link->opaque = status != STATUS_UPGRADED;
          g_clear_pointer (&pump->head, g_byte_array_unref);
          return n_bytes - left;
        }
    }
  if (pump->head->len > TOUR_HTTP_MAX_HEAD)
    {
      pump->link->opaque = TRUE;
      g_clear_pointer (&pump->head, g_byte_array_unref);
    }
  return n_bytes;
}

static void
pump_watch (Pump  *pump,
            gsize  n_bytes)
{
  TourWire *wire = pump->link->wire;
  gsize skipped = pump->head != NULL ? pump_skip_heads (pump, n_bytes) : 0;

  if (!pump->link->opaque)
    tour_frame_reader_feed (&pump->reader, pump->chunk + skipped, n_bytes - skipped, wire->func,
                            wire->data);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    pump_read (data);
  else
    pump_free (data);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Pump *pump = data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (length <= 0 || pump->link->wire == NULL)
    {
      pump_free (pump);
      return;
    }
  pump_watch (pump, (gsize) length);
  g_output_stream_write_all_async (pump->to, pump->chunk, (gsize) length, G_PRIORITY_DEFAULT,
                                   pump->link->cancellable, on_written, pump);
}

static void
pump_read (Pump *pump)
{
  g_input_stream_read_async (pump->from, pump->chunk, CHUNK, G_PRIORITY_DEFAULT,
                             pump->link->cancellable, on_read, pump);
}

static Pump *
pump_new (TourLink  *link,
          GIOStream *from,
          GIOStream *to,
          gboolean   from_client)
{
  Pump *pump = g_new0 (Pump, 1);

  pump->link = link_ref (link);
  pump->from = g_io_stream_get_input_stream (from);
  pump->to = g_io_stream_get_output_stream (to);
  pump->head = from_client ? NULL : g_byte_array_new ();
  tour_frame_reader_init (&pump->reader, link->number, from_client);
  return pump;
}

static void
on_refused (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  link_end (data);
  link_unref (data);
}

/* Takes the reference. */
static void
link_refuse (TourLink *self)
{
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->client), REFUSAL,
                                   strlen (REFUSAL), G_PRIORITY_DEFAULT, self->cancellable,
                                   on_refused, self);
}

static void
on_forwarded (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  TourLink *self = data;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL)
      || self->wire == NULL)
    link_end (self);
  else
    {
      g_clear_handle_id (&self->deadline, g_source_remove);
      pump_read (pump_new (self, self->client, self->server, TRUE));
      pump_read (pump_new (self, self->server, self->client, FALSE));
    }
  link_unref (self);
}

static void
on_dialed (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  TourLink *self = data;
  GSocketConnection *server =
    g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, NULL);

  if (server == NULL || self->wire == NULL)
    {
      g_clear_object (&server);
      link_end (self);
      link_unref (self);
      return;
    }
  self->server = G_IO_STREAM (server);
  self->number = ++self->wire->n_links;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->server),
                                   self->request->data, self->request->len, G_PRIORITY_DEFAULT,
                                   self->cancellable, on_forwarded, self);
}

/* A request is whole, and nothing comes behind it before it is answered. */
static void
on_request_read (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  TourLink *self = data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  gsize end;

  if (length <= 0 || self->wire == NULL)
    {
      link_end (self);
      link_unref (self);
      return;
    }
  g_byte_array_append (self->request, self->chunk, (guint) length);
  end = tour_http_find_end ((const char *) self->request->data, self->request->len);
  if (end == 0 && self->request->len <= TOUR_HTTP_MAX_HEAD)
    link_read_request (self);
  else if (self->request->len > TOUR_HTTP_MAX_HEAD || end != self->request->len
           || !tour_http_may_pass ((const char *) self->request->data, end, self->wire->port))
    link_refuse (self);
  else
    g_socket_client_connect_to_host_async (self->wire->dialer, "127.0.0.1", self->wire->upstream,
                                           self->cancellable, on_dialed, self);
}

static void
link_read_request (TourLink *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->client), self->chunk, CHUNK,
                             G_PRIORITY_DEFAULT, self->cancellable, on_request_read, self);
}

static gboolean
on_deadline (gpointer data)
{
  TourLink *self = data;

  self->deadline = 0;
  link_end (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *client,
             GObject           *source,
             gpointer           data)
{
  TourWire *self = data;
  TourLink *link;

  if (self->upstream == 0 || g_hash_table_size (self->links) >= MAX_LINKS)
    {
      g_io_stream_close (G_IO_STREAM (client), NULL, NULL);
      return TRUE;
    }
  link = g_new0 (TourLink, 1);
  g_ref_count_init (&link->ref_count);
  link->wire = self;
  link->cancellable = g_cancellable_new ();
  link->client = g_object_ref (G_IO_STREAM (client));
  link->request = g_byte_array_new ();
  link->deadline = g_timeout_add_seconds (REQUEST_SECONDS, on_deadline, link);
  g_hash_table_add (self->links, link);
  link_read_request (link);
  return TRUE;
}

TourWire *
tour_wire_new (TourFrameFunc   func,
               gpointer        data,
               guint16        *port,
               GError        **error)
{
  g_autoptr (TourWire) self = g_new0 (TourWire, 1);
  g_autoptr (GSocketAddress) loopback = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;

  self->func = func;
  self->data = data;
  self->links = g_hash_table_new (NULL, NULL);
  self->dialer = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->dialer, FALSE);
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

/* Where the server listens; 0: nowhere, clients are turned away. */
void
tour_wire_set_upstream (TourWire *self,
                        guint16   port)
{
  self->upstream = port;
}

void
tour_wire_free (TourWire *self)
{
  g_autoptr (GList) links = g_hash_table_get_keys (self->links);

  for (GList *link = links; link != NULL; link = link->next)
    link_end (link->data);
  g_hash_table_unref (self->links);
  g_socket_service_stop (self->service);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_clear_object (&self->service);
  g_clear_object (&self->dialer);
  g_free (self);
}

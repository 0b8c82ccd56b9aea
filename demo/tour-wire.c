/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tour-wire.h"

#define CHUNK 16384
#define HEADER_END "\r\n\r\n"

struct _TourWire
{
  GSocketService *service;
  GSocketClient *dialer;
  GCancellable *cancellable;
  TourFrameFunc func;
  gpointer data;
  guint16 upstream;
  guint n_links;
};

/* One direction of one connection. The two directions hold on to both streams. */
typedef struct
{
  TourWire *wire;
  GCancellable *cancellable;
  GIOStream *from;
  GIOStream *to;
  guint link;
  gboolean from_client;
  gboolean upgraded;
  GByteArray *seen;
  guint8 chunk[CHUNK];
} Pump;

static void pump_read (Pump *pump);

static void
pump_free (Pump *pump)
{
  g_io_stream_close (pump->from, NULL, NULL);
  g_io_stream_close (pump->to, NULL, NULL);
  g_object_unref (pump->from);
  g_object_unref (pump->to);
  g_object_unref (pump->cancellable);
  g_byte_array_unref (pump->seen);
  g_free (pump);
}

/* Takes one whole frame from the front of what was seen; FALSE when there is none yet. */
static gboolean
pump_take_frame (Pump *pump)
{
  guint8 *bytes = pump->seen->data;
  gsize size = pump->seen->len;
  gsize head = 2;
  guint64 length;
  gboolean masked;

  if (size < 2)
    return FALSE;
  masked = (bytes[1] & 0x80) != 0;
  length = bytes[1] & 0x7f;
  if (length >= 126)
    {
      gsize n_bytes = length == 126 ? 2 : 8;

      head += n_bytes;
      if (size < head)
        return FALSE;
      length = 0;
      for (gsize i = 0; i < n_bytes; i++)
        length = length << 8 | bytes[2 + i];
    }
  head += masked ? 4 : 0;
  if (size < head || size - head < length)
    return FALSE;

  for (gsize i = 0; masked && i < length; i++)
    bytes[head + i] ^= bytes[head - 4 + i % 4];
  {
    g_autofree char *text = g_strndup ((const char *) bytes + head, length);
    TourFrame frame = { pump->link, pump->from_client, masked, bytes[0] & 0x0f, text, length };

    pump->wire->func (&frame, pump->wire->data);
  }
  g_byte_array_remove_range (pump->seen, 0, (guint) (head + length));
  return TRUE;
}

static void
pump_watch (Pump  *pump,
            gsize  length)
{
  g_byte_array_append (pump->seen, pump->chunk, (guint) length);
  if (!pump->upgraded)
    {
      const char *end = g_strstr_len ((const char *) pump->seen->data, pump->seen->len, HEADER_END);

      if (end == NULL)
        return;
      pump->upgraded = TRUE;
      g_byte_array_remove_range (pump->seen, 0, (guint) (end - (const char *) pump->seen->data
                                                         + strlen (HEADER_END)));
    }
  while (pump_take_frame (pump))
    ;
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

  if (length <= 0 || g_cancellable_is_cancelled (pump->cancellable))
    {
      pump_free (pump);
      return;
    }
  pump_watch (pump, (gsize) length);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (pump->to), pump->chunk,
                                   (gsize) length, G_PRIORITY_DEFAULT, pump->cancellable,
                                   on_written, pump);
}

static void
pump_read (Pump *pump)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (pump->from), pump->chunk, CHUNK,
                             G_PRIORITY_DEFAULT, pump->cancellable, on_read, pump);
}

static void
pump_start (TourWire  *wire,
            GIOStream *from,
            GIOStream *to,
            gboolean   from_client)
{
  Pump *pump = g_new0 (Pump, 1);

  pump->wire = wire;
  pump->cancellable = g_object_ref (wire->cancellable);
  pump->from = g_object_ref (from);
  pump->to = g_object_ref (to);
  pump->link = wire->n_links;
  pump->from_client = from_client;
  pump->seen = g_byte_array_new ();
  pump_read (pump);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *client,
             GObject           *source,
             gpointer           data)
{
  TourWire *self = data;
  g_autoptr (GSocketConnection) server = NULL;

  /* On loopback this does not wait: it is taken or refused at once. */
  if (self->upstream != 0)
    server = g_socket_client_connect_to_host (self->dialer, "127.0.0.1", self->upstream,
                                              self->cancellable, NULL);
  if (server == NULL)
    {
      g_io_stream_close (G_IO_STREAM (client), NULL, NULL);
      return TRUE;
    }
  self->n_links++;
  pump_start (self, G_IO_STREAM (client), G_IO_STREAM (server), TRUE);
  pump_start (self, G_IO_STREAM (server), G_IO_STREAM (client), FALSE);
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
  self->cancellable = g_cancellable_new ();
  self->dialer = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->dialer, FALSE);
  self->service = g_socket_service_new ();
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), loopback,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                      &address, error))
    return NULL;
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
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
  g_cancellable_cancel (self->cancellable);
  g_socket_service_stop (self->service);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_clear_object (&self->service);
  g_clear_object (&self->dialer);
  g_clear_object (&self->cancellable);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-server-private.h"

#include "signal-transport-private.h"

static void
refuse (SoupServerMessage *request,
        guint              status)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request);

  soup_message_headers_replace (headers, "Connection", "close");
  soup_server_message_set_status (request, status, NULL);
}

static gboolean
is_full (SignalServer *self)
{
  return g_hash_table_size (self->peers) >= self->max_peers;
}

/* The answer is written: from here on the connection is no longer SoupServer's. */
static void
on_upgraded (SoupServerMessage *request,
             gpointer           user_data)
{
  SignalServer *self = user_data;
  g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (request));
  g_autoptr (GSocketAddress) remote = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (SoupWebsocketConnection) socket = NULL;

  remote = g_object_ref (soup_server_message_get_remote_address (request));
  signal_server_clear_deadline (remote);
  stream = soup_server_message_steal_connection (request);
  if (stream == NULL || self->soup == NULL || is_full (self))
    return;

  socket = signal_transport_wrap (stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL);
  signal_server_accept (self, socket, remote);
}

/* Called when the headers are read: a body is neither waited for nor kept. */
static void
on_request (SoupServer        *soup,
            SoupServerMessage *request,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  SignalServer *self = user_data;
  g_autoptr (GError) error = NULL;

  soup_message_body_set_accumulate (soup_server_message_get_request_body (request), FALSE);

  if (!g_str_equal (path, self->listen_path))
    {
      refuse (request, SOUP_STATUS_NOT_FOUND);
      return;
    }

  if (!soup_websocket_server_check_handshake (request, NULL, NULL, NULL, &error))
    {
      gboolean plain = g_error_matches (error, SOUP_WEBSOCKET_ERROR,
                                        SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET);

      soup_message_headers_replace (soup_server_message_get_response_headers (request),
                                    "Upgrade", "websocket");
      refuse (request, plain ? 426 : SOUP_STATUS_BAD_REQUEST);
      return;
    }

  if (is_full (self))
    {
      refuse (request, SOUP_STATUS_SERVICE_UNAVAILABLE);
      return;
    }

  /* Without extensions: deflate costs memory, and says something about what is encrypted. */
  if (soup_websocket_server_process_handshake (request, NULL, NULL, NULL, NULL))
    g_signal_connect_object (request, "wrote-informational", G_CALLBACK (on_upgraded), self, 0);
}

void
signal_server_open_http (SignalServer *self)
{
  self->soup = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->soup, NULL, on_request, self, NULL);
}

void
signal_server_close_http (SignalServer *self)
{
  g_autoptr (SoupServer) soup = g_steal_pointer (&self->soup);

  if (soup == NULL)
    return;

  soup_server_remove_handler (soup, NULL);
  soup_server_disconnect (soup);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "server/signal-origin-private.h"
#include "server/signal-server-private.h"
#include "websocket/signal-websocket-connect-private.h"

/* A scheme, the longest name that DNS can have, a port, and some to spare. */
#define MAX_ORIGIN_LENGTH 512

static void
reject (SoupServerMessage *request,
        guint              status)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request);

  soup_message_headers_replace (headers, "Connection", "close");
  if (status == SOUP_STATUS_METHOD_NOT_ALLOWED)
    soup_message_headers_replace (headers, "Allow", "GET");
  soup_server_message_set_status (request, status, NULL);
}

/* As reject(), without reading the body of the request. SoupServer would read all of it first, and
 * block other clients meanwhile. */
static void
reject_early (SoupServerMessage *request,
              guint              status)
{
  G_GNUC_UNUSED g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (GSocketAddress) remote = g_object_ref (soup_server_message_get_remote_address (request));
  g_autofree char *response = NULL;
  g_autoptr (GIOStream) stream = NULL;

  response = g_strdup_printf ("HTTP/1.1 %u %s\r\n%sConnection: close\r\nContent-Length: 0\r\n\r\n", status,
                                    soup_status_get_phrase (status),
                                    status == SOUP_STATUS_METHOD_NOT_ALLOWED ? "Allow: GET\r\n" : "");
  stream = soup_server_message_steal_connection (request);
  if (stream == NULL)
    return;

  /* Nothing was written before, so this fits into the socket's buffer. */
  g_pollable_output_stream_write_nonblocking (
    G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream)), response, strlen (response), NULL,
    NULL);
  signal_connection_limiter_linger (remote, stream);
}

static gboolean
has_body (SoupServerMessage *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED
         || soup_message_headers_get_content_length (headers) != 0;
}

/* Whether there is room for one more peer. Peers that have not authenticated are evicted for it. */
static gboolean
make_room (SignalServer *self)
{
  if (self->n_admitted >= self->max_peers)
    return FALSE;

  while (self->n_admitted + signal_connection_limiter_count_peers (self->limiter) >= self->max_peers)
    if (!signal_connection_limiter_evict (self->limiter, TRUE))
      return FALSE;

  return TRUE;
}

/* The values of a header; how many there are. */
typedef struct
{
  const char *name;
  const char *value; /* the last */
  guint       count;
} Header;

static void
look_for_header (const char *name,
                 const char *value,
                 gpointer    user_data)
{
  Header *header = user_data;

  if (g_ascii_strcasecmp (name, header->name) != 0)
    return;

  header->value = value;
  header->count++;
}

static Header
find_header (SoupServerMessage *request,
             const char        *name)
{
  Header header = { .name = name };

  soup_message_headers_foreach (soup_server_message_get_request_headers (request), look_for_header,
                                &header);
  return header;
}

/* The response is written: from here on the connection no longer belongs to SoupServer. */
static void
on_upgraded (SoupServerMessage *request,
             gpointer           user_data)
{
  SignalServer *self = user_data;
  G_GNUC_UNUSED g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (request));
  g_autoptr (GSocketAddress) remote = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (SignalWebsocket) websocket = NULL;

  remote = g_object_ref (soup_server_message_get_remote_address (request));
  stream = soup_server_message_steal_connection (request);
  if (stream == NULL || self->soup == NULL)
    return;

  signal_connection_limiter_clear_deadline (remote);
  websocket = signal_websocket_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL);
  signal_server_accept (self, websocket, remote, find_header (request, "Origin").value);
}

static void
handle_upgrade (SignalServer      *self,
                SoupServerMessage *request)
{
  g_autoptr (GError) error = NULL;

  if (!soup_websocket_server_check_handshake (request, NULL, NULL, NULL, &error))
    {
      gboolean plain = g_error_matches (error, SOUP_WEBSOCKET_ERROR,
                                        SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET);

      soup_message_headers_replace (soup_server_message_get_response_headers (request),
                                    "Upgrade", "websocket");
      reject (request, plain ? 426 : SOUP_STATUS_BAD_REQUEST);
      return;
    }

  if (!make_room (self))
    {
      reject (request, SOUP_STATUS_SERVICE_UNAVAILABLE);
      return;
    }

  /* Without extensions: compression costs memory, and the size of compressed messages leaks their
   * content. */
  if (!soup_websocket_server_process_handshake (request, NULL, NULL, NULL, NULL))
    return;

  signal_connection_limiter_promise (soup_server_message_get_remote_address (request));
  g_signal_connect_object (request, "wrote-informational", G_CALLBACK (on_upgraded), self, 0);
}

/* Visible ASCII of a bounded length. */
static gboolean
is_plain (const char *origin)
{
  for (const char *p = origin; *p != '\0'; p++)
    if (*p < ' ' || *p > '~' || p - origin >= MAX_ORIGIN_LENGTH)
      return FALSE;

  return TRUE;
}

/* Checks which web page asks; other programs send no origin. Returns a status, or 0 to go on. */
static guint
check_origin (SignalServer      *self,
              SoupServerMessage *request)
{
  Header host = find_header (request, "Host");
  Header origin = find_header (request, "Origin");
  GSocketAddress *local = soup_server_message_get_local_address (request);
  const SignalOriginTarget target = {
    .host = host.value,
    .is_tls = self->listen_certificate != NULL,
    .address = G_IS_INET_SOCKET_ADDRESS (local)
               ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)) : NULL,
    .name = self->listen_name,
  };

  if (host.count > 1 || origin.count > 1)
    return SOUP_STATUS_BAD_REQUEST;
  if (origin.count == 0)
    return 0;
  if (!is_plain (origin.value))
    return SOUP_STATUS_BAD_REQUEST;
  if (signal_origin_is_listed (origin.value, (const char * const *) self->allowed_origins)
      || signal_origin_is_own (origin.value, &target))
    return 0;
  return SOUP_STATUS_FORBIDDEN;
}

/* Returns a status to reject the request with, or 0 to go on. SoupServer has checked it before. */
static guint
check_headers (SignalServer      *self,
               SoupServerMessage *request)
{
  guint status = soup_server_message_get_status (request);

  if (status != 0)
    return status;
  if (self->soup == NULL)
    return SOUP_STATUS_SERVICE_UNAVAILABLE;
  if (!g_str_equal (g_uri_get_path (soup_server_message_get_uri (request)), self->listen_path))
    return SOUP_STATUS_NOT_FOUND;

  status = check_origin (self, request);
  if (status != 0)
    return status;
  if (!g_str_equal (soup_server_message_get_method (request), "GET"))
    return SOUP_STATUS_METHOD_NOT_ALLOWED;
  if (has_body (request))
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  return 0;
}

static void
on_headers (SoupServerMessage *request,
            gpointer           user_data)
{
  SignalServer *self = user_data;
  guint status = check_headers (self, request);

  if (status == 0)
    handle_upgrade (self, request);
  else if (has_body (request))
    reject_early (request, status);
  else
    reject (request, status);
}

static void
on_request (SoupServer        *soup,
            SoupServerMessage *request,
            gpointer           user_data)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (request), FALSE);
  g_signal_connect_object (request, "got-headers", G_CALLBACK (on_headers), user_data, 0);
}

void
signal_server_open_http (SignalServer *self)
{
  self->soup = soup_server_new (NULL, NULL);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request), self);
}

void
signal_server_close_http (SignalServer *self)
{
  g_autoptr (SoupServer) soup = g_steal_pointer (&self->soup);

  if (soup == NULL)
    return;

  g_signal_handlers_disconnect_by_data (soup, self);
  soup_server_disconnect (soup);
}

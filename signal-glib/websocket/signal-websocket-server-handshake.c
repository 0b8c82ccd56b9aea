/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-server-handshake-private.h"

#include <string.h>

/* Values of a header. */
typedef struct
{
  const char *name;
  const char *value; /* the last one */
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

/* Returns the last value of a header, or NULL. count: (optional): how many times it is in the request. */
const char *
signal_websocket_server_handshake_get_header (SoupServerMessage *request,
                                              const char        *name,
                                              guint             *count)
{
  Header header = { .name = name };

  soup_message_headers_foreach (soup_server_message_get_request_headers (request), look_for_header,
                                &header);
  if (count != NULL)
    *count = header.count;
  return header.value;
}

gboolean
signal_websocket_server_handshake_has_body (SoupServerMessage *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED
         || soup_message_headers_get_content_length (headers) != 0;
}

/* Returns the status to reject the request with, or 0 if it is a valid handshake. */
guint
signal_websocket_server_handshake_check (SoupServerMessage *request)
{
  g_autoptr (GError) error = NULL;

  if (!g_str_equal (soup_server_message_get_method (request), "GET"))
    return SOUP_STATUS_METHOD_NOT_ALLOWED;
  if (signal_websocket_server_handshake_has_body (request))
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  if (soup_websocket_server_check_handshake (request, NULL, NULL, NULL, &error))
    return 0;

  soup_message_headers_replace (soup_server_message_get_response_headers (request), "Upgrade", "websocket");
  if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET))
    return 426; /* Upgrade Required, RFC 9110 section 15.5.22 */
  return SOUP_STATUS_BAD_REQUEST;
}

/* Answers with 101. The upgrade is complete when the request emits SoupServerMessage::wrote-informational.
 * No extension is negotiated: compression costs memory, and the size of a compressed message reveals
 * something of its content. */
gboolean
signal_websocket_server_handshake_accept (SoupServerMessage *request)
{
  return soup_websocket_server_process_handshake (request, NULL, NULL, NULL, NULL);
}

/* Takes the connection from SoupServer once 101 has been written. Returns NULL if it is closed. */
SignalWebsocket *
signal_websocket_server_handshake_finish (SoupServerMessage *request)
{
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (request));
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (request);

  if (stream == NULL)
    return NULL;

  return signal_websocket_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL);
}

void
signal_websocket_server_handshake_reject (SoupServerMessage *request,
                                          guint              status)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request);

  soup_message_headers_replace (headers, "Connection", "close");
  if (status == SOUP_STATUS_METHOD_NOT_ALLOWED)
    soup_message_headers_replace (headers, "Allow", "GET");
  soup_server_message_set_status (request, status, NULL);
}

/* Rejects the request without reading its body: SoupServer would read all of it first, and block other
 * clients meanwhile. Returns the stream, which the caller closes, or NULL. */
GIOStream *
signal_websocket_server_handshake_reject_early (SoupServerMessage *request,
                                                guint              status)
{
  g_autofree char *response = NULL;
  GIOStream *stream;

  response = g_strdup_printf ("HTTP/1.1 %u %s\r\n%sConnection: close\r\nContent-Length: 0\r\n\r\n", status,
                              soup_status_get_phrase (status),
                              status == SOUP_STATUS_METHOD_NOT_ALLOWED ? "Allow: GET\r\n" : "");
  stream = soup_server_message_steal_connection (request);
  if (stream == NULL)
    return NULL;

  /* Nothing was written before, so that this fits into the buffer of the socket. */
  g_pollable_output_stream_write_nonblocking (
    G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream)), response, strlen (response), NULL,
    NULL);
  return stream;
}

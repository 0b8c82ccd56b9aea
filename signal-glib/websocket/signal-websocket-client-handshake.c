/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-client-handshake-private.h"


#include "websocket/signal-url-private.h"
#include <glib/gi18n-lib.h>
#include <string.h>

/* The most bytes of an answer's head. */
#define HEAD_MAX (32 * 1024)
#define READ_SIZE 4096

/* What RFC 6455 section 4.2.2 appends to the key before hashing. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* One upgrade request and its answer; the data of its task. */
typedef struct
{
  GIOStream *stream;
  char *key;
  char *request;
  GByteArray *answer;
  guint retry_after; /* ms */
} Upgrade;

static void
upgrade_free (Upgrade *upgrade)
{
  g_clear_object (&upgrade->stream);
  g_clear_pointer (&upgrade->key, g_free);
  g_clear_pointer (&upgrade->request, g_free);
  g_clear_pointer (&upgrade->answer, g_byte_array_unref);
  g_free (upgrade);
}

static gboolean
is_reserved_header (const char *name)
{
  return g_ascii_strcasecmp (name, "Host") == 0
         || g_ascii_strcasecmp (name, "Upgrade") == 0
         || g_ascii_strcasecmp (name, "Connection") == 0
         || g_ascii_strcasecmp (name, "Content-Length") == 0
         || g_ascii_strcasecmp (name, "Transfer-Encoding") == 0
         || g_ascii_strncasecmp (name, "Sec-WebSocket-", strlen ("Sec-WebSocket-")) == 0;
}

static void
append_header (const char *name,
                   const char *value,
                   gpointer    user_data)
{
  g_string_append_printf (user_data, "%s: %s\r\n", name, value);
}

static void
append_extra_header (const char *name,
                     const char *value,
                     gpointer    user_data)
{
  if (!is_reserved_header (name))
    append_header (name, value, user_data);
}

/* A part of the URL, in which GUri leaves some characters that RFC 3986 does not know. */
static void
append_escaped (GString    *request,
                const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_isalnum (*at) || strchr ("-._~:/?#[]@!$&'()*+,;=%", *at) != NULL)
      g_string_append_c (request, *at);
    else
      g_string_append_printf (request, "%%%02X", (guchar) *at);
}

static char *
compose_request (GUri                *uri,
                 SoupMessageHeaders  *headers,
                 char               **key)
{
  g_autoptr (GUri) http = soup_uri_copy (uri, SOUP_URI_SCHEME, "http", SOUP_URI_NONE);
  g_autoptr (SoupMessage) message = soup_message_new_from_uri ("GET", http);
  SoupMessageHeaders *own = soup_message_get_request_headers (message);
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);
  g_autofree char *host = signal_url_compose_host_field (uri);
  GString *request = g_string_new ("GET ");

  soup_websocket_client_prepare_handshake (message, NULL, NULL, NULL);
  *key = g_strdup (soup_message_headers_get_one (own, "Sec-WebSocket-Key"));

  append_escaped (request, *path != '\0' ? path : "/");
  if (query != NULL)
    {
      g_string_append_c (request, '?');
      append_escaped (request, query);
    }
  g_string_append (request, " HTTP/1.1\r\n");
  append_header ("Host", host, request);
  soup_message_headers_foreach (own, append_header, request);
  if (headers != NULL)
    soup_message_headers_foreach (headers, append_extra_header, request);
  g_string_append (request, "\r\n");

  return g_string_free (request, FALSE);
}

/* libsoup's own check reads the status of a SoupMessage, which nobody outside libsoup can set. */
static gboolean
check_accepted (Upgrade             *upgrade,
                SoupMessageHeaders  *headers,
                GError             **error)
{
  g_autofree char *text = g_strconcat (upgrade->key, ACCEPT_GUID, NULL);
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  const char *accept = soup_message_headers_get_one (headers, "Sec-WebSocket-Accept");
  g_autofree char *expected = NULL;
  guint8 digest[20];
  gsize  size = sizeof digest;

  g_checksum_update (sha1, (const guint8 *) text, (gssize) strlen (text));
  g_checksum_get_digest (sha1, digest, &size);
  expected = g_base64_encode (digest, size);

  if (!soup_message_headers_header_equals (headers, "Upgrade", "websocket")
      || !soup_message_headers_header_contains (headers, "Connection", "upgrade")
      || g_strcmp0 (accept, expected) != 0)
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
                           _("The server's answer to the WebSocket handshake is not valid"));
      return FALSE;
    }

  if (soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions") != NULL
      || soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol") != NULL)
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
                           _("The server chose a WebSocket extension or protocol that was not "
                             "offered"));
      return FALSE;
    }

  return TRUE;
}

/* Retry-After (RFC 9110 section 10.2.3) in ms: seconds or a date; 0 where there is none. */
static guint
parse_retry_after (SoupMessageHeaders *headers)
{
  const char *value = soup_message_headers_get_one (headers, "Retry-After");
  g_autoptr (GDateTime) date = NULL;
  g_autoptr (GError) error = NULL;
  gint64 seconds;
  guint64 number;

  if (value == NULL)
    return 0;

  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT / 1000, &number, &error))
    return (guint) number * 1000;
  if (g_error_matches (error, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS))
    return G_MAXUINT;

  date = soup_date_time_new_from_http_string (value);
  if (date == NULL)
    return 0;

  seconds = g_date_time_to_unix (date) - g_get_real_time () / G_USEC_PER_SEC;
  return (guint) CLAMP (seconds, 0, G_MAXUINT / 1000) * 1000;
}

static gboolean
check_answer (Upgrade  *upgrade,
              gsize     head,
              GError  **error)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  guint status = 0;

  if (!soup_headers_parse_response ((const char *) upgrade->answer->data, (int) head, headers, NULL,
                                    &status, NULL))
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET,
                           _("The server's answer is not HTTP"));
      return FALSE;
    }

  if (status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    return check_accepted (upgrade, headers, error);

  upgrade->retry_after = parse_retry_after (headers);
  g_set_error (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET,
               _("The server did not open a WebSocket: it answered with HTTP status %u (%s)"),
               status, soup_status_get_phrase (status));
  return FALSE;
}

static void read_more (GTask *task);

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Upgrade *upgrade = g_task_get_task_data (task);
  g_autoptr (GBytes) bytes = NULL;
  const char *end;
  GError *error = NULL;
  gsize size, head;

  bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  if (bytes == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  size = g_bytes_get_size (bytes);
  if (size == 0)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                               _("The server closed the connection during the WebSocket handshake"));
      return;
    }

  g_byte_array_append (upgrade->answer, g_bytes_get_data (bytes, NULL), (guint) size);
  end = g_strstr_len ((const char *) upgrade->answer->data, upgrade->answer->len, "\r\n\r\n");
  if (end == NULL)
    {
      if (upgrade->answer->len < HEAD_MAX)
        read_more (g_steal_pointer (&task));
      else
        g_task_return_new_error (task, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
                                 _("The head of the server's answer is longer than %d bytes"),
                                 HEAD_MAX);
      return;
    }

  head = (gsize) (end + 4 - (const char *) upgrade->answer->data);
  if (!check_answer (upgrade, head, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_task_return_pointer (task,
                         g_bytes_new (upgrade->answer->data + head, upgrade->answer->len - head),
                         (GDestroyNotify) g_bytes_unref);
}

static void
read_more (GTask *task)
{
  Upgrade *upgrade = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (upgrade->stream), READ_SIZE,
                                   g_task_get_priority (task), g_task_get_cancellable (task),
                                   on_read, task);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    g_task_return_error (task, error);
  else
    read_more (g_steal_pointer (&task));
}

/* Asks over an open stream for a WebSocket (RFC 6455 section 4.1). headers: what to send beside, or
 * NULL. */
void
signal_upgrade_async (GIOStream           *stream,
                      GUri                *uri,
                      SoupMessageHeaders  *headers,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);
  Upgrade *upgrade = g_new0 (Upgrade, 1);

  upgrade->stream = g_object_ref (stream);
  upgrade->answer = g_byte_array_new ();
  upgrade->request = compose_request (uri, headers, &upgrade->key);

  g_task_set_source_tag (task, signal_upgrade_async);
  g_task_set_name (task, "[signal-glib] upgrade");
  g_task_set_task_data (task, upgrade, (GDestroyNotify) upgrade_free);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream),
                                   upgrade->request, strlen (upgrade->request),
                                   G_PRIORITY_DEFAULT, cancellable, on_written, task);
}

/* What came after the head of the answer: frames already. retry_after: the wait in ms that a
 * refusal asked for, or 0. */
GBytes *
signal_upgrade_finish (GAsyncResult  *result,
                       guint         *retry_after,
                       GError       **error)
{
  Upgrade *upgrade = g_task_get_task_data (G_TASK (result));

  *retry_after = upgrade->retry_after;
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-client-handshake-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"
#include "websocket/signal-upgrade-response-private.h"
#include "websocket/signal-url-private.h"

#define READ_SIZE 4096

/* The task data of one upgrade request. */
typedef struct
{
  GIOStream *stream;
  char *request;
  SignalUpgradeResponse *response;
} Upgrade;

static void
upgrade_free (Upgrade *upgrade)
{
  g_clear_object (&upgrade->stream);
  g_clear_pointer (&upgrade->request, g_free);
  g_clear_pointer (&upgrade->response, signal_upgrade_response_free);
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

/* A token (RFC 9110 section 5.6.2). */
static gboolean
is_field_name (const char *name)
{
  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("!#$%&'*+-.^_`|~", *at) == NULL)
      return FALSE;

  return *name != '\0';
}

/* RFC 9110 section 5.5: no control characters except the tab. */
static gboolean
is_field_value (const char *value)
{
  for (const char *at = value; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at) && *at != '\t')
      return FALSE;

  return TRUE;
}

/* Checks whether the headers can be added to the request; they must not contain anything that
 * could end a line. The value, which can be a secret, is not part of the error. */
gboolean
signal_websocket_client_handshake_check_headers (SoupMessageHeaders  *headers,
                                                 GError             **error)
{
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      if (!is_field_name (name))
        {
          g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                               _("A custom header has a name that is not valid in HTTP"));
          return FALSE;
        }

      if (!is_field_value (value))
        {
          g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The value of the custom header “%s” contains a control character"), name);
          return FALSE;
        }
    }

  return TRUE;
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

/* Appends a part of the URL, in which GUri leaves some characters that RFC 3986 does not
 * allow. */
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

/* Generates a nonce (RFC 6455 section 4.1). libsoup uses four plain numbers of g_random_int(),
 * which reveal the state of the generator that the rest of the process uses. */
static char *
draw_key (GError **error)
{
  guint8 nonce[16];

  if (!signal_random_bytes (nonce, sizeof nonce, error))
    return NULL;

  return g_base64_encode (nonce, sizeof nonce);
}

static char *
compose_request (GUri               *uri,
                 SoupMessageHeaders *headers,
                 const char         *key)
{
  g_autoptr (GUri) http = soup_uri_copy (uri, SOUP_URI_SCHEME, "http", SOUP_URI_NONE);
  g_autoptr (SoupMessage) message = soup_message_new_from_uri ("GET", http);
  SoupMessageHeaders *own = soup_message_get_request_headers (message);
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);
  g_autofree char *host = signal_url_compose_host_field (uri);
  GString *request = g_string_new ("GET ");

  soup_websocket_client_prepare_handshake (message, NULL, NULL, NULL);
  soup_message_headers_replace (own, "Sec-WebSocket-Key", key);

  append_escaped (request, path);
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

static void read_more (GTask *task);

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Upgrade *upgrade = g_task_get_task_data (task);
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;
  gboolean is_complete;

  bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  if (bytes == NULL)
    g_task_return_error (task, error); /* NOLINT(bugprone-branch-clone): the order matters */
  else if (g_bytes_get_size (bytes) == 0)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                             _("The server closed the connection during the WebSocket handshake"));
  else if (!signal_upgrade_response_take (upgrade->response, g_bytes_get_data (bytes, NULL),
                                          g_bytes_get_size (bytes), &is_complete, &error))
    g_task_return_error (task, error);
  else if (!is_complete)
    read_more (g_steal_pointer (&task));
  else
    g_task_return_pointer (task, signal_upgrade_response_copy_rest (upgrade->response),
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

/* Sends an upgrade request over an open stream (RFC 6455 section 4.1). headers are additional
 * headers that have been checked, or NULL. */
void
signal_websocket_client_handshake_async (GIOStream           *stream,
                                         GUri                *uri,
                                         SoupMessageHeaders  *headers,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  Upgrade *upgrade = g_new0 (Upgrade, 1);
  g_autofree char *key = NULL;
  GError *error = NULL;

  upgrade->stream = g_object_ref (stream);

  g_task_set_source_tag (task, signal_websocket_client_handshake_async);
  g_task_set_name (task, "[signal-glib] upgrade");
  g_task_set_task_data (task, upgrade, (GDestroyNotify) upgrade_free);

  key = draw_key (&error);
  if (key == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  upgrade->request = compose_request (uri, headers, key);
  upgrade->response = signal_upgrade_response_new (key);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream),
                                   upgrade->request, strlen (upgrade->request),
                                   G_PRIORITY_DEFAULT, cancellable, on_written, g_steal_pointer (&task));
}

/* Returns the data after the head of the response, which consists of frames. retry_after is set
 * to the delay in ms that the server asked for when it rejected the upgrade, or to 0. */
GBytes *
signal_websocket_client_handshake_finish (GAsyncResult  *result,
                                          guint         *retry_after,
                                          GError       **error)
{
  Upgrade *upgrade = g_task_get_task_data (G_TASK (result));

  *retry_after = upgrade->response != NULL ? signal_upgrade_response_get_retry_after (upgrade->response) : 0;
  return g_task_propagate_pointer (G_TASK (result), error);
}

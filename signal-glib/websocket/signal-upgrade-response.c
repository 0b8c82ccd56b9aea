/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-upgrade-response-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The response to an upgrade request, which is parsed incrementally. A response that cannot
 * become valid is rejected at the first byte that shows this. */

/* The string that RFC 6455 section 4.2.2 appends to the key before hashing. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct _SignalUpgradeResponse
{
  char *key;
  GByteArray *data;
  guint start;       /* of the head that is being read, in data */
  guint position;    /* of the first byte that has not been examined */
  guint n_interim;
  guint retry_after; /* ms */
};

SignalUpgradeResponse *
signal_upgrade_response_new (const char *key)
{
  SignalUpgradeResponse *self = g_new0 (SignalUpgradeResponse, 1);

  self->key = g_strdup (key);
  self->data = g_byte_array_new ();
  return self;
}

void
signal_upgrade_response_free (SignalUpgradeResponse *self)
{
  g_free (self->key);
  g_byte_array_unref (self->data);
  g_free (self);
}

static gboolean
refuse (GError     **error,
        const char  *text)
{
  g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE, text);
  return FALSE;
}

/* libsoup's own check reads the status of a SoupMessage, which can only be set inside libsoup. If
 * a field occurs twice, the list contains both values and equals neither. */
static gboolean
has_accept (SignalUpgradeResponse *self,
            SoupMessageHeaders    *headers)
{
  g_autofree char *text = g_strconcat (self->key, ACCEPT_GUID, NULL);
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  const char *accept = soup_message_headers_get_list (headers, "Sec-WebSocket-Accept");
  g_autofree char *expected = NULL;
  guint8 digest[20];
  gsize size = sizeof digest;

  g_checksum_update (sha1, (const guint8 *) text, (gssize) strlen (text));
  g_checksum_get_digest (sha1, digest, &size);
  expected = g_base64_encode (digest, size);

  return g_strcmp0 (accept, expected) == 0;
}

/* The head must be followed by frames (RFC 9110 section 15.2.2); if there were a body, it would
 * be unclear where they begin. A length of zero is harmless, and some servers send it. */
static gboolean
has_body (SoupMessageHeaders *headers)
{
  const char *length = soup_message_headers_get_list (headers, "Content-Length");

  return (length != NULL && !g_str_equal (length, "0"))
         || soup_message_headers_get_list (headers, "Transfer-Encoding") != NULL;
}

static gboolean
check_accepted (SignalUpgradeResponse  *self,
                SoupMessageHeaders     *headers,
                GError                **error)
{
  if (!soup_message_headers_header_equals (headers, "Upgrade", "websocket")
      || !soup_message_headers_header_contains (headers, "Connection", "upgrade")
      || !has_accept (self, headers))
    return refuse (error, _("The server's response to the WebSocket handshake is not valid"));

  if (has_body (headers))
    return refuse (error, _("The server's response to the WebSocket handshake has an unexpected body"));

  if (soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions") != NULL
      || soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol") != NULL)
    return refuse (error, _("The server selected a WebSocket extension or protocol that was not offered"));

  return TRUE;
}

/* Parses Retry-After (RFC 9110 section 10.2.3), which is a number of seconds or a date. Returns
 * the delay in ms, or 0 if there is none. */
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
refuse_not_http (GError **error)
{
  g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET,
                       _("The server's response is not HTTP"));
  return FALSE;
}

/* Checks a complete head. is_final remains FALSE if it is an interim one (RFC 9110 section
 * 15.2). */
static gboolean
check_head (SignalUpgradeResponse  *self,
            gboolean               *is_final,
            GError                **error)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autofree char *head = g_strndup ((const char *) self->data->data + self->start,
                                     self->position - self->start);
  gboolean is_valid;
  guint status = 0;

  if (!soup_headers_parse_status_line (head, NULL, &status, NULL))
    return refuse_not_http (error);

  /* libsoup 3.7 and newer reject two different lengths, although the head can be parsed as
   * HTTP. */
  is_valid = soup_headers_parse_response (head, (int) (self->position - self->start), headers, NULL,
                                          NULL, NULL);
  if (!is_valid && status < 200)
    return refuse (error, _("The server's response to the WebSocket handshake is not valid"));

  *is_final = status == SOUP_STATUS_SWITCHING_PROTOCOLS || status >= 200;
  if (status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    return check_accepted (self, headers, error);

  if (!*is_final && ++self->n_interim > SIGNAL_UPGRADE_INTERIM_MAX)
    return refuse (error, _("The server sent too many interim responses to the WebSocket handshake"));
  if (!*is_final)
    return TRUE;

  self->retry_after = parse_retry_after (headers);
  g_set_error (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET,
               _("The server rejected the WebSocket handshake with HTTP status %u (%s)"),
               status, soup_status_get_phrase (status));
  return FALSE;
}

/* Checks the next byte of a head. */
static gboolean
check_byte (SignalUpgradeResponse  *self,
            GError                **error)
{
  static const char version[] = "HTTP/";
  const char *head = (const char *) self->data->data + self->start;
  guint index = self->position - self->start;
  gboolean is_after_cr = index > 0 && head[index - 1] == '\r';

  if (index < strlen (version) && head[index] != version[index])
    return refuse_not_http (error);

  if (head[index] == '\0')
    return refuse (error, _("The server's response contains a NUL byte"));

  if ((head[index] == '\n') != is_after_cr)
    return refuse (error, _("The server's response has a line that does not end in CR LF"));

  if (self->position >= SIGNAL_UPGRADE_HEAD_MAX)
    {
      g_set_error (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
                   _("The headers of the server's response are longer than %d bytes"),
                   SIGNAL_UPGRADE_HEAD_MAX);
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_at_end_of_head (SignalUpgradeResponse *self)
{
  return self->position - self->start >= 4
         && memcmp (self->data->data + self->position - 4, "\r\n\r\n", 4) == 0;
}

/* Parses data from the server. is_complete is set to whether the server has accepted the upgrade,
 * so that only frames follow. */
gboolean
signal_upgrade_response_take (SignalUpgradeResponse  *self,
                              const void             *data,
                              gsize                   length,
                              gboolean               *is_complete,
                              GError                **error)
{
  g_byte_array_append (self->data, data, (guint) length);

  *is_complete = FALSE;
  while (!*is_complete && self->position < self->data->len)
    {
      gboolean is_final;

      if (!check_byte (self, error))
        return FALSE;

      self->position++;
      if (!is_at_end_of_head (self))
        continue;

      if (!check_head (self, &is_final, error))
        return FALSE;
      self->start = self->position;
      *is_complete = is_final;
    }

  return TRUE;
}

/* Copies the data after the head of the response, which consists of frames. */
GBytes *
signal_upgrade_response_copy_rest (SignalUpgradeResponse *self)
{
  return g_bytes_new (self->data->data + self->start, self->data->len - self->start);
}

/* Gets the delay in ms that the server asked for when it rejected the upgrade, or 0. */
guint
signal_upgrade_response_get_retry_after (SignalUpgradeResponse *self)
{
  return self->retry_after;
}

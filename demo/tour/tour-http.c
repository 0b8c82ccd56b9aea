/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-http.h"

#include <string.h>

#include <libsoup/soup.h>

#define HEADER_END "\r\n\r\n"
#define LAST_LINE_END 2 /* bytes of HEADER_END that libsoup does not expect */

/* Returns the length of the first header in @bytes, or 0 if it is not complete. */
gsize
tour_http_get_header_length (const char *bytes,
                             gsize       n_bytes)
{
  const char *end = g_strstr_len (bytes, (gssize) n_bytes, HEADER_END);

  return end != NULL ? (gsize) (end - bytes) + strlen (HEADER_END) : 0;
}

/* Whether @value is @prefix followed by a host name and port of the relay. */
static gboolean
is_own (const char *value,
        const char *prefix,
        guint16     port)
{
  static const char * const names[] = { "127.0.0.1", "localhost" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *own = g_strdup_printf ("%s%s:%u", prefix, names[i], port);

      if (g_ascii_strcasecmp (value, own) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Whether @request has a second Host. libsoup 3.7 and newer would reject it with a warning, which a
 * peer must not be able to cause. */
static gboolean
has_two_hosts (const char *request,
               gsize       length)
{
  static const char name[] = "\nHost:";
  guint count = 0;

  for (gsize at = 0; at + strlen (name) <= length && count < 2; at++)
    count += g_ascii_strncasecmp (request + at, name, strlen (name)) == 0;
  return count == 2;
}

/* Whether @request, received by the relay on @port, may be forwarded to the server. Only browsers
 * send an Origin header. The check of the Host header stops DNS rebinding, with which a page makes
 * its own host name resolve to this machine. */
gboolean
tour_http_is_allowed (const char *request,
                      gsize       length,
                      guint16     port)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  g_autofree char *method = NULL;
  const char *host;
  const char *origin;

  if (has_two_hosts (request, length)
      || soup_headers_parse_request (request, (int) (length - LAST_LINE_END), headers, &method,
                                     NULL, NULL) != SOUP_STATUS_OK)
    return FALSE;
  host = soup_message_headers_get_list (headers, "Host");
  origin = soup_message_headers_get_list (headers, "Origin");
  return g_strcmp0 (method, "GET") == 0
         && soup_message_headers_header_contains (headers, "Upgrade", "websocket")
         && host != NULL && is_own (host, "", port)
         && (origin == NULL || is_own (origin, "http://", port));
}

/* Returns the status code of @response, or 0 if it cannot be parsed. */
guint
tour_http_get_status (const char *response,
                      gsize       length)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  guint status = 0;

  if (!soup_headers_parse_response (response, (int) (length - LAST_LINE_END), headers, NULL,
                                    &status, NULL))
    return 0;
  return status;
}

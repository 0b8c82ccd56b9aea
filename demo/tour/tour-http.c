/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-http.h"

#include <string.h>

#include <libsoup/soup.h>

#define END "\r\n\r\n"
#define LAST_LINE_END 2 /* bytes of END that libsoup does not want */

/* Returns where the first head in @bytes ends; 0: not there yet. */
gsize
tour_http_find_end (const char *bytes,
                    gsize       n_bytes)
{
  const char *end = g_strstr_len (bytes, (gssize) n_bytes, END);

  return end != NULL ? (gsize) (end - bytes) + strlen (END) : 0;
}

/* Whether @value is @prefix and one of the relay's own names. */
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

/* Whether @request has a second Host. libsoup 3.7 and newer would refuse it with a warning, which is
 * not for somebody outside to cause. */
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

/* Whether @request, which came to the relay at @port, may go on to the server. Programs send no
 * origin. A page that has made a name of its own lead here has a host of that name. */
gboolean
tour_http_may_pass (const char *request,
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

/* Returns the status code of @answer; 0: it has none. */
guint
tour_http_read_status (const char *answer,
                       gsize       length)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  guint status = 0;

  if (!soup_headers_parse_response (answer, (int) (length - LAST_LINE_END), headers, NULL, &status,
                                    NULL))
    return 0;
  return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-bus-uri-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "signal-error.h"
#include "websocket/signal-url-private.h"

#define DEFAULT_PORT 6379

static gboolean
refuse (GError     **error,
        const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT, text);
  return FALSE;
}

/* The number of a database, which has no effect on publishing and subscribing. */
static gboolean
is_database (const char *path)
{
  return *path == '\0'
         || (*path == '/' && strspn (path + 1, "0123456789") == strlen (path + 1));
}

static gboolean
check_parts (GUri    *uri,
             GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);
  const char *host = g_uri_get_host (uri);
  const char *user = g_uri_get_user (uri);

  if (!g_str_equal (scheme, "redis") && !g_str_equal (scheme, "rediss"))
    return refuse (error, _("The URI of the bus must begin with redis:// or rediss://"));
  if (host == NULL || *host == '\0')
    return refuse (error, _("The URI of the bus has no host"));
  if (!signal_url_check_host (host))
    return refuse (error, _("The host in the URI of the bus is neither an IP address nor a valid name"));
  if (g_uri_get_port (uri) == 0)
    return refuse (error, _("The port in the URI of the bus must be between 1 and 65535"));
  if (user != NULL && *user != '\0' && g_uri_get_password (uri) == NULL)
    return refuse (error, _("The URI of the bus has a user but no password; write “:password@” for a "
                            "password without a user"));
  if (!is_database (g_uri_get_path (uri)) || g_uri_get_query (uri) != NULL
      || g_uri_get_fragment (uri) != NULL)
    return refuse (error, _("The URI of the bus cannot have a path, a query or a fragment"));

  return TRUE;
}

/* Parses redis://[user][:password@]host[:port] or rediss://…; the port of the result is always set.
 * Errors do not contain any part of the text, which has a password. */
GUri *
signal_bus_uri_parse (const char  *text,
                      GError     **error)
{
  g_autoptr (GUri) uri = NULL;
  int port;

  if (text == NULL || *text == '\0')
    {
      refuse (error, _("The bus has no URI; use one such as redis://localhost"));
      return NULL;
    }

  uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, NULL);
  if (uri == NULL)
    {
      refuse (error, _("The URI of the bus is not valid; use one such as redis://localhost:6379, and "
                       "percent-encode special characters of the password"));
      return NULL;
    }

  if (!check_parts (uri, error))
    return NULL;

  port = g_uri_get_port (uri);
  return g_uri_build_with_user (G_URI_FLAGS_HAS_PASSWORD, g_uri_get_scheme (uri), g_uri_get_user (uri),
                                g_uri_get_password (uri), NULL, g_uri_get_host (uri),
                                port > 0 ? port : DEFAULT_PORT, "", NULL, NULL);
}

/* Returns whether the connection uses TLS. */
gboolean
signal_bus_uri_is_secure (GUri *uri)
{
  return g_str_equal (g_uri_get_scheme (uri), "rediss");
}

/* Returns the host and the port, for messages. */
char *
signal_bus_uri_get_label (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  if (strchr (host, ':') != NULL)
    return g_strdup_printf ("[%s]:%d", host, g_uri_get_port (uri));
  return g_strdup_printf ("%s:%d", host, g_uri_get_port (uri));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-url-private.h"

#include <gio/gnetworking.h>
#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>
#include <string.h>

#include "signal-error.h"

/* The URL of a server and its host. A host is written into the upgrade request and into the
 * request to a proxy, so that it must not contain anything that could end a line or a field. */

/* RFC 1035 section 2.3.4, without the trailing dot. */
#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63

/* The characters of a zone identifier that are not percent-encoded according to RFC 6874. */
static gboolean
is_zone_id (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("-._~", *at) == NULL)
      return FALSE;

  return *text != '\0';
}

/* Returns whether the host is an address with a zone identifier, which only link-local addresses
 * have (RFC 4007 section 11). */
static gboolean
is_scoped_address (const char *host,
                   const char *zone)
{
  g_autofree char *text = g_strndup (host, (gsize) (zone - host));
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL
         && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
         && g_inet_address_get_is_link_local (address)
         && is_zone_id (zone + 1);
}

/* Letters, digits, hyphens, and underscores, which are used on some networks. */
static gboolean
is_label (const char *label)
{
  for (const char *at = label; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && *at != '-' && *at != '_')
      return FALSE;

  return *label != '\0' && strlen (label) <= LABEL_MAX_LENGTH;
}

/* Host names do not end in a number. Text that does is a legacy form of an IPv4 address, such as
 * 127.1, which resolvers interpret differently. */
static gboolean
is_number (const char *label)
{
  gboolean is_hexadecimal = g_ascii_strncasecmp (label, "0x", 2) == 0;

  for (const char *at = is_hexadecimal ? label + 2 : label; *at != '\0'; at++)
    if (is_hexadecimal ? !g_ascii_isxdigit (*at) : !g_ascii_isdigit (*at))
      return FALSE;

  return TRUE;
}

/* One trailing dot is allowed, which denotes an absolute name. */
static char *
strip_trailing_dot (const char *name)
{
  gsize length = strlen (name);

  return g_strndup (name, length > 0 && name[length - 1] == '.' ? length - 1 : length);
}

static gboolean
is_name (const char *host)
{
  g_autofree char *ascii = g_hostname_to_ascii (host);
  g_autofree char *name = NULL;
  g_auto (GStrv) labels = NULL;

  if (ascii == NULL)
    return FALSE;

  name = strip_trailing_dot (ascii);
  if (*name == '\0' || strlen (name) > NAME_MAX_LENGTH)
    return FALSE;

  labels = g_strsplit (name, ".", -1);
  for (guint i = 0; labels[i] != NULL; i++)
    if (!is_label (labels[i]))
      return FALSE;

  return !is_number (labels[g_strv_length (labels) - 1]);
}

/* Returns whether a host, in the form in which GUri returns it, is an IP address or a valid
 * name. */
gboolean
signal_url_check_host (const char *host)
{
  const char *zone = strchr (host, '%');
  g_autoptr (GInetAddress) address = NULL;

  if (!g_utf8_validate (host, -1, NULL))
    return FALSE;

  if (zone != NULL)
    return is_scoped_address (host, zone);

  address = g_inet_address_new_from_string (host);
  return address != NULL || is_name (host);
}

/* Returns whether the host denotes the local host (RFC 6761 section 6.3), independently of the
 * addresses that it resolves to. */
gboolean
signal_url_host_is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autofree char *name = NULL;
  g_autofree char *lower = NULL;

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);

  name = strip_trailing_dot (host);
  lower = g_ascii_strdown (name, -1);
  return g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost");
}

gboolean
signal_url_is_secure (GUri *uri)
{
  return g_str_equal (g_uri_get_scheme (uri), "wss");
}

/* Returns the value of the Host field (RFC 9112 section 3.2): without a zone identifier (RFC 6874
 * section 1) and without the default port of the scheme, because virtual hosts and origin checks
 * compare it in this form. */
char *
signal_url_compose_host_field (GUri *uri)
{
  g_autofree char *host = g_hostname_to_ascii (g_uri_get_host (uri));
  gboolean is_ipv6 = strchr (host, ':') != NULL;
  int default_port = signal_url_is_secure (uri) ? 443 : 80;
  int port = g_uri_get_port (uri);
  GString *field = g_string_new (is_ipv6 ? "[" : "");

  g_string_append_len (field, host, (gssize) strcspn (host, "%"));
  if (is_ipv6)
    g_string_append_c (field, ']');
  if (port != default_port)
    g_string_append_printf (field, ":%d", port);

  return g_string_free (field, FALSE);
}

/* Returns the address as the host of a URL, with the zone identifier if it is link-local. */
char *
signal_url_compose_literal (GInetSocketAddress *address)
{
  GInetAddress *inet = g_inet_socket_address_get_address (address);
  g_autofree char *text = g_inet_address_to_string (inet);
  char name[IF_NAMESIZE];
  guint32 scope;

  if (g_inet_address_get_family (inet) != G_SOCKET_FAMILY_IPV6
      || !g_inet_address_get_is_link_local (inet))
    return g_steal_pointer (&text);

  scope = g_inet_socket_address_get_scope_id (address);
  if (if_indextoname (scope, name) != NULL && is_zone_id (name))
    return g_strdup_printf ("%s%%%s", text, name);
  return g_strdup_printf ("%s%%%u", text, scope);
}

/* Returns whether the text contains nothing that is not allowed in a line of HTTP, and is valid
 * UTF-8. GUri percent-encodes other characters that RFC 3986 does not allow. */
static gboolean
is_plain_text (const char *url)
{
  if (!g_utf8_validate (url, -1, NULL))
    return FALSE;

  for (const char *at = url; *at != '\0'; at = g_utf8_next_char (at))
    if (*at == ' ' || g_unichar_iscntrl (g_utf8_get_char (at)))
      return FALSE;

  return TRUE;
}

static gboolean
refuse (GError     **error,
        const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT, text);
  return FALSE;
}

static gboolean
check_parts (GUri    *uri,
             GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);
  const char *host = g_uri_get_host (uri);

  if (!g_str_equal (scheme, "ws") && !g_str_equal (scheme, "wss"))
    return refuse (error, _("The server URL must begin with wss:// or ws://"));
  if (host == NULL || *host == '\0')
    return refuse (error, _("The server URL has no host"));
  if (!signal_url_check_host (host))
    return refuse (error, _("The host in the server URL is neither an IP address nor a valid name"));
  if (g_uri_get_port (uri) == 0)
    return refuse (error, _("The port in the server URL must be between 1 and 65535"));
  if (g_uri_get_userinfo (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    return refuse (error, _("The server URL cannot have a user name, a password or a fragment"));

  return TRUE;
}

/* Parses and validates a server URL: ws:// or wss://, with a host, and without TLS only to the
 * local host unless insecure connections are allowed. */
GUri *
signal_url_parse (const char  *url,
                  gboolean     allow_insecure,
                  GError     **error)
{
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) cause = NULL;

  if (url == NULL || *url == '\0')
    {
      refuse (error, _("No server URL is set; use one such as wss://example.org/ws"));
      return NULL;
    }

  if (!is_plain_text (url))
    {
      refuse (error, _("The server URL must be UTF-8 text without spaces and control characters"));
      return NULL;
    }

  uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS & ~G_URI_FLAGS_PARSE_RELAXED, &cause);
  if (uri == NULL)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The server URL is not valid: %s"), cause->message);
      return NULL;
    }

  if (!check_parts (uri, error))
    return NULL;

  if (!signal_url_is_secure (uri) && !allow_insecure && !signal_url_host_is_loopback (g_uri_get_host (uri)))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE,
                   _("Refusing to send the token unprotected to “%s”: use a wss:// URL, "
                     "or set “allow-insecure”"),
                   g_uri_get_host (uri));
      return NULL;
    }

  return g_steal_pointer (&uri);
}

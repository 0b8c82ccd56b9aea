/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-origin-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "signal-error.h"
#include "util/signal-display-text-private.h"
#include "websocket/signal-url-private.h"

#define ANY "*"

/* The origin of a page without one of its own, such as a local file or a sandboxed page. */
#define OPAQUE "null"

typedef struct
{
  char *scheme;
  char *host; /* without the brackets of IPv6 */
  guint port; /* 0 for the default port of the scheme */
} Origin;

static void
origin_clear (Origin *origin)
{
  g_free (origin->scheme);
  g_free (origin->host);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Origin, origin_clear)

static gboolean
origin_equal (const Origin *a,
              const Origin *b)
{
  return a->port == b->port && g_str_equal (a->scheme, b->scheme) && g_str_equal (a->host, b->host);
}

/* RFC 3986 section 3.1. */
static char *
parse_scheme (const char *text,
              gsize       length)
{
  if (length == 0 || !g_ascii_isalpha (text[0]))
    return NULL;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && strchr ("+-.", text[i]) == NULL)
      return NULL;

  return g_ascii_strdown (text, (gssize) length);
}

/* Parses a DNS name or an IPv4 address, in lower case. */
static char *
parse_name (const char *text,
            gsize       length)
{
  g_autofree char *name = g_strndup (text, length);
  g_autofree char *ascii = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    return NULL;

  ascii = g_hostname_to_ascii (name);
  if (ascii == NULL)
    return NULL;

  for (const char *p = ascii; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("-._", *p) == NULL)
      return NULL;

  return g_ascii_strdown (ascii, -1);
}

/* Parses an IPv6 address, in the canonical form of RFC 5952. */
static char *
parse_ipv6 (const char *text,
            gsize       length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (copy);

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6
      || strchr (copy, '%') != NULL)
    return NULL;

  return g_inet_address_to_string (address);
}

static guint
get_default_port (const char *scheme)
{
  if (g_str_equal (scheme, "http"))
    return 80;
  if (g_str_equal (scheme, "https"))
    return 443;
  return 0;
}

/* Parses what follows the host. */
static gboolean
parse_port (Origin     *origin,
            const char *text)
{
  guint64 port;

  if (*text == '\0')
    return TRUE;
  if (*text != ':' || !g_ascii_string_to_unsigned (text + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return FALSE;

  origin->port = port != get_default_port (origin->scheme) ? (guint) port : 0;
  return TRUE;
}

/* Parses the serialization of RFC 6454 section 6.2: a scheme, a host, and optionally a port. */
static gboolean
origin_parse (Origin     *origin,
              const char *text)
{
  const char *mark = strstr (text, "://");
  const char *host = mark != NULL ? mark + strlen ("://") : NULL;
  const char *end;

  if (mark == NULL)
    return FALSE;

  origin->scheme = parse_scheme (text, (gsize) (mark - text));
  if (origin->scheme == NULL)
    return FALSE;

  if (*host == '[')
    {
      end = strchr (host, ']');
      if (end == NULL)
        return FALSE;
      origin->host = parse_ipv6 (host + 1, (gsize) (end - host - 1));
      end++;
    }
  else
    {
      end = host + strcspn (host, ":");
      origin->host = parse_name (host, (gsize) (end - host));
    }

  if (origin->host == NULL || !parse_port (origin, end))
    return FALSE;

  /* Local files have “file://”. */
  return *origin->host != '\0' || (get_default_port (origin->scheme) == 0 && origin->port == 0);
}

/* Checks whether all entries are valid origins. */
gboolean
signal_origin_check_list (const char * const  *origins,
                          GError             **error)
{
  for (guint i = 0; origins[i] != NULL; i++)
    {
      g_auto (Origin) origin = { 0 };
      g_autofree char *valid = NULL;
      g_autofree char *shown = NULL;

      if (g_str_equal (origins[i], ANY) || g_str_equal (origins[i], OPAQUE))
        continue;

      /* These schemes are for servers; the pages that use them have http and https. */
      if (origin_parse (&origin, origins[i]) && !g_str_equal (origin.scheme, "ws")
          && !g_str_equal (origin.scheme, "wss"))
        continue;

      valid = g_utf8_make_valid (origins[i], -1);
      shown = signal_display_text_new (valid);
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("“%s” is not a valid origin; use one such as “https://example.org” or "
                     "“http://localhost:3000”, without a path"), shown);
      return FALSE;
    }

  return TRUE;
}

/* Returns whether the origin is in the list; invalid entries do not match anything. */
gboolean
signal_origin_is_listed (const char         *origin,
                         const char * const *origins)
{
  g_auto (Origin) wanted = { 0 };
  gboolean is_origin = origin_parse (&wanted, origin);

  for (guint i = 0; origins[i] != NULL; i++)
    {
      g_auto (Origin) entry = { 0 };

      if (g_str_equal (origins[i], ANY))
        return TRUE;
      if (g_str_equal (origins[i], OPAQUE) && g_str_equal (origin, OPAQUE))
        return TRUE;
      if (is_origin && origin_parse (&entry, origins[i]) && origin_equal (&entry, &wanted))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_loopback_address (GInetAddress *address)
{
  static const guint8 mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

  return g_inet_address_get_is_loopback (address)
         || (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
             && memcmp (g_inet_address_to_bytes (address), mapped, sizeof mapped) == 0);
}

/* The names under which other hosts in the local network find this one. */
static gboolean
is_machine_name (const char *host)
{
  const char *name = g_get_host_name ();
  g_autofree char *local = g_strconcat (name, ".local", NULL);

  return g_ascii_strcasecmp (host, name) == 0 || g_ascii_strcasecmp (host, local) == 0;
}

/* Returns whether the Host of a request is plausible for this server. If the name of a malicious
 * web page is made to resolve to the address of the server (DNS rebinding), requests from the
 * page appear to have the same origin. This is not possible if the host is an address, or if TLS
 * has verified the name. */
static gboolean
is_plausible_host (const char               *host,
                   const SignalOriginTarget *target)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  gboolean is_local = target->address == NULL || is_loopback_address (target->address);

  if (address != NULL)
    return !is_local || is_loopback_address (address);
  /* Web browsers do not resolve the names of the loopback interface. */
  if (signal_url_host_is_loopback (host) || is_machine_name (host)
      || (target->name != NULL && g_ascii_strcasecmp (host, target->name) == 0))
    return TRUE;
  return target->is_tls && !is_local;
}

/* Returns whether the page has the same origin as the target of the request. */
gboolean
signal_origin_is_own (const char               *origin,
                      const SignalOriginTarget *target)
{
  g_auto (Origin) page = { 0 };
  g_auto (Origin) own = { 0 };
  g_autofree char *text = NULL;

  if (target->host == NULL)
    return FALSE;

  text = g_strconcat (target->is_tls ? "https://" : "http://", target->host, NULL);
  return origin_parse (&page, origin) && origin_parse (&own, text) && origin_equal (&page, &own)
         && is_plausible_host (own.host, target);
}

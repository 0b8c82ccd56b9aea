/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-error-name-private.h"

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "signal-enums.h"
#include "signal-error.h"

static GType
get_type (GQuark domain)
{
  if (domain == SIGNAL_ERROR)
    return SIGNAL_TYPE_ERROR;
  if (domain == G_IO_ERROR)
    return G_TYPE_IO_ERROR_ENUM;
  if (domain == G_TLS_ERROR)
    return G_TYPE_TLS_ERROR;
  if (domain == G_RESOLVER_ERROR)
    return G_TYPE_RESOLVER_ERROR;
  if (domain == SOUP_WEBSOCKET_ERROR)
    return SOUP_TYPE_WEBSOCKET_ERROR;

  return G_TYPE_INVALID;
}

/* Returns the name of the code of an error, for output that must not contain its message: that may
 * include text of the peer. */
char *
signal_error_name (const GError *error)
{
  GType type = get_type (error->domain);
  g_autoptr (GEnumClass) codes = type != G_TYPE_INVALID ? g_type_class_ref (type) : NULL;
  const GEnumValue *value = codes != NULL ? g_enum_get_value (codes, error->code) : NULL;

  if (value != NULL)
    return g_strdup (value->value_name);
  return g_strdup_printf ("%s %d", g_quark_to_string (error->domain), error->code);
}

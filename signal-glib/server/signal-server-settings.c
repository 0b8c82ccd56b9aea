/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-handshake-private.h"
#include "server/signal-server-properties-private.h"
#include "util/signal-property-private.h"

/* The values of the properties: what is kept of them, and what a change does. */

void
signal_server_init_properties (SignalServer *self)
{
  self->path = g_strdup (SIGNAL_SERVER_DEFAULT_PATH);
  self->ecdh_info = g_strdup (SIGNAL_HANDSHAKE_DEFAULT_INFO);
  self->require_encryption = TRUE;
  self->default_rooms = g_new0 (char *, 1);
  self->allowed_origins = g_new0 (char *, 1);
  self->auth_timeout = SIGNAL_SERVER_DEFAULT_AUTH_TIMEOUT;
  self->heartbeat_timeout = SIGNAL_SERVER_DEFAULT_HEARTBEAT_TIMEOUT;
  self->max_message_size = SIGNAL_SERVER_DEFAULT_MAX_MESSAGE_SIZE;
  self->max_peers = SIGNAL_SERVER_DEFAULT_MAX_PEERS;
  self->max_pending = SIGNAL_SERVER_DEFAULT_MAX_PENDING;
  self->max_rooms = SIGNAL_SERVER_DEFAULT_MAX_ROOMS;
  self->max_backlog = SIGNAL_SERVER_DEFAULT_MAX_BACKLOG;
}

void
signal_server_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  SignalServer *self = SIGNAL_SERVER (object);

  switch (prop_id)
    {
    case SIGNAL_SERVER_PROP_PATH:
      g_value_set_string (value, self->path);
      break;

    case SIGNAL_SERVER_PROP_ECDH_INFO:
      g_value_set_string (value, self->ecdh_info);
      break;

    case SIGNAL_SERVER_PROP_REQUIRE_ENCRYPTION:
      g_value_set_boolean (value, self->require_encryption);
      break;

    case SIGNAL_SERVER_PROP_DEFAULT_ROOMS:
      g_value_set_boxed (value, self->default_rooms);
      break;

    case SIGNAL_SERVER_PROP_AUTH_TIMEOUT:
      g_value_set_uint (value, self->auth_timeout);
      break;

    case SIGNAL_SERVER_PROP_HEARTBEAT_TIMEOUT:
      g_value_set_uint (value, self->heartbeat_timeout);
      break;

    case SIGNAL_SERVER_PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, self->max_message_size);
      break;

    case SIGNAL_SERVER_PROP_MAX_PEERS:
      g_value_set_uint (value, self->max_peers);
      break;

    case SIGNAL_SERVER_PROP_MAX_PENDING:
      g_value_set_uint (value, self->max_pending);
      break;

    case SIGNAL_SERVER_PROP_MAX_ROOMS:
      g_value_set_uint (value, self->max_rooms);
      break;

    case SIGNAL_SERVER_PROP_MAX_BACKLOG:
      g_value_set_uint (value, self->max_backlog);
      break;

    case SIGNAL_SERVER_PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;

    case SIGNAL_SERVER_PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, self->allowed_origins);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* NULL is the default again. */
static gboolean
set_string (char         **field,
            const GValue  *value,
            const char    *fallback)
{
  const char *text = g_value_get_string (value);

  if (text == NULL)
    text = fallback;
  if (g_strcmp0 (*field, text) == 0)
    return FALSE;

  g_free (*field);
  *field = g_strdup (text);
  return TRUE;
}

static gboolean
set_strv (GStrv        *field,
          const GValue *value)
{
  static const char * const none[] = { NULL };
  const char * const *names = g_value_get_boxed (value);

  if (names == NULL)
    names = none;
  if (g_strv_equal ((const char * const *) *field, names))
    return FALSE;

  g_strfreev (*field);
  *field = g_strdupv ((GStrv) names);
  return TRUE;
}

static gboolean
set_require_encryption (SignalServer *self,
                        gboolean      require)
{
  if (self->require_encryption == require)
    return FALSE;

  self->require_encryption = require;
  return TRUE;
}

static gboolean
set_heartbeat_timeout (SignalServer *self,
                       const GValue *value)
{
  if (!signal_property_set_uint (&self->heartbeat_timeout, value))
    return FALSE;

  signal_server_restart_sweep (self);
  return TRUE;
}

void
signal_server_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  SignalServer *self = SIGNAL_SERVER (object);
  gboolean changed = FALSE;

  switch (prop_id)
    {
    case SIGNAL_SERVER_PROP_PATH:
      changed = set_string (&self->path, value, SIGNAL_SERVER_DEFAULT_PATH);
      break;

    case SIGNAL_SERVER_PROP_ECDH_INFO:
      changed = set_string (&self->ecdh_info, value, SIGNAL_HANDSHAKE_DEFAULT_INFO);
      break;

    case SIGNAL_SERVER_PROP_REQUIRE_ENCRYPTION:
      changed = set_require_encryption (self, g_value_get_boolean (value));
      break;

    case SIGNAL_SERVER_PROP_DEFAULT_ROOMS:
      changed = set_strv (&self->default_rooms, value);
      break;

    case SIGNAL_SERVER_PROP_AUTH_TIMEOUT:
      changed = signal_property_set_uint (&self->auth_timeout, value);
      break;

    case SIGNAL_SERVER_PROP_HEARTBEAT_TIMEOUT:
      changed = set_heartbeat_timeout (self, value);
      break;

    case SIGNAL_SERVER_PROP_MAX_MESSAGE_SIZE:
      changed = signal_property_set_uint (&self->max_message_size, value);
      break;

    case SIGNAL_SERVER_PROP_MAX_PEERS:
      changed = signal_property_set_uint (&self->max_peers, value);
      break;

    case SIGNAL_SERVER_PROP_MAX_PENDING:
      changed = signal_property_set_uint (&self->max_pending, value);
      break;

    case SIGNAL_SERVER_PROP_MAX_ROOMS:
      changed = signal_property_set_uint (&self->max_rooms, value);
      break;

    case SIGNAL_SERVER_PROP_MAX_BACKLOG:
      changed = signal_property_set_uint (&self->max_backlog, value);
      break;

    case SIGNAL_SERVER_PROP_TLS_CERTIFICATE:
      changed = g_set_object (&self->tls_certificate, g_value_get_object (value));
      break;

    case SIGNAL_SERVER_PROP_ALLOWED_ORIGINS:
      changed = set_strv (&self->allowed_origins, value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"
#include "util/signal-property-private.h"

/* The values of the properties: what is set takes effect with the next attempt, unless it says
 * else. */

static gboolean
set_server_url (SignalClient *self,
                const GValue *value)
{
  g_return_val_if_fail (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_DISCONNECTED, FALSE);

  return signal_property_set_string (&self->server_url, value);
}

static gboolean
set_ecdh_info (SignalClient *self,
               const GValue *value,
               GParamSpec   *pspec)
{
  const GValue *fallback = g_param_spec_get_default_value (pspec);

  return signal_property_set_string (&self->ecdh_info, g_value_get_string (value) != NULL ? value : fallback);
}

static gboolean
set_headers (SignalClient *self,
             const GValue *value)
{
  SoupMessageHeaders *before = self->headers;
  gboolean is_changed = before != g_value_get_boxed (value);

  self->headers = g_value_dup_boxed (value);
  g_clear_pointer (&before, soup_message_headers_unref);
  return is_changed;
}

static gboolean
set_auto_join_rooms (SignalClient *self,
                     const GValue *value)
{
  g_auto (GStrv) before = g_strdupv ((char **) signal_room_set_get_wanted (self->rooms));
  gboolean is_changed = signal_room_set_set_auto_join (self->rooms, g_value_get_boxed (value));

  if (is_changed)
    {
      signal_client_follow_rooms (self, (const char * const *) before);
      g_object_notify_by_pspec (G_OBJECT (self), signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS]);
    }
  return is_changed;
}

static gboolean
set_number (SignalClient *self,
            guint         prop_id,
            const GValue *value)
{
  guint64 before = self->max_incoming_size;

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_MAX_RETRIES:
      return signal_property_set_uint (&self->policy.max_retries, value);
    case SIGNAL_CLIENT_PROP_BASE_INTERVAL:
      return signal_property_set_uint (&self->policy.base_interval, value);
    case SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER:
      return signal_property_set_double (&self->policy.multiplier, value);
    case SIGNAL_CLIENT_PROP_MAX_INTERVAL:
      return signal_property_set_uint (&self->policy.max_interval, value);
    case SIGNAL_CLIENT_PROP_JITTER:
      return signal_property_set_double (&self->policy.jitter, value);
    case SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL:
      return signal_property_set_uint (&self->heartbeat_interval, value);
    case SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT:
      return signal_property_set_uint (&self->liveness_timeout, value);
    case SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT:
      return signal_property_set_uint (&self->connect_timeout, value);
    case SIGNAL_CLIENT_PROP_OUTBOX_LIMIT:
      return signal_property_set_uint (&self->outbox_limit, value);
    case SIGNAL_CLIENT_PROP_OUTBOX_TTL:
      return signal_property_set_uint (&self->outbox_ttl, value);
    case SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE:
      return signal_property_set_uint (&self->max_message_size, value);
    case SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE:
      self->max_incoming_size = g_value_get_uint64 (value);
      return before != self->max_incoming_size;
    default:
      g_return_val_if_reached (FALSE);
    }
}

void
signal_client_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  SignalClient *self = SIGNAL_CLIENT (object);
  gboolean is_changed = FALSE;

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_SERVER_URL:
      is_changed = set_server_url (self, value);
      break;
    case SIGNAL_CLIENT_PROP_ECDH_INFO:
      is_changed = set_ecdh_info (self, value, pspec);
      break;
    case SIGNAL_CLIENT_PROP_TOKEN:
      signal_client_update_token (self, g_value_get_string (value));
      break;
    case SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS:
      is_changed = set_auto_join_rooms (self, value);
      break;
    case SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION:
      is_changed = signal_property_set_boolean (&self->require_encryption, value);
      break;
    case SIGNAL_CLIENT_PROP_ALLOW_INSECURE:
      is_changed = signal_property_set_boolean (&self->allow_insecure, value);
      break;
    case SIGNAL_CLIENT_PROP_TLS_DATABASE:
      is_changed = g_set_object (&self->tls_database, g_value_get_object (value));
      break;
    case SIGNAL_CLIENT_PROP_TLS_CERTIFICATE:
      is_changed = g_set_object (&self->tls_certificate, g_value_get_object (value));
      break;
    case SIGNAL_CLIENT_PROP_PROXY_RESOLVER:
      is_changed = g_set_object (&self->proxy_resolver, g_value_get_object (value));
      break;
    case SIGNAL_CLIENT_PROP_HEADERS:
      is_changed = set_headers (self, value);
      break;
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      is_changed = g_set_object (&self->network_monitor, g_value_get_object (value));
      break;
    default:
      if (pspec->flags & G_PARAM_WRITABLE)
        is_changed = set_number (self, prop_id, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (is_changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
get_number (SignalClient *self,
            guint         prop_id,
            GValue       *value)
{
  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_MAX_RETRIES:
      g_value_set_uint (value, self->policy.max_retries);
      break;
    case SIGNAL_CLIENT_PROP_BASE_INTERVAL:
      g_value_set_uint (value, self->policy.base_interval);
      break;
    case SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER:
      g_value_set_double (value, self->policy.multiplier);
      break;
    case SIGNAL_CLIENT_PROP_MAX_INTERVAL:
      g_value_set_uint (value, self->policy.max_interval);
      break;
    case SIGNAL_CLIENT_PROP_JITTER:
      g_value_set_double (value, self->policy.jitter);
      break;
    case SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL:
      g_value_set_uint (value, self->heartbeat_interval);
      break;
    case SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT:
      g_value_set_uint (value, self->liveness_timeout);
      break;
    case SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT:
      g_value_set_uint (value, self->connect_timeout);
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_LIMIT:
      g_value_set_uint (value, self->outbox_limit);
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_TTL:
      g_value_set_uint (value, self->outbox_ttl);
      break;
    case SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, self->max_message_size);
      break;
    case SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE:
      g_value_set_uint64 (value, self->max_incoming_size);
      break;
    default:
      signal_client_get_statistic (self, prop_id, value);
    }
}

static void
get_fact (SignalClient *self,
          guint         prop_id,
          GValue       *value)
{
  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_STATE:
      g_value_set_enum (value, signal_client_get_state (self));
      break;
    case SIGNAL_CLIENT_PROP_CLIENT_ID:
      g_value_set_string (value, signal_client_get_client_id (self));
      break;
    case SIGNAL_CLIENT_PROP_USER_ID:
      g_value_set_string (value, signal_client_get_user_id (self));
      break;
    case SIGNAL_CLIENT_PROP_ROOMS:
      g_value_set_boxed (value, signal_client_get_rooms (self));
      break;
    case SIGNAL_CLIENT_PROP_ENCRYPTED:
      g_value_set_boolean (value, signal_client_get_encrypted (self));
      break;
    case SIGNAL_CLIENT_PROP_LAST_ERROR:
      g_value_set_boxed (value, signal_client_get_last_error (self));
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_LENGTH:
      g_value_set_uint (value, signal_client_get_outbox_length (self));
      break;
    case SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT:
      g_value_set_uint64 (value, signal_client_get_buffered_amount (self));
      break;
    default:
      get_number (self, prop_id, value);
    }
}

void
signal_client_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  SignalClient *self = SIGNAL_CLIENT (object);

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_SERVER_URL:
      g_value_set_string (value, self->server_url);
      break;
    case SIGNAL_CLIENT_PROP_ECDH_INFO:
      g_value_set_string (value, self->ecdh_info);
      break;
    case SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS:
      g_value_set_boxed (value, signal_room_set_get_auto_join (self->rooms));
      break;
    case SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION:
      g_value_set_boolean (value, self->require_encryption);
      break;
    case SIGNAL_CLIENT_PROP_ALLOW_INSECURE:
      g_value_set_boolean (value, self->allow_insecure);
      break;
    case SIGNAL_CLIENT_PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;
    case SIGNAL_CLIENT_PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;
    case SIGNAL_CLIENT_PROP_PROXY_RESOLVER:
      g_value_set_object (value, self->proxy_resolver);
      break;
    case SIGNAL_CLIENT_PROP_HEADERS:
      g_value_set_boxed (value, self->headers);
      break;
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      g_value_set_object (value, self->network_monitor);
      break;
    default:
      get_fact (self, prop_id, value);
    }
}

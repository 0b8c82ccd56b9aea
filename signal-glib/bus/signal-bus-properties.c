/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-bus-private.h"

#include "crypto/signal-uuid-private.h"
#include "util/signal-property-private.h"

/* That of a server for each of its peers. */
#define DEFAULT_MAX_BACKLOG (8 * 1024 * 1024)

enum
{
  PROP_0,
  PROP_URI,
  PROP_URIS,
  PROP_SERVER_ID,
  PROP_CONNECTED,
  PROP_TLS_DATABASE,
  PROP_TLS_CERTIFICATE,
  PROP_CHANNEL_PREFIX,
  PROP_MAX_BACKLOG,
  PROP_MESSAGES_PUBLISHED,
  PROP_MESSAGES_RECEIVED,
  PROP_MESSAGES_DROPPED,
  N_PROPS,
};

#define READ_ONLY (G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)
#define READ_WRITE (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)

static GParamSpec *properties[N_PROPS];

void
signal_bus_init_properties (SignalBus *self)
{
  self->uris = g_new0 (char *, 1);
  self->max_backlog = DEFAULT_MAX_BACKLOG;
  self->server_id = signal_uuid_new (NULL);
}

void
signal_bus_finalize_properties (SignalBus *self)
{
  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->uris, g_strfreev);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->tls_certificate);
  g_clear_pointer (&self->channel_prefix, g_free);
  g_clear_pointer (&self->server_id, g_free);
}

void
signal_bus_notify_connected (SignalBus *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTED]);
}

static void
signal_bus_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  SignalBus *self = SIGNAL_BUS (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;

    case PROP_URIS:
      g_value_set_boxed (value, self->uris);
      break;

    case PROP_SERVER_ID:
      g_value_set_string (value, self->server_id);
      break;

    case PROP_CONNECTED:
      g_value_set_boolean (value, self->is_connected);
      break;

    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;

    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;

    case PROP_CHANNEL_PREFIX:
      g_value_set_string (value, self->channel_prefix);
      break;

    case PROP_MAX_BACKLOG:
      g_value_set_uint (value, self->max_backlog);
      break;

    case PROP_MESSAGES_PUBLISHED:
      g_value_set_uint64 (value, self->n_published);
      break;

    case PROP_MESSAGES_RECEIVED:
      g_value_set_uint64 (value, self->n_received);
      break;

    case PROP_MESSAGES_DROPPED:
      g_value_set_uint64 (value, self->n_dropped);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* The prefix is set during construction only. */
static gboolean
set_channel_prefix (SignalBus    *self,
                    const GValue *value)
{
  const char *prefix = g_value_get_string (value);

  self->channel_prefix = g_strdup (prefix != NULL ? prefix : "");
  return FALSE;
}

static void
signal_bus_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  SignalBus *self = SIGNAL_BUS (object);
  gboolean changed = FALSE;

  switch (prop_id)
    {
    case PROP_URI:
      changed = signal_property_set_string (&self->uri, value);
      break;

    case PROP_URIS:
      changed = signal_property_set_strv (&self->uris, value);
      break;

    case PROP_TLS_DATABASE:
      changed = g_set_object (&self->tls_database, g_value_get_object (value));
      break;

    case PROP_TLS_CERTIFICATE:
      changed = g_set_object (&self->tls_certificate, g_value_get_object (value));
      break;

    case PROP_CHANNEL_PREFIX:
      changed = set_channel_prefix (self, value);
      break;

    case PROP_MAX_BACKLOG:
      changed = signal_property_set_uint (&self->max_backlog, value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
install_redis (void)
{
  /**
   * SignalBus:uri: (getter get_uri) (setter set_uri)
   *
   * The URI of a Redis or Valkey server: `redis://[user][:password@]host[:port]`, or `rediss://…` to
   * use TLS.
   *
   * The port is 6379 if there is none. A password without a user is that of the user `default`.
   * Special characters in the user and the password must be percent-encoded. The number of a
   * database, as in `redis://localhost/1`, is accepted, but databases do not separate channels. With
   * Redis Cluster, this is any of its nodes, and [property@Signal.Bus:uris] are others.
   *
   * A change takes effect when [method@Signal.Bus.connect_async] is called while the bus is closed.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL, READ_WRITE);

  /**
   * SignalBus:uris: (getter get_uris) (setter set_uris)
   *
   * The URIs of further nodes, which are tried in turn after [property@Signal.Bus:uri], the next one
   * after each attempt that fails.
   *
   * All of them must be nodes of the same Redis Cluster. A change takes effect like that of
   * [property@Signal.Bus:uri].
   *
   * Since: 0.1
   */
  properties[PROP_URIS] = g_param_spec_boxed ("uris", NULL, NULL, G_TYPE_STRV, READ_WRITE);

  /**
   * SignalBus:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The certificate authorities that the server's certificate is verified with, or %NULL for those of
   * the system.
   *
   * It is used for `rediss://` URIs. A change takes effect like that of [property@Signal.Bus:uri].
   *
   * Since: 0.1
   */
  properties[PROP_TLS_DATABASE] = g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE,
                                                       READ_WRITE);

  /**
   * SignalBus:tls-certificate: (getter get_tls_certificate) (setter set_tls_certificate)
   *
   * The certificate with a private key that this program authenticates itself with, or %NULL for none.
   *
   * Redis requires one by default if it uses TLS (`tls-auth-clients`). A change takes effect like that
   * of [property@Signal.Bus:uri].
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] = g_param_spec_object ("tls-certificate", NULL, NULL,
                                                          G_TYPE_TLS_CERTIFICATE, READ_WRITE);

  /**
   * SignalBus:channel-prefix: (getter get_channel_prefix)
   *
   * Text that precedes the names of all channels in Redis.
   *
   * Embedded servers and programs with the same prefix reach each other, and no others: several
   * applications can thus share a Redis. The public server does not have such a prefix. It is not a
   * protection, unless the permissions of the users in Redis are limited to the channels.
   *
   * Since: 0.1
   */
  properties[PROP_CHANNEL_PREFIX] = g_param_spec_string ("channel-prefix", NULL, NULL, "",
                                                         READ_WRITE | G_PARAM_CONSTRUCT_ONLY);

  /**
   * SignalBus:max-backlog: (getter get_max_backlog) (setter set_max_backlog)
   *
   * The number of bytes that may wait to be written to Redis; while there are more, messages are not
   * accepted.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BACKLOG] = g_param_spec_uint ("max-backlog", NULL, NULL, 0, G_MAXINT,
                                                    DEFAULT_MAX_BACKLOG, READ_WRITE);
}

static void
install_state (void)
{
  /**
   * SignalBus:server-id: (getter get_server_id)
   *
   * The ID by which other servers recognize the messages of this bus, a random UUID.
   *
   * It is %NULL if the system provides no random data; the bus cannot connect then.
   *
   * Since: 0.1
   */
  properties[PROP_SERVER_ID] = g_param_spec_string ("server-id", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalBus:connected: (getter get_connected)
   *
   * Whether messages can be published and the channels of the server are subscribed to.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECTED] = g_param_spec_boolean ("connected", NULL, NULL, FALSE, READ_ONLY);

  /**
   * SignalBus:messages-published: (getter get_messages_published)
   *
   * The number of messages that have been accepted for publication.
   *
   * Changes of this property and of the other counters are not notified.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_PUBLISHED] = g_param_spec_uint64 ("messages-published", NULL, NULL,
                                                             0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalBus:messages-received: (getter get_messages_received)
   *
   * The number of valid messages of other publishers that have been received.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_RECEIVED] = g_param_spec_uint64 ("messages-received", NULL, NULL,
                                                            0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalBus:messages-dropped: (getter get_messages_dropped)
   *
   * The number of messages that have been ignored because they were not valid, or that the server has
   * not published because Redis did not read fast enough.
   *
   * Messages that are not published because the bus is not connected are not included.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_DROPPED] = g_param_spec_uint64 ("messages-dropped", NULL, NULL,
                                                           0, G_MAXUINT64, 0, READ_ONLY);
}

void
signal_bus_install_properties (GObjectClass *object_class)
{
  object_class->get_property = signal_bus_get_property;
  object_class->set_property = signal_bus_set_property;

  install_redis ();
  install_state ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

/**
 * signal_bus_get_uri:
 * @self: a bus
 *
 * Gets the URI of the Redis server.
 *
 * Returns: (nullable) (transfer none): the URI, or %NULL
 *
 * Since: 0.1
 */
const char *
signal_bus_get_uri (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return self->uri;
}

/**
 * signal_bus_set_uri:
 * @self: a bus
 * @uri: (nullable): the URI, or %NULL
 *
 * Sets the URI of the Redis server.
 *
 * See [property@Signal.Bus:uri].
 *
 * Since: 0.1
 */
void
signal_bus_set_uri (SignalBus  *self,
                    const char *uri)
{
  g_return_if_fail (SIGNAL_IS_BUS (self));

  g_object_set (self, "uri", uri, NULL);
}

/**
 * signal_bus_get_uris:
 * @self: a bus
 *
 * Gets the URIs of further nodes.
 *
 * Returns: (transfer none) (array zero-terminated=1): the URIs
 *
 * Since: 0.1
 */
const char * const *
signal_bus_get_uris (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return (const char * const *) self->uris;
}

/**
 * signal_bus_set_uris:
 * @self: a bus
 * @uris: (nullable) (array zero-terminated=1): the URIs, or %NULL for none
 *
 * Sets the URIs of further nodes.
 *
 * See [property@Signal.Bus:uris].
 *
 * Since: 0.1
 */
void
signal_bus_set_uris (SignalBus          *self,
                     const char * const *uris)
{
  g_return_if_fail (SIGNAL_IS_BUS (self));

  g_object_set (self, "uris", uris, NULL);
}

/**
 * signal_bus_get_server_id:
 * @self: a bus
 *
 * Gets the ID of the messages of this bus.
 *
 * Returns: (transfer none) (nullable): the ID, or %NULL if the system provides no random data
 *
 * Since: 0.1
 */
const char *
signal_bus_get_server_id (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return self->server_id;
}

/**
 * signal_bus_get_connected:
 * @self: a bus
 *
 * Gets whether the bus is connected to Redis.
 *
 * Returns: %TRUE if messages can be published and are received
 *
 * Since: 0.1
 */
gboolean
signal_bus_get_connected (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);

  return self->is_connected;
}

/**
 * signal_bus_get_tls_database:
 * @self: a bus
 *
 * Gets the certificate authorities that the server's certificate is verified with.
 *
 * Returns: (nullable) (transfer none): the database, or %NULL for that of the system
 *
 * Since: 0.1
 */
GTlsDatabase *
signal_bus_get_tls_database (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return self->tls_database;
}

/**
 * signal_bus_set_tls_database:
 * @self: a bus
 * @tls_database: (nullable): the database, or %NULL for that of the system
 *
 * Sets the certificate authorities that the server's certificate is verified with.
 *
 * See [property@Signal.Bus:tls-database].
 *
 * Since: 0.1
 */
void
signal_bus_set_tls_database (SignalBus    *self,
                             GTlsDatabase *tls_database)
{
  g_return_if_fail (SIGNAL_IS_BUS (self));

  g_object_set (self, "tls-database", tls_database, NULL);
}

/**
 * signal_bus_get_tls_certificate:
 * @self: a bus
 *
 * Gets the certificate that this program authenticates itself with.
 *
 * Returns: (nullable) (transfer none): the certificate, or %NULL for none
 *
 * Since: 0.1
 */
GTlsCertificate *
signal_bus_get_tls_certificate (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return self->tls_certificate;
}

/**
 * signal_bus_set_tls_certificate:
 * @self: a bus
 * @tls_certificate: (nullable): the certificate with a private key, or %NULL for none
 *
 * Sets the certificate that this program authenticates itself with.
 *
 * See [property@Signal.Bus:tls-certificate].
 *
 * Since: 0.1
 */
void
signal_bus_set_tls_certificate (SignalBus       *self,
                                GTlsCertificate *tls_certificate)
{
  g_return_if_fail (SIGNAL_IS_BUS (self));

  g_object_set (self, "tls-certificate", tls_certificate, NULL);
}

/**
 * signal_bus_get_channel_prefix:
 * @self: a bus
 *
 * Gets the text that precedes the names of all channels.
 *
 * Returns: (transfer none): the prefix, which may be empty
 *
 * Since: 0.1
 */
const char *
signal_bus_get_channel_prefix (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), NULL);

  return self->channel_prefix;
}

/**
 * signal_bus_get_max_backlog:
 * @self: a bus
 *
 * Gets the number of bytes that may wait to be written.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
guint
signal_bus_get_max_backlog (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), 0);

  return self->max_backlog;
}

/**
 * signal_bus_set_max_backlog:
 * @self: a bus
 * @max_backlog: the number of bytes
 *
 * Sets the number of bytes that may wait to be written.
 *
 * See [property@Signal.Bus:max-backlog].
 *
 * Since: 0.1
 */
void
signal_bus_set_max_backlog (SignalBus *self,
                            guint      max_backlog)
{
  g_return_if_fail (SIGNAL_IS_BUS (self));

  g_object_set (self, "max-backlog", max_backlog, NULL);
}

/**
 * signal_bus_get_messages_published:
 * @self: a bus
 *
 * Gets the number of messages that have been accepted for publication.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint64
signal_bus_get_messages_published (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), 0);

  return self->n_published;
}

/**
 * signal_bus_get_messages_received:
 * @self: a bus
 *
 * Gets the number of valid messages of other publishers that have been received.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint64
signal_bus_get_messages_received (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), 0);

  return self->n_received;
}

/**
 * signal_bus_get_messages_dropped:
 * @self: a bus
 *
 * Gets the number of messages that have been ignored or not published.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint64
signal_bus_get_messages_dropped (SignalBus *self)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), 0);

  return self->n_dropped;
}

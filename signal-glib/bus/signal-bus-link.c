/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-bus-link-private.h"

#include <glib/gi18n-lib.h>

#include "bus/signal-bus-uri-private.h"
#include "bus/signal-redis-connection-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"

/* The delay before an attempt to connect, which doubles from the first to the second value, in
 * microseconds. */
#define MIN_DELAY (125 * 1000)
#define MAX_DELAY G_USEC_PER_SEC

/* How long the subscription may take, in microseconds. */
#define SUBSCRIBE_TIMEOUT (5 * G_USEC_PER_SEC)

/* How long to wait for answers to what was published before the link is closed, in microseconds. */
#define DRAIN_TIMEOUT (5 * G_USEC_PER_SEC)

typedef enum
{
  STEP_WAIT,      /* for the next attempt */
  STEP_CONNECT,
  STEP_SUBSCRIBE, /* both connections are ready, and the channels are subscribed to */
  STEP_CONNECTED,
  STEP_DRAIN,
} Step;

struct _SignalBusLink
{
  GObject parent_instance;

  const SignalBusLinkHandlers *handlers; /* NULL once closed */
  gpointer user_data;

  GPtrArray *uris;
  guint uri; /* index */
  GTlsDatabase *database;
  GTlsCertificate *certificate;

  Step step;
  guint n_failures; /* consecutive ones */
  GMainContext *context;
  GSource *timer; /* in STEP_WAIT, STEP_SUBSCRIBE and STEP_DRAIN */
  SignalRedisConnection *publisher;
  SignalRedisConnection *subscriber;
  guint n_ready;
  GHashTable *channels; /* those to subscribe to: a set that the owner modifies */
  GError *refusal;      /* of a channel, in STEP_SUBSCRIBE */
};

G_DEFINE_FINAL_TYPE (SignalBusLink, signal_bus_link, G_TYPE_OBJECT)

static void
drop_connection (SignalRedisConnection **connection)
{
  if (*connection != NULL)
    signal_redis_connection_close (*connection);
  g_clear_object (connection);
}

static void
drop_connections (SignalBusLink *self)
{
  signal_source_clear (&self->timer);
  drop_connection (&self->publisher);
  drop_connection (&self->subscriber);
  g_clear_error (&self->refusal);
  self->n_ready = 0;
}

/* No callbacks follow. */
void
signal_bus_link_close (SignalBusLink *self)
{
  self->handlers = NULL;
  drop_connections (self);
}

static void
signal_bus_link_dispose (GObject *object)
{
  signal_bus_link_close (SIGNAL_BUS_LINK (object));

  G_OBJECT_CLASS (signal_bus_link_parent_class)->dispose (object);
}

static void
signal_bus_link_finalize (GObject *object)
{
  SignalBusLink *self = SIGNAL_BUS_LINK (object);

  g_clear_pointer (&self->uris, g_ptr_array_unref);
  g_clear_object (&self->database);
  g_clear_object (&self->certificate);
  g_clear_pointer (&self->channels, g_hash_table_unref);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (signal_bus_link_parent_class)->finalize (object);
}

static void
signal_bus_link_class_init (SignalBusLinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_bus_link_dispose;
  object_class->finalize = signal_bus_link_finalize;
}

static void
signal_bus_link_init (SignalBusLink *self)
{
  self->context = g_main_context_ref_thread_default ();
}

static void start_attempt (SignalBusLink *self);

static void
set_timer (SignalBusLink *self,
           GSourceFunc    callback,
           gint64         delay)
{
  signal_source_clear (&self->timer);
  self->timer = signal_source_new_timed (callback, self, "[signal-glib] bus timeout");
  g_source_set_ready_time (self->timer, g_get_monotonic_time () + delay);
  g_source_attach (self->timer, self->context);
}

static gboolean
on_delay_over (gpointer user_data)
{
  SignalBusLink *self = user_data;

  signal_source_clear (&self->timer);
  start_attempt (self);
  return G_SOURCE_REMOVE;
}

/* The delay is random so that many servers do not connect to a Redis at once when it is back. */
static gint64
get_delay (SignalBusLink *self)
{
  gint64 longest = MIN ((gint64) MIN_DELAY << MIN (self->n_failures, 8), MAX_DELAY);

  return (gint64) ((double) longest * (0.5 + 0.5 * g_random_double ()));
}

static void
finish_drain (SignalBusLink *self,
              const GError  *error)
{
  self->handlers->drained (error, self->user_data);
}

static void
fail (SignalBusLink *self,
      const GError  *error)
{
  G_GNUC_UNUSED g_autoptr (SignalBusLink) keep = g_object_ref (self);
  Step step = self->step;

  drop_connections (self);
  self->step = STEP_WAIT;
  if (step == STEP_DRAIN)
    {
      finish_drain (self, error);
      return;
    }

  if (step != STEP_CONNECTED)
    self->uri = (self->uri + 1) % self->uris->len;
  set_timer (self, on_delay_over, get_delay (self));
  self->n_failures++;
  self->handlers->failed (error, self->user_data);
}

static void
on_failed (SignalRedisConnection *connection,
           const GError          *error,
           gpointer               user_data)
{
  fail (user_data, error);
}

static gboolean
on_subscribe_timeout (gpointer user_data)
{
  SignalBusLink *self = user_data;
  g_autofree char *label = signal_bus_uri_get_label (self->uris->pdata[self->uri]);
  g_autoptr (GError) error = NULL;

  /* Translators: a host and a port */
  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                       _("Redis at “%s” does not confirm the subscriptions"), label);
  fail (self, error);
  return G_SOURCE_REMOVE;
}

static GPtrArray *
list_channels (GHashTable *channels)
{
  g_autofree gpointer *names = g_hash_table_get_keys_as_array (channels, NULL);
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (list, names[i]);
  return list;
}

static void
on_ready (SignalRedisConnection *connection,
          gpointer               user_data)
{
  SignalBusLink *self = user_data;
  g_autoptr (GPtrArray) channels = NULL;

  if (++self->n_ready < 2)
    return;

  self->step = STEP_SUBSCRIBE;
  set_timer (self, on_subscribe_timeout, SUBSCRIBE_TIMEOUT);
  channels = list_channels (self->channels);
  signal_redis_connection_subscribe (self->subscriber, channels);
  signal_redis_connection_ask (self->subscriber);
}

static void
on_answered (SignalRedisConnection *connection,
             gpointer               user_data)
{
  SignalBusLink *self = user_data;

  if (self->step == STEP_DRAIN)
    {
      finish_drain (self, NULL);
    }
  else if (self->step == STEP_CONNECTED)
    {
      self->handlers->confirmed (self->user_data);
    }
  else if (self->refusal != NULL)
    {
      g_autoptr (GError) refusal = g_steal_pointer (&self->refusal);

      fail (self, refusal);
    }
  else
    {
      signal_source_clear (&self->timer);
      self->step = STEP_CONNECTED;
      self->n_failures = 0;
      self->handlers->connected (self->user_data);
    }
}

static void
on_refused (SignalRedisConnection *connection,
            const GError          *error,
            gpointer               user_data)
{
  SignalBusLink *self = user_data;

  if (self->step != STEP_SUBSCRIBE)
    self->handlers->refused (error, self->user_data);
  else if (self->refusal == NULL)
    self->refusal = g_error_copy (error);
}

static void
on_message (SignalRedisConnection *connection,
            SignalSpan             channel,
            SignalSpan             body,
            gpointer               user_data)
{
  SignalBusLink *self = user_data;

  self->handlers->message (channel, body, self->user_data);
}

static const SignalRedisConnectionHandlers connection_handlers = {
  .ready = on_ready,
  .message = on_message,
  .answered = on_answered,
  .refused = on_refused,
  .failed = on_failed,
};

static void
start_attempt (SignalBusLink *self)
{
  const SignalRedisConnectionOptions options = {
    .uri = self->uris->pdata[self->uri],
    .database = self->database,
    .certificate = self->certificate,
  };

  self->step = STEP_CONNECT;
  g_main_context_push_thread_default (self->context);
  self->publisher = signal_redis_connection_new (&options, &connection_handlers, self);
  self->subscriber = signal_redis_connection_new (&options, &connection_handlers, self);
  g_main_context_pop_thread_default (self->context);
}

/* Opens a link in the thread-default main context, to the channels of a set that the owner keeps up
 * to date. */
SignalBusLink *
signal_bus_link_new (const SignalBusLinkOptions  *options,
                     GHashTable                  *channels,
                     const SignalBusLinkHandlers *handlers,
                     gpointer                     user_data)
{
  SignalBusLink *self = g_object_new (SIGNAL_TYPE_BUS_LINK, NULL);

  self->handlers = handlers;
  self->user_data = user_data;
  self->uris = g_ptr_array_ref (options->uris);
  g_set_object (&self->database, options->database);
  g_set_object (&self->certificate, options->certificate);
  self->channels = g_hash_table_ref (channels);
  start_attempt (self);
  return self;
}

static gboolean
has_subscriptions (SignalBusLink *self)
{
  return self->step == STEP_SUBSCRIBE || self->step == STEP_CONNECTED;
}

/* Channels have been added to the set. Before the subscription, this is done with the others. */
void
signal_bus_link_subscribe (SignalBusLink *self,
                           GPtrArray     *channels)
{
  if (has_subscriptions (self))
    signal_redis_connection_subscribe (self->subscriber, channels);
}

/* Channels have been removed from the set. */
void
signal_bus_link_unsubscribe (SignalBusLink *self,
                             GPtrArray     *channels)
{
  if (has_subscriptions (self))
    signal_redis_connection_unsubscribe (self->subscriber, channels);
}

/* Calls the callback `confirmed` when Redis has processed all previous subscriptions. The link must be
 * connected. */
void
signal_bus_link_confirm (SignalBusLink *self)
{
  g_assert (self->step == STEP_CONNECTED);
  signal_redis_connection_ask (self->subscriber);
}

gboolean
signal_bus_link_is_connected (SignalBusLink *self)
{
  return self->step == STEP_CONNECTED;
}

/* Returns the number of bytes that have not been written. */
gsize
signal_bus_link_get_backlog (SignalBusLink *self)
{
  return self->publisher != NULL ? signal_redis_connection_get_backlog (self->publisher) : 0;
}

/* Publishes a message. The link must be connected. */
void
signal_bus_link_publish (SignalBusLink *self,
                         const char    *channel,
                         const char    *body,
                         gsize          length)
{
  g_assert (self->step == STEP_CONNECTED);
  signal_redis_connection_publish (self->publisher, channel, body, length);
}

static gboolean
on_drain_timeout (gpointer user_data)
{
  SignalBusLink *self = user_data;
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST,
                               _("Redis has not confirmed all messages; some may not have been published"));
  drop_connections (self);
  finish_drain (self, error);
  return G_SOURCE_REMOVE;
}

/* Waits until everything that was published has been answered; the link is not connected any more.
 * The link must have been connected. */
void
signal_bus_link_drain (SignalBusLink *self)
{
  g_assert (self->step == STEP_CONNECTED);
  self->step = STEP_DRAIN;
  drop_connection (&self->subscriber);
  set_timer (self, on_drain_timeout, DRAIN_TIMEOUT);
  signal_redis_connection_ask (self->publisher);
}

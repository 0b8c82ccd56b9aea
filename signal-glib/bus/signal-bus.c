/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-bus-private.h"

#include <glib/gi18n-lib.h>

#include "bus/signal-bus-uri-private.h"
#include "bus/signal-redis-codec-private.h"
#include "crypto/signal-uuid-private.h"
#include "protocol/signal-channel-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-room-name-private.h"
#include "signal-error.h"
#include "util/signal-i18n-private.h"
#include "util/signal-source-private.h"

/**
 * SignalBus:
 *
 * Connects Signal servers with each other through Redis or Valkey.
 *
 * A bus is what makes several servers one: each [class@Signal.Server] whose
 * [property@Signal.Server:bus] is set publishes what it sends to rooms, users and all peers, and
 * delivers what the others publish to its own peers. The public server uses the same channels and
 * the same format, so that embedded servers and public servers can be used side by side.
 *
 * Without a server, a bus sends messages to the clients of all servers, for example from a
 * background job:
 *
 * ```c
 * static void
 * on_connected (GObject      *source,
 *               GAsyncResult *result,
 *               gpointer      user_data)
 * {
 *   SignalBus *bus = SIGNAL_BUS (source);
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!signal_bus_connect_finish (bus, result, &error)
 *       || !signal_bus_send_to_room_json (bus, "ws-default", "news", "{\"text\":\"Hello\"}", NULL, &error))
 *     g_warning ("%s", error->message);
 * }
 *
 * static void
 * send_news (SignalBus *bus)
 * {
 *   signal_bus_connect_async (bus, NULL, on_connected, NULL);
 * }
 * ```
 *
 * - [method@Signal.Bus.connect_async] and [method@Signal.Bus.close_async] start and end the
 *   connection, and [property@Signal.Bus:connected] is its state.
 * - [method@Signal.Bus.send_to_room], [method@Signal.Bus.send_to_user],
 *   [method@Signal.Bus.send_to_peer] and [method@Signal.Bus.broadcast] send messages to the clients
 *   of all servers. The variants that end in `_json` take the payload as text.
 *
 * ## Delivery
 *
 * Redis passes a message on to the servers that are subscribed at that moment, and does not keep
 * it. The messages that a bus publishes arrive at each embedded server in the same order. The
 * order of messages of different publishers is not defined, and the public server may change the
 * order of messages to clients that use encryption.
 *
 * Payloads are not encrypted between the servers: each server encrypts them for its own peers.
 * Use a `rediss://` URI, or a network that only the servers can access. Everyone who can publish in
 * this Redis can send messages to all clients, and applications that share a Redis receive the
 * messages of each other: use one Redis for each application, or a user of Redis whose permissions
 * are limited to the channels, or [property@Signal.Bus:channel-prefix].
 *
 * Such a user needs the commands `+publish`, `+subscribe`, `+unsubscribe` and `+ping`, and the channels
 * `&ws:broadcast`, `&ws:room:*`, `&ws:user:*` and `&ws:client:*`, after the prefix if there is one. Each
 * command or channel that is missing is reported as %SIGNAL_ERROR_AUTHENTICATION_FAILED, except
 * `+ping`. The public server needs `+psubscribe` and `+info` in addition, and these patterns exactly.
 *
 * ## When Redis is not available
 *
 * If the connection is lost, [signal@Signal.Bus::error] is emitted once, and the bus tries to
 * connect again, at first immediately and then every second at most. It subscribes to all channels
 * before messages can be published again. Meanwhile, the methods that send fail with
 * %SIGNAL_ERROR_NOT_CONNECTED; servers deliver messages to their own peers only, and what the other
 * servers publish meanwhile is not received. A Redis that does not answer for 10 seconds is
 * considered lost.
 *
 * ## Threads and lifetime
 *
 * A bus belongs to the thread-default [struct@GLib.MainContext] of the thread in which it was
 * constructed, which must be that of its server; it emits its signals in the thread that runs that
 * context. Dropping the last reference closes the connection immediately; other threads may do so,
 * too. Methods that have a `GError` argument fail with %SIGNAL_ERROR_FAILED when they are called
 * from another thread; properties and getters must not be used there.
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE (SignalBus, signal_bus, G_TYPE_OBJECT)

/* The maximum size of a body, which has the IDs of those that do not receive it, too. */
#define MAX_BODY_SIZE (2 * SIGNAL_CHANNEL_MAX_FRAME_SIZE)

enum
{
  ERROR,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

struct _SignalBusMember
{
  const SignalBusMemberFuncs *funcs;
  gpointer user_data;
};

/* A call of signal_bus_connect_async(). */
typedef struct
{
  SignalBus *bus; /* not owned */
  GTask *task;
  GSource *cancelled;
} Waiter;

static void
waiter_free (Waiter *waiter)
{
  signal_source_clear (&waiter->cancelled);
  g_clear_object (&waiter->task);
  g_free (waiter);
}

static void
close_link (SignalBus *self)
{
  if (self->link != NULL)
    signal_bus_link_close (self->link);
  g_clear_object (&self->link);
  g_clear_error (&self->outage);
  self->is_congested = FALSE;
}

static void
close_everything (SignalBus *self)
{
  close_link (self);
  signal_source_clear (&self->removal);
  self->is_connected = FALSE;
}

static gboolean
on_disposed_elsewhere (gpointer user_data)
{
  close_everything (user_data);
  return G_SOURCE_REMOVE;
}

/* Pending operations hold references. */
static void
signal_bus_dispose (GObject *object)
{
  SignalBus *self = SIGNAL_BUS (object);

  if (signal_affinity_enter (&self->affinity))
    {
      close_everything (self);
      signal_affinity_leave (&self->affinity);
    }
  else
    {
      signal_affinity_invoke (&self->affinity, on_disposed_elsewhere, g_object_ref (self),
                              g_object_unref);
    }

  G_OBJECT_CLASS (signal_bus_parent_class)->dispose (object);
}

static void
signal_bus_finalize (GObject *object)
{
  SignalBus *self = SIGNAL_BUS (object);

  signal_bus_finalize_properties (self);
  g_clear_pointer (&self->members, g_ptr_array_unref);
  g_clear_pointer (&self->channels, g_hash_table_unref);
  g_clear_pointer (&self->unused, g_hash_table_unref);
  signal_affinity_clear (&self->affinity);

  G_OBJECT_CLASS (signal_bus_parent_class)->finalize (object);
}

static void
signal_bus_class_init (SignalBusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  signal_i18n_init ();

  object_class->dispose = signal_bus_dispose;
  object_class->finalize = signal_bus_finalize;
  signal_bus_install_properties (object_class);

  /**
   * SignalBus::error:
   * @self: the bus
   * @error: the error
   *
   * Emitted when something has gone wrong and the bus continues.
   *
   * - %SIGNAL_ERROR_CONNECTION_LOST: the connection to Redis was lost. It is emitted after
   *   [property@Signal.Bus:connected] has been set to %FALSE, once until the bus is connected again;
   *   if an attempt to connect fails for another reason, that is reported as well.
   * - %SIGNAL_ERROR_PROTOCOL and %SIGNAL_ERROR_TOO_LARGE: a message from another publisher was not
   *   valid, or would exceed 16 MiB, and has been ignored.
   * - %SIGNAL_ERROR_AUTHENTICATION_FAILED and %SIGNAL_ERROR_SERVER: Redis has refused to publish a
   *   message, or to subscribe to a channel.
   * - %SIGNAL_ERROR_OUTBOX_FULL: Redis does not read fast enough, and a message of the server was not
   *   published. It is emitted for the first one until one has been published again.
   *
   * Since: 0.1
   */
  signals[ERROR] = g_signal_new ("error", SIGNAL_TYPE_BUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
signal_bus_init (SignalBus *self)
{
  signal_affinity_init (&self->affinity);
  signal_bus_init_properties (self);
  g_queue_init (&self->connecting);
  self->members = g_ptr_array_new_with_free_func (g_free);
  self->channels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * signal_bus_new:
 * @uri: (nullable): the URI of a Redis or Valkey server, see [property@Signal.Bus:uri]
 *
 * Creates a new bus.
 *
 * The bus does not connect before [method@Signal.Bus.connect_async] is called, which also validates
 * the URI.
 *
 * Returns: (transfer full): a new bus
 *
 * Since: 0.1
 */
SignalBus *
signal_bus_new (const char *uri)
{
  return g_object_new (SIGNAL_TYPE_BUS, "uri", uri, NULL);
}

static void
emit_error (SignalBus    *self,
            const GError *error)
{
  g_signal_emit (self, signals[ERROR], 0, error);
}

static void
set_connected (SignalBus *self,
               gboolean   is_connected)
{
  if (self->is_connected == is_connected)
    return;

  self->is_connected = is_connected;
  signal_bus_notify_connected (self);
}

/* Connecting. Each task may run a handler that closes the bus, or connects it again. */

static gboolean
has_waiters (SignalBus *self)
{
  return !g_queue_is_empty (&self->connecting);
}

/* From now on, cancelling has no effect on their result. */
static GQueue
take_waiters (SignalBus *self)
{
  GQueue waiters = self->connecting;

  for (GList *l = waiters.head; l != NULL; l = l->next)
    signal_source_clear (&((Waiter *) l->data)->cancelled);

  g_queue_init (&self->connecting);
  return waiters;
}

static void
return_waiters (GQueue       *waiters,
                const GError *error)
{
  Waiter *waiter;

  while ((waiter = g_queue_pop_head (waiters)) != NULL)
    {
      g_autoptr (GTask) task = g_steal_pointer (&waiter->task);

      waiter_free (waiter);
      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_boolean (task, TRUE);
    }
}

static void
on_connected (gpointer user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);
  GQueue waiters;

  /* What was asked over the previous connection is not answered any more. */
  self->n_confirmed = self->n_confirming;
  g_clear_error (&self->outage);
  set_connected (self, TRUE);

  /* A handler may have closed it, or it may have been lost while one ran the main loop. */
  if (!self->is_connected)
    return;

  waiters = take_waiters (self);
  return_waiters (&waiters, NULL);
}

/* Returns whether an error says more than that Redis is not available. */
static gboolean
is_news (const GError *error,
         const GError *reported)
{
  if (reported == NULL)
    return TRUE;

  return (error->domain == G_TLS_ERROR
          || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED)
          || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER)
          || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL))
         && !g_error_matches (reported, error->domain, error->code);
}

static void
on_failed (const GError *error,
           gpointer      user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);
  gboolean is_reported = !is_news (error, self->outage);
  gboolean is_awaited = has_waiters (self);
  GQueue waiters = take_waiters (self);

  if (!is_reported)
    {
      g_clear_error (&self->outage);
      self->outage = g_error_copy (error);
    }
  self->is_congested = FALSE;

  set_connected (self, FALSE);
  return_waiters (&waiters, error);
  if (!is_awaited && !is_reported && self->link != NULL)
    emit_error (self, error);
}

static void
on_refused (const GError *error,
            gpointer      user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);

  emit_error (self, error);
}

/* A callback may attach and detach servers: call is_member() before each. */
static GPtrArray *
snapshot_members (SignalBus *self)
{
  GPtrArray *members = g_ptr_array_copy (self->members, NULL, NULL);

  g_ptr_array_set_free_func (members, NULL);
  return members;
}

static gboolean
is_member (SignalBus       *self,
           SignalBusMember *member)
{
  return g_ptr_array_find (self->members, member, NULL);
}

static void
deliver (SignalBus              *self,
         const SignalBusMember  *except,
         const SignalBusMessage *message)
{
  g_autoptr (GPtrArray) members = snapshot_members (self);

  for (guint i = 0; i < members->len; i++)
    {
      SignalBusMember *member = members->pdata[i];

      if (member != except && is_member (self, member))
        member->funcs->message (message, member->user_data);
    }
}

static void
on_confirmed (gpointer user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) members = snapshot_members (self);
  guint64 number = ++self->n_confirmed;

  for (guint i = 0; i < members->len; i++)
    {
      SignalBusMember *member = members->pdata[i];

      if (is_member (self, member))
        member->funcs->confirmed (number, member->user_data);
    }
}

static void
drop (SignalBus    *self,
      const GError *error)
{
  self->n_dropped++;
  emit_error (self, error);
}

static void
on_message (SignalSpan channel,
            SignalSpan body,
            gpointer   user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);
  g_auto (SignalBusParsed) parsed = { 0 };
  g_autoptr (GError) error = NULL;

  /* Parsing what is larger would take too long. */
  if (!signal_channel_check_size (body.len, MAX_BODY_SIZE, &error))
    {
      drop (self, error);
      return;
    }

  switch (signal_bus_parsed_init (&parsed, self->channel_prefix, self->server_id, channel, body, &error))
    {
    case SIGNAL_BUS_PARSE_FOREIGN:
      if (!signal_channel_check_size (signal_envelope_get_encrypted_size (parsed.message.length),
                                      SIGNAL_CHANNEL_MAX_FRAME_SIZE, &error))
        break;
      self->n_received++;
      deliver (self, NULL, &parsed.message);
      return;

    case SIGNAL_BUS_PARSE_OWN:
      return;

    case SIGNAL_BUS_PARSE_INVALID:
    default:
      break;
    }

  drop (self, error);
}

static void
on_drained (const GError *error,
            gpointer      user_data)
{
  g_autoptr (SignalBus) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) tasks = g_steal_pointer (&self->closing);

  close_link (self);
  for (guint i = 0; tasks != NULL && i < tasks->len; i++)
    if (error != NULL)
      g_task_return_error (tasks->pdata[i], g_error_copy (error));
    else
      g_task_return_boolean (tasks->pdata[i], TRUE);
}

static const SignalBusLinkHandlers link_handlers = {
  .connected = on_connected,
  .confirmed = on_confirmed,
  .failed = on_failed,
  .refused = on_refused,
  .message = on_message,
  .drained = on_drained,
};

static gboolean
add_uri (GPtrArray   *uris,
         const char  *text,
         GError     **error)
{
  GUri *uri = signal_bus_uri_parse (text, error);

  if (uri != NULL)
    g_ptr_array_add (uris, uri);
  return uri != NULL;
}

static GPtrArray *
parse_uris (SignalBus  *self,
            GError    **error)
{
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func ((GDestroyNotify) g_uri_unref);

  if (!add_uri (uris, self->uri, error))
    return NULL;

  for (guint i = 0; self->uris[i] != NULL; i++)
    if (!add_uri (uris, self->uris[i], error))
      return NULL;

  return g_steal_pointer (&uris);
}

static gboolean
open_link (SignalBus  *self,
           GError    **error)
{
  g_autoptr (GPtrArray) uris = NULL;
  SignalBusLinkOptions options;

  if (!signal_redis_codec_is_available ())
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("This build of signal-glib does not support Redis; build it with "
                             "-Dredis=enabled"));
      return FALSE;
    }

  uris = parse_uris (self, error);
  if (uris == NULL)
    return FALSE;

  if (self->server_id == NULL)
    self->server_id = signal_uuid_new (error);
  if (self->server_id == NULL)
    return FALSE;

  options = (SignalBusLinkOptions) {
    .uris = uris,
    .database = self->tls_database,
    .certificate = self->tls_certificate,
  };
  g_main_context_push_thread_default (self->affinity.context);
  self->link = signal_bus_link_new (&options, self->channels, &link_handlers, self);
  g_main_context_pop_thread_default (self->affinity.context);
  return TRUE;
}

static gboolean
check_can_connect (SignalBus  *self,
                   GError    **error)
{
  if (self->closing != NULL)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED, _("The bus is still being closed"));
      return FALSE;
    }

  return self->link != NULL || open_link (self, error);
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  Waiter *waiter = user_data;
  g_autoptr (SignalBus) self = g_object_ref (waiter->bus);
  g_autoptr (GTask) task = g_steal_pointer (&waiter->task);

  g_queue_remove (&self->connecting, waiter);
  waiter_free (waiter);

  /* Nobody else has asked for the connection. */
  if (!has_waiters (self) && self->outage == NULL && !self->is_connected)
    close_link (self);
  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

static void
add_waiter (SignalBus *self,
            GTask     *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->bus = self;
  waiter->task = g_object_ref (task);
  g_queue_push_tail (&self->connecting, waiter);
  if (cancellable == NULL)
    return;

  waiter->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (waiter->cancelled, G_SOURCE_FUNC (on_cancelled), waiter, NULL);
  g_source_set_static_name (waiter->cancelled, "[signal-glib] bus cancelled");
  g_source_attach (waiter->cancelled, self->affinity.context);
}

/**
 * signal_bus_connect_async:
 * @self: a bus
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Connects to Redis.
 *
 * The operation completes when messages can be published and the channels of the server are
 * subscribed to, or with the error of the first attempt, for which there are 5 seconds. If that
 * fails because Redis cannot be reached or refuses the user, the bus continues to try, every second
 * at most, until [method@Signal.Bus.close_async] is called or the last reference is dropped. From
 * then on it connects again whenever the connection is lost.
 *
 * If the bus is connected already, the operation succeeds immediately; if it is trying to connect,
 * the operation completes with the next attempt. Cancelling the operation before the first attempt
 * has finished ends it, unless another operation waits for it.
 *
 * The operation fails with
 *
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if a URI is not valid; the bus remains closed;
 * - %SIGNAL_ERROR_AUTHENTICATION_FAILED if Redis does not accept the user or the password, or does
 *   not permit the user to subscribe to the channels;
 * - %SIGNAL_ERROR_TIMED_OUT if Redis does not answer;
 * - %SIGNAL_ERROR_PROTOCOL if the server is not Redis;
 * - %SIGNAL_ERROR_SERVER if Redis reports another error, for example while it is starting;
 * - %SIGNAL_ERROR_FAILED if the library was built without support for Redis, the bus is still being
 *   closed, or it belongs to another thread;
 * - %G_IO_ERROR_CANCELLED if it was cancelled or the bus was closed;
 * - errors of the domains %G_IO_ERROR, %G_RESOLVER_ERROR and %G_TLS_ERROR if Redis cannot be reached.
 *
 * Since: 0.1
 */
void
signal_bus_connect_async (SignalBus           *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (SIGNAL_IS_BUS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_bus_connect_async);
  g_task_set_check_cancellable (task, FALSE);

  if (!signal_affinity_check_strict (&self->affinity, &error)
      || g_cancellable_set_error_if_cancelled (cancellable, &error)
      || !check_can_connect (self, &error))
    g_task_return_error (task, error);
  else if (self->is_connected)
    g_task_return_boolean (task, TRUE);
  else
    add_waiter (self, task);
}

/**
 * signal_bus_connect_finish:
 * @self: a bus
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Bus.connect_async].
 *
 * Returns: %TRUE if the bus is connected, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_connect_finish (SignalBus     *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_bus_connect_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Ends the operations that wait for a connection. */
static void
cancel_waiters (SignalBus *self)
{
  GQueue waiters = take_waiters (self);
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The bus was closed"));
  return_waiters (&waiters, error);
}

/**
 * signal_bus_close_async:
 * @self: a bus
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Closes the connection to Redis.
 *
 * Messages that have been sent before are still published: the operation completes when Redis has
 * confirmed all of them, and fails with %SIGNAL_ERROR_CONNECTION_LOST if it does not within 5
 * seconds. [property@Signal.Bus:connected] is %FALSE as soon as this method has been called, and an
 * operation of [method@Signal.Bus.connect_async] that is pending fails with %G_IO_ERROR_CANCELLED.
 *
 * The operation fails with %SIGNAL_ERROR_FAILED in another thread. Cancelling it does not prevent
 * the bus from being closed. Afterwards, the bus can connect again.
 *
 * Since: 0.1
 */
void
signal_bus_close_async (SignalBus           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (SIGNAL_IS_BUS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_bus_close_async);

  if (!signal_affinity_check_strict (&self->affinity, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  if (self->closing != NULL)
    {
      g_ptr_array_add (self->closing, g_steal_pointer (&task));
      return;
    }

  if (self->link == NULL || !signal_bus_link_is_connected (self->link))
    {
      close_link (self);
      g_task_return_boolean (task, TRUE);
    }
  else
    {
      self->closing = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->closing, g_steal_pointer (&task));
      signal_bus_link_drain (self->link);
    }

  set_connected (self, FALSE);
  cancel_waiters (self);
}

/**
 * signal_bus_close_finish:
 * @self: a bus
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Bus.close_async].
 *
 * Returns: %TRUE if all messages have been published, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_close_finish (SignalBus     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_bus_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Channels */

/* Returns whether the bus can be used in a main context. */
gboolean
signal_bus_belongs_to (SignalBus    *self,
                       GMainContext *context)
{
  return self->affinity.context == context;
}

SignalBusMember *
signal_bus_attach (SignalBus                  *self,
                   const SignalBusMemberFuncs *funcs,
                   gpointer                    user_data)
{
  SignalBusMember *member = g_new0 (SignalBusMember, 1);

  member->funcs = funcs;
  member->user_data = user_data;
  g_ptr_array_add (self->members, member);
  return member;
}

void
signal_bus_detach (SignalBus       *self,
                   SignalBusMember *member)
{
  g_ptr_array_remove (self->members, member);
}

char *
signal_bus_get_channel (SignalBus      *self,
                        SignalBusScope  scope,
                        const char     *target)
{
  return signal_bus_message_get_channel (self->channel_prefix, scope, target);
}

/* Receives what is published on the channels, until signal_bus_unwatch() has been called as often. */
void
signal_bus_watch (SignalBus *self,
                  GPtrArray *channels)
{
  g_autoptr (GPtrArray) added = g_ptr_array_new ();

  for (guint i = 0; i < channels->len; i++)
    {
      gpointer count = NULL;

      if (!g_hash_table_lookup_extended (self->channels, channels->pdata[i], NULL, &count))
        g_ptr_array_add (added, channels->pdata[i]);
      else if (count == NULL && self->unused != NULL)
        g_hash_table_remove (self->unused, channels->pdata[i]);
      g_hash_table_insert (self->channels, g_strdup (channels->pdata[i]),
                           GUINT_TO_POINTER (GPOINTER_TO_UINT (count) + 1));
    }

  if (added->len > 0 && self->link != NULL)
    signal_bus_link_subscribe (self->link, added);
}

static gboolean
on_removal (gpointer user_data)
{
  SignalBus *self = user_data;
  g_autoptr (GHashTable) unused = g_steal_pointer (&self->unused);
  g_autoptr (GPtrArray) removed = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  signal_source_clear (&self->removal);
  g_hash_table_iter_init (&iter, unused);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_hash_table_remove (self->channels, name);
      g_ptr_array_add (removed, name);
    }

  if (removed->len > 0 && self->link != NULL)
    signal_bus_link_unsubscribe (self->link, removed);
  return G_SOURCE_REMOVE;
}

/* Many peers can disconnect at once. */
static void
remove_later (SignalBus  *self,
              const char *channel)
{
  if (self->unused == NULL)
    self->unused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (self->unused, g_strdup (channel));
  if (self->removal != NULL)
    return;

  self->removal = g_idle_source_new ();
  g_source_set_callback (self->removal, on_removal, self, NULL);
  g_source_set_static_name (self->removal, "[signal-glib] bus channels");
  g_source_attach (self->removal, self->affinity.context);
}

void
signal_bus_unwatch (SignalBus *self,
                    GPtrArray *channels)
{
  for (guint i = 0; i < channels->len; i++)
    {
      guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->channels, channels->pdata[i])) - 1;

      g_return_if_fail (count < G_MAXUINT);
      g_hash_table_insert (self->channels, g_strdup (channels->pdata[i]), GUINT_TO_POINTER (count));
      if (count == 0)
        remove_later (self, channels->pdata[i]);
    }
}

/* Returns the number with which `confirmed` is called when what is watched now is subscribed to, or 0 if
 * the bus is not connected. Numbers grow, also over connections. */
guint64
signal_bus_confirm (SignalBus *self)
{
  if (!self->is_connected)
    return 0;

  signal_bus_link_confirm (self->link);
  return ++self->n_confirming;
}

/* Sending */

static gboolean
check_backlog (SignalBus  *self,
               GError    **error)
{
  if (signal_bus_link_get_backlog (self->link) <= self->max_backlog)
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL,
                       _("Redis does not read fast enough: too many messages are waiting to be published"));
  return FALSE;
}

static gboolean
publish (SignalBus               *self,
         const SignalBusMember   *from,
         const SignalBusMessage  *message,
         GError                 **error)
{
  g_autofree char *channel = NULL;
  g_autofree char *body = NULL;
  gsize length;

  if (!self->is_connected)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The bus is not connected to Redis"));
      return FALSE;
    }

  if (!check_backlog (self, error))
    return FALSE;

  channel = signal_bus_get_channel (self, message->scope, message->target);
  body = signal_bus_message_compose (message, self->server_id, &length);
  signal_bus_link_publish (self->link, channel, body, length);
  self->n_published++;
  self->is_congested = FALSE;

  /* The bus ignores what it has published itself. */
  deliver (self, from, message);
  return TRUE;
}

/* Publishes a message of a server, which has delivered it to its own peers. While the bus is not
 * connected, it is not published. */
void
signal_bus_publish (SignalBus              *self,
                    SignalBusMember        *from,
                    const SignalBusMessage *message)
{
  G_GNUC_UNUSED g_autoptr (SignalBus) keep = g_object_ref (self);
  g_autoptr (GError) error = NULL;

  if (publish (self, from, message, &error)
      || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED))
    return;

  self->n_dropped++;
  if (!self->is_congested)
    {
      self->is_congested = TRUE;
      emit_error (self, error);
    }
}

static gboolean
check_target (const char  *target,
              GError     **error)
{
  if (*target != '\0' && g_utf8_validate (target, -1, NULL))
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The ID of a user or of a peer must be UTF-8 text that is not empty"));
  return FALSE;
}

static gboolean
check_recipients (SignalBusScope       scope,
                  const char          *target,
                  const char * const  *except,
                  GError             **error)
{
  if (scope == SIGNAL_BUS_ROOM && !signal_room_name_check (target, error))
    return FALSE;
  if ((scope == SIGNAL_BUS_USER || scope == SIGNAL_BUS_PEER) && !check_target (target, error))
    return FALSE;

  for (; except != NULL && *except != NULL; except++)
    if (!check_target (*except, error))
      return FALSE;
  return TRUE;
}

/* Takes ownership of the envelope, which is NULL if there is an error already. */
static gboolean
send_envelope (SignalBus           *self,
               SignalBusScope       scope,
               const char          *target,
               const char * const  *except,
               char                *envelope,
               gsize                length,
               GError             **error)
{
  G_GNUC_UNUSED g_autoptr (SignalBus) keep = g_object_ref (self);
  g_autofree char *text = envelope;
  const SignalBusMessage message = {
    .scope = scope,
    .target = target,
    .except = except,
    .envelope = text,
    .length = length,
  };

  return text != NULL
         && check_recipients (scope, target, except, error)
         && signal_channel_check_size (signal_envelope_get_encrypted_size (length),
                                       SIGNAL_CHANNEL_MAX_FRAME_SIZE, error)
         && publish (self, NULL, &message, error);
}

static gboolean
send_node (SignalBus           *self,
           SignalBusScope       scope,
           const char          *target,
           const char          *event,
           JsonNode            *payload,
           const char * const  *except,
           GError             **error)
{
  char *envelope;
  gsize length = 0;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  envelope = signal_envelope_compose_node (event, payload, NULL, &length, error);
  return send_envelope (self, scope, target, except, envelope, length, error);
}

static gboolean
send_json (SignalBus           *self,
           SignalBusScope       scope,
           const char          *target,
           const char          *event,
           const char          *json,
           const char * const  *except,
           GError             **error)
{
  char *envelope;
  gsize length = 0;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  envelope = signal_envelope_compose_json (event, json, NULL, &length, error);
  return send_envelope (self, scope, target, except, envelope, length, error);
}

/**
 * signal_bus_send_to_room:
 * @self: a bus
 * @room: the name of the room
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @except: (nullable) (array zero-terminated=1): the IDs of clients that do not receive the message,
 *   or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients in a room, on all servers.
 *
 * It is not an error if the room is empty. This method fails with
 *
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if @event is empty or reserved by the protocol, if @payload cannot
 *   be represented in JSON, or if @room or @except is not valid;
 * - %SIGNAL_ERROR_TOO_LARGE if the frame to a client would exceed 16 MiB;
 * - %SIGNAL_ERROR_NOT_CONNECTED while the bus is not connected to Redis;
 * - %SIGNAL_ERROR_OUTBOX_FULL if more than [property@Signal.Bus:max-backlog] bytes are waiting to be
 *   written.
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_room (SignalBus           *self,
                         const char          *room,
                         const char          *event,
                         JsonNode            *payload,
                         const char * const  *except,
                         GError             **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);

  return send_node (self, SIGNAL_BUS_ROOM, room, event, payload, except, error);
}

/**
 * signal_bus_send_to_room_json:
 * @self: a bus
 * @room: the name of the room
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text, or %NULL for none
 * @except: (nullable) (array zero-terminated=1): the IDs of clients that do not receive the message,
 *   or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients in a room, on all servers, with the text of a payload, which is
 * validated and passed on as it is.
 *
 * This method fails with %SIGNAL_ERROR_INVALID_ARGUMENT if @json is not valid JSON (RFC 8259), and
 * otherwise like [method@Signal.Bus.send_to_room].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_room_json (SignalBus           *self,
                              const char          *room,
                              const char          *event,
                              const char          *json,
                              const char * const  *except,
                              GError             **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);

  return send_json (self, SIGNAL_BUS_ROOM, room, event, json, except, error);
}

/**
 * signal_bus_send_to_user:
 * @self: a bus
 * @user_id: the user ID
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients of a user, on all servers.
 *
 * It is not an error if the user has no clients. This method fails in the same cases as
 * [method@Signal.Bus.send_to_room].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_user (SignalBus   *self,
                         const char  *user_id,
                         const char  *event,
                         JsonNode    *payload,
                         GError     **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (user_id != NULL, FALSE);

  return send_node (self, SIGNAL_BUS_USER, user_id, event, payload, NULL, error);
}

/**
 * signal_bus_send_to_user_json:
 * @self: a bus
 * @user_id: the user ID
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients of a user, on all servers, with the text of a payload, which is
 * validated and passed on as it is.
 *
 * This method fails in the same cases as [method@Signal.Bus.send_to_room_json].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_user_json (SignalBus   *self,
                              const char  *user_id,
                              const char  *event,
                              const char  *json,
                              GError     **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (user_id != NULL, FALSE);

  return send_json (self, SIGNAL_BUS_USER, user_id, event, json, NULL, error);
}

/**
 * signal_bus_send_to_peer:
 * @self: a bus
 * @client_id: the ID of the client, see [property@Signal.Client:client-id]
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to a client, on whichever server it is.
 *
 * It is not an error if there is no such client. This method fails in the same cases as
 * [method@Signal.Bus.send_to_room].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_peer (SignalBus   *self,
                         const char  *client_id,
                         const char  *event,
                         JsonNode    *payload,
                         GError     **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (client_id != NULL, FALSE);

  return send_node (self, SIGNAL_BUS_PEER, client_id, event, payload, NULL, error);
}

/**
 * signal_bus_send_to_peer_json:
 * @self: a bus
 * @client_id: the ID of the client, see [property@Signal.Client:client-id]
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to a client, on whichever server it is, with the text of a payload, which is
 * validated and passed on as it is.
 *
 * This method fails in the same cases as [method@Signal.Bus.send_to_room_json].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_send_to_peer_json (SignalBus   *self,
                              const char  *client_id,
                              const char  *event,
                              const char  *json,
                              GError     **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);
  g_return_val_if_fail (client_id != NULL, FALSE);

  return send_json (self, SIGNAL_BUS_PEER, client_id, event, json, NULL, error);
}

/**
 * signal_bus_broadcast:
 * @self: a bus
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @except: (nullable) (array zero-terminated=1): the IDs of clients that do not receive the message,
 *   or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients, on all servers.
 *
 * This method fails in the same cases as [method@Signal.Bus.send_to_room].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_broadcast (SignalBus           *self,
                      const char          *event,
                      JsonNode            *payload,
                      const char * const  *except,
                      GError             **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);

  return send_node (self, SIGNAL_BUS_BROADCAST, NULL, event, payload, except, error);
}

/**
 * signal_bus_broadcast_json:
 * @self: a bus
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text, or %NULL for none
 * @except: (nullable) (array zero-terminated=1): the IDs of clients that do not receive the message,
 *   or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all clients, on all servers, with the text of a payload, which is validated
 * and passed on as it is.
 *
 * This method fails in the same cases as [method@Signal.Bus.send_to_room_json].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_bus_broadcast_json (SignalBus           *self,
                           const char          *event,
                           const char          *json,
                           const char * const  *except,
                           GError             **error)
{
  g_return_val_if_fail (SIGNAL_IS_BUS (self), FALSE);

  return send_json (self, SIGNAL_BUS_BROADCAST, NULL, event, json, except, error);
}

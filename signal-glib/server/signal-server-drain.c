/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include "protocol/signal-close-code-private.h"
#include "util/signal-source-private.h"

/* The duration is divided into as many equal parts as there are peers. Each connection is closed at a
 * random time in its part: evenly, but not in step with the other servers of a restart. */
static void
schedule_next (SignalServer *self)
{
  double part = (double) self->drain_duration / MAX (self->n_to_drain, 1);
  guint n_done = self->n_to_drain - self->drain_peers->len;

  self->drain_turn = self->drain_start + (gint64) ((n_done + g_random_double ()) * part);
}

/* A handler of a signal may stop the server, which ends the draining, and may even begin another one. */
static gboolean
on_turn (gpointer user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);
  gint64 now = g_get_monotonic_time ();

  while (self->drain_peers != NULL && self->drain_peers->len > 0 && self->drain_turn <= now)
    {
      g_autoptr (SignalPeer) peer = g_ptr_array_steal_index_fast (self->drain_peers,
                                                                  self->drain_peers->len - 1);

      schedule_next (self);
      signal_server_close_peer (peer);
    }

  if (self->drain_peers != NULL)
    g_source_set_ready_time (self->drain_timer, self->drain_peers->len > 0 ? self->drain_turn : -1);
  return G_SOURCE_CONTINUE;
}

/* Peers that have not been authenticated are not served yet, so that there is no reason to keep them. */
static void
close_unauthenticated (SignalServer *self)
{
  g_autoptr (GPtrArray) peers = signal_server_snapshot (self);

  for (guint i = 0; i < peers->len; i++)
    if (!signal_peer_is_admitted (peers->pdata[i]))
      signal_server_close_peer (peers->pdata[i]);
}

static void
begin (SignalServer *self,
       guint         duration)
{
  self->drain_peers = signal_server_snapshot (self);
  self->n_to_drain = self->drain_peers->len;
  self->drain_start = g_get_monotonic_time ();
  self->drain_duration = (gint64) duration * G_TIME_SPAN_MILLISECOND;
  schedule_next (self);

  self->drain_timer = signal_source_new_timed (on_turn, self, "[signal-glib] server drain");
  g_source_set_ready_time (self->drain_timer, self->drain_turn);
  g_source_attach (self->drain_timer, self->affinity.context);
  signal_server_restart_heartbeat_check (self);
}

/* The connections that are left are closed in another way, or there are none. */
void
signal_server_end_drain (SignalServer *self)
{
  signal_source_clear (&self->drain_timer);
  signal_source_clear (&self->heartbeat_check);
  g_clear_pointer (&self->drain_peers, g_ptr_array_unref);
}

/**
 * signal_server_drain_async:
 * @self: a server
 * @duration: the time over which the connections are closed, in milliseconds
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Stops listening, and closes the connections one after the other with the code 1001.
 *
 * The port is released immediately, as with [method@Signal.Server.stop_async], and connections that
 * have not been authenticated are closed immediately. The connections of the other peers are closed in
 * no particular order and evenly distributed over @duration, with some randomness. So the clients do not
 * connect to another server, or to the next process of this one, all at the same time. Until its turn
 * comes, a peer is served as before: its messages are received, and it can be sent messages.
 *
 * The operation completes when all connections have been closed, which is earlier if clients disconnect
 * by themselves, and up to 3 seconds later if clients do not respond. Afterwards, the server can listen
 * again.
 *
 * [method@Signal.Server.stop_async] closes the connections that are left immediately, and completes this
 * operation, too. If the server is already draining or stopping, it goes on with that, and @duration
 * is ignored.
 *
 * Cancelling the operation does not prevent the server from draining. The operation keeps a reference to
 * the server. It fails with %SIGNAL_ERROR_FAILED in another thread.
 *
 * Since: 0.1
 */
void
signal_server_drain_async (SignalServer        *self,
                           guint                duration,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;
  G_GNUC_UNUSED g_autoptr (SignalServer) keep = NULL;
  gboolean is_stopping;

  g_return_if_fail (SIGNAL_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_server_drain_async);
  if (!signal_affinity_check (&self->affinity, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  keep = g_object_ref (self);
  is_stopping = self->stop_tasks != NULL;
  signal_server_add_stop_task (self, g_steal_pointer (&task));
  if (is_stopping)
    return;

  signal_server_stop_listening (self);
  begin (self, duration);
  close_unauthenticated (self);
  signal_server_finish_stop (self);
}

/**
 * signal_server_drain_finish:
 * @self: a server
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Server.drain_async].
 *
 * This method fails with %G_IO_ERROR_CANCELLED if the operation was cancelled.
 *
 * Returns: %TRUE if the server has stopped, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_drain_finish (SignalServer  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_server_drain_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

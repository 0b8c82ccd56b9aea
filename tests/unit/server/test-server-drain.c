/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"

#define N_PEERS 20

/* The draining of a test, which is long enough that a busy computer does not change what is seen. */
typedef struct
{
  Fixture   *fixture;
  GPtrArray *raws; /* RawClient */
  guint      n_drained;
  guint      n_stopped;
  gboolean   was_cancelled;
} Drain;

static Drain *
drain_new (guint n_peers)
{
  Drain *self = g_new0 (Drain, 1);

  self->fixture = fixture_new ();
  self->raws = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_client_free);
  for (guint i = 0; i < n_peers; i++)
    g_ptr_array_add (self->raws, raw_client_new_authenticated (self->fixture->uri, "secret"));
  WAIT_UNTIL (self->fixture->connected->len == n_peers);
  return self;
}

static void
drain_free (Drain *self)
{
  g_clear_pointer (&self->raws, g_ptr_array_unref);
  g_clear_pointer (&self->fixture, fixture_free);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drain, drain_free)

static void
on_drained (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Drain *self = user_data;
  g_autoptr (GError) error = NULL;

  self->n_drained++;
  if (!signal_server_drain_finish (SIGNAL_SERVER (source), result, &error))
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      self->was_cancelled = TRUE;
    }
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Drain *self = user_data;
  g_autoptr (GError) error = NULL;

  self->n_stopped++;
  g_assert_true (signal_server_stop_finish (SIGNAL_SERVER (source), result, &error));
  g_assert_no_error (error);
}

static void
stop (Drain *self)
{
  guint n_stopped = self->n_stopped;

  signal_server_stop_async (self->fixture->server, NULL, on_stopped, self);
  WAIT_UNTIL (self->n_stopped > n_stopped);
}

static guint
count_closed (Drain *self)
{
  guint n = 0;

  for (guint i = 0; i < self->raws->len; i++)
    n += !raw_client_is_open (self->raws->pdata[i]);
  return n;
}

static guint
count_left (Drain *self)
{
  return g_list_model_get_n_items (signal_server_get_peers (self->fixture->server));
}

static void
check_all_closed (Drain *self)
{
  for (guint i = 0; i < self->raws->len; i++)
    raw_client_wait_closed (self->raws->pdata[i], 1001);
  g_assert_cmpuint (count_left (self), ==, 0);
  g_assert_cmpuint (self->fixture->disconnected->len, ==, self->raws->len);
}

static void
check_listens_again (Drain *self)
{
  g_autoptr (GError) error = NULL;

  signal_server_listen (self->fixture->server, NULL, 0, &error);
  g_assert_no_error (error);
  g_free (self->fixture->uri);
  self->fixture->uri = signal_server_get_uri (self->fixture->server);
  check_new_client_is_served (self->fixture);
}

/* The connections are closed one after the other, over the whole time, and the peers that are left are
 * served. */
static void
test_spread (void)
{
  g_autoptr (Drain) drain = drain_new (N_PEERS);
  SignalServer *server = drain->fixture->server;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  signal_server_drain_async (server, 2000, NULL, on_drained, drain);
  g_assert_null (signal_server_get_uri (server));
  g_assert_cmpuint (count_left (drain), ==, N_PEERS);
  g_assert_false (signal_server_listen (server, NULL, 0, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);

  WAIT_UNTIL (count_closed (drain) > 0);
  g_assert_cmpuint (count_closed (drain), <, N_PEERS);
  for (guint i = 0; i < N_PEERS; i++)
    {
      RawClient *raw = drain->raws->pdata[i];

      if (!raw_client_is_open (raw))
        continue;
      raw_client_send_encrypted (raw, "{\"event\":\"still-here\"}");
      WAIT_UNTIL (drain->fixture->messages->len > 0);
      break;
    }

  WAIT_UNTIL (count_closed (drain) >= N_PEERS / 2);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 800 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (drain->n_drained, ==, 0);

  WAIT_UNTIL (drain->n_drained == 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 1800 * G_TIME_SPAN_MILLISECOND);
  check_all_closed (drain);
  check_listens_again (drain);
}

static void
test_refuses_connections (void)
{
  g_autoptr (Drain) drain = drain_new (1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GUri) uri = g_uri_parse (drain->fixture->uri, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  signal_server_drain_async (drain->fixture->server, 60000, NULL, on_drained, drain);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", g_uri_get_port (uri), NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_true (raw_client_is_open (drain->raws->pdata[0]));
  stop (drain);
}

/* A client that is being authenticated is not served any more. */
static void
test_unauthenticated (void)
{
  g_autoptr (Drain) drain = drain_new (1);
  g_autoptr (RawClient) early = raw_client_new (drain->fixture->uri);

  signal_server_drain_async (drain->fixture->server, 3600 * 1000, NULL, on_drained, drain);
  raw_client_wait_closed (early, 1001);
  g_assert_true (raw_client_is_open (drain->raws->pdata[0]));
  stop (drain);
  WAIT_UNTIL (drain->n_drained == 1);
}

static void
test_stop (void)
{
  g_autoptr (Drain) drain = drain_new (N_PEERS);

  signal_server_drain_async (drain->fixture->server, 60000, NULL, on_drained, drain);
  run_for (20);
  g_assert_cmpuint (count_left (drain), >, N_PEERS / 2);
  stop (drain);
  WAIT_UNTIL (drain->n_drained == 1);
  check_all_closed (drain);
  check_listens_again (drain);
}

/* A second operation ends with the first one, and so does one that begins while the server stops. */
static void
test_twice (void)
{
  g_autoptr (Drain) drain = drain_new (2);
  SignalServer *server = drain->fixture->server;

  signal_server_drain_async (server, 300, NULL, on_drained, drain);
  signal_server_drain_async (server, 60000, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 2);
  check_all_closed (drain);

  check_listens_again (drain);
  signal_server_stop_async (server, NULL, on_stopped, drain);
  signal_server_drain_async (server, 60000, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 3 && drain->n_stopped == 1);
}

/* There is nothing to wait for. */
static void
test_without_peers (void)
{
  g_autoptr (Drain) drain = drain_new (0);
  g_autoptr (SignalServer) idle = signal_server_new ();

  signal_server_drain_async (drain->fixture->server, 60000, NULL, on_drained, drain);
  g_assert_cmpuint (drain->n_drained, ==, 0);
  WAIT_UNTIL (drain->n_drained == 1);
  check_listens_again (drain);

  signal_server_drain_async (idle, 0, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 2);
}

/* Clients that disconnect by themselves are not waited for. */
static void
test_peers_leave (void)
{
  g_autoptr (Drain) drain = drain_new (3);

  signal_server_drain_async (drain->fixture->server, 60000, NULL, on_drained, drain);
  run_pending ();
  g_ptr_array_set_size (drain->raws, 0);
  WAIT_UNTIL (drain->n_drained == 1);
  check_listens_again (drain);
}

static void
test_no_duration (void)
{
  g_autoptr (Drain) drain = drain_new (N_PEERS);

  signal_server_drain_async (drain->fixture->server, 0, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 1);
  check_all_closed (drain);
}

static void
test_cancel (void)
{
  g_autoptr (Drain) drain = drain_new (2);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  signal_server_drain_async (drain->fixture->server, 200, cancellable, on_drained, drain);
  g_cancellable_cancel (cancellable);
  WAIT_UNTIL (drain->n_drained == 1);
  g_assert_true (drain->was_cancelled);
  check_all_closed (drain);
}

static void
drop_server (SignalServer *server,
             SignalPeer   *peer,
             gpointer      user_data)
{
  Drain *self = user_data;

  g_clear_object (&self->fixture->server);
}

/* The operation keeps the server until it is complete. */
static void
test_drop (void)
{
  g_autoptr (Drain) drain = drain_new (4);
  SignalServer *server = drain->fixture->server;

  g_object_add_weak_pointer (G_OBJECT (server), (gpointer *) &server);
  g_signal_connect (server, "peer-disconnected", G_CALLBACK (drop_server), drain);
  signal_server_drain_async (server, 300, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 1);
  for (guint i = 0; i < drain->raws->len; i++)
    raw_client_wait_closed (drain->raws->pdata[i], 1001);
  WAIT_UNTIL (server == NULL);
}

static void
dispose_server (SignalServer *server,
                SignalPeer   *peer,
                gpointer      user_data)
{
  g_object_run_dispose (G_OBJECT (server));
}

/* A server that is disposed of closes all connections, and is not called by its timer. */
static void
test_dispose (void)
{
  g_autoptr (Drain) drain = drain_new (4);

  g_signal_connect (drain->fixture->server, "peer-disconnected", G_CALLBACK (dispose_server), NULL);
  signal_server_drain_async (drain->fixture->server, 200, NULL, on_drained, drain);
  WAIT_UNTIL (count_closed (drain) == drain->raws->len);
  WAIT_UNTIL (drain->n_drained == 1);
  run_for (300);
  g_assert_cmpuint (drain->fixture->disconnected->len, <=, 1);
}

static void
stop_server (SignalServer *server,
             SignalPeer   *peer,
             gpointer      user_data)
{
  signal_server_stop_async (server, NULL, on_stopped, user_data);
}

static void
test_stop_in_handler (void)
{
  g_autoptr (Drain) drain = drain_new (4);

  g_signal_connect (drain->fixture->server, "peer-disconnected", G_CALLBACK (stop_server), drain);
  signal_server_drain_async (drain->fixture->server, 2000, NULL, on_drained, drain);
  WAIT_UNTIL (drain->n_drained == 1 && drain->n_stopped == drain->raws->len);
  check_all_closed (drain);
}

/* A peer that is silent does not have to wait for its turn. */
static void
test_heartbeat (void)
{
  g_autoptr (Drain) drain = drain_new (1);

  signal_server_set_heartbeat_timeout (drain->fixture->server, 200);
  signal_server_drain_async (drain->fixture->server, 3600 * 1000, NULL, on_drained, drain);
  raw_client_wait_closed (drain->raws->pdata[0], 4002);
  WAIT_UNTIL (drain->n_drained == 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/drain/spread", test_spread);
  g_test_add_func ("/server/drain/refuses-connections", test_refuses_connections);
  g_test_add_func ("/server/drain/unauthenticated", test_unauthenticated);
  g_test_add_func ("/server/drain/stop", test_stop);
  g_test_add_func ("/server/drain/twice", test_twice);
  g_test_add_func ("/server/drain/without-peers", test_without_peers);
  g_test_add_func ("/server/drain/peers-leave", test_peers_leave);
  g_test_add_func ("/server/drain/no-duration", test_no_duration);
  g_test_add_func ("/server/drain/cancel", test_cancel);
  g_test_add_func ("/server/drain/drop", test_drop);
  g_test_add_func ("/server/drain/dispose", test_dispose);
  g_test_add_func ("/server/drain/stop-in-handler", test_stop_in_handler);
  g_test_add_func ("/server/drain/heartbeat", test_heartbeat);

  return g_test_run ();
}

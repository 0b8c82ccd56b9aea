/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"

/* A copy of the list of peers that is maintained by items-changed. */
typedef struct
{
  Fixture *fixture;
  GListModel *peers;
  GPtrArray *mirror;
  GString *log; /* position-removed+added of each emission */
} Watch;

static void
mirror_changes (GListModel *model,
                guint       position,
                guint       removed,
                guint       added,
                Watch      *watch)
{
  g_assert_cmpuint (position + removed, <=, watch->mirror->len);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, watch->mirror->len - removed + added);
  if (removed > 0)
    g_ptr_array_remove_range (watch->mirror, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (watch->mirror, position + i, g_list_model_get_item (model, position + i));
  for (guint i = 0; i < watch->mirror->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == watch->mirror->pdata[i]);
    }

  g_string_append_printf (watch->log, "%u-%u+%u ", position, removed, added);
}

static Watch *
watch_new (GCallback on_changed)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->fixture = fixture_new ();
  watch->peers = g_object_ref (signal_server_get_peers (watch->fixture->server));
  watch->mirror = g_ptr_array_new_with_free_func (g_object_unref);
  watch->log = g_string_new (NULL);
  if (on_changed != NULL)
    g_signal_connect (watch->peers, "items-changed", on_changed, watch);
  g_signal_connect (watch->peers, "items-changed", G_CALLBACK (mirror_changes), watch);
  return watch;
}

static void
watch_free (Watch *watch)
{
  g_signal_handlers_disconnect_by_data (watch->peers, watch);
  fixture_free (watch->fixture);
  g_object_unref (watch->peers);
  g_ptr_array_unref (watch->mirror);
  g_string_free (watch->log, TRUE);
  g_free (watch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watch, watch_free)

static void
check_present (SignalServer *server,
               SignalPeer   *peer,
               guint        *n_calls)
{
  GListModel *peers = signal_server_get_peers (server);
  g_autoptr (SignalPeer) last = g_list_model_get_item (peers, g_list_model_get_n_items (peers) - 1);

  g_assert_true (last == peer);
  (*n_calls)++;
}

static void
check_absent (SignalServer *server,
              SignalPeer   *peer,
              guint        *n_calls)
{
  GListModel *peers = signal_server_get_peers (server);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr (SignalPeer) other = g_list_model_get_item (peers, i);

      g_assert_true (other != peer);
    }
  (*n_calls)++;
}

static void
test_connections (void)
{
  g_autoptr (Watch) watch = watch_new (NULL);
  Fixture *fixture = watch->fixture;
  g_autoptr (RawClient) unauthenticated G_GNUC_UNUSED = raw_client_new (fixture->uri);
  g_autoptr (RawClient) first = NULL;
  g_autoptr (RawClient) second = NULL;
  g_autoptr (RawClient) third = NULL;
  g_autoptr (GListModel) property = NULL;
  guint n_connected = 0;
  guint n_disconnected = 0;

  g_assert_true (g_list_model_get_item_type (watch->peers) == SIGNAL_TYPE_PEER);
  g_object_get (fixture->server, "peers", &property, NULL);
  g_assert_true (property == watch->peers);
  g_signal_connect (fixture->server, "peer-connected", G_CALLBACK (check_present), &n_connected);
  g_signal_connect (fixture->server, "peer-disconnected", G_CALLBACK (check_absent),
                    &n_disconnected);

  first = raw_client_new_authenticated (fixture->uri, "a-secret");
  second = raw_client_new_authenticated (fixture->uri, "b-secret");
  third = raw_client_new_authenticated (fixture->uri, "c-secret");
  g_assert_cmpstr (watch->log->str, ==, "0-0+1 1-0+1 2-0+1 ");
  for (guint i = 0; i < 3; i++)
    g_assert_true (watch->mirror->pdata[i] == fixture->connected->pdata[i]);
  g_assert_null (g_list_model_get_item (watch->peers, 3));

  g_string_truncate (watch->log, 0);
  soup_websocket_connection_close (second->socket, 1000, NULL);
  WAIT_UNTIL (fixture->disconnected->len == 1);
  g_assert_cmpstr (watch->log->str, ==, "1-1+0 ");
  signal_peer_close (fixture->connected->pdata[0], 1000, NULL);
  WAIT_UNTIL (fixture->disconnected->len == 2);
  g_assert_cmpstr (watch->log->str, ==, "1-1+0 0-1+0 ");
  g_assert_true (watch->mirror->pdata[0] == fixture->connected->pdata[2]);
  g_assert_cmpuint (n_connected, ==, 3);
  g_assert_cmpuint (n_disconnected, ==, 2);
}

static void
test_stop (void)
{
  g_autoptr (Watch) watch = watch_new (NULL);
  g_autoptr (RawClient) first G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "a-secret");
  g_autoptr (RawClient) second G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "b-secret");

  signal_server_stop_async (watch->fixture->server, NULL, NULL, NULL);
  WAIT_UNTIL (watch->fixture->disconnected->len == 2);
  g_assert_cmpuint (g_list_model_get_n_items (watch->peers), ==, 0);
  g_assert_cmpuint (watch->mirror->len, ==, 0);
}

static void
test_dropped_server (void)
{
  g_autoptr (Watch) watch = watch_new (NULL);
  g_autoptr (RawClient) first G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "a-secret");
  g_autoptr (RawClient) second G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "b-secret");

  g_clear_object (&watch->fixture->server);
  g_assert_cmpuint (g_list_model_get_n_items (watch->peers), ==, 0);
  g_assert_cmpuint (watch->mirror->len, ==, 0);
}

/* Handlers of items-changed that are called before the one that maintains the copy. */

static void
close_added (GListModel *model,
             guint       position,
             guint       removed,
             guint       added,
             Watch      *watch)
{
  g_autoptr (SignalPeer) peer = g_list_model_get_item (model, position);

  if (added == 1 && g_str_equal (signal_peer_get_user_id (peer), "b"))
    signal_peer_close (peer, 4003, NULL);
}

static void
test_close_in_handler (void)
{
  g_autoptr (Watch) watch = watch_new (G_CALLBACK (close_added));
  g_autoptr (RawClient) first G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "a-secret");
  g_autoptr (RawClient) second = raw_client_new (watch->fixture->uri);

  raw_client_authenticate (second, "b-secret");
  WAIT_UNTIL (second->closed);
  g_assert_cmpuint (second->code, ==, 4003);
  WAIT_UNTIL (g_list_model_get_n_items (watch->peers) == 1);
  g_assert_cmpstr (watch->log->str, ==, "0-0+1 1-0+1 1-1+0 ");
  /* It has neither been connected nor been disconnected. */
  g_assert_cmpuint (watch->fixture->connected->len, ==, 1);
  g_assert_cmpuint (watch->fixture->disconnected->len, ==, 0);
}

static void
wait_for_end (GListModel *model,
              guint       position,
              guint       removed,
              guint       added,
              Watch      *watch)
{
  g_autoptr (SignalPeer) peer = g_list_model_get_item (model, 0);

  if (added == 1 && position == 1)
    {
      signal_peer_close (peer, 4003, NULL);
      WAIT_UNTIL (watch->fixture->disconnected->len == 1);
      g_assert_cmpuint (g_list_model_get_n_items (model), ==, 2);
    }
}

static void
test_nested_loop (void)
{
  g_autoptr (Watch) watch = watch_new (G_CALLBACK (wait_for_end));
  g_autoptr (RawClient) first = raw_client_new_authenticated (watch->fixture->uri, "a-secret");
  g_autoptr (RawClient) second G_GNUC_UNUSED = raw_client_new_authenticated (watch->fixture->uri, "b-secret");

  WAIT_UNTIL (first->closed);
  g_assert_cmpstr (watch->log->str, ==, "0-0+1 1-0+1 0-1+0 ");
  g_assert_true (watch->mirror->pdata[0] == watch->fixture->connected->pdata[1]);
}

static void
stop_at_second (GListModel *model,
                guint       position,
                guint       removed,
                guint       added,
                Watch      *watch)
{
  if (position == 1)
    signal_server_stop_async (watch->fixture->server, NULL, NULL, NULL);
}

static void
drop_at_second (GListModel *model,
                guint       position,
                guint       removed,
                guint       added,
                Watch      *watch)
{
  if (position == 1)
    g_clear_object (&watch->fixture->server);
}

static void
test_end_in_handler (gconstpointer on_changed)
{
  g_autoptr (Watch) watch = watch_new ((GCallback) on_changed);
  g_autoptr (RawClient) first = raw_client_new_authenticated (watch->fixture->uri, "a-secret");
  g_autoptr (RawClient) second = raw_client_new (watch->fixture->uri);

  raw_client_authenticate (second, "b-secret");
  WAIT_UNTIL (first->closed && second->closed);
  WAIT_UNTIL (g_list_model_get_n_items (watch->peers) == 0);
  g_assert_true (g_str_has_prefix (watch->log->str, "0-0+1 1-0+1 "));
  g_assert_cmpuint (watch->mirror->len, ==, 0);
  g_assert_cmpuint (watch->fixture->connected->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/peers/connections", test_connections);
  g_test_add_func ("/server/peers/stop", test_stop);
  g_test_add_func ("/server/peers/dropped-server", test_dropped_server);
  g_test_add_func ("/server/peers/close-in-handler", test_close_in_handler);
  g_test_add_func ("/server/peers/nested-loop", test_nested_loop);
  g_test_add_data_func ("/server/peers/stop-in-handler", stop_at_second, test_end_in_handler);
  g_test_add_data_func ("/server/peers/drop-in-handler", drop_at_second, test_end_in_handler);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-site.h"
#include "tests/histories/history.h"

/* A Redis Cluster of three nodes: each bus uses one of them, and the others when that ends. */

#define ROOM "tea"

static char *uris[3];
static char *url_a;

static BusSite *
open_site (const char *name,
           guint       first,
           guint       second,
           guint       third)
{
  const char * const further[] = { uris[second], uris[third], NULL };
  BusSite *site = bus_site_new (signal_bus_new (uris[first]), name);

  g_object_set (site->bus, "uris", further, NULL);
  bus_site_connect (site);
  return site;
}

/* Returns whether a node has subscribers of the room. */
static gboolean
has_subscriber (const char *node)
{
  g_autofree char *counts = processes_query ("redis_cli", node, "pubsub", "numsub", "ws:room:" ROOM, NULL);

  return !g_str_has_suffix (counts, " 0");
}

/* Servers on different nodes, of which one is a public one, which uses random nodes. */
static void
test_nodes (void)
{
  g_autoptr (BusSite) c = open_site ("c", 0, 1, 2);
  g_autoptr (BusSite) d = open_site ("d", 1, 2, 0);
  g_autoptr (Recorder) of_a = interop_recorder_new_in_room (url_a, "ann", ROOM);
  g_autoptr (Recorder) of_c = interop_recorder_new_in_room (c->url, "ann", ROOM);
  g_autoptr (Recorder) of_d = interop_recorder_new_in_room (d->url, "eve", ROOM);
  Recorder *all[] = { of_a, of_c, of_d };

  g_assert_true (has_subscriber ("n1"));
  g_assert_true (has_subscriber ("n2"));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      interop_send_to (all[i], "to", ROOM, "room", "0");
      interop_send_to (all[i], "broadcast", "", "all", "0");
      interop_send_to (all[i], "to-user", "ann", "ann", "0");
      interop_send_to (all[i], "to", signal_client_get_client_id (of_d->client), "d", "0");
    }
  processes_command ("redis_cli", "n3", "publish", "ws:room:" ROOM,
                     "{\"serverId\":\"x\",\"type\":\"room\",\"target\":\"" ROOM "\",\"event\":\"room\"}",
                     NULL);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      interop_assert_count (all[i], "room", 4);
      interop_assert_count (all[i], "all", 3);
      interop_assert_count (all[i], "ann", all[i] == of_d ? 0 : 3);
      interop_assert_count (all[i], "d", all[i] == of_d ? 3 : 0);
    }
  g_assert_cmpuint (c->errors->len + d->errors->len, ==, 0);
}

/* A bus publishes on one node, so that the order is kept. */
static void
test_order (void)
{
  const guint n = 1000;
  g_autoptr (BusSite) c = open_site ("c", 0, 1, 2);
  g_autoptr (BusSite) d = open_site ("d", 1, 2, 0);
  g_autoptr (Recorder) of_d = interop_recorder_new_in_room (d->url, "ann", ROOM);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      bus_site_send (c, ROOM, "number", json);
    }
  interop_assert_count (of_d, "number", n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      recorder_assert_message (of_d, "number", json);
    }
}

static void
assert_crosses (BusSite    *c,
                BusSite    *d,
                Recorder   *of_c,
                Recorder   *of_d,
                const char *event)
{
  bus_site_send (c, ROOM, event, "\"c\"");
  interop_assert_count (of_d, event, 1);
  bus_site_send (d, ROOM, event, "\"d\"");
  interop_assert_count (of_c, event, 2);
  interop_assert_count (of_d, event, 2);
}

/* The nodes end one after the other. */
static void
test_node_ends (void)
{
  g_autoptr (BusSite) c = open_site ("c", 0, 2, 1);
  g_autoptr (BusSite) d = open_site ("d", 1, 2, 0);
  g_autoptr (Recorder) of_c = interop_recorder_new_in_room (c->url, "ann", ROOM);
  g_autoptr (Recorder) of_d = interop_recorder_new_in_room (d->url, "ann", ROOM);

  assert_crosses (c, d, of_c, of_d, "three");
  g_assert_false (has_subscriber ("n3"));
  processes_command ("kill", "n1", NULL);
  bus_site_wait_lost (c);
  bus_site_wait_back (c);
  g_assert_true (has_subscriber ("n3"));
  assert_crosses (c, d, of_c, of_d, "two");
  g_assert_cmpuint (d->errors->len, ==, 0);

  processes_command ("kill", "n3", NULL);
  INTEROP_WAIT (c->n_changes == 5);
  g_assert_true (signal_bus_get_connected (c->bus));
  g_assert_cmpuint (c->errors->len, ==, 2);
  assert_crosses (c, d, of_c, of_d, "one");
  g_assert_cmpuint (d->errors->len, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *ports = NULL;
  g_autofree char *setting = NULL;
  g_auto (GStrv) parts = NULL;
  int result;

  interop_test_init (&argc, &argv);
  ports = processes_query ("cluster", "n1", "n2", "n3", NULL);
  parts = g_strsplit (ports, " ", -1);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    uris[i] = bus_site_get_uri (parts[i]);
  setting = g_strconcat ("REDIS_CLUSTER=", ports, NULL);
  url_a = processes_query ("server", "a", "public", setting, NULL);
  g_test_add_func ("/interop/bus-cluster/nodes", test_nodes);
  g_test_add_func ("/interop/bus-cluster/order", test_order);
  g_test_add_func ("/interop/bus-cluster/node-ends", test_node_ends);
  result = history_run ();
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    g_free (uris[i]);
  g_free (url_a);
  return result;
}

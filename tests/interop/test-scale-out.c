/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

/* Two servers on one Redis, with clients on both. */

static char *url_a;
static char *url_b;

typedef struct
{
  Recorder *a1;
  Recorder *a2;
  Recorder *b1;
  Recorder *b2;
} Clients;

static void
clients_open (Clients *clients)
{
  clients->a1 = interop_recorder_new_connected (url_a, "ann");
  clients->a2 = interop_recorder_new_connected (url_a, "bob");
  clients->b1 = interop_recorder_new_connected (url_b, "ann");
  clients->b2 = interop_recorder_new_connected (url_b, "eve");
}

static void
clients_close (Clients *clients)
{
  Recorder *recorders[] = { clients->a1, clients->a2, clients->b1, clients->b2 };

  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    {
      g_assert_cmpuint (recorders[i]->n_connected, ==, 1);
      g_assert_cmpuint (recorders[i]->errors->len, ==, 0);
      recorder_free (recorders[i]);
    }
}

/* Each of these clients receives it exactly once, and no other does. */
static void
assert_received_by (Clients    *clients,
                    const char *json,
                    gboolean    a1,
                    gboolean    a2,
                    gboolean    b1,
                    gboolean    b2)
{
  Recorder *recorders[] = { clients->a1, clients->a2, clients->b1, clients->b2 };
  const gboolean heard[] = { a1, a2, b1, b2 };

  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    if (heard[i])
      recorder_assert_message (recorders[i], "news", json);
  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    {
      interop_settle (recorders[i]);
      g_assert_cmpuint (recorder_count_messages (recorders[i], "news"), ==, 0);
    }
}

static void
test_room (void)
{
  Clients clients;

  clients_open (&clients);
  interop_join (clients.a1, "tea");
  interop_join (clients.b2, "tea");
  interop_send_to (clients.a1, "to", "tea", "news", "\"from a\"");
  assert_received_by (&clients, "\"from a\"", TRUE, FALSE, FALSE, TRUE);
  interop_send_to (clients.b1, "to", "tea", "news", "\"from b\"");
  assert_received_by (&clients, "\"from b\"", TRUE, FALSE, FALSE, TRUE);

  /* A room in which the sender's server has no client. */
  interop_join (clients.b1, "far");
  interop_send_to (clients.a2, "to", "far", "news", "\"far\"");
  assert_received_by (&clients, "\"far\"", FALSE, FALSE, TRUE, FALSE);
  clients_close (&clients);
}

static void
test_user (void)
{
  Clients clients;

  clients_open (&clients);
  interop_send_to (clients.a2, "to-user", "ann", "news", "1");
  assert_received_by (&clients, "1", TRUE, FALSE, TRUE, FALSE);
  interop_send_to (clients.a2, "to-user", "eve", "news", "2");
  assert_received_by (&clients, "2", FALSE, FALSE, FALSE, TRUE);
  clients_close (&clients);
}

static void
test_client (void)
{
  Clients clients;

  clients_open (&clients);
  interop_send_to (clients.a1, "to", signal_client_get_client_id (clients.b2->client), "news", "1");
  assert_received_by (&clients, "1", FALSE, FALSE, FALSE, TRUE);
  clients_close (&clients);
}

static void
test_broadcast (void)
{
  Clients clients;

  clients_open (&clients);
  interop_send_to (clients.b2, "broadcast", "", "news", "{\"all\":true}");
  assert_received_by (&clients, "{\"all\":true}", TRUE, TRUE, TRUE, TRUE);
  clients_close (&clients);
}

/* A thousand messages in both directions at once. */
static void
test_many (void)
{
  const guint n = 500;
  Clients clients;

  clients_open (&clients);
  interop_join (clients.a1, "tea");
  interop_join (clients.b2, "tea");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);
      g_autofree char *negative = g_strdup_printf ("-%u", i + 1);

      interop_send_to (clients.a1, "to", "tea", "news", json);
      interop_send_to (clients.b2, "to", "tea", "news", negative);
    }
  INTEROP_WAIT (recorder_count_messages (clients.a1, "news") == 2 * n
                && recorder_count_messages (clients.b2, "news") == 2 * n);
  interop_settle (clients.a1);
  interop_settle (clients.b2);
  g_assert_cmpuint (recorder_count_messages (clients.a1, "news")
                    + recorder_count_messages (clients.b2, "news"), ==, 4 * n);
  clients_close (&clients);
}

/* The package's emitter, a third process, sends to clients in three languages. */
static void
test_emitter (void)
{
  const char * const languages[] = { "py", "js" };
  g_autoptr (Recorder) a = interop_recorder_new_connected (url_a, "ann");
  g_autoptr (Recorder) b = interop_recorder_new_connected (url_b, "bob");
  gboolean is_there[2];

  interop_join (a, "tea");
  interop_join (b, "tea");
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *answer = processes_query ("receiver", languages[i], i == 0 ? url_a : url_b,
                                                 "tea",
                                                 NULL);

      is_there[i] = g_str_equal (answer, "ready");
      if (!is_there[i])
        g_test_message ("no receiver for %s", languages[i]);
    }

  processes_command ("emit", "{\"room\":\"tea\",\"event\":\"news\",\"data\":{\"text\":\"añ🎈\"}}", NULL);
  recorder_assert_message (a, "news", "{\"text\":\"añ🎈\"}");
  recorder_assert_message (b, "news", "{\"text\":\"añ🎈\"}");
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    if (is_there[i])
      processes_command ("received", languages[i], "{\"text\":\"añ🎈\"}", NULL);
}

/* Without Redis, each server serves its own clients; when it is back, messages reach the other
 * server again. */
static void
test_redis_stopped (void)
{
  Clients clients;

  clients_open (&clients);
  interop_join (clients.a1, "tea");
  interop_join (clients.a2, "tea");
  interop_join (clients.b2, "tea");

  processes_command ("redis", "stop", NULL);
  run_for (300);
  interop_send_to (clients.a1, "to", "tea", "news", "\"here\"");
  recorder_assert_message (clients.a1, "news", "\"here\"");
  recorder_assert_message (clients.a2, "news", "\"here\"");
  g_assert_cmpuint (recorder_count_messages (clients.b2, "news"), ==, 0);

  processes_command ("redis", "start", NULL);
  while (recorder_count_messages (clients.b2, "after") == 0)
    {
      interop_send_to (clients.a1, "to", "tea", "after", "1");
      run_for (200);
      g_assert_cmpuint (recorder_count_messages (clients.a1, "after"), <, 100);
    }
  clients_close (&clients);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  interop_test_init (&argc, &argv);
  url_a = processes_query ("server", "a", "public", NULL);
  url_b = processes_query ("server", "b", "public", NULL);
  g_test_add_func ("/interop/scale-out/room", test_room);
  g_test_add_func ("/interop/scale-out/user", test_user);
  g_test_add_func ("/interop/scale-out/client", test_client);
  g_test_add_func ("/interop/scale-out/broadcast", test_broadcast);
  g_test_add_func ("/interop/scale-out/many", test_many);
  g_test_add_func ("/interop/scale-out/emitter", test_emitter);
  g_test_add_func ("/interop/scale-out/redis-stopped", test_redis_stopped);
  result = history_run ();
  g_free (url_a);
  g_free (url_b);
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"
#include "tests/lib/mock-redis.h"

#include <string.h>

/* How a bus connects, loses its connections, comes back and is closed. */

#define SECRET "open sesame"

static void
test_properties (void)
{
  g_autoptr (SignalBus) bus = signal_bus_new ("redis://127.0.0.1:1");
  g_autoptr (SignalBus) other = signal_bus_new (NULL);
  const char * const uris[] = { "redis://127.0.0.1:2", "redis://127.0.0.1:3", NULL };
  guint n_notified = 0;

  g_assert_cmpstr (signal_bus_get_uri (bus), ==, "redis://127.0.0.1:1");
  g_assert_null (signal_bus_get_uri (other));
  g_assert_true (g_uuid_string_is_valid (signal_bus_get_server_id (bus)));
  g_assert_cmpstr (signal_bus_get_server_id (bus), !=, signal_bus_get_server_id (other));
  g_assert_false (signal_bus_get_connected (bus));
  g_assert_cmpuint (signal_bus_get_max_backlog (bus), ==, 8 * 1024 * 1024);
  g_assert_cmpuint (signal_bus_get_messages_published (bus), ==, 0);
  g_assert_cmpuint (signal_bus_get_messages_received (bus), ==, 0);
  g_assert_cmpuint (signal_bus_get_messages_dropped (bus), ==, 0);

  g_signal_connect (bus, "notify", G_CALLBACK (count_notify), &n_notified);
  signal_bus_set_uri (bus, "redis://127.0.0.1:4");
  signal_bus_set_uris (bus, uris);
  signal_bus_set_max_backlog (bus, 1000);
  g_assert_cmpuint (n_notified, ==, 3);
  g_assert_cmpstr (signal_bus_get_uri (bus), ==, "redis://127.0.0.1:4");
  g_assert_cmpstrv (signal_bus_get_uris (bus), uris);
  g_assert_cmpstr (signal_bus_get_channel_prefix (bus), ==, "");
  g_assert_cmpuint (signal_bus_get_max_backlog (bus), ==, 1000);
}

/* Two connections, on which nothing is said but PING as long as no server needs a channel. */
static void
test_connect (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (mock->links->len, ==, 2);
  g_assert_cmpuint (mock_redis_count_commands (mock, "PING"), ==, mock->commands->len);
  g_assert_cmpuint (((MockLink *) mock->links->pdata[0])->commands->len, >=, 1);
  g_assert_cmpuint (((MockLink *) mock->links->pdata[1])->commands->len, >=, 1);

  bus_recorder_connect (recorder);
  g_assert_cmpuint (mock->links->len, ==, 2);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* The path is the number of a database, which makes no difference. */
static void
test_good_uris (void)
{
  static const char * const forms[] = {
    "redis://127.0.0.1:%u/", "redis://127.0.0.1:%u/3", "redis://localhost:%u", "REDIS://127.0.0.1:%u",
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autofree char *port = g_strdup_printf ("%u", mock->port);
      g_auto (GStrv) parts = g_strsplit (forms[i], "%u", 2);
      g_autofree char *uri = g_strconcat (parts[0], port, parts[1], NULL);
      g_autoptr (BusRecorder) recorder = bus_recorder_new (uri);

      bus_recorder_connect (recorder);
      g_assert_cmpint (mock_redis_find_command (mock, "SELECT", 0), ==, -1);
    }
}

static void
test_bad_uris (void)
{
  static const char * const uris[] = {
    NULL, "", "127.0.0.1:6379", "http://127.0.0.1:6379", "redis:", "redis://", "redis://:6379",
    "redis://127.0.0.1:x", "redis://127.0.0.1:99999", "redis://127.0.0.1/a", "redis://127.0.0.1?db=3",
    "redis://127.0.0.1#x", "redis://%zz@127.0.0.1", "redis://a:%00@127.0.0.1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (BusRecorder) recorder = bus_recorder_new (uris[i]);

      g_test_message ("%u", i);
      bus_recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_password (void)
{
  static const struct { const char *user, *password, *userinfo, *command; } cases[] = {
    { NULL, SECRET, ":open%20sesame", "AUTH " SECRET },
    { "app", SECRET, "app:open%20sesame", "AUTH app " SECRET },
    { "a:b", "c@d/e", "a%3Ab:c%40d%2Fe", "AUTH a:b c@d/e" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autofree char *uri = g_strdup_printf ("redis://%s@127.0.0.1:%u", cases[i].userinfo, mock->port);
      g_autoptr (BusRecorder) recorder = bus_recorder_new (uri);

      mock->user = cases[i].user;
      mock->password = cases[i].password;
      bus_recorder_connect (recorder);
      g_assert_cmpuint (mock->links->len, ==, 2);
      for (guint j = 0; j < 2; j++)
        g_assert_cmpstr (((MockLink *) mock->links->pdata[j])->commands->pdata[0], ==, cases[i].command);
    }
}

/* It goes on trying, and says no secret. */
static void
test_wrong_password (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autofree char *uri = g_strdup_printf ("redis://app:wrong-secret@127.0.0.1:%u", mock->port);
  g_autoptr (BusRecorder) recorder = bus_recorder_new (uri);

  mock->user = "app";
  mock->password = SECRET;
  bus_recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_null (strstr (recorder->error->message, "wrong-secret"));

  mock->password = "wrong-secret";
  bus_recorder_wait_connected (recorder, 1);
  for (guint i = 0; i < recorder->errors->len; i++)
    g_assert_null (strstr (((GError *) recorder->errors->pdata[i])->message, "wrong-secret"));
}

static void
test_no_password (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->password = SECRET;
  bus_recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
}

/* A Redis that reads its data does not answer PING yet. */
static void
test_loading (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->is_loading = TRUE;
  bus_recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_nonnull (strstr (recorder->error->message, "LOADING"));
  mock->is_loading = FALSE;
  bus_recorder_wait_connected (recorder, 1);
}

/* There is no Redis at first: connecting fails, and the bus connects once there is one. */
static void
test_refused (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autofree char *prefix = g_strdup_printf ("Cannot connect to Redis at “127.0.0.1:%u”: ", mock->port);

  mock_redis_stop (mock);
  bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_true (g_str_has_prefix (recorder->error->message, prefix));
  g_assert_cmpuint (recorder->n_lost, ==, 0);

  mock_redis_start (mock);
  WAIT_WITHIN (3, recorder->n_connected == 1);
  g_assert_cmpuint (mock_redis_count_links (mock), ==, 2);
}

/* Each caller is told how the next attempt ends. */
static void
test_connect_again (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock_redis_stop (mock);
  for (guint i = 0; i < 3; i++)
    bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  mock_redis_start (mock);
  bus_recorder_connect (recorder);
}

/* Another server than a Redis. */
static void
test_not_redis (void)
{
  static const char * const answers[] = {
    "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\r\n", "\1\2\3\4\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

      g_test_message ("%u", i);
      mock->is_mute = TRUE;
      bus_recorder_start (recorder, NULL);
      WAIT_UNTIL (mock->commands->len > 0);
      run_for (20);
      for (guint j = 0; j < mock->links->len; j++)
        mock_link_write_text (mock->links->pdata[j], answers[i]);
      WAIT_UNTIL (recorder->is_done);
      g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
      mock->is_mute = FALSE;
      bus_recorder_wait_connected (recorder, 1);
    }
}

/* Neither of the two connections is used until Redis accepts commands on both. */
static void
test_both_are_needed (void)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

      mock->is_mute = TRUE;
      bus_recorder_start (recorder, NULL);
      WAIT_UNTIL (mock->commands->len == 2);
      mock->is_mute = FALSE;
      mock_link_write_text (mock->links->pdata[i], "+PONG\r\n");
      run_for (50);
      g_assert_cmpuint (mock->commands->len, ==, 2);
      g_assert_false (recorder->is_done);
      mock_link_write_text (mock->links->pdata[1 - i], "+PONG\r\n");
      WAIT_UNTIL (recorder->is_done);
      g_assert_no_error (recorder->error);
    }
}

static void
on_connected_lose (SignalBus  *bus,
                   GParamSpec *pspec,
                   MockRedis  *mock)
{
  if (!signal_bus_get_connected (bus))
    return;

  g_signal_handlers_disconnect_by_data (bus, mock);
  mock_redis_kill_links (mock);
  WAIT_UNTIL (!signal_bus_get_connected (bus));
  g_assert_false (signal_bus_broadcast (bus, "e", NULL, NULL, NULL));
}

/* The connection is lost while a handler that was told of it runs the main loop. */
static void
test_lost_inside (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  g_signal_connect (recorder->bus, "notify::connected", G_CALLBACK (on_connected_lose), mock);
  bus_recorder_start (recorder, NULL);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_connected (recorder, 2);
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  g_assert_cmpuint (recorder->n_lost, ==, 1);
}

static void
test_ends_at_once (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->is_mute = TRUE;
  bus_recorder_start (recorder, NULL);
  WAIT_UNTIL (mock->commands->len > 0);
  mock_redis_kill_links (mock);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
}

static void
test_bytewise (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock->is_bytewise = TRUE;
  bus_recorder_connect (recorder);
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 1);
}

static void
test_further_nodes (void)
{
  g_autoptr (MockRedis) dead = mock_redis_new ();
  g_autoptr (MockRedis) first = mock_redis_new ();
  g_autoptr (MockRedis) second = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (dead->uri);
  const char * const uris[] = { first->uri, second->uri, NULL };

  mock_redis_stop (dead);
  signal_bus_set_uris (recorder->bus, uris);
  bus_recorder_start (recorder, NULL);
  bus_recorder_wait_connected (recorder, 1);
  g_assert_cmpuint (mock_redis_count_links (first), ==, 2);
  g_assert_cmpuint (second->links->len, ==, 0);

  mock_redis_stop (first);
  bus_recorder_wait_connected (recorder, 2);
  g_assert_cmpuint (mock_redis_count_links (second), ==, 2);

  mock_redis_start (first);
  mock_redis_stop (second);
  bus_recorder_wait_connected (recorder, 3);
  g_assert_cmpuint (mock_redis_count_links (first), ==, 2);
  WAIT_UNTIL (recorder->is_done);
}

static void
test_cancelled_before (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  bus_recorder_start (recorder, cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  run_for (300);
  g_assert_cmpuint (mock->links->len, ==, 0);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
}

/* What nobody waits for is not tried any longer. */
static void
test_cancelled (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint n_links;

  mock->is_mute = TRUE;
  bus_recorder_start (recorder, cancellable);
  WAIT_UNTIL (mock->commands->len > 0);
  g_cancellable_cancel (cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);

  mock->is_mute = FALSE;
  n_links = mock->links->len;
  run_for (400);
  g_assert_cmpuint (mock->links->len, ==, n_links);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  bus_recorder_connect (recorder);
}

/* Another caller waits still. */
static void
test_one_cancelled (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  BusRecorder patient = { .bus = recorder->bus };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  mock_redis_freeze (mock, TRUE);
  bus_recorder_start (recorder, cancellable);
  bus_recorder_start (&patient, NULL);
  run_for (20);
  g_cancellable_cancel (cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (patient.is_done);

  mock_redis_freeze (mock, FALSE);
  WAIT_UNTIL (patient.is_done);
  g_assert_no_error (patient.error);
}

static void
on_connected_cancel (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  GCancellable *cancellable = user_data;

  g_assert_true (signal_bus_connect_finish (SIGNAL_BUS (source), result, NULL));
  g_cancellable_cancel (cancellable);
  run_for (20);
}

/* One of those that wait cancels the other, which is to be told next. */
static void
test_cancelled_inside (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  signal_bus_connect_async (recorder->bus, NULL, on_connected_cancel, cancellable);
  bus_recorder_start (recorder, cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_true (signal_bus_get_connected (recorder->bus));
}

static void
test_close (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_close (recorder);
  for (guint i = 1; i <= 3; i++)
    {
      bus_recorder_connect (recorder);
      g_assert_cmpuint (mock_redis_count_links (mock), ==, 2);
      bus_recorder_close (recorder);
      bus_recorder_close (recorder);
      WAIT_UNTIL (mock_redis_count_links (mock) == 0);
      g_assert_cmpuint (recorder->n_connected, ==, i);
      g_assert_cmpuint (recorder->n_lost, ==, i);
    }
  run_for (300);
  g_assert_cmpuint (mock->links->len, ==, 6);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_close_while_connecting (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock_redis_freeze (mock, TRUE);
  bus_recorder_start (recorder, NULL);
  run_for (20);
  bus_recorder_close (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  mock_redis_freeze (mock, FALSE);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
}

static void
test_close_while_waiting (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock_redis_stop (mock);
  bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  bus_recorder_close (recorder);
  mock_redis_start (mock);
  run_for (400);
  g_assert_cmpuint (mock->links->len, ==, 0);
}

/* Closing waits for what was published, and connecting again meanwhile is possible. */
static void
test_close_waits (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  mock_redis_freeze (mock, TRUE);
  for (guint i = 0; i < 100; i++)
    g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_start_close (recorder);
  run_for (100);
  g_assert_cmpuint (recorder->n_closed, ==, 0);
  g_assert_cmpuint (mock->n_published, ==, 0);

  mock_redis_freeze (mock, FALSE);
  WAIT_UNTIL (recorder->n_closed == 1);
  g_assert_no_error (recorder->close_error);
  g_assert_cmpuint (mock->n_published, ==, 100);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* What was published may or may not have reached Redis. */
static void
test_lost_while_closing (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  mock_redis_freeze (mock, TRUE);
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_start_close (recorder);
  run_for (20);
  mock_redis_reset_links (mock);
  WAIT_UNTIL (recorder->n_closed == 1);
  g_assert_error (recorder->close_error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
}

static void
assert_comes_back (MockRedis   *mock,
                   BusRecorder *recorder)
{
  guint n_connected = recorder->n_connected;

  WAIT_UNTIL (recorder->n_lost == n_connected);
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  WAIT_WITHIN (3, recorder->n_connected == n_connected + 1);
  WAIT_UNTIL (mock_redis_count_links (mock) == 2);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
}

static void
test_lost (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  mock_redis_kill_links (mock);
  assert_comes_back (mock, recorder);
  mock_redis_reset_links (mock);
  assert_comes_back (mock, recorder);

  /* One of the two: the other is of no use alone. */
  mock_link_close (mock->links->pdata[4]);
  assert_comes_back (mock, recorder);
  mock_link_close (mock->links->pdata[7]);
  assert_comes_back (mock, recorder);
  g_assert_cmpuint (mock->links->len, ==, 10);
}

/* An outage is reported once, and again only when there is another reason why it lasts. */
static void
test_reported_once (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  guint n_links;

  bus_recorder_connect (recorder);
  mock->password = SECRET;
  mock_redis_kill_links (mock);
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  n_links = mock->links->len;
  WAIT_UNTIL (mock->links->len >= n_links + 4);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  mock_redis_stop (mock);
  run_for (300);
  mock->password = NULL;
  mock_redis_start (mock);
  bus_recorder_wait_connected (recorder, 2);
  g_assert_cmpuint (recorder->n_lost, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  mock_redis_kill_links (mock);
  assert_comes_back (mock, recorder);
}

/* A Redis that is away for longer is still asked every second. */
static void
test_away (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autoptr (GError) error = NULL;

  bus_recorder_connect (recorder);
  mock_redis_stop (mock);
  WAIT_UNTIL (recorder->n_lost == 1);
  g_assert_false (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);

  run_for (1200);
  mock_redis_start (mock);
  WAIT_WITHIN (3, recorder->n_connected == 2);
  g_assert_cmpuint (mock->n_published, ==, 0);
}

static void
on_connected_drop (SignalBus   *bus,
                   GParamSpec  *pspec,
                   BusRecorder *recorder)
{
  g_clear_object (&recorder->bus);
}

static void
on_error_drop (SignalBus    *bus,
               const GError *error,
               BusRecorder  *recorder)
{
  g_clear_object (&recorder->bus);
}

static void
on_done_drop (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  BusRecorder *recorder = user_data;

  bus_recorder_on_connected (source, result, recorder);
  g_clear_object (&recorder->bus);
}

static void
assert_gone (MockRedis   *mock,
             BusRecorder *recorder,
             gpointer    *weak)
{
  WAIT_UNTIL (*weak == NULL);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
  g_assert_null (recorder->bus);
}

static void
test_drop_inside (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
      gpointer weak = recorder->bus;

      g_object_add_weak_pointer (weak, &weak);
      if (i == 0)
        {
          g_signal_connect (recorder->bus, "notify::connected", G_CALLBACK (on_connected_drop), recorder);
          bus_recorder_start (recorder, NULL);
          WAIT_UNTIL (recorder->is_done);
          g_assert_no_error (recorder->error);
        }
      else if (i == 1)
        {
          signal_bus_connect_async (recorder->bus, NULL, on_done_drop, recorder);
          WAIT_UNTIL (recorder->is_done);
        }
      else
        {
          bus_recorder_connect (recorder);
          if (i == 2)
            g_signal_connect (recorder->bus, "error", G_CALLBACK (on_error_drop), recorder);
          else
            g_signal_connect (recorder->bus, "notify::connected", G_CALLBACK (on_connected_drop), recorder);
          mock_redis_kill_links (mock);
        }
      assert_gone (mock, recorder, &weak);
    }
}

static void
on_error_close (SignalBus    *bus,
                const GError *error,
                BusRecorder  *recorder)
{
  bus_recorder_start_close (recorder);
}

static void
test_close_inside (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  g_signal_connect (recorder->bus, "error", G_CALLBACK (on_error_close), recorder);
  mock_redis_kill_links (mock);
  WAIT_UNTIL (recorder->n_closed == 1);
  run_for (300);
  g_assert_cmpuint (mock->links->len, ==, 2);
  g_assert_cmpuint (recorder->errors->len, ==, 1);
}

/* While it connects, is connected, waits for another attempt, and closes. */
static void
test_drop (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
      gpointer weak = recorder->bus;

      g_object_add_weak_pointer (weak, &weak);
      if (i == 0)
        {
          mock_redis_freeze (mock, TRUE);
          bus_recorder_start (recorder, cancellable);
          run_for (20);
          g_clear_object (&recorder->bus);
          g_cancellable_cancel (cancellable);
          WAIT_UNTIL (recorder->is_done);
          mock_redis_freeze (mock, FALSE);
        }
      else if (i < 3)
        {
          bus_recorder_connect (recorder);
          if (i == 2)
            bus_recorder_start_close (recorder);
          g_clear_object (&recorder->bus);
          if (i == 2)
            WAIT_UNTIL (recorder->n_closed == 1);
        }
      else
        {
          mock_redis_stop (mock);
          bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
          g_clear_object (&recorder->bus);
        }
      assert_gone (mock, recorder, &weak);
    }
}

/* No descriptor remains open. */
static void
test_descriptors (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  guint n_open = 0;

  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

      bus_recorder_connect (recorder);
      mock_redis_reset_links (mock);
      assert_comes_back (mock, recorder);
      if (i % 2 > 0)
        bus_recorder_close (recorder);
      bus_recorder_drop (recorder);
      WAIT_UNTIL (mock_redis_count_links (mock) == 0);
      if (i == 1)
        n_open = count_open_fds ();
    }
  g_assert_cmpuint (count_open_fds (), ==, n_open);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus/properties", test_properties);
  g_test_add_func ("/bus/connect", test_connect);
  g_test_add_func ("/bus/connect/good-uris", test_good_uris);
  g_test_add_func ("/bus/connect/bad-uris", test_bad_uris);
  g_test_add_func ("/bus/connect/password", test_password);
  g_test_add_func ("/bus/connect/wrong-password", test_wrong_password);
  g_test_add_func ("/bus/connect/no-password", test_no_password);
  g_test_add_func ("/bus/connect/loading", test_loading);
  g_test_add_func ("/bus/connect/refused", test_refused);
  g_test_add_func ("/bus/connect/again", test_connect_again);
  g_test_add_func ("/bus/connect/not-redis", test_not_redis);
  g_test_add_func ("/bus/connect/both-are-needed", test_both_are_needed);
  g_test_add_func ("/bus/connect/lost-inside", test_lost_inside);
  g_test_add_func ("/bus/connect/ends-at-once", test_ends_at_once);
  g_test_add_func ("/bus/connect/bytewise", test_bytewise);
  g_test_add_func ("/bus/connect/further-nodes", test_further_nodes);
  g_test_add_func ("/bus/connect/cancelled-before", test_cancelled_before);
  g_test_add_func ("/bus/connect/cancelled", test_cancelled);
  g_test_add_func ("/bus/connect/one-cancelled", test_one_cancelled);
  g_test_add_func ("/bus/connect/cancelled-inside", test_cancelled_inside);
  g_test_add_func ("/bus/close", test_close);
  g_test_add_func ("/bus/close/while-connecting", test_close_while_connecting);
  g_test_add_func ("/bus/close/while-waiting", test_close_while_waiting);
  g_test_add_func ("/bus/close/waits", test_close_waits);
  g_test_add_func ("/bus/close/lost", test_lost_while_closing);
  g_test_add_func ("/bus/close/inside", test_close_inside);
  g_test_add_func ("/bus/lost", test_lost);
  g_test_add_func ("/bus/lost/reported-once", test_reported_once);
  g_test_add_func ("/bus/lost/away", test_away);
  g_test_add_func ("/bus/drop", test_drop);
  g_test_add_func ("/bus/drop/inside", test_drop_inside);
  g_test_add_func ("/bus/descriptors", test_descriptors);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-cluster.h"

#include <string.h>

/* What a server makes of what others publish, whoever they are, and however much it is. */

#define MIB (1024 * 1024)
#define ALL "ws:broadcast"

/* The beginning of a message for all, without an event and with one. */
#define BROADCAST "{\"serverId\":\"s\",\"type\":\"broadcast\""
#define BROADCAST_E BROADCAST ",\"event\":\"e\""

/* Puts the id of the client for ID. */
static char *
with_id (const char *text,
         Recorder   *client)
{
  g_auto (GStrv) parts = g_strsplit (text, "ID", -1);

  return g_strjoinv (signal_client_get_client_id (client->client), parts);
}

/* A node with one client, alice, in the room tea. */
typedef struct
{
  MockRedis *mock;
  BusNode *node;
  Recorder *alice;
} Site;

static Site *
site_new (void)
{
  const char * const rooms[] = { "tea", NULL };
  Site *site = g_new0 (Site, 1);

  site->mock = mock_redis_new ();
  site->node = bus_node_new (site->mock->uri, NULL);
  g_object_set (site->node->server, "default-rooms", rooms, NULL);
  site->alice = bus_node_add_client (site->node, "alice");
  mock_redis_drain (site->mock);
  return site;
}

static void
site_free (Site *site)
{
  recorder_free (site->alice);
  bus_node_free (site->node);
  mock_redis_free (site->mock);
  g_free (site);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Site, site_free)

/* Publishes the body on the channel, in both of which ID stands for the id of the client. */
static void
inject (Site       *site,
        const char *channel,
        const char *text)
{
  g_autofree char *name = with_id (channel, site->alice);
  g_autofree char *body = with_id (text, site->alice);

  g_assert_cmpuint (mock_redis_inject (site->mock, name, body), ==, 1);
}

/* The client has received nothing before this. */
static void
assert_alive (Site *site)
{
  inject (site, ALL, "{\"serverId\":\"emitter\",\"type\":\"broadcast\",\"event\":\"alive\"}");
  WAIT_UNTIL (site->alice->messages->len > 0);
  g_assert_cmpuint (site->alice->messages->len, ==, 1);
  recorder_assert_message (site->alice, "alive", NULL);
  g_assert_cmpuint (site->alice->errors->len, ==, 0);
  g_assert_cmpuint (site->alice->n_connected, ==, 1);
  g_assert_cmpuint (site->mock->links->len, ==, 2);
}

/* Bodies as the public server and its emitter publish them, and less tidy ones. */
static void
test_good (void)
{
  static const struct { const char *channel, *body, *data; } cases[] = {
    { ALL, "{\"serverId\":\"emitter\",\"type\":\"broadcast\",\"event\":\"e\"}", NULL },
    { ALL, "{\"serverId\":\"emitter\",\"type\":\"broadcast\",\"event\":\"e\",\"data\":null}", "null" },
    { ALL, "{\"serverId\":\"\",\"type\":\"broadcast\",\"event\":\"e\",\"data\":[]}", "[]" },
    { ALL, " {\t\"data\" : { \"b\" : 1.0, \"a\":1152921504606846976 } ,\n\"event\":\"e\","
           "\"type\":\"broadcast\",\"serverId\":\"s\"} ", "{ \"b\" : 1.0, \"a\":1152921504606846976 }" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"\\u0062roadcast\",\"\\u0065vent\":\"\\u0065\","
           "\"data\":\"\\u00e9\\/\"}",
      "\"\\u00e9\\/\"" },
    { ALL, BROADCAST_E ",\"data\":1e400}", "1e400" },
    { ALL, BROADCAST_E ",\"data\":-0,\"id\":\"7\",\"more\":{\"x\":[1]}}",
      "-0" },
    { ALL, BROADCAST_E ",\"exclude\":[]}", NULL },
    { ALL, BROADCAST_E ",\"exclude\":[\"another\"]}", NULL },
    { ALL, BROADCAST_E ",\"exclude\":\"ID\"}", NULL },
    { ALL, BROADCAST_E ",\"exclude\":{\"ID\":1}}", NULL },
    { ALL, BROADCAST_E ",\"exclude\":[1,null,{}]}", NULL },
    { ALL, BROADCAST_E ",\"exclude\":null}", NULL },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"tea\",\"event\":\"e\",\"data\":1}",
      "1" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"t\\u0065a\",\"event\":\"e\"}",
      NULL },
    { "ws:room:ID", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"ID\",\"event\":\"e\"}", NULL },
    { "ws:user:alice", "{\"serverId\":\"s\",\"type\":\"user\",\"target\":\"alice\",\"event\":\"e\"}", NULL },
    { "ws:client:ID", "{\"serverId\":\"s\",\"type\":\"client\",\"target\":\"ID\",\"event\":\"e\"}", NULL },
    { "ws:client:ID", "{\"serverId\":\"s\",\"type\":\"client\",\"target\":\"ID\",\"event\":\"e\","
                      "\"exclude\":[\"ID\"]}", NULL },
  };
  g_autoptr (Site) site = site_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%u", i);
      inject (site, cases[i].channel, cases[i].body);
      WAIT_UNTIL (site->alice->messages->len == 1);
      g_assert_null (signal_message_get_id (site->alice->messages->pdata[0]));
      g_assert_true (signal_message_is_encrypted (site->alice->messages->pdata[0]));
      recorder_assert_message (site->alice, "e", cases[i].data);
    }
  g_assert_cmpuint (signal_bus_get_messages_received (site->node->bus), ==, G_N_ELEMENTS (cases));
  g_assert_cmpuint (signal_bus_get_messages_dropped (site->node->bus), ==, 0);
  g_assert_cmpuint (site->node->recorder->errors->len, ==, 0);
  assert_alive (site);
}

static void
test_excluded (void)
{
  g_autoptr (Site) site = site_new ();

  inject (site, ALL, BROADCAST_E ",\"exclude\":[\"ID\"]}");
  inject (site, ALL, BROADCAST_E ",\"exclude\":[7,\"ID\"]}");
  inject (site, ALL, "{\"exclude\":[\"x\",\"ID\"],\"serverId\":\"s\",\"type\":\"broadcast\","
                     "\"event\":\"e\"}");
  inject (site, "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"tea\",\"event\":\"e\","
                               "\"exclude\":[\"ID\"]}");
  assert_alive (site);
  g_assert_cmpuint (site->node->recorder->errors->len, ==, 0);
}

static void
assert_dropped_for (Site       *site,
                    const char *channel,
                    const void *data,
                    gsize       length,
                    int         code)
{
  guint64 n_dropped = signal_bus_get_messages_dropped (site->node->bus);
  g_autofree char *name = with_id (channel, site->alice);

  g_assert_cmpuint (mock_redis_inject_data (site->mock, name, data, length), ==, 1);
  WAIT_UNTIL (signal_bus_get_messages_dropped (site->node->bus) == n_dropped + 1);
  bus_recorder_wait_error (site->node->recorder, SIGNAL_ERROR, code);
  g_assert_cmpuint (site->node->recorder->errors->len, ==, 0);
}

static void
assert_dropped (Site       *site,
                const char *channel,
                const void *data,
                gsize       length)
{
  assert_dropped_for (site, channel, data, length, SIGNAL_ERROR_PROTOCOL);
}

/* A body that is bad or forged does nothing but an error. */
static void
test_bad (void)
{
  static const struct { const char *channel, *body; } cases[] = {
    { ALL, "" }, { ALL, " " }, { ALL, "x" }, { ALL, "null" }, { ALL, "7" },
    { ALL, "\"text\"" }, { ALL, "[]" }, { ALL, "{}" }, { ALL, "{" },
    { ALL, BROADCAST_E "" },
    { ALL, BROADCAST_E "} x" },
    { ALL, BROADCAST_E "}{}" },
    { ALL, BROADCAST_E ",}" },
    { ALL, "{'serverId':'s','type':'broadcast','event':'e'}" },
    { ALL, BROADCAST_E ",\"data\":NaN}" },
    { ALL, BROADCAST_E ",\"data\":01}" },
    { ALL, BROADCAST_E ",\"data\":\"\xff\"}" },
    { ALL, BROADCAST ",\"event\":\"\xc3\"}" },
    { ALL, BROADCAST_E ",\"data\":\"\xed\xa0\x80\"}" },
    { ALL, "{\"type\":\"broadcast\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":7,\"type\":\"broadcast\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":null,\"type\":\"broadcast\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"broadcast\"}" },
    { ALL, BROADCAST ",\"event\":7}" },
    { ALL, BROADCAST ",\"event\":\"\"}" },
    { ALL, "{\"serverId\":\"s\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":7,\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"all\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"Broadcast\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"tea\",\"event\":\"e\"}" },
    { ALL, "{\"serverId\":\"s\",\"type\":\"client\",\"target\":\"ID\",\"event\":\"e\"}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"event\":\"e\"}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"\",\"event\":\"e\"}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":7,\"event\":\"e\"}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"ws-default\",\"event\":\"e\"}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"tea\\u0000\",\"event\":\"e\"}" },
    { "ws:room:tea", BROADCAST_E "}" },
    { "ws:room:tea", "{\"serverId\":\"s\",\"type\":\"user\",\"target\":\"tea\",\"event\":\"e\"}" },
    { "ws:user:alice", "{\"serverId\":\"s\",\"type\":\"user\",\"event\":\"e\"}" },
    { "ws:user:alice", "{\"serverId\":\"s\",\"type\":\"user\",\"target\":\"bob\",\"event\":\"e\"}" },
    { "ws:user:alice", "{\"serverId\":\"s\",\"type\":\"client\",\"target\":\"ID\",\"event\":\"e\"}" },
    { "ws:client:ID", "{\"serverId\":\"s\",\"type\":\"client\",\"event\":\"e\"}" },
    { "ws:client:ID", "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"ID\",\"event\":\"e\"}" },
    { "ws:client:ID", BROADCAST_E "}" },
  };
  g_autoptr (Site) site = site_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *body = with_id (cases[i].body, site->alice);

      g_test_message ("%u", i);
      assert_dropped (site, cases[i].channel, body, strlen (body));
    }
  assert_alive (site);
  g_assert_cmpuint (signal_bus_get_messages_received (site->node->bus), ==, 1);
}

/* What only a server may say to its clients is not taken from a bus. */
static void
test_control_events (void)
{
  static const char * const events[] = { "authenticate", "connected", "disconnect", "join", "leave", "error",
                                         "heartbeat", "encrypted", "err\\u006fr" };
  g_autoptr (Site) site = site_new ();

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *body = g_strdup_printf (BROADCAST ",\"event\":\"%s\","
                                               "\"data\":{\"message\":\"m\"}}", events[i]);

      assert_dropped (site, ALL, body, strlen (body));
    }
  assert_alive (site);
}

static void
test_nul (void)
{
  static const char text[] = BROADCAST_E "}\0";
  static const char inside[] = BROADCAST ",\"event\":\"e\0\"}";
  g_autoptr (Site) site = site_new ();

  assert_dropped (site, ALL, text, sizeof text);
  assert_dropped (site, ALL, inside, sizeof inside - 1);
  assert_alive (site);
}

static void
test_depth (void)
{
  static const guint depths[] = { 300, 100000, 4 * MIB };
  g_autoptr (Site) site = site_new ();

  for (guint i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autofree char *open = g_strnfill (depths[i], '[');
      g_autofree char *close = g_strnfill (depths[i], ']');
      g_autofree char *deep = g_strconcat (BROADCAST_E ",\"data\":",
                                           open, close, "}", NULL);
      g_autofree char *endless = g_strconcat (BROADCAST_E ","
                                              "\"exclude\":", open, NULL);

      assert_dropped (site, ALL, deep, strlen (deep));
      assert_dropped (site, ALL, endless, strlen (endless));
    }
  assert_alive (site);
}

/* The bodies of one's own are those that were delivered already. Whoever forges them makes one server deaf
 * to them, and does nothing else. */
static void
test_own (void)
{
  g_autoptr (Site) site = site_new ();
  const char *id = signal_bus_get_server_id (site->node->bus);
  const char *rest = "\"type\":\"broadcast\",\"event\":\"e\"";
  g_autofree char *usual = g_strconcat ("{\"serverId\":\"", id, "\",", rest, "}", NULL);
  g_autofree char *other = g_strconcat ("{", rest, ",\"serverId\":\"", id, "\"}", NULL);
  g_autofree char *longer = g_strconcat ("{\"serverId\":\"", id, "0\",", rest, "}", NULL);

  for (guint i = 0; i < 10; i++)
    inject (site, ALL, i % 2 > 0 ? usual : other);
  assert_alive (site);
  inject (site, ALL, longer);
  recorder_assert_message (site->alice, "e", NULL);
  g_assert_cmpuint (site->node->recorder->errors->len, ==, 0);
  g_assert_cmpuint (signal_bus_get_messages_dropped (site->node->bus), ==, 0);
}

/* A large body is delivered, one that is too large is dropped, whatever it has, and others follow. */
static void
test_large (void)
{
  static const char begin[] = BROADCAST ",\"event\":\"large\",\"data\":\"";
  g_autoptr (Site) site = site_new ();
  g_autofree char *filler = g_strnfill (32 * MIB, 'x');
  g_autofree char *large = g_strdup_printf ("%s%.*s\"}", begin, 11 * MIB, filler);
  g_autofree char *too_large = g_strconcat (begin, filler, "\"}", NULL);
  g_autofree char *all_except = g_strconcat (BROADCAST_E ",\"exclude\":[\"", filler, "\"]}", NULL);
  g_autofree char *data = NULL;

  inject (site, ALL, large);
  data = recorder_wait_message (site->alice, "large");
  g_assert_cmpuint (strlen (data), ==, 11 * MIB + 2);
  g_assert_true (strncmp (data + 1, filler, 11 * MIB) == 0);

  assert_dropped_for (site, ALL, too_large, strlen (too_large), SIGNAL_ERROR_TOO_LARGE);
  assert_dropped_for (site, ALL, all_except, strlen (all_except), SIGNAL_ERROR_TOO_LARGE);
  assert_alive (site);
}

/* Every byte by itself. */
static void
test_bytewise (void)
{
  g_autoptr (Site) site = site_new ();

  site->mock->is_bytewise = TRUE;
  for (guint i = 0; i < 3; i++)
    inject (site, ALL, BROADCAST_E ",\"data\":{\"a\":\"\\u00e9é\"}}");
  WAIT_UNTIL (site->alice->messages->len == 3);
  for (guint i = 0; i < 3; i++)
    recorder_assert_message (site->alice, "e", "{\"a\":\"\\u00e9é\"}");
}

/* What a subscriber never receives from a Redis ends the connection, and another one is made. */
static void
test_not_messages (void)
{
  static const char * const texts[] = {
    "*3\r\n$7\r\nmessage\r\n$12\r\nws:broadcast\r\n:7\r\n", "*3\r\n$7\r\nmessage\r\n$-1\r\n$2\r\n{}\r\n",
    "*2\r\n$7\r\nmessage\r\n$12\r\nws:broadcast\r\n", "*1\r\n:1\r\n", "*-1\r\n", "*0\r\n", "$3\r\nabc\r\n",
    ":7\r\n", "+hello\r\n", "*3\r\n$4\r\nnews\r\n$1\r\na\r\n$1\r\nb\r\n", "\r\n", "junk\r\n",
    "*99999999999\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
  };
  g_autoptr (Site) site = site_new ();
  BusRecorder *recorder = site->node->recorder;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_test_message ("%u", i);
      mock_link_write_text (mock_redis_get_subscriber (site->mock, ALL), texts[i]);
      bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
      bus_recorder_wait_connected (recorder, i + 2);
      g_assert_cmpuint (recorder->n_lost, ==, i + 1);
      inject (site, ALL, BROADCAST_E "}");
      recorder_assert_message (site->alice, "e", NULL);
    }
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* A message that does not end is not kept in memory for ever. */
static void
test_endless (void)
{
  g_autoptr (Site) site = site_new ();
  g_autofree char *filler = g_strnfill (80 * MIB, 'x');
  MockLink *link = mock_redis_get_subscriber (site->mock, ALL);

  mock_link_write_text (link, "*3\r\n$7\r\nmessage\r\n$12\r\nws:broadcast\r\n$500000000\r\n");
  mock_link_write_text (link, filler);
  bus_recorder_wait_error (site->node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_connected (site->node->recorder, 2);
  inject (site, ALL, BROADCAST_E "}");
  recorder_assert_message (site->alice, "e", NULL);
}

/* Nor is a reply that has parts without end, of which small ones take more memory than they have bytes. */
static void
test_endless_parts (void)
{
  static const char * const beginnings[] = { "*1000000000\r\n", "*4\r\n", "*4\r\n*4\r\n*4\r\n" };
  static const char * const parts[] = { ":1\r\n", "$40000000\r\n", "$40000000\r\n" };
  g_autoptr (Site) site = site_new ();
  g_autofree char *filler = g_strnfill (40000000, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      MockLink *link = mock_redis_get_subscriber (site->mock, ALL);
      gboolean is_large = parts[i][0] == '$';
      g_autoptr (GString) reply = g_string_new (beginnings[i]);

      while (reply->len < 80 * MIB)
        {
          g_string_append (reply, parts[i]);
          if (is_large)
            g_string_append_printf (reply, "%s\r\n", filler);
        }
      mock_link_write_text (link, reply->str);
      bus_recorder_wait_error (site->node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
      bus_recorder_wait_connected (site->node->recorder, i + 2);
    }
  inject (site, ALL, BROADCAST_E "}");
  recorder_assert_message (site->alice, "e", NULL);
}

/* The kinds of messages that come for patterns, or for channels of others. */
static void
test_other_messages (void)
{
  static const char body[] = "{\"serverId\":\"s\",\"type\":\"room\",\"target\":\"nobody\",\"event\":\"e\"}";
  g_autoptr (Site) site = site_new ();
  g_autoptr (GByteArray) message = mock_redis_format_message (NULL, "ws:room:nobody", body, strlen (body));
  g_autoptr (GByteArray) other = mock_redis_format_message (NULL, "xs:broadcast", body, strlen (body));
  MockLink *link = mock_redis_get_subscriber (site->mock, ALL);

  mock_link_write (link, message->data, message->len);
  mock_link_write (link, other->data, other->len);
  assert_alive (site);
}

static void
on_error_wait (SignalBus    *bus,
               const GError *error,
               guint        *n_errors)
{
  ++*n_errors;
  run_for (20);
}

/* A handler runs the main loop, in which the next messages are read. */
static void
test_nested_loop (void)
{
  g_autoptr (Site) site = site_new ();
  guint n_errors = 0;

  g_signal_connect (site->node->bus, "error", G_CALLBACK (on_error_wait), &n_errors);
  for (guint i = 0; i < 10; i++)
    {
      inject (site, ALL, BROADCAST "}");
      inject (site, ALL, BROADCAST_E "}");
    }
  WAIT_UNTIL (site->alice->messages->len == 10 && n_errors == 10);
  g_assert_true (signal_bus_get_connected (site->node->bus));
  g_signal_handlers_disconnect_by_data (site->node->bus, &n_errors);
}

static void
on_error_wait_for_message (SignalBus    *bus,
                           const GError *error,
                           Site         *site)
{
  WAIT_UNTIL (site->alice->messages->len == 1);
}

/* A main loop that a handler runs goes on reading, however long it runs. */
static void
test_read_inside (void)
{
  g_autoptr (Site) site = site_new ();

  g_signal_connect (site->node->bus, "error", G_CALLBACK (on_error_wait_for_message), site);
  inject (site, ALL, BROADCAST "}");
  inject (site, ALL, BROADCAST_E "}");
  WAIT_UNTIL (site->node->recorder->errors->len == 1);
  recorder_assert_message (site->alice, "e", NULL);
  g_signal_handlers_disconnect_by_data (site->node->bus, site);
}

static void
on_error_drop (SignalBus    *bus,
               const GError *error,
               Site         *site)
{
  if (site->node->recorder->bus == NULL)
    return;

  g_object_set (site->node->server, "bus", NULL, NULL);
  g_clear_object (&site->node->recorder->bus);
}

/* The server and the application drop the bus while messages are read. */
static void
test_drop_inside (void)
{
  g_autoptr (Site) site = site_new ();
  gpointer weak = site->node->bus;

  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (site->node->bus, "error", G_CALLBACK (on_error_drop), site);
  inject (site, ALL, BROADCAST "}");
  inject (site, ALL, BROADCAST_E "}");
  WAIT_UNTIL (weak == NULL);
  WAIT_UNTIL (mock_redis_count_links (site->mock) == 0);
  g_assert_true (signal_server_broadcast (site->node->server, "1", NULL, NULL));
  recorder_assert_message (site->alice, "1", NULL);
  g_assert_cmpuint (site->alice->messages->len, ==, 0);
}

typedef struct
{
  gint64 last;
  gint64 longest;
  guint n_calls;
} Pulse;

static gboolean
on_pulse (gpointer user_data)
{
  Pulse *pulse = user_data;
  gint64 now = g_get_monotonic_time ();

  pulse->longest = MAX (pulse->longest, now - pulse->last);
  pulse->last = now;
  pulse->n_calls++;
  return G_SOURCE_CONTINUE;
}

/* A flood of messages, good and bad, does not keep the application from anything: neither from its timers nor
 * from redrawing, which GTK does at this priority. */
static void
check_flood (const char *text,
             guint       n_dropped)
{
  g_autoptr (Site) site = site_new ();
  g_autofree char *body = with_id (text, site->alice);
  Pulse timer = { g_get_monotonic_time () };
  Pulse redraw = timer;
  guint timer_id, redraw_id;

  mock_redis_start_flood (site->mock, ALL, body, G_MAXUINT);
  timer_id = g_timeout_add (10, on_pulse, &timer);
  redraw_id = g_timeout_add_full (G_PRIORITY_HIGH_IDLE + 20, 10, on_pulse, &redraw, NULL);
  run_for (700);
  g_source_remove (timer_id);
  g_source_remove (redraw_id);
  mock_redis_stop_flood (site->mock);

  g_test_message ("%u and %u calls, at most %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " ms apart, "
                  "%" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT " dropped", timer.n_calls,
                  redraw.n_calls, timer.longest / 1000, redraw.longest / 1000,
                  signal_bus_get_messages_received (site->node->bus),
                  signal_bus_get_messages_dropped (site->node->bus));
  g_assert_cmpuint (timer.n_calls, >=, 4);
  g_assert_cmpuint (redraw.n_calls, >=, 4);
  g_assert_cmpint (MAX (timer.longest, redraw.longest), <, 400 * 1000);
  g_assert_cmpuint (signal_bus_get_messages_received (site->node->bus)
                    + signal_bus_get_messages_dropped (site->node->bus), >, 100);
  g_assert_cmpint (signal_bus_get_messages_dropped (site->node->bus) > 0, ==, n_dropped > 0);
}

static void
test_flood (void)
{
  check_flood (BROADCAST_E ",\"exclude\":[\"ID\"]}", 0);
  check_flood ("{\"serverId\":\"s\",\"type\":\"broadcast\"}", 1);
}

/* They are also delivered, in order and completely. */
static void
test_delivered_flood (void)
{
  g_autoptr (Site) site = site_new ();

  mock_redis_start_flood (site->mock, ALL, BROADCAST_E "}", 5000);
  WAIT_WITHIN (30, site->alice->messages->len == 5000);
  WAIT_UNTIL (!g_atomic_int_get (&site->mock->is_flooding));
  mock_redis_stop_flood (site->mock);
  g_ptr_array_set_size (site->alice->messages, 0);
  assert_alive (site);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/bus/bodies/good", test_good);
  g_test_add_func ("/server/bus/bodies/excluded", test_excluded);
  g_test_add_func ("/server/bus/bodies/bad", test_bad);
  g_test_add_func ("/server/bus/bodies/control-events", test_control_events);
  g_test_add_func ("/server/bus/bodies/nul", test_nul);
  g_test_add_func ("/server/bus/bodies/depth", test_depth);
  g_test_add_func ("/server/bus/bodies/own", test_own);
  g_test_add_func ("/server/bus/bodies/large", test_large);
  g_test_add_func ("/server/bus/bodies/bytewise", test_bytewise);
  g_test_add_func ("/server/bus/bodies/not-messages", test_not_messages);
  g_test_add_func ("/server/bus/bodies/endless", test_endless);
  g_test_add_func ("/server/bus/bodies/endless-parts", test_endless_parts);
  g_test_add_func ("/server/bus/bodies/other-messages", test_other_messages);
  g_test_add_func ("/server/bus/bodies/nested-loop", test_nested_loop);
  g_test_add_func ("/server/bus/bodies/read-inside", test_read_inside);
  g_test_add_func ("/server/bus/bodies/drop-inside", test_drop_inside);
  g_test_add_func ("/server/bus/bodies/flood", test_flood);
  g_test_add_func ("/server/bus/bodies/delivered-flood", test_delivered_flood);

  return g_test_run ();
}

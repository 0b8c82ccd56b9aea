/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-site.h"
#include "tests/histories/history.h"

/* Two public servers and two embedded ones on one Redis. Each has two clients; the first public server
 * encrypts for all of its clients and the second for none, and the embedded ones do both. */

typedef enum
{
  A_ANN = 1 << 0, /* public, encrypted */
  A_BOB = 1 << 1,
  B_ANN = 1 << 2, /* public, plaintext */
  B_EVE = 1 << 3,
  C_ANN = 1 << 4, /* embedded, encrypted */
  C_BOB = 1 << 5, /* embedded, plaintext */
  D_ANN = 1 << 6, /* embedded, plaintext */
  D_EVE = 1 << 7, /* embedded, encrypted */
  NOBODY = 0,
  EVERY_ANN = A_ANN | B_ANN | C_ANN | D_ANN,
  PUBLIC = A_ANN | A_BOB | B_ANN | B_EVE,
  EMBEDDED = C_ANN | C_BOB | D_ANN | D_EVE,
  ALL = PUBLIC | EMBEDDED,
} Who;

#define N_CLIENTS 8

/* A name of a room that is not ASCII, and has what JSON and Redis would separate words by. */
#define ODD_NAME "Tee für zwei, *? 🫖 茶"

static char *redis_uri;
static char *url_a;
static char *url_b;

typedef struct
{
  BusSite   *c;
  BusSite   *d;
  BusSite   *emitter; /* without a server */
  Recorder  *all[N_CLIENTS];
  GPtrArray *expected[N_CLIENTS]; /* of each client: the event and the payload */
} Net;

static guint
get_index (Who who)
{
  return (guint) g_bit_nth_lsf (who, -1);
}

static Recorder *
get_client (Net *net,
            Who  who)
{
  return net->all[get_index (who)];
}

static const char *
get_id (Net *net,
        Who  who)
{
  return signal_client_get_client_id (get_client (net, who)->client);
}

static void
add_client (Net        *net,
            Who         who,
            const char *url,
            const char *token)
{
  const Who plain = B_ANN | B_EVE | C_BOB | D_ANN;
  Recorder *recorder = interop_recorder_new (url, token);

  /* The embedded server encrypts for clients from which it has a key. */
  if (who & plain)
    g_object_set (recorder->client, "require-encryption", FALSE, "public-key-member", "unused", NULL);
  recorder_connect (recorder);
  g_assert_cmpint (signal_client_get_encrypted (recorder->client), ==, (who & plain) == 0);
  net->all[get_index (who)] = recorder;
  net->expected[get_index (who)] = g_ptr_array_new_with_free_func (g_free);
}

static void
net_open (Net *net)
{
  net->c = bus_site_new_connected (redis_uri, "c");
  net->d = bus_site_new_connected (redis_uri, "d");
  net->emitter = bus_site_new_connected (redis_uri, NULL);
  add_client (net, A_ANN, url_a, "ann");
  add_client (net, A_BOB, url_a, "bob");
  add_client (net, B_ANN, url_b, "ann");
  add_client (net, B_EVE, url_b, "eve");
  add_client (net, C_ANN, net->c->url, "ann");
  add_client (net, C_BOB, net->c->url, "bob");
  add_client (net, D_ANN, net->d->url, "ann");
  add_client (net, D_EVE, net->d->url, "eve");
}

static void
close_site (BusSite *site)
{
  g_assert_cmpuint (site->errors->len, ==, 0);
  g_assert_cmpuint (site->n_changes, ==, 1);
  g_assert_cmpuint (signal_bus_get_messages_dropped (site->bus), ==, 0);
  bus_site_free (site);
}

static void
net_close (Net *net)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_assert_cmpuint (net->all[i]->n_connected, ==, 1);
      g_assert_cmpuint (net->all[i]->errors->len, ==, 0);
      recorder_free (net->all[i]);
      g_ptr_array_unref (net->expected[i]);
    }
  close_site (net->c);
  close_site (net->d);
  close_site (net->emitter);
}

static void
join (Net        *net,
      Who         who,
      const char *room)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    if (who & (1 << i))
      interop_join (net->all[i], room);
}

/* These clients receive a message once. */
static void
expect (Net        *net,
        Who         who,
        const char *event,
        const char *json)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    if (who & (1 << i))
      g_ptr_array_add (net->expected[i],
                       g_strdup_printf ("%s %s", event, json != NULL ? json : "(none)"));
}

static int
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return g_strcmp0 (*(const char * const *) a, *(const char * const *) b);
}

static char *
list_sorted (GPtrArray *texts)
{
  g_ptr_array_sort (texts, compare_strings);
  g_ptr_array_add (texts, NULL);
  return g_strjoinv ("\n", (char **) texts->pdata);
}

static char *
list_received (Recorder *recorder)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < recorder->messages->len; i++)
    {
      SignalMessage *message = recorder->messages->pdata[i];
      const char *json = signal_message_get_payload_json (message);

      g_ptr_array_add (texts, g_strdup_printf ("%s %s", signal_message_get_event (message),
                                               json != NULL ? json : "(none)"));
    }
  return list_sorted (texts);
}

static gboolean
have_all_enough (Net *net)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    if (net->all[i]->messages->len < net->expected[i]->len)
      return FALSE;
  return TRUE;
}

/* Every client has received exactly what was expected, in any order. */
static void
check (Net *net)
{
  gint64 deadline = g_get_monotonic_time () + INTEROP_TIMEOUT * G_USEC_PER_SEC;

  while (!have_all_enough (net) && g_get_monotonic_time () < deadline)
    run_for_a_moment ();
  for (guint i = 0; i < N_CLIENTS; i++)
    g_free (interop_request (net->all[i], "where", NULL));
  run_for (150);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_autofree char *received = list_received (net->all[i]);
      g_autofree char *expected = list_sorted (net->expected[i]);

      g_test_message ("client %u", i);
      g_assert_cmpstr (received, ==, expected);
      g_ptr_array_set_size (net->all[i]->messages, 0);
      g_ptr_array_set_size (net->expected[i], 0);
    }
}

/* A client of each server has its server send to rooms; then the same with the other application. */
static void
test_rooms (void)
{
  const Who senders[] = { A_ANN, B_EVE, C_BOB, D_ANN };
  const Who members = A_BOB | B_ANN | C_ANN | C_BOB | D_EVE;
  Net net = { 0 };

  net_open (&net);
  join (&net, members, "tea");
  join (&net, members, ODD_NAME);
  join (&net, A_ANN, "only a");
  join (&net, D_EVE, "only d");
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);
      Recorder *sender = get_client (&net, senders[i]);

      interop_send_to (sender, "to", "tea", "news", json);
      expect (&net, members, "news", json);
      interop_send_to (sender, "to", ODD_NAME, "Neues 📰", json);
      expect (&net, members, "Neues 📰", json);
      interop_send_to (sender, "to", "only a", "a", json);
      expect (&net, A_ANN, "a", json);
      interop_send_to (sender, "to", "only d", "d", json);
      expect (&net, D_EVE, "d", json);
      interop_send_to (sender, "to", "ws-default", "to all", json);
      expect (&net, ALL, "to all", json);
      interop_send_to (sender, "to", "empty", "nobody", json);
    }
  check (&net);
  net_close (&net);
}

/* Who has left a room, on its own or with its server's last client there, hears nothing more. */
static void
test_leave (void)
{
  const char * const rooms[] = { "tea", NULL };
  Net net = { 0 };

  net_open (&net);
  join (&net, C_ANN | D_ANN | D_EVE, "tea");
  g_assert_true (signal_client_leave_rooms (get_client (&net, C_ANN)->client, rooms, NULL));
  g_assert_true (signal_client_leave_rooms (get_client (&net, D_ANN)->client, rooms, NULL));
  INTEROP_WAIT (!interop_is_in_room (get_client (&net, C_ANN), "tea"));
  INTEROP_WAIT (!interop_is_in_room (get_client (&net, D_ANN), "tea"));
  interop_send_to (get_client (&net, A_ANN), "to", "tea", "news", "1");
  interop_send_to (get_client (&net, C_BOB), "to", "tea", "news", "2");
  expect (&net, D_EVE, "news", "1");
  expect (&net, D_EVE, "news", "2");
  check (&net);

  join (&net, C_ANN, "tea");
  interop_send_to (get_client (&net, A_ANN), "to", "tea", "news", "3");
  interop_send_to (get_client (&net, D_ANN), "to", "tea", "news", "4");
  expect (&net, C_ANN | D_EVE, "news", "3");
  expect (&net, C_ANN | D_EVE, "news", "4");
  check (&net);
  net_close (&net);
}

static void
test_broadcast (void)
{
  const Who senders[] = { A_ANN, B_EVE, C_BOB, D_ANN };
  Net net = { 0 };

  net_open (&net);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"from\":%u}", i);

      interop_send_to (get_client (&net, senders[i]), "broadcast", "", "news", json);
      expect (&net, ALL, "news", json);
    }
  check (&net);
  net_close (&net);
}

/* The public server does so with its emitter. */
static void
test_users (void)
{
  const Who senders[] = { A_BOB, B_EVE, C_BOB, D_EVE };
  Net net = { 0 };

  net_open (&net);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      g_autofree char *json = g_strdup_printf ("[%u]", i);
      Recorder *sender = get_client (&net, senders[i]);

      interop_send_to (sender, "to-user", "ann", "news", json);
      expect (&net, EVERY_ANN, "news", json);
      interop_send_to (sender, "to-user", "bob", "news", json);
      expect (&net, A_BOB | C_BOB, "news", json);
      interop_send_to (sender, "to-user", "nobody", "news", json);

      /* The name of a user is not a destination. */
      interop_send_to (sender, "to", "ann", "not a user", json);
    }
  check (&net);
  net_close (&net);
}

/* The public server publishes for a client of another server as for a room; every client is a member of
 * the room that has its ID as the name. */
static void
test_clients (void)
{
  const Who senders[] = { A_ANN, B_EVE, C_BOB, D_ANN };
  Net net = { 0 };

  net_open (&net);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    for (Who who = A_ANN; who <= D_EVE; who <<= 1)
      {
        g_autofree char *json = g_strdup_printf ("[%u,%u]", i, who);

        interop_send_to (get_client (&net, senders[i]), "to", get_id (&net, who), "news", json);
        expect (&net, who, "news", json);
      }
  check (&net);
  net_close (&net);
}

/* The public package's emitter, a process that is not a server. */
static void
test_public_emitter (void)
{
  g_autofree char *but_two = NULL;
  g_autofree char *to_d = NULL;
  g_autofree char *to_b = NULL;
  Net net = { 0 };

  net_open (&net);
  join (&net, A_BOB | C_ANN | D_ANN | D_EVE, ODD_NAME);
  but_two = g_strdup_printf ("{\"room\":\"" ODD_NAME "\",\"event\":\"but two\",\"data\":1,"
                             "\"exclude\":[\"%s\",\"%s\"]}",
                             get_id (&net, C_ANN), get_id (&net, D_EVE));
  to_d = g_strdup_printf ("{\"clientId\":\"%s\",\"event\":\"to d\",\"data\":2}", get_id (&net, D_ANN));
  to_b = g_strdup_printf ("{\"clientId\":\"%s\",\"event\":\"to b\"}", get_id (&net, B_EVE));
  processes_command ("emit", but_two, to_d, to_b,
                     "{\"room\":\"" ODD_NAME "\",\"event\":\"room\",\"data\":{\"text\":\"añ🎈\"}}",
                     "{\"room\":\"" ODD_NAME "\",\"event\":\"but none\",\"data\":null,\"exclude\":[]}",
                     "{\"userId\":\"ann\",\"event\":\"user\",\"data\":3}",
                     "{\"userId\":\"jörg 🦊\",\"event\":\"user\",\"data\":4}",
                     "{\"event\":\"all\",\"data\":5}", NULL);
  expect (&net, A_BOB | D_ANN, "but two", "1");
  expect (&net, D_ANN, "to d", "2");
  expect (&net, B_EVE, "to b", NULL);
  expect (&net, A_BOB | C_ANN | D_ANN | D_EVE, "room", "{\"text\":\"añ🎈\"}");
  expect (&net, A_BOB | C_ANN | D_ANN | D_EVE, "but none", "null");
  expect (&net, EVERY_ANN, "user", "3");
  expect (&net, ALL, "all", "5");
  check (&net);
  net_close (&net);
}

/* A bus without a server, and one with a server, whose own clients receive the message as well. */
static void
test_bus_as_emitter (void)
{
  Net net = { 0 };
  SignalBus *buses[2];

  net_open (&net);
  join (&net, A_ANN | A_BOB | B_ANN | C_ANN | C_BOB | D_EVE, ODD_NAME);
  buses[0] = net.emitter->bus;
  buses[1] = net.c->bus;
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      const char *two[] = { get_id (&net, A_BOB), get_id (&net, C_BOB), NULL };
      SignalBus *bus = buses[i];

      g_assert_true (signal_bus_send_to_room_json (bus, ODD_NAME, "room", "1", NULL, NULL));
      g_assert_true (signal_bus_send_to_room_json (bus, ODD_NAME, "but two", "2", two, NULL));
      g_assert_true (signal_bus_broadcast_json (bus, "all", "3", NULL, NULL));
      g_assert_true (signal_bus_broadcast_json (bus, "all but two", "4", two, NULL));
      g_assert_true (signal_bus_send_to_user_json (bus, "eve", "user", "5", NULL));
      for (Who who = A_ANN; who <= D_EVE; who <<= 1)
        g_assert_true (signal_bus_send_to_peer_json (bus, get_id (&net, who), "peer", NULL, NULL));
      expect (&net, A_ANN | A_BOB | B_ANN | C_ANN | C_BOB | D_EVE, "room", "1");
      expect (&net, A_ANN | B_ANN | C_ANN | D_EVE, "but two", "2");
      expect (&net, ALL, "all", "3");
      expect (&net, ALL & ~(A_BOB | C_BOB), "all but two", "4");
      expect (&net, B_EVE | D_EVE, "user", "5");
      expect (&net, ALL, "peer", NULL);
    }
  check (&net);
  net_close (&net);
}

/* An embedded server leaves out one of its own peers. */
static void
test_except (void)
{
  g_autoptr (JsonNode) payload = parse_json ("1");
  Net net = { 0 };

  net_open (&net);
  join (&net, A_ANN | C_ANN | C_BOB | D_EVE, "tea");
  signal_server_send_to_room (net.c->server, "tea", "news", payload,
                              bus_site_find_peer (net.c, get_client (&net, C_BOB)), NULL);
  expect (&net, A_ANN | C_ANN | D_EVE, "news", "1");
  check (&net);
  net_close (&net);
}

static const struct { const char *sent; const char *public; } payloads[] = {
  { NULL, NULL },
  { "null", "null" },
  { "true", "true" },
  { "false", "false" },
  { "0", "0" },
  { "-17", "-17" },
  { "2.5", "2.5" },
  { "\"\"", "\"\"" },
  { "\"\\\"\\\\ \\n\\t añ🎈 \"", "\"\\\"\\\\ \\n\\t añ🎈 \"" },
  { "[]", "[]" },
  { "{}", "{}" },
  { "{\"a\":[1,{\"b\":null}],\"\":\"x\"}", "{\"a\":[1,{\"b\":null}],\"\":\"x\"}" },

  /* The public server parses and writes JSON like JavaScript. */
  { "1152921504606846976", "1152921504606847000" },
  { "1.50e2", "150" },
};

/* From an embedded server, all kinds of JSON arrive at embedded ones as the same text. */
static void
test_payloads (void)
{
  Net net = { 0 };

  net_open (&net);
  join (&net, A_BOB | B_ANN | C_ANN | C_BOB | D_ANN | D_EVE, "tea");
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *event = g_strdup_printf ("kind %u", i);
      g_autoptr (GError) error = NULL;

      signal_bus_send_to_room_json (net.c->bus, "tea", event, payloads[i].sent, NULL, &error);
      g_assert_no_error (error);
      expect (&net, C_ANN | C_BOB | D_ANN | D_EVE, event, payloads[i].sent);
      expect (&net, A_BOB | B_ANN, event, payloads[i].public);
    }
  check (&net);

  for (guint i = 1; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *event = g_strdup_printf ("kind %u", i);

      interop_send_to (get_client (&net, A_ANN), "to", "tea", event, payloads[i].public);
      expect (&net, A_BOB | B_ANN | C_ANN | C_BOB | D_ANN | D_EVE, event, payloads[i].public);
    }
  check (&net);
  net_close (&net);
}

/* A megabyte from an embedded server, and what a client can send to a public one. */
static void
test_large (void)
{
  const guint sizes[] = { 1024 * 1024, 90 * 1024 };
  const Who members = A_BOB | B_EVE | D_ANN | D_EVE;
  Net net = { 0 };

  net_open (&net);
  join (&net, members, "tea");
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], 'x');
      g_autofree char *json = g_strdup_printf ("\"%s\"", text);

      if (i == 0)
        bus_site_send (net.c, "tea", "news", json);
      else
        interop_send_to (get_client (&net, B_ANN), "to", "tea", "news", json);
      expect (&net, members, "news", json);
    }
  check (&net);
  net_close (&net);
}

static void
send_numbers (BusSite *site,
              guint    n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      bus_site_send (site, "tea", signal_bus_get_server_id (site->bus), json);
    }
}

/* A client has received n messages of a server, in order. */
static void
assert_numbers (Recorder *recorder,
                BusSite  *site,
                guint     n)
{
  const char *event = signal_bus_get_server_id (site->bus);
  guint next = 0;

  for (guint i = 0; i < recorder->messages->len; i++)
    if (g_str_equal (signal_message_get_event (recorder->messages->pdata[i]), event))
      {
        g_autofree char *json = g_strdup_printf ("%u", next++);

        g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[i]), ==, json);
      }
  g_assert_cmpuint (next, ==, n);
}

static void
test_order (void)
{
  const guint n = 1000;
  Net net = { 0 };
  Recorder *listeners[2];

  net_open (&net);
  join (&net, D_ANN | D_EVE, "tea");
  listeners[0] = get_client (&net, D_ANN);
  listeners[1] = get_client (&net, D_EVE);
  send_numbers (net.c, n);
  INTEROP_WAIT (listeners[0]->messages->len >= n && listeners[1]->messages->len >= n);
  run_for (150);
  assert_numbers (listeners[0], net.c, n);
  assert_numbers (listeners[1], net.c, n);
  net_close (&net);
}

/* Ten thousand messages in each of the two directions at once: none is lost or doubled, and the order of
 * each publisher is kept. */
static void
test_many (void)
{
  const guint n = 10000;
  const guint batch = 100;
  Net net = { 0 };
  Recorder *listeners[2];

  net_open (&net);
  join (&net, C_BOB | D_EVE, "tea");
  listeners[0] = get_client (&net, C_BOB);
  listeners[1] = get_client (&net, D_EVE);
  for (guint i = 0; i < n; i += batch)
    {
      for (guint j = i; j < i + batch; j++)
        {
          g_autofree char *json = g_strdup_printf ("%u", j);

          bus_site_send (net.c, "tea", signal_bus_get_server_id (net.c->bus), json);
          bus_site_send (net.d, "tea", signal_bus_get_server_id (net.d->bus), json);
        }
      run_for_a_moment ();
    }
  INTEROP_WAIT (listeners[0]->messages->len >= 2 * n && listeners[1]->messages->len >= 2 * n);
  run_for (150);
  for (guint i = 0; i < G_N_ELEMENTS (listeners); i++)
    {
      g_assert_cmpuint (listeners[i]->messages->len, ==, 2 * n);
      assert_numbers (listeners[i], net.c, n);
      assert_numbers (listeners[i], net.d, n);
    }
  g_assert_cmpuint (signal_bus_get_messages_published (net.c->bus), ==, n);
  g_assert_cmpuint (signal_bus_get_messages_received (net.c->bus), ==, n);
  net_close (&net);
}

/* The public server changes the order for clients that use encryption. */
static void
test_many_with_public (void)
{
  const guint n = 500;
  Net net = { 0 };

  net_open (&net);
  join (&net, A_ANN | B_EVE | C_BOB | D_EVE, "tea");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      bus_site_send (net.c, "tea", "of c", json);
      interop_send_to (get_client (&net, A_ANN), "to", "tea", "of a", json);
      expect (&net, A_ANN | B_EVE | C_BOB | D_EVE, "of c", json);
      expect (&net, A_ANN | B_EVE | C_BOB | D_EVE, "of a", json);
    }
  check (&net);
  net_close (&net);
}

static BusSite *
new_prefixed (const char *prefix,
              const char *name)
{
  BusSite *site = bus_site_new (g_object_new (SIGNAL_TYPE_BUS, "uri", redis_uri,
                                              "channel-prefix", prefix, NULL), name);

  bus_site_connect (site);
  return site;
}

/* Two applications on one Redis hear each other, unless they have different prefixes. */
static void
test_two_applications (void)
{
  g_autoptr (BusSite) none = bus_site_new_connected (redis_uri, "none");
  g_autoptr (BusSite) one = new_prefixed ("one:", "one");
  g_autoptr (BusSite) one_more = new_prefixed ("one:", "one more");
  g_autoptr (BusSite) two = new_prefixed ("two:", "two");
  g_autoptr (Recorder) public = interop_recorder_new_connected (url_a, "ann");
  g_autoptr (Recorder) of_none = interop_recorder_new_connected (none->url, "ann");
  g_autoptr (Recorder) of_one = interop_recorder_new_connected (one->url, "ann");
  g_autoptr (Recorder) of_one_more = interop_recorder_new_connected (one_more->url, "ann");
  g_autoptr (Recorder) of_two = interop_recorder_new_connected (two->url, "ann");

  interop_send_to (of_none, "broadcast", "", "none", "1");
  interop_send_to (public, "broadcast", "", "none", "2");
  interop_send_to (of_one, "to-user", "ann", "one", "3");
  interop_send_to (of_two, "to", "ws-default", "two", "4");
  interop_assert_count (public, "none", 2);
  interop_assert_count (of_none, "none", 2);
  interop_assert_count (of_one, "one", 1);
  interop_assert_count (of_one_more, "one", 1);
  interop_assert_count (of_two, "two", 1);
  g_assert_cmpuint (public->messages->len, ==, 2);
  g_assert_cmpuint (of_none->messages->len, ==, 2);
  g_assert_cmpuint (of_one->messages->len, ==, 1);
  g_assert_cmpuint (of_one_more->messages->len, ==, 1);
  g_assert_cmpuint (of_two->messages->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *port = NULL;
  int result;

  interop_test_init (&argc, &argv);
  port = processes_query ("redis", "start", NULL);
  redis_uri = bus_site_get_uri (port);
  url_a = processes_query ("server", "a", "public", NULL);
  url_b = processes_query ("server", "b", "public", "ENCRYPTION=none", NULL);
  g_test_add_func ("/interop/bus/rooms", test_rooms);
  g_test_add_func ("/interop/bus/leave", test_leave);
  g_test_add_func ("/interop/bus/broadcast", test_broadcast);
  g_test_add_func ("/interop/bus/users", test_users);
  g_test_add_func ("/interop/bus/clients", test_clients);
  g_test_add_func ("/interop/bus/public-emitter", test_public_emitter);
  g_test_add_func ("/interop/bus/bus-as-emitter", test_bus_as_emitter);
  g_test_add_func ("/interop/bus/except", test_except);
  g_test_add_func ("/interop/bus/payloads", test_payloads);
  g_test_add_func ("/interop/bus/large", test_large);
  g_test_add_func ("/interop/bus/order", test_order);
  g_test_add_func ("/interop/bus/many", test_many);
  g_test_add_func ("/interop/bus/many-with-public", test_many_with_public);
  g_test_add_func ("/interop/bus/two-applications", test_two_applications);
  result = history_run ();
  g_free (redis_uri);
  g_free (url_a);
  g_free (url_b);
  return result;
}

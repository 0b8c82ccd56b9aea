/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/hostile.h"
#include "tests/lib/raw-socket.h"

#include <string.h>
#include <unistd.h>

/* Attacks on the embedded server over a WebSocket, before and after authentication, during which
 * other peers are still served. */

#define MIB (1024 * 1024)

/* Longer than a test takes, so that this timeout ends nothing. */
#define LONG_TIMEOUT 60000

/* Sends single bytes of a frame that is never complete: of its header, or of its payload. */
static void
test_slow_frame (gconstpointer data)
{
  const char *head = data;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GString) answer = g_string_new (NULL);
  gint64 deadline;
  int fd;

  g_object_set (fixture->server, "auth-timeout", 300, NULL);
  fd = raw_socket_upgrade (fixture->uri);
  raw_socket_write (fd, head);
  deadline = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND;
  while (raw_socket_read (fd, answer))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      raw_socket_write (fd, "x");
      run_for (20);
    }
  check_new_client_is_served (fixture);
  close (fd);
}

/* A frame of a client, with a mask of zeros. */
static GBytes *
make_frame (guint8 first,
            gsize  length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  const guint8 short_head[] = { first, 0x80 | length, 0, 0, 0, 0 };
  const guint8 long_head[] = { first, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0 };
  g_autofree char *payload = g_strnfill (length, ' ');

  if (length < 126)
    g_byte_array_append (frame, short_head, sizeof short_head);
  else
    g_byte_array_append (frame, long_head, sizeof long_head);
  g_byte_array_append (frame, (const guint8 *) payload, length);
  return g_byte_array_free_to_bytes (g_steal_pointer (&frame));
}

typedef struct
{
  const char *name;
  guint8      opening; /* of a frame that is sent once before the flood, or 0 for none */
  guint8      first;
  gsize       length;
} Flood;

static const Flood floods[] = {
  { "text", 0, 0x81, 1000 },
  { "binary", 0, 0x82, 1000 },
  { "large", 0, 0x81, 60000 },
  { "ping", 0, 0x89, 125 },
  { "pong", 0, 0x8a, 125 },
  { "fragments", 0x01, 0x00, 1000 },
  { "empty-fragments", 0x01, 0x00, 0 },
};

/* An endless stream of frames from a peer that does not authenticate. */
static void
test_flood (gconstpointer data)
{
  const Flood *flood = data;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (GBytes) opening = make_frame (flood->opening, flood->length);
  g_autoptr (GBytes) frame = make_frame (flood->first, flood->length);
  g_autoptr (GByteArray) block = g_byte_array_new ();
  g_autoptr (GString) answer = g_string_new (NULL);
  gsize before = hostile_get_memory (), sent, size = g_bytes_get_size (frame);
  int fd;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  fd = raw_socket_upgrade (fixture->uri);
  if (flood->opening != 0)
    g_assert_cmpint (write (fd, g_bytes_get_data (opening, NULL), size), ==, size);
  for (guint i = 0; i < MAX (65536 / size, 1); i++)
    g_byte_array_append (block, g_bytes_get_data (frame, NULL), size);
  sent = raw_socket_flood (fd, (char *) block->data, block->len, 300 * MIB);
  g_test_message ("%" G_GSIZE_FORMAT " bytes taken", sent);
  g_assert_cmpuint (sent, <, 300 * MIB);
  raw_socket_wait_end (fd, answer);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);
  raw_client_check_served (good, fixture);
  check_new_client_is_served (fixture);
  close (fd);
}

static void
send_join (RawClient *raw,
           guint      first,
           guint      n_rooms)
{
  g_autoptr (GString) text = g_string_new ("{\"event\":\"join\",\"data\":{\"rooms\":[");

  for (guint i = 0; i < n_rooms; i++)
    g_string_append_printf (text, "%s\"room-%u\"", i > 0 ? "," : "", first + i);
  g_string_append (text, "]}}");
  raw_client_send_text (raw, text->str);
}

/* A peer that joins too many rooms gets as many as are allowed, without an error. */
static void
test_rooms (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) bad = NULL;
  SignalPeer *peer;
  gsize before = hostile_get_memory ();

  g_object_set (fixture->server, "max-rooms", 10, NULL);
  bad = raw_client_new_authenticated (fixture->uri, "mallory-secret");
  peer = fixture->connected->pdata[1];
  for (guint i = 0; i < 100; i++)
    {
      send_join (bad, i * 1000, 1000);
      if (i % 10 == 0)
        raw_client_check_served (good, fixture);
    }
  raw_client_sync (bad);
  g_assert_cmpuint (g_strv_length ((char **) signal_peer_get_rooms (peer)), ==, 10);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);

  /* After it has left one, it can join another. */
  raw_client_send_text (bad, "{\"event\":\"leave\",\"data\":{\"rooms\":[\"room-0\"]}}");
  raw_client_send_text (bad, "{\"event\":\"join\",\"data\":{\"rooms\":[\"after\",\"too-many\"]}}");
  raw_client_sync (bad);
  g_assert_true (g_strv_contains (signal_peer_get_rooms (peer), "after"));
  g_assert_false (g_strv_contains (signal_peer_get_rooms (peer), "too-many"));
  check_new_client_is_served (fixture);
}

/* A limit below the number of default rooms does not affect these. */
static void
test_fewest_rooms (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_object_set (fixture->server, "max-rooms", 1, NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  send_join (raw, 0, 1);
  raw_client_sync (raw);
  g_assert_cmpuint (g_strv_length ((char **) signal_peer_get_rooms (fixture->connected->pdata[0])), ==, 3);
}

/* Endless joining and leaving affects no other peer, and leaves nothing behind. */
static void
test_restless (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) bad = raw_client_new_authenticated (fixture->uri, "mallory-secret");
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  gsize before = hostile_get_memory ();

  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *rooms = g_strdup_printf ("{\"rooms\":[\"a-%u\",\"b-%u\"]}", i, i);
      g_autofree char *join = g_strdup_printf ("{\"event\":\"join\",\"data\":%s}", rooms);
      g_autofree char *leave = g_strdup_printf ("{\"event\":\"leave\",\"data\":%s}", rooms);

      raw_client_send_text (bad, join);
      raw_client_send_text (bad, leave);
      if (i % 500 == 0)
        raw_client_check_served (good, fixture);
    }
  raw_client_sync (bad);
  g_assert_cmpuint (g_strv_length ((char **) signal_peer_get_rooms (fixture->connected->pdata[0])), ==, 3);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);
  check_new_client_is_served (fixture);
}

/* A peer that sends constantly, in a thread of its own, so that there always is data to read. */
typedef struct
{
  GThread *thread;
  int      fd;
  GBytes  *frame;
  gint     is_over;
} Flooder;

static gpointer
flood (gpointer data)
{
  Flooder *self = data;
  gsize length, start = 0;
  const char *frame = g_bytes_get_data (self->frame, &length);

  while (!g_atomic_int_get (&self->is_over))
    {
      gssize count = write (self->fd, frame + start, length - start);

      if (count < 0)
        g_usleep (100);
      else
        start = (start + count) % length;
    }
  return NULL;
}

/* A peer without encryption. */
static int
authenticate_plainly (Fixture *fixture)
{
  static const char text[] = "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                             "\"token\":\"mallory-secret\"}}";
  const guint8 head[] = { 0x81, 0x80 | (sizeof text - 1), 0, 0, 0, 0 };
  int fd = raw_socket_upgrade (fixture->uri);

  g_assert_cmpint (write (fd, head, sizeof head), ==, sizeof head);
  raw_socket_write (fd, text);
  raw_socket_wait_text (fd, "connected");
  return fd;
}

static void
start_flooder (Flooder *self,
               Fixture *fixture)
{
  static const char frame[] = "\x81\x8d\0\0\0\0{\"event\":\"x\"}";

  self->fd = authenticate_plainly (fixture);
  self->frame = g_bytes_new_static (frame, sizeof frame - 1);
  self->thread = g_thread_new ("flooder", flood, self);
}

static void
stop_flooder (Flooder *self)
{
  g_atomic_int_set (&self->is_over, TRUE);
  g_thread_join (self->thread);
  g_bytes_unref (self->frame);
  close (self->fd);
}

static guint n_flooded;

/* Counts the messages of the flood without storing them. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Fixture       *fixture)
{
  if (signal_message_is_encrypted (message))
    g_ptr_array_add (fixture->messages, signal_message_ref (message));
  else
    n_flooded++;
}

/* Some of the peers send as fast as possible, and the others are served between their messages. */
static void
test_fair (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = NULL;
  Flooder flooders[2] = { 0 };
  guint id = g_signal_lookup ("message", SIGNAL_TYPE_SERVER);

  g_signal_handlers_disconnect_matched (fixture->server, G_SIGNAL_MATCH_ID, id, 0, NULL, NULL, NULL);
  g_signal_connect (fixture->server, "message", G_CALLBACK (on_message), fixture);
  g_object_set (fixture->server, "require-encryption", FALSE, NULL);
  n_flooded = 0;
  good = raw_client_new_authenticated (fixture->uri, "secret");
  for (guint i = 0; i < G_N_ELEMENTS (flooders); i++)
    start_flooder (&flooders[i], fixture);
  for (guint i = 0; i < 10; i++)
    raw_client_check_served (good, fixture);
  check_new_client_is_served (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (flooders); i++)
    stop_flooder (&flooders[i]);
  g_test_message ("%u messages meanwhile", n_flooded);
  g_assert_cmpuint (n_flooded, >, 100);
}

static JsonNode *
make_payload (gsize length)
{
  g_autofree char *fill = g_strnfill (length, 'x');

  return json_node_init_string (json_node_alloc (), fill);
}

/* A peer in a busy room does not read: the others receive every message before the next one is
 * sent. */
static void
test_unresponsive (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (JsonNode) payload = make_payload (40000);
  g_autoptr (GError) error = NULL;
  gsize before = hostile_get_memory ();
  guint n_sent = 0, n_more = 0;
  int fd;

  g_object_set (fixture->server, "require-encryption", FALSE, "max-backlog", MIB, NULL);
  fd = authenticate_plainly (fixture);
  while (n_more < 50)
    {
      signal_server_send_to_room (fixture->server, "ws-default", "news", payload, NULL, &error);
      g_assert_no_error (error);
      raw_client_wait_event (good, "news");
      g_assert_cmpuint (++n_sent, <, 1000);
      if (n_more > 0
          || !signal_server_send_to_peer (fixture->server, fixture->connected->pdata[1], "you", NULL, NULL))
        n_more++;
    }
  g_test_message ("%u messages", n_sent);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);
  check_new_client_is_served (fixture);
  close (fd);
}

/* When the peer reads again, it receives all pending messages, and later ones. */
static void
test_late_reader (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (JsonNode) payload = make_payload (65000);
  g_autoptr (GError) error = NULL;
  guint n_sent = 0;

  while (signal_server_send_to_peer (fixture->server, fixture->connected->pdata[0], "big", payload,
                                     &error))
    g_assert_cmpuint (++n_sent, <, 1000);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  for (guint i = 0; i < n_sent; i++)
    raw_client_wait_event (raw, "big");
  raw_client_check_served (raw, fixture);
}

/* Returns how many messages of 1 KiB can be sent to a peer that does not read before sending
 * fails. */
static guint
count_backlog (guint max_backlog)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (JsonNode) payload = make_payload (1000);
  g_autoptr (GError) error = NULL;
  guint n_sent = 0;
  int fd;

  g_object_set (fixture->server, "require-encryption", FALSE, "max-backlog", max_backlog, NULL);
  fd = authenticate_plainly (fixture);
  while (signal_server_send_to_peer (fixture->server, fixture->connected->pdata[0], "x", payload, &error))
    {
      g_assert_cmpuint (++n_sent, <, 100000);
      if (n_sent % 100 == 0)
        run_for_a_moment ();
    }
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  close (fd);
  return n_sent;
}

/* The buffers of the sockets hold about the same for both. */
static void
test_backlog (void)
{
  guint n_less = count_backlog (MIB), n_more = count_backlog (6 * MIB);

  g_test_message ("%u and %u messages", n_less, n_more);
  g_assert_cmpuint (n_more, >, n_less + 3 * 1024);
  g_assert_cmpuint (n_more, <, n_less + 7 * 1024);
}

/* The limits have the documented defaults. */
static void
test_defaults (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  guint max_peers, max_pending, max_rooms, max_backlog;

  g_object_get (server, "max-peers", &max_peers, "max-pending", &max_pending, "max-rooms", &max_rooms,
                "max-backlog", &max_backlog, NULL);
  g_assert_cmpuint (max_peers, ==, 512);
  g_assert_cmpuint (max_pending, ==, 128);
  g_assert_cmpuint (max_rooms, ==, 1024);
  g_assert_cmpuint (max_backlog, ==, 8 * MIB);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/hostile/peers/slow-frame/head", "\x81\xff", test_slow_frame);
  g_test_add_data_func ("/hostile/peers/slow-frame/payload", "\x81\xfe\x10\x10....", test_slow_frame);
  for (guint i = 0; i < G_N_ELEMENTS (floods); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/peers/flood/", floods[i].name, NULL);

      g_test_add_data_func (path, &floods[i], test_flood);
    }
  g_test_add_func ("/hostile/peers/defaults", test_defaults);
  g_test_add_func ("/hostile/peers/rooms", test_rooms);
  g_test_add_func ("/hostile/peers/fewest-rooms", test_fewest_rooms);
  g_test_add_func ("/hostile/peers/restless", test_restless);
  g_test_add_func ("/hostile/peers/fair", test_fair);
  g_test_add_func ("/hostile/peers/unresponsive", test_unresponsive);
  g_test_add_func ("/hostile/peers/late-reader", test_late_reader);
  g_test_add_func ("/hostile/peers/backlog", test_backlog);

  return g_test_run ();
}

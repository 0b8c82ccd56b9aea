/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "tests/lib/frame-peer.h"
#include "tests/lib/hostile.h"

#include <string.h>

/* Pongs as a peer receives them: the bytes on the wire, from a client or from a server. */

#define KIB 1024

/* More than the limit for pongs, and more than the buffers of a socket. */
#define BACKLOG (512 * KIB)

#define FILLER_SIZE 1000

/* A channel, and the other end of its socket, which reads slowly. */
typedef struct
{
  ChannelEnd  end;
  GIOStream  *channel_stream;
  FramePeer  *peer;
  guint       n_sent;         /* fillers that were sent on the channel */
  guint       n_read;         /* fillers that were received */
  char       *pong;           /* the last one received, or NULL if it was already checked */
  guint8      mask[FRAME_PEER_MASK_SIZE]; /* of the last frame */
} PongFixture;

static PongFixture *
pong_fixture_new (gconstpointer type)
{
  PongFixture *fixture = g_new0 (PongFixture, 1);
  GIOStream *ends[2];

  socket_pair (ends);
  fixture->channel_stream = ends[0];
  fixture->peer = frame_peer_new (ends[1], GPOINTER_TO_INT (type) == SOUP_WEBSOCKET_CONNECTION_SERVER);
  g_object_unref (ends[1]);
  channel_end_open (&fixture->end, ends[0], GPOINTER_TO_INT (type));
  return fixture;
}

static void
pong_fixture_free (PongFixture *fixture)
{
  channel_end_clear (&fixture->end);
  g_object_unref (fixture->channel_stream);
  frame_peer_free (fixture->peer);
  g_free (fixture->pong);
  run_pending ();
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PongFixture, pong_fixture_free)

static void
pong_fixture_write (PongFixture *fixture,
                    guint8       first,
                    const char  *payload)
{
  g_assert_true (frame_peer_send (fixture->peer, first, payload, strlen (payload)));
}

/* Sends a ping, and waits until it was read. */
static void
pong_fixture_ping (PongFixture *fixture,
                   const char  *payload)
{
  guint n_messages = fixture->end.messages->len;

  pong_fixture_write (fixture, 0x89, payload);
  pong_fixture_write (fixture, 0x81, "{\"event\":\"read\"}");
  WAIT_UNTIL (fixture->end.messages->len > n_messages);
}

/* Reads a little, and stops after a pong. */
static void
pong_fixture_read (PongFixture *fixture)
{
  frame_peer_read (fixture->peer, 2048);
  while (fixture->pong == NULL)
    {
      g_autoptr (ReceivedFrame) frame = frame_peer_take (fixture->peer);

      if (frame == NULL)
        return;
      memcpy (fixture->mask, frame->mask, sizeof fixture->mask);
      if (frame->first == 0x81)
        fixture->n_read++;
      if (frame->first == 0x8a)
        fixture->pong = g_strdup_printf ("%.*s", (int) frame->payload->len, (char *) frame->payload->data);
    }
}

/* Sends more fillers, so that there always is a backlog. */
static void
pong_fixture_fill (PongFixture *fixture)
{
  g_autofree char *filler = g_strnfill (FILLER_SIZE, ' ');

  while (signal_websocket_get_unsent (fixture->end.websocket) < BACKLOG)
    {
      g_assert_true (signal_channel_send_plain (fixture->end.channel, filler, FILLER_SIZE, NULL));
      fixture->n_sent++;
    }
}

/* Reads slowly, while the channel continues to send, until a pong or this number of fillers was
 * received. */
static gboolean
pong_fixture_wait_pong (PongFixture *fixture,
                        guint        n_fillers)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  g_clear_pointer (&fixture->pong, g_free);
  while (fixture->pong == NULL && fixture->n_read <= n_fillers)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      pong_fixture_read (fixture);
      g_main_context_iteration (NULL, FALSE);
      pong_fixture_fill (fixture);
      g_assert_cmpuint (signal_websocket_get_unsent (fixture->end.websocket), >=, 64 * KIB);
    }
  return fixture->pong != NULL;
}

/* A peer that reads slowly receives each pong after the data that was pending when its ping
 * arrived, and before all data that was sent later. */
static void
test_backlog (gconstpointer type)
{
  g_autoptr (PongFixture) fixture = pong_fixture_new (type);

  pong_fixture_fill (fixture);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);
      guint n_before;

      pong_fixture_ping (fixture, payload);
      n_before = fixture->n_sent;
      pong_fixture_fill (fixture);
      g_assert_true (pong_fixture_wait_pong (fixture, n_before));
      g_assert_cmpstr (fixture->pong, ==, payload);
      g_assert_cmpuint (fixture->n_read, ==, n_before);
    }
  g_assert_false (fixture->end.is_closed);
}

/* A ping, a message and another ping that arrive together are answered in order, even in the middle
 * of a fragmented message (RFC 6455 section 5.5.2: as soon as is practical). */
static void
test_order (gconstpointer type)
{
  g_autoptr (PongFixture) fixture = pong_fixture_new (type);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  frame_peer_append (fixture->peer, bytes, 0x89, NULL, 0);
  frame_peer_append (fixture->peer, bytes, 0x01, "{\"event\":\"a\"", 12);
  frame_peer_append (fixture->peer, bytes, 0x89, NULL, 0);
  frame_peer_append (fixture->peer, bytes, 0x80, "}", 1);

  fixture->end.echoes = TRUE;
  g_assert_true (frame_peer_write (fixture->peer, bytes->data, bytes->len));
  for (guint i = 0; i < 2; i++)
    {
      WAIT_UNTIL ((pong_fixture_read (fixture), fixture->pong != NULL));
      g_assert_cmpuint (fixture->n_read, ==, 0);
      g_clear_pointer (&fixture->pong, g_free);
    }
  WAIT_UNTIL ((pong_fixture_read (fixture), fixture->n_read == 1));
}

/* Several pings that arrive in the meantime are all answered, in order. */
static void
test_several (gconstpointer type)
{
  g_autoptr (PongFixture) fixture = pong_fixture_new (type);
  guint n_before[3];

  for (guint i = 0; i < G_N_ELEMENTS (n_before); i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);

      pong_fixture_fill (fixture);
      pong_fixture_ping (fixture, payload);
      n_before[i] = fixture->n_sent;
      signal_channel_send_plain (fixture->end.channel, "{}", 2, NULL);
      fixture->n_sent++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (n_before); i++)
    {
      g_autofree char *payload = g_strdup_printf ("ping %u", i);

      g_assert_true (pong_fixture_wait_pong (fixture, n_before[i]));
      g_assert_cmpstr (fixture->pong, ==, payload);
      g_assert_cmpuint (fixture->n_read, ==, n_before[i]);
    }
}

/* During a flood of pings, the number of stored pongs is limited regardless of other data; the last
 * one is answered while the channel sends, and so is a later one. */
static void
test_flood (gconstpointer type)
{
  g_autoptr (PongFixture) fixture = pong_fixture_new (type);
  g_autofree char *payload = g_strnfill (100, 'x');
  guint n_before;

  pong_fixture_fill (fixture);
  for (guint i = 0; i < 20000; i++)
    pong_fixture_write (fixture, 0x89, payload);
  pong_fixture_ping (fixture, "last");
  g_assert_cmpuint (signal_websocket_get_unsent (fixture->end.websocket), <, BACKLOG + 128 * KIB);

  do
    g_assert_true (pong_fixture_wait_pong (fixture, fixture->n_sent + 4 * BACKLOG / FILLER_SIZE));
  while (!g_str_equal (fixture->pong, "last"));

  pong_fixture_fill (fixture);
  pong_fixture_ping (fixture, "later");
  n_before = fixture->n_sent;
  pong_fixture_fill (fixture);
  g_assert_true (pong_fixture_wait_pong (fixture, n_before));
  g_assert_cmpstr (fixture->pong, ==, "later");
  g_assert_cmpuint (fixture->n_read, ==, n_before);
}

/* RFC 6455 section 10.3: the masks of a client do not allow predicting the next one, including
 * those of pongs. */
static void
test_mask_is_unpredictable (void)
{
  g_autoptr (PongFixture) fixture =
    pong_fixture_new (GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_CLIENT));
  guint32 foreseen;

  g_random_set_seed (23);
  foreseen = g_random_int ();
  g_random_set_seed (23);
  pong_fixture_write (fixture, 0x89, "who?");
  WAIT_UNTIL ((pong_fixture_read (fixture), fixture->pong != NULL));
  g_assert_cmpstr (fixture->pong, ==, "who?");
  g_assert_cmpint (memcmp (fixture->mask, &foreseen, sizeof foreseen), !=, 0);
}

int
main (int   argc,
      char *argv[])
{
  const gconstpointer client = GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_CLIENT);
  const gconstpointer server = GINT_TO_POINTER (SOUP_WEBSOCKET_CONNECTION_SERVER);

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/websocket/pongs/backlog/client", client, test_backlog);
  g_test_add_data_func ("/websocket/pongs/backlog/server", server, test_backlog);
  g_test_add_data_func ("/websocket/pongs/order/client", client, test_order);
  g_test_add_data_func ("/websocket/pongs/order/server", server, test_order);
  g_test_add_data_func ("/websocket/pongs/several/client", client, test_several);
  g_test_add_data_func ("/websocket/pongs/several/server", server, test_several);
  g_test_add_data_func ("/websocket/pongs/flood/client", client, test_flood);
  g_test_add_data_func ("/websocket/pongs/flood/server", server, test_flood);
  g_test_add_func ("/websocket/pongs/mask-is-unpredictable", test_mask_is_unpredictable);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "raw-peer.h"

/* Texts that are no messages, each of which is answered with `error`, and then @last, all of it before
 * the server has its turn. */
static void
send_burst (RawPeer    *raw,
            guint       n_texts,
            const char *token,
            const char *last)
{
  for (guint i = 0; i < n_texts; i++)
    raw_peer_send_text (raw, "x");
  raw_peer_authenticate (raw, token);
  raw_peer_send_text (raw, last);
}

/* FALSE: the machine was slow, and the answers were sent in between; then the peer is in as any other. */
static gboolean
is_refused (Fixture *fixture,
            guint    n_texts)
{
  g_autoptr (RawPeer) raw = raw_peer_new (fixture->uri);
  guint n_connected = fixture->connected->len;

  send_burst (raw, n_texts, "secret", "{\"event\":\"chat\",\"data\":\"in the clear\"}");
  WAIT_UNTIL (raw->closed || fixture->messages->len > 0 || fixture->connected->len > n_connected);
  run_for (20);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
  if (fixture->connected->len > n_connected)
    {
      g_assert_true (signal_peer_get_encrypted (fixture->connected->pdata[n_connected]));
      return FALSE;
    }

  g_assert_cmpuint (raw->code, ==, 4001);
  g_assert_cmpstr (raw->reason, ==, "Too much unread before authentication");
  return TRUE;
}

/* A peer to which `connected` cannot be sent is not let in: what it says in the clear is not handed out,
 * although the server demands encryption. */
static void
test_connected_unsent (gconstpointer data)
{
  const guint backlog = GPOINTER_TO_UINT (data);
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) next = NULL;
  guint n_tries = 1, n_connected;

  g_object_set (fixture->server, "max-backlog", backlog, NULL);
  while (!is_refused (fixture, backlog / 40 + 3))
    g_assert_cmpuint (++n_tries, <=, 100);

  n_connected = fixture->connected->len;
  g_assert_cmpuint (fixture->n_asked, ==, n_tries);
  g_assert_cmpuint (n_connected, ==, n_tries - 1);
  WAIT_UNTIL (fixture->disconnected->len == n_connected);

  /* It has left nothing behind: its place is free, and nobody is called by its user's name. */
  g_assert_true (signal_server_send_to_user (fixture->server, "alice", "news", NULL, NULL));
  g_object_set (fixture->server, "max-peers", 1, NULL);
  next = raw_peer_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (fixture->connected->len > n_connected);
  g_assert_true (signal_peer_get_encrypted (fixture->connected->pdata[n_connected]));
  raw_peer_send_encrypted (next, "{\"event\":\"chat\"}");
  WAIT_UNTIL (fixture->messages->len == 1);
}

static char *
answer_large (SignalServer *server,
              SignalPeer   *peer,
              const char   *type,
              const char   *token,
              gpointer      user_data)
{
  return g_strnfill (16 * 1024 * 1024, 'x');
}

/* Nor is one whose `connected` is larger than what is sent. */
static void
test_connected_too_large (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) raw = NULL;

  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (answer_large), NULL);
  raw = raw_peer_new (fixture->uri);
  send_burst (raw, 0, "other", "{\"event\":\"chat\"}");
  WAIT_UNTIL (raw->closed || fixture->messages->len > 0);
  raw_peer_wait_closed (raw, 4001);
  g_assert_cmpuint (raw->envelopes->len, ==, 0);
  g_assert_cmpuint (fixture->connected->len, ==, 0);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/server/admission/connected-unsent/1", GUINT_TO_POINTER (1),
                        test_connected_unsent);
  g_test_add_data_func ("/server/admission/connected-unsent/4096", GUINT_TO_POINTER (4096),
                        test_connected_unsent);
  g_test_add_data_func ("/server/admission/connected-unsent/20000", GUINT_TO_POINTER (20000),
                        test_connected_unsent);
  g_test_add_func ("/server/admission/connected-too-large", test_connected_too_large);

  return g_test_run ();
}

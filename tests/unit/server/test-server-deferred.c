/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tests/lib/raw-client.h"
#include "tests/lib/threads.h"

/* Authentication that is decided after the handler has returned. */

typedef struct _Deferral Deferral;

struct _Deferral
{
  Fixture    *fixture;
  SignalPeer *peer; /* that has sent a token */
  gboolean    is_kept; /* whether the handler does not call defer_authentication() */
  void      (*inside) (Deferral *self); /* called by the handler, after it has deferred */
};

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 Deferral     *self)
{
  g_set_object (&self->peer, peer);
  if (!self->is_kept)
    signal_peer_defer_authentication (peer);
  if (self->inside != NULL)
    self->inside (self);
  return NULL;
}

static void
deferral_init (Deferral *self)
{
  self->fixture = fixture_new ();
  g_signal_connect (self->fixture->server, "authenticate", G_CALLBACK (on_authenticate), self);
}

static void
deferral_clear (Deferral *self)
{
  g_clear_object (&self->peer);
  fixture_free (self->fixture);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Deferral, deferral_clear)

/* Returns a client whose authentication is deferred; the handler of the fixture refuses its token. */
static RawClient *
start (Deferral *self)
{
  RawClient *raw = raw_client_new (self->fixture->uri);

  g_clear_object (&self->peer);
  raw_client_authenticate (raw, "unknown");
  WAIT_UNTIL (self->peer != NULL);
  return raw;
}

static void
assert_served (Deferral   *self,
               RawClient  *raw,
               const char *user_id)
{
  g_autoptr (JsonObject) connected = raw_client_wait_event (raw, "connected");

  g_assert_cmpstr (json_object_get_string_member (connected, "userId"), ==, user_id);
  g_assert_cmpstr (signal_peer_get_user_id (self->peer), ==, user_id);
  g_assert_cmpuint (self->fixture->connected->len, ==, 1);
  raw_client_derive_key (raw, connected);
  raw_client_send_encrypted (raw, "{\"event\":\"chat\"}");
  WAIT_UNTIL (self->fixture->messages->len == 1);
}

static void
assert_refused_client (Deferral  *self,
                       RawClient *raw)
{
  raw_client_wait_error (raw, "Authentication failed");
  raw_client_wait_closed (raw, 4003);
  g_assert_cmpstr (raw->reason, ==, "Authentication failed");
  g_assert_cmpuint (self->fixture->connected->len, ==, 0);
}

static void
test_accepted (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  run_for (50);
  g_assert_cmpuint (raw->frames->len, ==, 0);
  g_assert_null (signal_peer_get_user_id (deferral.peer));

  signal_peer_finish_authentication (deferral.peer, "bob");
  assert_served (&deferral, raw, "bob");
}

static void
test_refused (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;
  g_autoptr (RawClient) other = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  signal_peer_finish_authentication (deferral.peer, NULL);
  assert_refused_client (&deferral, raw);

  other = start (&deferral);
  signal_peer_finish_authentication (deferral.peer, "\xff");
  assert_refused_client (&deferral, other);
}

/* The first decision counts. */
static void
test_finished_twice (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;
  g_autoptr (RawClient) other = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  signal_peer_finish_authentication (deferral.peer, NULL);
  signal_peer_finish_authentication (deferral.peer, "bob");
  assert_refused_client (&deferral, raw);
  signal_peer_finish_authentication (deferral.peer, "bob");

  other = start (&deferral);
  signal_peer_finish_authentication (deferral.peer, "carol");
  signal_peer_finish_authentication (deferral.peer, "bob");
  signal_peer_finish_authentication (deferral.peer, NULL);
  assert_served (&deferral, other, "carol");
  raw_client_assert_no_event (other);
}

static void
test_not_deferred (void)
{
  g_auto (Deferral) deferral = { .is_kept = TRUE };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  signal_peer_finish_authentication (deferral.peer, "bob");
  assert_refused_client (&deferral, raw);
}

static void
finish_early (Deferral *self)
{
  signal_peer_finish_authentication (self->peer, "bob");
  signal_peer_defer_authentication (self->peer);
}

/* A decision that is not deferred yet has no effect. */
static void
test_finished_before_deferred (void)
{
  g_auto (Deferral) deferral = { .is_kept = TRUE, .inside = finish_early };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  raw_client_assert_no_event (raw);
  signal_peer_finish_authentication (deferral.peer, "carol");
  assert_served (&deferral, raw, "carol");
}

static void
defer_peer (SignalServer *server,
            SignalPeer   *peer)
{
  signal_peer_defer_authentication (peer);
  signal_peer_finish_authentication (peer, NULL);
}

/* Outside of the handler, both calls have no effect. */
static void
test_deferred_outside (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_signal_connect (fixture->server, "peer-connected", G_CALLBACK (defer_peer), NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (fixture->connected->len == 1);
  defer_peer (fixture->server, fixture->connected->pdata[0]);
  raw_client_check_served (raw, fixture);
}

/* A handler that returns a user ID decides at once, also if another one has deferred. */
static void
test_other_handler (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral.fixture = fixture_new ();
  g_signal_handlers_disconnect_matched (deferral.fixture->server, G_SIGNAL_MATCH_ID,
                                        g_signal_lookup ("authenticate", SIGNAL_TYPE_SERVER), 0, NULL,
                                        NULL, NULL);
  g_signal_connect (deferral.fixture->server, "authenticate", G_CALLBACK (on_authenticate), &deferral);
  g_signal_connect_swapped (deferral.fixture->server, "authenticate", G_CALLBACK (g_strdup),
                            (char *) "dave");
  raw = start (&deferral);
  assert_served (&deferral, raw, "dave");
  signal_peer_finish_authentication (deferral.peer, NULL);
  raw_client_assert_no_event (raw);
}

static void
finish_inside (Deferral *self)
{
  signal_peer_finish_authentication (self->peer, "bob");
  signal_peer_finish_authentication (self->peer, NULL);
  g_assert_null (signal_peer_get_user_id (self->peer));
}

static void
refuse_inside (Deferral *self)
{
  signal_peer_finish_authentication (self->peer, NULL);
  signal_peer_finish_authentication (self->peer, "bob");
}

static void
test_finished_inside (void)
{
  g_auto (Deferral) deferral = { .inside = refuse_inside };
  g_autoptr (RawClient) raw = NULL;
  g_autoptr (RawClient) other = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  assert_refused_client (&deferral, raw);

  deferral.inside = finish_inside;
  other = start (&deferral);
  assert_served (&deferral, other, "bob");
}

/* A decision before the handler returns, by a main loop that it runs. */
static void
finish_in_loop (Deferral *self)
{
  run_pending ();
  finish_inside (self);
  run_pending ();
}

static void
test_nested_loop (void)
{
  g_auto (Deferral) deferral = { .inside = finish_in_loop };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  assert_served (&deferral, raw, "bob");
}

static void
finish_after_timeout (Deferral *self)
{
  run_for (400);
  finish_inside (self);
}

/* The deadline begins when authentication is deferred, not when the handler returns. */
static void
test_slow_handler (void)
{
  g_auto (Deferral) deferral = { .inside = finish_after_timeout };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  g_object_set (deferral.fixture->server, "auth-timeout", 200, NULL);
  raw = start (&deferral);
  assert_served (&deferral, raw, "bob");
}

static gpointer
accept_in_thread (gpointer peer)
{
  signal_peer_finish_authentication (peer, "bob");
  signal_peer_defer_authentication (peer);
  return NULL;
}

static void
accept_in_thread_inside (Deferral *self)
{
  run_thread (accept_in_thread, self->peer);
}

static void
test_thread (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  run_thread (accept_in_thread, deferral.peer);
  g_assert_null (signal_peer_get_user_id (deferral.peer));
  assert_served (&deferral, raw, "bob");
}

/* The decision of a thread that is faster than the handler. */
static void
test_fast_thread (void)
{
  g_auto (Deferral) deferral = { .inside = accept_in_thread_inside };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  assert_served (&deferral, raw, "bob");
}

/* The deadline is three times that of authentication. */
static void
test_deadline (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;
  gint64 begin;

  deferral_init (&deferral);
  g_object_set (deferral.fixture->server, "auth-timeout", 200, NULL);
  raw = start (&deferral);
  begin = g_get_monotonic_time ();
  raw_client_wait_closed (raw, 4001);
  g_assert_cmpstr (raw->reason, ==, "Authentication timeout");
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 500 * G_TIME_SPAN_MILLISECOND);

  signal_peer_finish_authentication (deferral.peer, "bob");
  g_assert_null (signal_peer_get_user_id (deferral.peer));
  g_assert_cmpuint (deferral.fixture->connected->len, ==, 0);
}

static void
test_admitted_after_timeout (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  g_object_set (deferral.fixture->server, "auth-timeout", 200, NULL);
  raw = start (&deferral);
  run_for (300);
  signal_peer_finish_authentication (deferral.peer, "bob");
  assert_served (&deferral, raw, "bob");
  run_for (500);
  raw_client_assert_no_event (raw);
}

static void
test_disconnected (void)
{
  g_auto (Deferral) deferral = { 0 };
  RawClient *raw;

  deferral_init (&deferral);
  raw = start (&deferral);
  raw_client_free (raw);
  run_for (100);
  signal_peer_finish_authentication (deferral.peer, "bob");
  run_pending ();
  g_assert_null (signal_peer_get_user_id (deferral.peer));
  g_assert_cmpuint (deferral.fixture->connected->len, ==, 0);
  g_assert_cmpuint (deferral.fixture->disconnected->len, ==, 0);
  check_new_client_is_served (deferral.fixture);
}

static void
test_server_dropped (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  g_assert_finalize_object (g_steal_pointer (&deferral.fixture->server));
  signal_peer_finish_authentication (deferral.peer, "bob");
  run_thread (accept_in_thread, deferral.peer);
  WAIT_UNTIL (raw->closed);
  g_assert_null (signal_peer_get_user_id (deferral.peer));
}

static void
drop_server (Deferral *self)
{
  g_clear_object (&self->fixture->server);
  signal_peer_finish_authentication (self->peer, "bob");
}

static void
test_server_dropped_inside (void)
{
  g_auto (Deferral) deferral = { .inside = drop_server };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  WAIT_UNTIL (raw->closed);
  g_assert_null (signal_peer_get_user_id (deferral.peer));
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *is_stopped = user_data;

  *is_stopped = signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL);
}

static void
test_server_stopped (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;
  gboolean is_stopped = FALSE;

  deferral_init (&deferral);
  raw = start (&deferral);
  signal_server_stop_async (deferral.fixture->server, NULL, on_stopped, &is_stopped);
  signal_peer_finish_authentication (deferral.peer, "bob");
  raw_client_wait_closed (raw, 1001);
  WAIT_UNTIL (is_stopped);
  signal_peer_finish_authentication (deferral.peer, "bob");
  g_assert_null (signal_peer_get_user_id (deferral.peer));
  g_assert_cmpuint (deferral.fixture->connected->len, ==, 0);
}

/* What the client sends meanwhile is treated as before authentication. */
static void
test_further_frames (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = start (&deferral);
  raw_client_send_text (raw, "{\"event\":\"chat\"}");
  raw_client_wait_error (raw, "Not authenticated");
  raw_client_send_text (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"a\"]}}");
  raw_client_wait_error (raw, "Not authenticated");
  raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");
  raw_client_authenticate (raw, "secret");
  raw_client_wait_error (raw, "Already authenticated");
  g_assert_cmpuint (deferral.fixture->n_asked, ==, 1);

  signal_peer_finish_authentication (deferral.peer, "bob");
  assert_served (&deferral, raw, "bob");
}

static void
test_too_much (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;
  g_autofree char *filler = g_strnfill (10000, 'x');
  g_autofree char *text = g_strdup_printf ("{\"event\":\"chat\",\"data\":\"%s\"}", filler);

  deferral_init (&deferral);
  raw = start (&deferral);
  for (guint i = 0; i < 4; i++)
    raw_client_send_text (raw, text);
  raw_client_wait_closed (raw, 4001);
  signal_peer_finish_authentication (deferral.peer, "bob");
  g_assert_null (signal_peer_get_user_id (deferral.peer));
  g_assert_cmpuint (deferral.fixture->connected->len, ==, 0);
}

/* A key that cannot be used is noticed after the decision, as without a deferral. */
static void
test_bad_key (void)
{
  g_auto (Deferral) deferral = { 0 };
  g_autoptr (RawClient) raw = NULL;

  deferral_init (&deferral);
  raw = raw_client_new (deferral.fixture->uri);
  raw_client_send_text (raw, "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":\"x\","
                             "\"clientPublicKey\":\"AAAA\"}}");
  WAIT_UNTIL (deferral.peer != NULL);
  signal_peer_finish_authentication (deferral.peer, "bob");
  raw_client_wait_error (raw, "Encryption handshake failed");
  raw_client_wait_closed (raw, 4004);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/deferred/accepted", test_accepted);
  g_test_add_func ("/server/deferred/refused", test_refused);
  g_test_add_func ("/server/deferred/finished-twice", test_finished_twice);
  g_test_add_func ("/server/deferred/not-deferred", test_not_deferred);
  g_test_add_func ("/server/deferred/finished-before-deferred", test_finished_before_deferred);
  g_test_add_func ("/server/deferred/deferred-outside", test_deferred_outside);
  g_test_add_func ("/server/deferred/other-handler", test_other_handler);
  g_test_add_func ("/server/deferred/finished-inside", test_finished_inside);
  g_test_add_func ("/server/deferred/nested-loop", test_nested_loop);
  g_test_add_func ("/server/deferred/slow-handler", test_slow_handler);
  g_test_add_func ("/server/deferred/thread", test_thread);
  g_test_add_func ("/server/deferred/fast-thread", test_fast_thread);
  g_test_add_func ("/server/deferred/deadline", test_deadline);
  g_test_add_func ("/server/deferred/admitted-after-timeout", test_admitted_after_timeout);
  g_test_add_func ("/server/deferred/disconnected", test_disconnected);
  g_test_add_func ("/server/deferred/server-dropped", test_server_dropped);
  g_test_add_func ("/server/deferred/server-dropped-inside", test_server_dropped_inside);
  g_test_add_func ("/server/deferred/server-stopped", test_server_stopped);
  g_test_add_func ("/server/deferred/further-frames", test_further_frames);
  g_test_add_func ("/server/deferred/too-much", test_too_much);
  g_test_add_func ("/server/deferred/bad-key", test_bad_key);

  return g_test_run ();
}

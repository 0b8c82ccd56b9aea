/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal-glib/signal-glib.h>

#include "tour-error.h"
#include "tour-recorder.h"
#include "tour-relay.h"

/* Shows what the library does, with every frame that passes through a relay between the clients and
 * the server. Each step is checked: the tour ends with exit code 1 when a step fails or takes too
 * long. */

#define ROOM "tea-room"
#define STEP_TIMEOUT_SECONDS 6
#define TOUR_TIMEOUT_SECONDS 14
#define BASE_INTERVAL_MS 800
#define TICK_MS 200

typedef struct
{
  TourRelay *relay;
  TourRecorder recorder;
  guint16 port;
  SignalServer *server;
  GPtrArray *peers;
  SignalClient *clients[TOUR_N_USERS];
  const char *expected;
  guint attempts;
  guint countdown;
  gint64 retry_at;
  gboolean received;
  gboolean server_stopped;
  guint n_disconnected;
} Tour;

typedef gboolean (*TourCondition) (Tour *tour);

static void
on_tour_timeout (gpointer data)
{
  tour_fail ("Timed out after %d s", TOUR_TIMEOUT_SECONDS);
}

static gboolean
on_step_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
wait_until (Tour          *tour,
            TourCondition  check,
            const char    *what)
{
  gboolean timed_out = FALSE;
  guint timeout = g_timeout_add_seconds (STEP_TIMEOUT_SECONDS, on_step_timeout, &timed_out);

  while (!check (tour) && !timed_out)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
  if (!check (tour))
    tour_fail ("Timed out after %d s while waiting for %s", STEP_TIMEOUT_SECONDS, what);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  int user = tour_users_find (token);

  return user < 0 ? NULL : g_strdup (tour_users_get_name (user));
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Tour         *tour)
{
  g_ptr_array_add (tour->peers, g_object_ref (peer));
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      Tour         *tour)
{
  g_ptr_array_remove (tour->peers, peer);
}

/* The application on the server: forwards each message to the other members of the room. */
static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_send_to_room (server, ROOM, signal_message_get_event (message),
                                   signal_message_get_payload (message), peer, &error))
    tour_fail ("The server cannot forward a message: %s", error->message);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Tour          *tour)
{
  printf ("  bob receives: event “%s”, payload %s\n", signal_message_get_event (message),
          signal_message_get_payload_json (message));
  if (g_strcmp0 (signal_message_get_payload_json (message), tour->expected) != 0)
    tour_fail ("Bob did not receive what Alice sent");
  tour->received = TRUE;
}

static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Tour         *tour)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);

  if (tour->countdown != 0)
    puts (" now");
  g_clear_handle_id (&tour->countdown, g_source_remove);
  printf ("  bob is %s\n",
          g_enum_get_value (states, (int) signal_client_get_state (client))->value_nick);
}

static gboolean
on_tick (gpointer data)
{
  gint64 left = ((Tour *) data)->retry_at - g_get_monotonic_time ();

  if (left > 0)
    printf (" %.1f …", (double) left / G_USEC_PER_SEC);
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Tour         *tour)
{
  tour->attempts = attempt;
  tour->retry_at = g_get_monotonic_time () + (gint64) delay * 1000;
  tour->countdown = g_timeout_add (TICK_MS, on_tick, tour);
  printf ("  bob reconnects in %.1f s (attempt %u) …", delay / 1000.0, attempt);
  fflush (stdout);
}

/* Returns the port, which is a different one each time. */
static guint16
start_server (Tour *tour)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  g_autoptr (GUri) parsed = NULL;
  guint16 port;

  tour->server = signal_server_new ();
  g_signal_connect (tour->server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (tour->server, "peer-connected", G_CALLBACK (on_peer_connected), tour);
  g_signal_connect (tour->server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), tour);
  g_signal_connect (tour->server, "message", G_CALLBACK (on_server_message), NULL);
  if (!signal_server_listen (tour->server, NULL, 0, &error))
    tour_fail ("The server cannot listen: %s", error->message);
  uri = signal_server_get_uri (tour->server);
  parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, &error);
  if (parsed == NULL)
    tour_fail ("Cannot parse the URL of the server: %s", error->message);
  port = (guint16) g_uri_get_port (parsed);
  tour_relay_set_upstream (tour->relay, port);
  return port;
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_stop_finish (SIGNAL_SERVER (source), result, &error))
    tour_fail ("The server did not stop: %s", error->message);
  ((Tour *) data)->server_stopped = TRUE;
}

static gboolean
has_stopped (Tour *tour)
{
  return tour->server_stopped;
}

static void
stop_server (Tour *tour)
{
  tour->server_stopped = FALSE;
  tour_relay_set_upstream (tour->relay, 0);
  signal_server_stop_async (tour->server, NULL, on_stopped, tour);
  wait_until (tour, has_stopped, "the server to stop");
  g_ptr_array_set_size (tour->peers, 0);
  g_clear_object (&tour->server);
}

static void
add_client (Tour *tour,
            int   user)
{
  const char *const rooms[] = { ROOM, NULL };
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u/ws", tour->port);
  g_autoptr (GProxyResolver) no_proxy = g_simple_proxy_resolver_new (NULL, NULL);

  tour->clients[user] = g_object_new (SIGNAL_TYPE_CLIENT,
                                      "server-url", url,
                                      "auto-join-rooms", rooms,
                                      "proxy-resolver", no_proxy,
                                      "base-interval", BASE_INTERVAL_MS,
                                      "jitter", 0.0,
                                      NULL);
  signal_client_connect_async (tour->clients[user], tour_users_get_token (user), NULL, NULL, NULL);
}

static gboolean
is_ready (Tour *tour,
          int   user)
{
  return signal_client_get_state (tour->clients[user]) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

static gboolean
alice_is_ready (Tour *tour)
{
  return is_ready (tour, TOUR_ALICE);
}

/* Checks the rooms on the server as well as the state of the clients. */
static gboolean
all_in_room (Tour *tour)
{
  guint n_members = 0;

  for (guint i = 0; i < tour->peers->len; i++)
    {
      const char *const *rooms = signal_peer_get_rooms (g_ptr_array_index (tour->peers, i));

      n_members += g_strv_contains (rooms, ROOM);
    }
  return n_members == TOUR_N_USERS && is_ready (tour, TOUR_ALICE) && is_ready (tour, TOUR_BOB);
}

static gboolean
has_received (Tour *tour)
{
  return tour->received;
}

static gboolean
has_retried (Tour *tour)
{
  return tour->attempts >= 2;
}

static void
send_and_check (Tour       *tour,
                const char *json,
                const char *text)
{
  g_autoptr (GError) error = NULL;

  printf ("  alice sends: event “chat”, payload %s\n", json);
  tour->received = FALSE;
  tour->expected = json;
  g_string_truncate (tour->recorder.messages, 0);
  if (!signal_client_send_json (tour->clients[TOUR_ALICE], "chat", json, &error))
    tour_fail ("Alice cannot send: %s", error->message);
  wait_until (tour, has_received, "the message");

  if (tour->recorder.messages->len == 0)
    tour_fail ("No encrypted frame was sent");
  if (strstr (tour->recorder.messages->str, text) != NULL
      || strstr (tour->recorder.messages->str, "chat") != NULL)
    tour_fail ("The message is not encrypted");
}

static void
print_members (Tour *tour)
{
  for (guint i = 0; i < tour->peers->len; i++)
    {
      SignalPeer *peer = g_ptr_array_index (tour->peers, i);
      g_autofree char *rooms = g_strjoinv (", ", (char **) signal_peer_get_rooms (peer));

      printf ("  rooms of %s on the server: %s\n", signal_peer_get_user_id (peer), rooms);
    }
}

static void
check_replaced (const char *what,
                const char *before,
                const char *after)
{
  printf ("  %s\n    before %s\n    after  %s\n", what, before, after);
  if (*before == '\0' || *after == '\0' || g_str_equal (before, after))
    tour_fail ("Not replaced: %s", what);
}

static void
show_reconnect (Tour *tour)
{
  const TourHandshake *handshake = &tour->recorder.handshakes[TOUR_BOB];
  g_autofree char *client_key = g_strdup (handshake->client_key);
  g_autofree char *server_key = g_strdup (handshake->server_key);
  g_autofree char *salt = g_strdup (handshake->salt);
  SignalClient *bob = tour->clients[TOUR_BOB];

  g_signal_connect (bob, "notify::state", G_CALLBACK (on_state), tour);
  g_signal_connect (bob, "reconnecting", G_CALLBACK (on_reconnecting), tour);
  stop_server (tour);
  wait_until (tour, has_retried, "the second attempt");
  printf (" (server restarted on port %u) …", start_server (tour));
  wait_until (tour, all_in_room, "both clients to rejoin the room");

  check_replaced ("Public key of bob", client_key, handshake->client_key);
  check_replaced ("Public key of the server for bob", server_key, handshake->server_key);
  check_replaced ("Salt of the session key", salt, handshake->salt);
  print_members (tour);
}

static void
on_disconnected (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr (GError) error = NULL;

  if (!signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, &error))
    tour_fail ("A client did not disconnect: %s", error->message);
  ((Tour *) data)->n_disconnected++;
}

static gboolean
have_disconnected (Tour *tour)
{
  return tour->n_disconnected == TOUR_N_USERS;
}

static void
disconnect_all (Tour *tour)
{
  g_signal_handlers_disconnect_by_data (tour->clients[TOUR_BOB], tour);
  for (guint i = 0; i < TOUR_N_USERS; i++)
    signal_client_disconnect_async (tour->clients[i], NULL, on_disconnected, tour);
  wait_until (tour, have_disconnected, "the clients to disconnect");
  stop_server (tour);
  for (guint i = 0; i < TOUR_N_USERS; i++)
    g_clear_object (&tour->clients[i]);
}

static void
run_steps (Tour *tour)
{
  printf ("1. A server on port %u and two clients in the room “%s”. The frames:\n",
          start_server (tour), ROOM);
  tour->recorder.print = TRUE;
  add_client (tour, TOUR_ALICE);
  wait_until (tour, alice_is_ready, "the handshake of alice");
  add_client (tour, TOUR_BOB);
  wait_until (tour, all_in_room, "the handshake of bob");
  if (!signal_client_get_encrypted (tour->clients[TOUR_BOB]))
    tour_fail ("The connection of bob is not encrypted");
  puts ("  Both sides have now derived a key that was never transmitted. The token was transmitted,\n"
        "  which is why a server on another machine requires wss://.");

  puts ("\n2. A message, decrypted and as transmitted:");
  g_signal_connect (tour->clients[TOUR_BOB], "message::chat", G_CALLBACK (on_message), tour);
  send_and_check (tour, "{\"text\":\"The kettle is on\"}", "kettle");

  puts ("\n3. The server stops and restarts on another port:");
  tour->recorder.print = FALSE;
  show_reconnect (tour);

  puts ("\n4. A message with the new keys:");
  tour->recorder.print = TRUE;
  send_and_check (tour, "{\"text\":\"Where were we?\"}", "Where");
}

int
main (void)
{
  Tour tour = { 0 };
  g_autoptr (GError) error = NULL;

  setvbuf (stdout, NULL, _IOLBF, 0);
  g_timeout_add_once (TOUR_TIMEOUT_SECONDS * 1000, on_tour_timeout, NULL);
  tour_users_init ();
  tour_recorder_init (&tour.recorder);
  tour.peers = g_ptr_array_new_with_free_func (g_object_unref);
  tour.relay = tour_relay_new (tour_recorder_on_frame, &tour.recorder, &tour.port, &error);
  if (tour.relay == NULL)
    tour_fail ("The relay cannot listen: %s", error->message);

  run_steps (&tour);
  disconnect_all (&tour);
  tour_relay_free (tour.relay);
  g_ptr_array_unref (tour.peers);
  tour_recorder_clear (&tour.recorder);
  tour_users_clear ();
  puts ("\nAll steps succeeded.");
  return EXIT_SUCCESS;
}

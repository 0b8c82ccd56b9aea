/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal-glib/signal-glib.h>

#include "tour-record.h"

/* A walk through what the library does, with every frame read on the relay between the clients
 * and the server. Each step is checked: the first that fails ends the tour with exit code 1,
 * and so does the deadline. */

#define ROOM "tea-room"
#define STEP_SECONDS 6
#define TOUR_SECONDS 14
#define BASE_INTERVAL_MS 800
#define TICK_MS 200

typedef struct
{
  TourRelay *relay;
  TourRecord record;
  guint16 port;
  SignalServer *server;
  GPtrArray *peers;
  SignalClient *clients[TOUR_N_PEOPLE];
  const char *expected;
  guint attempts;
  guint countdown;
  gint64 retry_at;
  gboolean heard;
  gboolean server_stopped;
  guint n_left;
} Tour;

typedef gboolean (*TourCheck) (Tour *tour);

static gboolean
on_tour_deadline (gpointer data)
{
  tour_fail ("it took longer than %d s", TOUR_SECONDS);
  return G_SOURCE_REMOVE;
}

static gboolean
on_step_deadline (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
wait_until (Tour       *tour,
            TourCheck   check,
            const char *what)
{
  gboolean late = FALSE;
  guint deadline = g_timeout_add_seconds (STEP_SECONDS, on_step_deadline, &late);

  while (!check (tour) && !late)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
  if (!check (tour))
    tour_fail ("%s did not come within %d s", what, STEP_SECONDS);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  int person = tour_find_person (token);

  return person < 0 ? NULL : g_strdup (tour_names[person]);
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

/* The application on the server: what one says in the room, the others hear. */
static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_send_to_room (server, ROOM, signal_message_get_event (message),
                                   signal_message_get_payload (message), peer, &error))
    tour_fail ("the server could not pass a message on: %s", error->message);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Tour          *tour)
{
  printf ("  bob sees: event “%s”, payload %s\n", signal_message_get_event (message),
          signal_message_get_payload_json (message));
  if (g_strcmp0 (signal_message_get_payload_json (message), tour->expected) != 0)
    tour_fail ("what bob sees is not what alice sent");
  tour->heard = TRUE;
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
  printf ("  bob tries again (attempt %u) in %.1f s …", attempt, delay / 1000.0);
  fflush (stdout);
}

/* Gives the port, which is a new one each time. */
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
    tour_fail ("the server cannot listen: %s", error->message);
  uri = signal_server_get_uri (tour->server);
  parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, &error);
  if (parsed == NULL)
    tour_fail ("the server’s address is not a URL: %s", error->message);
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
    tour_fail ("the server did not stop: %s", error->message);
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
  wait_until (tour, has_stopped, "the end of the server");
  g_ptr_array_set_size (tour->peers, 0);
  g_clear_object (&tour->server);
}

static void
add_client (Tour *tour,
            int   person)
{
  const char *const rooms[] = { ROOM, NULL };
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u/ws", tour->port);
  g_autoptr (GProxyResolver) no_proxy = g_simple_proxy_resolver_new (NULL, NULL);

  tour->clients[person] = g_object_new (SIGNAL_TYPE_CLIENT,
                                        "server-url", url,
                                        "auto-join-rooms", rooms,
                                        "proxy-resolver", no_proxy,
                                        "base-interval", BASE_INTERVAL_MS,
                                        "jitter", 0.0,
                                        NULL);
  signal_client_connect_async (tour->clients[person], tour_tokens[person], NULL, NULL, NULL);
}

static gboolean
is_ready (Tour *tour,
          int   person)
{
  return signal_client_get_state (tour->clients[person]) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

static gboolean
alice_is_ready (Tour *tour)
{
  return is_ready (tour, TOUR_ALICE);
}

/* As the server sees it, too. */
static gboolean
all_in_room (Tour *tour)
{
  guint n_members = 0;

  for (guint i = 0; i < tour->peers->len; i++)
    {
      const char *const *rooms = signal_peer_get_rooms (g_ptr_array_index (tour->peers, i));

      n_members += g_strv_contains (rooms, ROOM);
    }
  return n_members == TOUR_N_PEOPLE && is_ready (tour, TOUR_ALICE) && is_ready (tour, TOUR_BOB);
}

static gboolean
has_heard (Tour *tour)
{
  return tour->heard;
}

static gboolean
has_tried (Tour *tour)
{
  return tour->attempts >= 2;
}

static void
say (Tour       *tour,
     const char *json,
     const char *text)
{
  g_autoptr (GError) error = NULL;

  printf ("  alice sends: event “chat”, payload %s\n", json);
  tour->heard = FALSE;
  tour->expected = json;
  g_string_truncate (tour->record.messages, 0);
  if (!signal_client_send_json (tour->clients[TOUR_ALICE], "chat", json, &error))
    tour_fail ("alice could not send: %s", error->message);
  wait_until (tour, has_heard, "the message");

  if (tour->record.messages->len == 0)
    tour_fail ("nothing encrypted went over the relay");
  if (strstr (tour->record.messages->str, text) || strstr (tour->record.messages->str, "chat"))
    tour_fail ("the message can be read on the relay");
}

static void
print_members (Tour *tour)
{
  for (guint i = 0; i < tour->peers->len; i++)
    {
      SignalPeer *peer = g_ptr_array_index (tour->peers, i);
      g_autofree char *rooms = g_strjoinv (", ", (char **) signal_peer_get_rooms (peer));

      printf ("  On the server %s is in: %s\n", signal_peer_get_user_id (peer), rooms);
    }
}

static void
compare (const char *what,
         const char *before,
         const char *after)
{
  printf ("  %s\n    before %s\n    after  %s\n", what, before, after);
  if (*before == '\0' || *after == '\0' || g_str_equal (before, after))
    tour_fail ("it is not new: %s", what);
}

static void
show_reconnect (Tour *tour)
{
  const TourHandshake *handshake = &tour->record.handshakes[TOUR_BOB];
  g_autofree char *client_key = g_strdup (handshake->client_key);
  g_autofree char *server_key = g_strdup (handshake->server_key);
  g_autofree char *salt = g_strdup (handshake->salt);
  SignalClient *bob = tour->clients[TOUR_BOB];

  g_signal_connect (bob, "notify::state", G_CALLBACK (on_state), tour);
  g_signal_connect (bob, "reconnecting", G_CALLBACK (on_reconnecting), tour);
  stop_server (tour);
  wait_until (tour, has_tried, "the second attempt");
  printf (" (the server is back, on port %u) …", start_server (tour));
  wait_until (tour, all_in_room, "the way back into the room");

  compare ("Public key of bob", client_key, handshake->client_key);
  compare ("Public key of the server, for bob", server_key, handshake->server_key);
  compare ("Salt of the session key", salt, handshake->salt);
  print_members (tour);
}

static void
on_left (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GError) error = NULL;

  if (!signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, &error))
    tour_fail ("a client did not leave: %s", error->message);
  ((Tour *) data)->n_left++;
}

static gboolean
have_left (Tour *tour)
{
  return tour->n_left == TOUR_N_PEOPLE;
}

static void
leave (Tour *tour)
{
  g_signal_handlers_disconnect_by_data (tour->clients[TOUR_BOB], tour);
  for (guint i = 0; i < TOUR_N_PEOPLE; i++)
    signal_client_disconnect_async (tour->clients[i], NULL, on_left, tour);
  wait_until (tour, have_left, "the goodbye");
  stop_server (tour);
  for (guint i = 0; i < TOUR_N_PEOPLE; i++)
    g_clear_object (&tour->clients[i]);
}

static void
walk (Tour *tour)
{
  printf ("1. A server on port %u, and two clients in the room “%s”. On the relay:\n",
          start_server (tour), ROOM);
  tour->record.show = TRUE;
  add_client (tour, TOUR_ALICE);
  wait_until (tour, alice_is_ready, "alice’s handshake");
  add_client (tour, TOUR_BOB);
  wait_until (tour, all_in_room, "bob’s handshake");
  if (!signal_client_get_encrypted (tour->clients[TOUR_BOB]))
    tour_fail ("bob’s connection is not encrypted");
  puts ("  From here on both sides have a key that never was on the relay. The token was: that is\n"
        "  why a server that is not on this machine needs wss://.");

  puts ("\n2. A message, as the listener sees it and as the relay does:");
  g_signal_connect (tour->clients[TOUR_BOB], "message::chat", G_CALLBACK (on_message), tour);
  say (tour, "{\"text\":\"The kettle is on\"}", "kettle");

  puts ("\n3. The server stops, and comes back on another port:");
  tour->record.show = FALSE;
  show_reconnect (tour);

  puts ("\n4. A message under the new keys:");
  tour->record.show = TRUE;
  say (tour, "{\"text\":\"Where were we?\"}", "Where");
}

int
main (void)
{
  Tour tour = { 0 };
  g_autoptr (GError) error = NULL;

  setvbuf (stdout, NULL, _IOLBF, 0);
  g_timeout_add_seconds (TOUR_SECONDS, on_tour_deadline, NULL);
  tour_record_init (&tour.record);
  tour.peers = g_ptr_array_new_with_free_func (g_object_unref);
  tour.relay = tour_relay_new (tour_record_frame, &tour.record, &tour.port, &error);
  if (tour.relay == NULL)
    tour_fail ("there is no free port: %s", error->message);

  walk (&tour);
  leave (&tour);
  tour_relay_free (tour.relay);
  g_ptr_array_unref (tour.peers);
  tour_record_clear (&tour.record);
  puts ("\nEvery step was checked: all well.");
  return EXIT_SUCCESS;
}

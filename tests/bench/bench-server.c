/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include <glib-unix.h>

#include <libsoup/soup.h>
#include <signal-glib/signal-glib.h>

#include "bench-identity.h"
#include "bench-limit.h"
#include "bench-payload.h"

/* The embedded server without authentication, over ws and wss, and an echo server with libsoup
 * only, until standard input is closed. The event `echo` is sent back to its sender, as an answer
 * if it is a request, and `spray` requests a number of messages to a room. */

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 gpointer      user_data)
{
  return g_strdup ("bench");
}

static void
on_echo (SignalServer  *server,
         SignalPeer    *peer,
         SignalMessage *message,
         gpointer       user_data)
{
  JsonNode *payload = signal_message_get_payload (message);

  if (signal_message_get_id (message) != NULL)
    signal_server_reply (server, peer, message, payload, NULL);
  else
    signal_server_send_to_peer (server, peer, "echo", payload, NULL);
}

static void
on_spray (SignalServer  *server,
          SignalPeer    *peer,
          SignalMessage *message,
          gpointer       user_data)
{
  JsonObject *order = json_node_get_object (signal_message_get_payload (message));
  const char *room = json_object_get_string_member (order, "room");
  g_autofree char *json = bench_payload_new (json_object_get_int_member (order, "size"));
  g_autoptr (JsonNode) payload = json_from_string (json, NULL);
  gint64 count = json_object_get_int_member (order, "count");
  g_autoptr (GError) error = NULL;

  for (gint64 i = 0; i < count; i++)
    if (!signal_server_send_to_room (server, room, BENCH_EVENT, payload, NULL, &error))
      g_error ("%s", error->message);
}

static SignalServer *
start_server (GTlsCertificate *certificate)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;

  g_object_set (server, "max-peers", G_MAXINT, "tls-certificate", certificate, NULL);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "message::echo", G_CALLBACK (on_echo), NULL);
  g_signal_connect (server, "message::spray", G_CALLBACK (on_spray), NULL);
  if (!signal_server_listen (server, NULL, 0, &error))
    g_error ("%s", error->message);

  return g_steal_pointer (&server);
}

static void
on_frame (SoupWebsocketConnection *socket,
          SoupWebsocketDataType    type,
          GBytes                  *bytes,
          gpointer                 user_data)
{
  soup_websocket_connection_send_message (socket, type, bytes);
}

static void
on_frames_closed (SoupWebsocketConnection *socket,
                  gpointer                 user_data)
{
  g_object_unref (socket);
}

static void
on_websocket (SoupServer              *server,
              SoupServerMessage       *message,
              const char              *path,
              SoupWebsocketConnection *socket,
              gpointer                 user_data)
{
  g_object_ref (socket);
  g_signal_connect (socket, "message", G_CALLBACK (on_frame), NULL);
  g_signal_connect (socket, "closed", G_CALLBACK (on_frames_closed), NULL);
}

static SoupServer *
start_soup_server (char **uri)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoslist (GUri) uris = NULL;

  soup_server_add_websocket_handler (server, NULL, NULL, NULL, on_websocket, NULL, NULL);
  if (!soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
    g_error ("%s", error->message);

  uris = soup_server_get_uris (server);
  *uri = g_strdup_printf ("ws://127.0.0.1:%d/", g_uri_get_port (uris->data));
  return g_steal_pointer (&server);
}

static gboolean
on_stdin (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (BenchIdentity) identity = bench_identity_new ();
  g_autoptr (SignalServer) plain = start_server (NULL);
  g_autoptr (SignalServer) secure = NULL;
  g_autoptr (SoupServer) soup = NULL;
  g_autofree char *plain_uri = signal_server_get_uri (plain);
  g_autofree char *secure_uri = NULL;
  g_autofree char *soup_uri = NULL;

  bench_limit_raise_files ();
  soup = start_soup_server (&soup_uri);
  if (identity != NULL)
    {
      secure = start_server (identity->certificate);
      secure_uri = signal_server_get_uri (secure);
    }

  printf ("%s %s %s %s\n", plain_uri, identity != NULL ? secure_uri : "-",
          identity != NULL ? identity->file : "-", soup_uri);
  fflush (stdout);

  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_stdin, loop);
  g_main_loop_run (loop);

  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "wire.h"

#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/server/signal-server-private.h"

/* The flags in the first byte of a case: */
#define OPTIONAL 1      /* peers may authenticate without a key */
#define DEFER 2         /* the decision is made after the handler has returned */
#define CLOSE_INSIDE 4  /* the first handler that is called closes the peer */
#define DROP_INSIDE 8   /* or drops the server */
#define REFUSE_ROOMS 16 /* no peer may join a room */
#define ONE_BY_ONE 32   /* the main loop runs after each line */
#define TURN_INSIDE 64  /* and inside the handlers */
#define ANSWER 128      /* messages are answered */

#define PEER_ID "the-peer"
#define REFUSED "no"       /* a token that begins with this is refused, */
#define NOT_UTF8 "bytes"   /* and with this, it gives a user ID that is not valid */
#define MOST_ROOMS 8
#define MOST_LINES 64

typedef struct
{
  SignalServer *server;        /* NULL once dropped */
  guint8        flags;
  GString      *written;       /* by the server */
  guint         n_asked;
  gboolean      is_accepted;   /* the handler has returned a user ID that is valid */
  char         *type;
  char         *token;
  guint         n_connected;
  guint         n_disconnected;
  SignalPeer   *deferred;
  SignalAead   *key;           /* of the client, once there is one */
  gboolean      was_interrupted; /* by a handler */
} Run;

static void
interrupt (Run        *run,
           SignalPeer *peer)
{
  if (run->flags & TURN_INSIDE)
    wire_turn ();
  if ((run->flags & (CLOSE_INSIDE | DROP_INSIDE)) == 0)
    return;

  run->was_interrupted = TRUE;
  if (run->flags & CLOSE_INSIDE)
    signal_peer_close (peer, 4000, "enough");
  if (run->flags & DROP_INSIDE)
    g_clear_object (&run->server);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 Run          *run)
{
  g_assert_null (signal_peer_get_user_id (peer));
  g_assert_true (g_utf8_validate (type, -1, NULL) && g_utf8_validate (token, -1, NULL));
  run->n_asked++;
  g_free (run->type);
  g_free (run->token);
  run->type = g_strdup (type);
  run->token = g_strdup (token);
  interrupt (run, peer);

  if (g_str_has_prefix (token, REFUSED))
    return NULL;
  if (g_str_has_prefix (token, NOT_UTF8))
    return g_strdup ("\xff");
  run->is_accepted = TRUE;
  if ((run->flags & DEFER) == 0)
    return g_strdup (token);
  signal_peer_defer_authentication (peer);
  g_set_object (&run->deferred, peer);
  return NULL;
}

/* The names are different, and the peer is in its own room. */
static void
check_rooms (SignalPeer *peer)
{
  const char * const *rooms = signal_peer_get_rooms (peer);

  g_assert_cmpuint (g_strv_length ((char **) rooms), <=, MOST_ROOMS);
  g_assert_cmpstr (rooms[0], ==, PEER_ID);
  for (guint i = 1; rooms[i] != NULL; i++)
    {
      g_assert_true (g_utf8_validate (rooms[i], -1, NULL) && *rooms[i] != '\0');
      g_assert_false (g_strv_contains (rooms + i + 1, rooms[i]));
    }
}

static gboolean
on_join (SignalServer *server,
         SignalPeer   *peer,
         const char   *room,
         Run          *run)
{
  g_assert_cmpstr (room, !=, PEER_ID);
  g_assert_true (g_utf8_validate (room, -1, NULL));
  interrupt (run, peer);
  return (run->flags & REFUSE_ROOMS) == 0;
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Run          *run)
{
  run->n_connected++;
  g_assert_true (run->is_accepted);
  g_assert_cmpstr (signal_peer_get_user_id (peer), ==, run->token);
  g_assert_true ((run->flags & OPTIONAL) || signal_peer_get_encrypted (peer));
  interrupt (run, peer);
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      Run          *run)
{
  run->n_disconnected++;
  g_assert_cmpuint (run->n_disconnected, ==, run->n_connected);
}

static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Run           *run)
{
  g_assert_cmpuint (run->n_connected, ==, 1);
  g_assert_false (signal_envelope_event_is_control (signal_message_get_event (message)));
  g_assert_cmpint (signal_message_is_encrypted (message), ==, signal_peer_get_encrypted (peer));
  check_rooms (peer);
  if (run->flags & ANSWER)
    {
      gboolean has_id = signal_message_get_id (message) != NULL;

      g_assert_true (!signal_server_reply (server, peer, message, NULL, NULL) || has_id);
      signal_server_send_to_room (server, PEER_ID, "echo", NULL, NULL, NULL);
    }
  interrupt (run, peer);
}

static void
start (Run *run,
       int *fd)
{
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GSocketAddress) remote = g_inet_socket_address_new_from_string ("127.0.0.1", 50000);
  g_autoptr (GIOStream) stream = wire_open (fd);
  g_autoptr (SignalWebsocket) websocket = signal_websocket_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER,
                                                                NULL);

  run->server = signal_server_new ();
  signal_server_set_require_encryption (run->server, (run->flags & OPTIONAL) == 0);
  signal_server_set_max_rooms (run->server, MOST_ROOMS);
  g_signal_connect (run->server, "authenticate", G_CALLBACK (on_authenticate), run);
  g_signal_connect (run->server, "join", G_CALLBACK (on_join), run);
  g_signal_connect (run->server, "peer-connected", G_CALLBACK (on_peer_connected), run);
  g_signal_connect (run->server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), run);
  g_signal_connect (run->server, "message", G_CALLBACK (on_message), run);
  signal_server_add_peer (run->server, PEER_ID, websocket, remote, NULL);
}

/* Returns the next text that the server has written, or NULL. Other frames are skipped. */
static char *
take_text (GString *written)
{
  while (written->len >= 2)
    {
      const guint8 *head = (const guint8 *) written->str;
      gsize start = head[1] < 126 ? 2 : 4;
      gsize length = head[1];
      gboolean is_text = head[0] == 0x81;
      char *text;

      g_assert_true (is_text || head[0] == 0x88 || head[0] == 0x8a);
      g_assert_cmpuint (head[1], <, 127);
      if (written->len < start)
        return NULL;
      if (start == 4)
        length = (gsize) head[2] << 8 | head[3];
      if (written->len < start + length)
        return NULL;
      text = g_strndup (written->str + start, length);
      g_string_erase (written, 0, (gssize) (start + length));
      if (is_text)
        return text;
      g_free (text);
    }
  return NULL;
}

/* The client has the private key 1, and so the generator of the curve as its public key. */
static SignalAead *
derive_key (const SignalConnectedEvent *connected)
{
  static const guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE] = { [SIGNAL_ECDH_SCALAR_SIZE - 1] = 1 };
  g_autoptr (SignalEcdhKeyPair) pair = signal_ecdh_key_pair_new_from_scalar (scalar, NULL);

  return signal_handshake_derive_key (pair, connected->server_key, sizeof connected->server_key,
                                      connected->salt, sizeof connected->salt,
                                      SIGNAL_HANDSHAKE_DEFAULT_INFO, NULL);
}

/* Everything that is written is an event of the protocol, and `connected` is written once, to a peer
 * that has been accepted. */
static void
check_written (Run        *run,
               const char *text)
{
  g_autoptr (SignalMessage) message = signal_message_alloc (strlen (text));
  g_auto (SignalConnectedEvent) connected = { 0 };
  const char *event;

  memcpy (signal_message_storage (message), text, strlen (text));
  g_assert_true (signal_message_open (message, strlen (text), FALSE, NULL));
  event = signal_message_get_event (message);
  if (!g_str_equal (event, SIGNAL_EVENT_CONNECTED))
    {
      g_assert_true (g_str_equal (event, SIGNAL_EVENT_ERROR) || run->is_accepted);
      return;
    }

  g_assert_true (run->is_accepted && run->key == NULL);
  g_assert_true (signal_handshake_parse_connected (&connected, message, NULL));
  g_assert_cmpstr (connected.client_id, ==, PEER_ID);
  g_assert_cmpstr (connected.user_id, ==, run->token);
  g_assert_true (connected.has_keys || (run->flags & OPTIONAL));
  if (connected.has_keys)
    run->key = derive_key (&connected);
}

static void
read_written (Run *run,
              int  fd)
{
  char buffer[4096];
  ssize_t length;
  char *text;

  while ((length = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_string_append_len (run->written, buffer, length);
  while ((text = take_text (run->written)) != NULL)
    {
      check_written (run, text);
      g_free (text);
    }
}

/* Sends a line, encrypted if there is a key and it begins with a space. */
static void
send_line (Run        *run,
           int         fd,
           const char *line,
           gsize       length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (run->key != NULL && length > 0 && *line == ' ')
    wire_append_sealed (bytes, run->key, line, length, TRUE);
  else
    wire_append_frame (bytes, line, length, TRUE);
  send (fd, bytes->data, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Returns a member of the payload of an `authenticate` event, as json-glib sees it; or NULL. */
static const char *
get_member (SignalMessage *message,
            const char    *name)
{
  JsonNode *payload = signal_message_get_payload (message);
  JsonNode *member = payload != NULL && JSON_NODE_HOLDS_OBJECT (payload)
                     ? json_object_get_member (json_node_get_object (payload), name) : NULL;

  return member != NULL && json_node_get_value_type (member) == G_TYPE_STRING ? json_node_get_string (member)
                                                                              : NULL;
}

/* The handler was called if the first line is a complete `authenticate` event, with what it contains. */
static void
check_first_line (const Run  *run,
                  const char *line,
                  gsize       length)
{
  g_autoptr (SignalMessage) message = signal_message_alloc (length);
  const char *type, *token;

  /* A string with NUL counts as missing, but json-glib cannot tell. */
  memcpy (signal_message_storage (message), line, length);
  if (g_strstr_len (line, (gssize) length, "\\u0000") != NULL
      || !signal_message_open (message, length, FALSE, NULL)
      || !g_str_equal (signal_message_get_event (message), SIGNAL_EVENT_AUTHENTICATE))
    return;

  type = get_member (message, "type");
  token = get_member (message, "token");
  g_assert_cmpuint (run->n_asked, ==, type != NULL && token != NULL);
  if (run->n_asked > 0)
    {
      g_assert_cmpstr (run->type, ==, type);
      g_assert_cmpstr (run->token, ==, token);
    }
}

static void
play (Run        *run,
      int         fd,
      const char *data,
      gsize       size)
{
  const char *end = data + size;

  for (guint n = 0; data < end && n < MOST_LINES; n++)
    {
      const char *stop = memchr (data, '\n', (gsize) (end - data));
      gsize length = (gsize) ((stop != NULL ? stop : end) - data);

      send_line (run, fd, data, length);
      if (n == 0 || (run->flags & ONE_BY_ONE))
        {
          wire_turn ();
          read_written (run, fd);
        }
      if (n == 0)
        check_first_line (run, data, length);
      if (n == 0 && run->deferred != NULL)
        signal_peer_finish_authentication (run->deferred, run->token);
      data += length + 1;
    }
  wire_turn ();
  read_written (run, fd);
}

static void
finish (Run *run,
        int  fd)
{
  close (fd);
  wire_turn ();
  g_assert_cmpuint (run->n_asked, <=, 1);
  g_assert_cmpuint (run->n_connected, <=, 1);
  if (run->server != NULL)
    {
      g_assert_cmpuint (g_hash_table_size (run->server->peers), ==, 0);
      g_assert_cmpuint (run->n_disconnected, ==, run->n_connected);
      g_assert_cmpuint (run->server->n_admitted, ==, 0);
    }
  g_assert_true (run->was_interrupted || run->key == NULL || run->n_connected == 1);

  g_clear_object (&run->deferred);
  g_clear_object (&run->server);
  g_clear_pointer (&run->key, signal_aead_free);
  g_string_free (run->written, TRUE);
  g_free (run->type);
  g_free (run->token);
  wire_turn ();
}

/* The input is the flags, and lines of text, which the client sends in one frame each. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  Run run = { 0 };
  gpointer server;
  int fd;

  if (size == 0 || size > WIRE_MOST_BYTES / 4)
    return 0;

  run.flags = data[0];
  run.written = g_string_new (NULL);
  start (&run, &fd);
  server = run.server;
  g_object_add_weak_pointer (server, &server);
  play (&run, fd, (const char *) data + 1, size - 1);
  finish (&run, fd);
  g_assert_null (server);
  return 0;
}

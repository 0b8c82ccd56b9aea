/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "demo/common/secret-token.h"
#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-json.h"
#include "cli-output.h"
#include "cli-signal.h"
#include "cli-text.h"
#include "cli-tls.h"
#include "cli-token.h"

#define STOP_SECONDS 6
#define DEFAULT_PORT 8080

typedef struct
{
  char *address;
  char *path;
  char *token_file;
  char *certificate_file;
  char *key_file;
  char *ecdh_info;
  char **allowed_origins;
  gboolean no_encryption;
  int port;
} ServeOptions;

typedef struct
{
  SignalServer *server;
  GMainLoop *loop;
  char *token;
  guint n_peers;
  int exit_code;
  gboolean json;
} Serve;

static void
serve_options_clear (ServeOptions *options)
{
  g_free (options->address);
  g_free (options->path);
  g_free (options->token_file);
  g_free (options->certificate_file);
  g_free (options->key_file);
  g_free (options->ecdh_info);
  g_strfreev (options->allowed_origins);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ServeOptions, serve_options_clear)

static void
serve_clear (Serve *self)
{
  cli_signal_remove_handler ();
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_clear_object (&self->server);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->token, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Serve, serve_clear)

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 Serve        *self)
{
  if (g_strcmp0 (type, "Bearer") != 0 || token == NULL || !secret_token_equal (self->token, token))
    return NULL;
  return g_strdup ("user");
}

static void
report_peers (Serve      *self,
              SignalPeer *peer,
              gboolean    joined)
{
  g_autofree char *id = NULL;
  g_autofree char *line = NULL;

  self->n_peers = joined ? self->n_peers + 1 : self->n_peers - 1;
  if (!self->json)
    {
      fprintf (stderr,
               joined ? _("Client connected (%u connected)\n")
                      : _("Client disconnected (%u connected)\n"),
               self->n_peers);
      return;
    }
  id = cli_json_quote (signal_peer_get_id (peer));
  line = g_strdup_printf ("{\"status\":\"%s\",\"id\":%s,\"clients\":%u}\n",
                          joined ? "connected" : "disconnected", id, self->n_peers);
  cli_print (line);
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Serve        *self)
{
  report_peers (self, peer, TRUE);
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      Serve        *self)
{
  report_peers (self, peer, FALSE);
}

static const char *
find_room (JsonNode *payload)
{
  JsonNode *room;

  if (payload == NULL || !JSON_NODE_HOLDS_OBJECT (payload))
    return NULL;
  room = json_object_get_member (json_node_get_object (payload), "room");
  if (room == NULL || json_node_get_value_type (room) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (room);
}

/* Sends a message with a room to the other members of that room, and any other back to its sender.
 * A message with an ID is a request, which expects an answer in both cases. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Serve         *self)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);
  const char *room = find_room (payload);
  g_autoptr (GError) error = NULL;
  gboolean sent = TRUE;

  if (room != NULL)
    sent = signal_server_send_to_room (server, room, event, payload, peer, &error);
  if (sent && signal_message_get_id (message) != NULL)
    sent = signal_server_reply (server, peer, message, payload, &error);
  else if (room == NULL)
    sent = signal_server_send_to_peer (server, peer, event, payload, &error);
  if (!sent)
    cli_error (_("Cannot forward a message: %s"), error->message);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  GMainLoop *loop = data;

  signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL);
  g_main_loop_quit (loop);
  g_main_loop_unref (loop);
}

static gboolean
on_stop_deadline (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
on_signal (int      number,
           gpointer data)
{
  Serve *self = data;

  self->exit_code = CLI_EXIT_SIGNAL + number;
  g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, STOP_SECONDS, on_stop_deadline,
                              g_main_loop_ref (self->loop), (GDestroyNotify) g_main_loop_unref);
  signal_server_stop_async (self->server, NULL, on_stopped, g_main_loop_ref (self->loop));
}

static SignalServer *
build_server (const ServeOptions *options)
{
  g_autoptr (SignalServer) server = signal_server_new ();

  g_object_set (server,
                "require-encryption", !options->no_encryption,
                "allowed-origins", options->allowed_origins,
                NULL);
  if (options->path != NULL)
    g_object_set (server, "path", options->path, NULL);
  if (options->ecdh_info != NULL)
    g_object_set (server, "ecdh-info", options->ecdh_info, NULL);
  if (options->certificate_file != NULL)
    {
      g_autoptr (GTlsCertificate) certificate =
        cli_tls_load_certificate (options->certificate_file, options->key_file);

      if (certificate == NULL)
        return NULL;
      g_object_set (server, "tls-certificate", certificate, NULL);
    }
  return g_steal_pointer (&server);
}

static void
print_address_json (Serve      *self,
                    const char *uri,
                    gboolean    with_token)
{
  g_autofree char *quoted_uri = cli_json_quote (uri);
  g_autofree char *token = cli_json_quote (with_token ? self->token : NULL);
  g_autofree char *line = g_strdup_printf (
    "{\"status\":\"listening\",\"uri\":%s,\"token\":%s}\n", quoted_uri, token);

  cli_print (line);
}

static void
print_address (Serve      *self,
               const char *uri,
               gboolean    with_token)
{
  g_autofree char *printable = cli_text_escape (uri);
  g_autofree char *text = g_strdup_printf (_("Listening on %s\n"), printable);

  cli_print (text);
  if (with_token)
    {
      g_autofree char *line = g_strdup_printf (_("Token: %s\n"), self->token);

      cli_print (line);
    }
}

static int
serve_run (Serve              *self,
           const ServeOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  gboolean generated = FALSE;

  self->token = cli_token_find (options->token_file, &error);
  if (self->token == NULL && error == NULL)
    {
      generated = TRUE;
      self->token = secret_token_new ();
    }
  if (self->token == NULL)
    {
      cli_error (_("Cannot get the token: %s"),
                 error != NULL ? error->message : _("the system provided no random data"));
      return error != NULL ? CLI_EXIT_USAGE : CLI_EXIT_FAILED;
    }
  self->server = build_server (options);
  if (self->server == NULL)
    return CLI_EXIT_FAILED;
  g_signal_connect (self->server, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (self->server, "peer-connected", G_CALLBACK (on_peer_connected), self);
  g_signal_connect (self->server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), self);
  g_signal_connect (self->server, "message", G_CALLBACK (on_message), self);
  self->loop = g_main_loop_new (NULL, FALSE);
  cli_signal_install_handler (on_signal, self);

  if (!signal_server_listen (self->server, options->address, (guint16) options->port, &error))
    {
      cli_error (_("Cannot listen on port %d: %s"), options->port, error->message);
      return cli_exit_code_from_error (error);
    }
  uri = signal_server_get_uri (self->server);
  if (self->json)
    print_address_json (self, uri, generated);
  else
    print_address (self, uri, generated);
  g_main_loop_run (self->loop);
  return self->exit_code;
}

int
cli_serve (char **args)
{
  g_auto (ServeOptions) options = { .port = DEFAULT_PORT };
  g_auto (Serve) self = { 0 };
  g_auto (GStrv) operands = NULL;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &options.port,
      N_("Listen on this port (default: 8080; 0: any free port)"), N_("PORT") },
    { "address", 'a', 0, G_OPTION_ARG_STRING, &options.address,
      N_("Listen on this address (default: loopback only)"), N_("ADDRESS") },
    { "path", 0, 0, G_OPTION_ARG_STRING, &options.path,
      N_("URL path (default: /ws)"), N_("PATH") },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options.token_file,
      N_("Read the token from the first line of FILE"), N_("FILE") },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &options.certificate_file,
      N_("Serve wss:// with the certificate and private key in FILE (PEM)"), N_("FILE") },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options.key_file,
      N_("Read the private key from FILE (PEM) instead"), N_("FILE") },
    { "ecdh-info", 0, 0, G_OPTION_ARG_STRING, &options.ecdh_info,
      N_("Key derivation text of the clients"), N_("TEXT") },
    { "allow-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.allowed_origins,
      N_("Also accept web pages of this origin, such as https://example.org"), N_("ORIGIN") },
    { "no-encryption", 0, 0, G_OPTION_ARG_NONE, &options.no_encryption,
      N_("Also accept clients that do not encrypt"), NULL },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.json,
      N_("Print one JSON object per line, also when a client connects or disconnects"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Runs a server for demonstrations and tests until "
                                           "interrupted with Ctrl-C."));
  g_option_context_set_description (context, _(
    "Clients must present the token of --token-file or SIGNAL_TOKEN; without either, a token\n"
    "is generated and printed. A message whose payload is an object with a string “room” is\n"
    "forwarded to all other clients in that room under the same event name, even if the\n"
    "sender is not in the room. Any other message is sent back to its sender. A message with\n"
    "an ID, which is a request, is answered with its own payload, also if it was forwarded.\n"
    "\n"
    "Exit status: 1 failure (port in use, …), 2 usage error, 130 Ctrl-C, 143 SIGTERM."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  operands = cli_arguments_parse (context, "", 0, args);
  if (operands == NULL)
    return CLI_EXIT_USAGE;
  if (options.port < 0 || options.port > G_MAXUINT16)
    {
      cli_error (_("Invalid port %d: use a number from 0 to 65535"), options.port);
      return CLI_EXIT_USAGE;
    }
  if (options.key_file != NULL && options.certificate_file == NULL)
    {
      cli_error (_("--tls-key requires --tls-certificate"));
      return CLI_EXIT_USAGE;
    }
  return serve_run (&self, &options);
}

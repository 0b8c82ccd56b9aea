/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "echo.h"

#include "signal-glib/websocket/signal-websocket-connect-private.h"
#include "signal-glib/websocket/signal-websocket-server-handshake-private.h"

/* The peer that Autobahn's test suite tests: a WebSocket server or client of the library that sends
 * back what it receives. It is run by tests/autobahn/run. */

static EchoPolicy policy = ECHO_DROPS_BAD_TEXT;

/* Server */

static void
on_server_closed (Echo       *echo,
                  guint16     code,
                  const char *reason,
                  gpointer    user_data)
{
  echo_free (echo);
}

static void
on_upgraded (SoupServerMessage *request,
             gpointer           user_data)
{
  G_GNUC_UNUSED g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (SignalWebsocket) websocket = signal_websocket_server_handshake_finish (request);

  if (websocket != NULL)
    echo_new (websocket, SOUP_WEBSOCKET_CONNECTION_SERVER, policy, on_server_closed, NULL);
}

static void
on_headers (SoupServerMessage *request,
            gpointer           user_data)
{
  guint status = signal_websocket_server_handshake_check (request);

  if (status != 0)
    signal_websocket_server_handshake_reject (request, status);
  else if (signal_websocket_server_handshake_accept (request))
    g_signal_connect (request, "wrote-informational", G_CALLBACK (on_upgraded), NULL);
}

static void
on_request (SoupServer        *soup,
            SoupServerMessage *request,
            gpointer           user_data)
{
  g_signal_connect (request, "got-headers", G_CALLBACK (on_headers), NULL);
}

/* Serves on a free port, which is printed, until the process is ended. */
static int
serve (void)
{
  g_autoptr (SoupServer) soup = soup_server_new (NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  g_signal_connect (soup, "request-started", G_CALLBACK (on_request), NULL);
  if (!soup_server_listen_local (soup, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  uris = soup_server_get_uris (soup);
  g_print ("%d\n", g_uri_get_port (uris->data));
  fflush (stdout);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

/* Client */

typedef struct
{
  GMainLoop       *loop;
  SignalWebsocket *websocket; /* that has been connected */
  GError          *error;
  guint            n_cases;
} Client;

static void
on_client_closed (Echo       *echo,
                  guint16     code,
                  const char *reason,
                  gpointer    user_data)
{
  Client *client = user_data;

  g_main_loop_quit (client->loop);
}

static void
on_count (SignalWebsocket *websocket,
          gboolean         is_text,
          const guint8    *data,
          gsize            length,
          gpointer         user_data)
{
  g_autofree char *text = g_strndup ((const char *) data, length);

  ((Client *) user_data)->n_cases = (guint) g_ascii_strtoull (text, NULL, 10);
}

static void
on_count_closed (SignalWebsocket *websocket,
                 guint16          code,
                 const char      *reason,
                 const GError    *error,
                 gpointer         user_data)
{
  g_main_loop_quit (((Client *) user_data)->loop);
}

static void
on_count_written (SignalWebsocket *websocket,
                  gpointer         user_data)
{
}

static const SignalWebsocketHandlers count_handlers = {
  .message = on_count,
  .closed = on_count_closed,
  .written = on_count_written,
};

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Client *client = user_data;
  guint retry_after;

  client->websocket = signal_websocket_connect_finish (result, &retry_after, &client->error);
  g_main_loop_quit (client->loop);
}

/* Connects to a page of Autobahn's server. Exits if that fails. */
static SignalWebsocket *
dial (Client     *client,
      const char *base,
      const char *page)
{
  g_autofree char *text = g_strconcat (base, page, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, &error);
  const SignalWebsocketConnectOptions options = { .uri = uri };

  if (uri == NULL)
    g_error ("%s: %s", text, error->message);
  signal_websocket_connect_async (&options, NULL, on_connected, client);
  g_main_loop_run (client->loop);
  if (client->error != NULL)
    g_error ("%s: %s", text, client->error->message);

  return g_steal_pointer (&client->websocket);
}

static void
count_cases (Client     *client,
             const char *base)
{
  g_autoptr (SignalWebsocket) websocket = dial (client, base, "/getCaseCount");

  signal_websocket_start (websocket, &count_handlers, client);
  g_main_loop_run (client->loop);
}

/* Sends back everything until the server closes the connection. */
static void
run_page (Client     *client,
          const char *base,
          const char *page)
{
  g_autoptr (SignalWebsocket) websocket = dial (client, base, page);
  g_autoptr (Echo) echo G_GNUC_UNUSED =
    echo_new (websocket, SOUP_WEBSOCKET_CONNECTION_CLIENT, policy, on_client_closed, client);

  g_main_loop_run (client->loop);
}

/* Runs all cases that Autobahn's server has, and has it write its report. */
static int
run_client (const char *base,
            const char *agent)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Client client = { .loop = loop };
  g_autofree char *update = g_strdup_printf ("/updateReports?agent=%s", agent);

  count_cases (&client, base);
  for (guint i = 1; i <= client.n_cases; i++)
    {
      g_autofree char *page = g_strdup_printf ("/runCase?case=%u&agent=%s", i, agent);

      run_page (&client, base, page);
    }
  run_page (&client, base, update);
  return EXIT_SUCCESS;
}

int
main (int   argc,
      char *argv[])
{
  gboolean closes = FALSE;
  const GOptionEntry entries[] = {
    { "close-bad-text", 0, 0, G_OPTION_ARG_NONE, &closes,
      "Close with 1007 after a text that is not UTF-8, instead of dropping it", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("server | client URL AGENT");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  policy = closes ? ECHO_CLOSES_BAD_TEXT : ECHO_DROPS_BAD_TEXT;
  if (argc == 2 && g_str_equal (argv[1], "server"))
    return serve ();
  if (argc == 4 && g_str_equal (argv[1], "client"))
    return run_client (argv[2], argv[3]);

  g_printerr ("%s", g_option_context_get_help (context, TRUE, NULL));
  return EXIT_FAILURE;
}

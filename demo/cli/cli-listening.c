/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-listening.h"

#include <glib/gi18n.h>

#include "cli-json.h"
#include "cli-output.h"
#include "cli-text.h"

static gboolean
print_json (const char *uri,
            const char *generated_token)
{
  g_autofree char *quoted_uri = cli_json_quote (uri);
  g_autofree char *token = cli_json_quote (generated_token);
  g_autofree char *line = g_strdup_printf (
    "{\"status\":\"listening\",\"uri\":%s,\"token\":%s}\n", quoted_uri, token);

  return cli_print (line);
}

/* @generated_token is %NULL if the token was given. Returns %FALSE if the output is lost, after printing an
 * error; without a token that was generated, clients cannot connect. */
gboolean
cli_listening_print (const char *uri,
                     const char *generated_token,
                     gboolean    json)
{
  g_autofree char *printable = cli_text_escape (uri);
  g_autofree char *text = g_strdup_printf (_("Listening on %s\n"), printable);

  if (json)
    return print_json (uri, generated_token);
  if (!cli_print (text))
    return FALSE;
  if (generated_token != NULL)
    {
      g_autofree char *line = g_strdup_printf (_("Token: %s\n"), generated_token);

      return cli_print (line);
    }
  return TRUE;
}

void
cli_listening_print_error (int           port,
                           gboolean      has_sockets,
                           const GError *error)
{
  if (has_sockets)
    cli_error (_("Cannot listen on the socket of systemd: %s"), error->message);
  else
    cli_error (_("Cannot listen on port %d: %s"), port, error->message);
}

/* Returns the state of the server for people, which is to be freed. */
char *
cli_listening_describe (guint64  n_peers,
                        gboolean is_stopping)
{
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, n_peers);

  return g_strdup_printf (is_stopping ? _("Disconnecting; clients left: %s") : _("Clients connected: %s"),
                          number);
}

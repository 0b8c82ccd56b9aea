/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-serve-options.h"

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-config.h"
#include "cli-monitor.h"
#include "cli-option-table.h"
#include "cli-output.h"

#define DEFAULT_PORT 8080
#define DEFAULT_MAX_PEERS 512
#define MAX_MAX_PEERS 1000000
#define MAX_WORKERS 256
#define MAX_DRAIN (24 * 60 * 60)
#define DEFAULT_DRAIN_EVENT "server-closing"

#define OPTION(name, letter, arg, member, description, value) \
  .entry = { (name), (letter), 0, (arg), NULL, (description), (value) }, \
  .offset = G_STRUCT_OFFSET (CliServeOptions, member)

static const CliOption table[] = {
  { OPTION ("port", 'p', G_OPTION_ARG_INT, port,
            N_("Listen on this port (default: 8080; 0: any free port)"), N_("PORT")),
    .maximum = G_MAXUINT16, .fallback = DEFAULT_PORT },
  { OPTION ("address", 'a', G_OPTION_ARG_STRING, address,
            N_("Listen on this address (default: loopback only)"), N_("ADDRESS")) },
  { OPTION ("path", 0, G_OPTION_ARG_STRING, path, N_("URL path (default: /ws)"), N_("PATH")) },
  { OPTION ("token-file", 0, G_OPTION_ARG_FILENAME, token_file,
            N_("Read the token from the first line of FILE"), N_("FILE")) },
  { OPTION ("tls-certificate", 0, G_OPTION_ARG_FILENAME, certificate_file,
            N_("Serve wss:// with the certificate and private key in FILE (PEM)"), N_("FILE")) },
  { OPTION ("tls-key", 0, G_OPTION_ARG_FILENAME, key_file,
            N_("Read the private key from FILE (PEM) instead"), N_("FILE")) },
  { OPTION ("ecdh-info", 0, G_OPTION_ARG_STRING, ecdh_info,
            N_("Key derivation text of the clients"), N_("TEXT")) },
  { OPTION ("allow-origin", 0, G_OPTION_ARG_STRING_ARRAY, allowed_origins,
            N_("Also accept web pages of this origin, such as https://example.org"), N_("ORIGIN")) },
  { OPTION ("no-encryption", 0, G_OPTION_ARG_NONE, no_encryption,
            N_("Also accept clients that do not encrypt"), NULL) },
  { OPTION ("max-peers", 0, G_OPTION_ARG_INT, max_peers,
            N_("Maximum number of clients (default: 512)"), N_("N")),
    .minimum = 1, .maximum = MAX_MAX_PEERS, .fallback = DEFAULT_MAX_PEERS },
  { OPTION ("workers", 0, G_OPTION_ARG_INT, workers,
            N_("Serve from N processes, which are started again if they end"), N_("N")),
    .maximum = MAX_WORKERS },
  { OPTION ("redis", 0, G_OPTION_ARG_STRING, bus.uri,
            N_("Be one of several servers that are joined by this Redis"), N_("URI")) },
  { OPTION ("channel-prefix", 0, G_OPTION_ARG_STRING, bus.channel_prefix,
            N_("Put TEXT before the names of all channels in Redis"), N_("TEXT")) },
  { OPTION ("redis-ca", 0, G_OPTION_ARG_FILENAME, bus.ca_file,
            N_("Trust the authorities in FILE (PEM) for rediss://, instead of the system's"), N_("FILE")) },
  { OPTION ("redis-certificate", 0, G_OPTION_ARG_FILENAME, bus.certificate_file,
            N_("Use the certificate and private key in FILE (PEM) for rediss://"), N_("FILE")) },
  { OPTION ("redis-key", 0, G_OPTION_ARG_FILENAME, bus.key_file,
            N_("Read this private key from FILE (PEM) instead"), N_("FILE")) },
  { OPTION ("drain", 0, G_OPTION_ARG_INT, drain,
            N_("Disconnect the clients over S seconds before exiting (default: 0)"), N_("S")),
    .maximum = MAX_DRAIN },
  { OPTION ("drain-event", 0, G_OPTION_ARG_STRING, drain_event,
            N_("Event that announces this to the clients (default: server-closing; empty: none)"),
            N_("EVENT")) },
  { OPTION ("monitor", 0, G_OPTION_ARG_STRING, monitor,
            N_("Serve /healthz and /metrics on this port (default: none), or address and port"),
            N_("[ADDRESS:]PORT")) },
  { OPTION ("json", 'j', G_OPTION_ARG_NONE, json,
            N_("Print one JSON object per line, also when a client connects or disconnects"), NULL) },
  { OPTION ("quiet", 'q', G_OPTION_ARG_NONE, quiet,
            N_("Do not report clients that connect or disconnect"), NULL) },
  { OPTION ("config", 0, G_OPTION_ARG_FILENAME, config_file,
            N_("Read options that are not on the command line from FILE"), N_("FILE")),
    .only_on_command_line = TRUE },
  { OPTION ("check-config", 0, G_OPTION_ARG_NONE, only_checks,
            N_("Check the options, and do not serve"), NULL),
    .only_on_command_line = TRUE },
  { .entry = G_OPTION_ENTRY_NULL }
};

void
cli_serve_options_clear (CliServeOptions *self)
{
  g_free (self->address);
  g_free (self->path);
  g_free (self->token_file);
  g_free (self->certificate_file);
  g_free (self->key_file);
  g_free (self->ecdh_info);
  g_strfreev (self->allowed_origins);
  cli_bus_options_clear (&self->bus);
  g_free (self->drain_event);
  g_free (self->monitor);
  g_free (self->config_file);
}

static gboolean
check_monitor (CliServeOptions *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  if (self->monitor == NULL)
    return TRUE;
  address = cli_monitor_parse_address (self->monitor, &error);
  if (address == NULL)
    cli_error ("%s", error->message);
  return address != NULL;
}

static gboolean
load_config (CliServeOptions *self)
{
  g_autoptr (GError) error = NULL;

  if (self->config_file == NULL || cli_config_load (self->config_file, table, self, &error))
    return TRUE;
  cli_error ("%s", error->message);
  return FALSE;
}

static gboolean
finish (CliServeOptions *self)
{
  if (!load_config (self) || !cli_option_table_finish (table, self) || !check_monitor (self))
    return FALSE;
  if (self->key_file != NULL && self->certificate_file == NULL)
    {
      cli_error (_("--tls-key requires --tls-certificate"));
      return FALSE;
    }
  if (self->bus.key_file != NULL && self->bus.certificate_file == NULL)
    {
      cli_error (_("--redis-key requires --redis-certificate"));
      return FALSE;
    }
  if (self->drain_event == NULL)
    self->drain_event = g_strdup (DEFAULT_DRAIN_EVENT);
  return TRUE;
}

/* Parses the arguments, or prints an error and returns %FALSE. */
gboolean
cli_serve_options_parse (CliServeOptions *self,
                         char           **args)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree GOptionEntry *entries = NULL;
  g_auto (GStrv) operands = NULL;

  cli_option_table_init (table, self);
  entries = cli_option_table_entries (table, self);
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
  return operands != NULL && finish (self);
}

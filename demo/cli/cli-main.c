/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>

#include <glib/gi18n.h>

#include "cli-commands.h"
#include "cli-output.h"
#include "cli-signal.h"

typedef struct
{
  const char *name;
  const char *summary;
  int (*run) (char **args);
} CliCommand;

static const CliCommand commands[] = {
  { "serve", N_("Run a server for demonstrations and tests"), cli_serve },
  { "listen", N_("Print incoming messages"), cli_listen },
  { "send", N_("Send messages"), cli_send },
  { "request", N_("Send one message and print the answer"), cli_request },
  { "chat", N_("Chat in a room, line by line"), cli_chat },
  { "emit", N_("Send messages to clients through Redis"), cli_emit },
};

static void
print_help (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append (text, _("Usage:\n  signal-glib COMMAND [OPTION…]\n\n"
                           "Encrypted real-time messages over a WebSocket.\n\nCommands:\n"));
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "  %-8s %s\n", commands[i].name, _(commands[i].summary));
  g_string_append (text, _("\nSee “signal-glib COMMAND --help” for the options of a command.\n"
                           "\n"
                           "Options:\n"
                           "  --help     Show this help\n"
                           "  --version  Show the version\n"
                           "\n"
                           "The token is read from --token-file, from the environment variable\n"
                           "SIGNAL_TOKEN, or from a prompt, never from the command line.\n"
                           "The URL can be left out if it is in the environment variable SIGNAL_URL,\n"
                           "and the URI of Redis if it is in SIGNAL_REDIS.\n"
                           "\n"
                           "Exit status:\n"
                           "  0    success\n"
                           "  1    failure: cannot connect, connection lost, …\n"
                           "  2    usage error, or no token given\n"
                           "  3    token rejected by the server\n"
                           "  4    request answered with an error\n"
                           "  5    time is over\n"
                           "  130  interrupted with Ctrl-C\n"
                           "  143  terminated by SIGTERM\n"));
  cli_print (text->str);
}

static const CliCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (g_str_equal (commands[i].name, name))
        return &commands[i];
    }
  return NULL;
}

int
main (int    argc,
      char **argv)
{
  g_auto (GStrv) args = g_strdupv (argv);
  const char *name = argc > 1 ? argv[1] : NULL;
  const CliCommand *command;
  g_autofree char *program = NULL;
  int exit_code;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, SIGNAL_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("signal-glib");
  cli_output_init ();

  if (name == NULL)
    {
      cli_error (_("No command given; try “signal-glib --help”"));
      return CLI_EXIT_USAGE;
    }
  if (g_str_equal (name, "--help") || g_str_equal (name, "-h"))
    {
      print_help ();
      return CLI_EXIT_OK;
    }
  if (g_str_equal (name, "--version"))
    {
      cli_print ("signal-glib " SIGNAL_VERSION "\n");
      return CLI_EXIT_OK;
    }

  command = find_command (name);
  if (command == NULL)
    {
      cli_error (_("Unknown command “%s”; try “signal-glib --help”"), name);
      return CLI_EXIT_USAGE;
    }

  program = g_strdup_printf ("signal-glib %s", name);
  g_set_prgname (program);
  exit_code = command->run (args + 1);
  if (exit_code > CLI_EXIT_SIGNAL)
    cli_signal_terminate (exit_code - CLI_EXIT_SIGNAL);
  return exit_code;
}

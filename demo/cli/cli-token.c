/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-token.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "demo/common/secret-token.h"
#include "cli-output.h"

#define TOKEN_MAX 65536

static volatile sig_atomic_t prompt_signal;

static void
on_prompt_signal (int number)
{
  prompt_signal = number;
}

static char *
read_token_file (const char *path,
                 GError    **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree char *token = NULL;

  if (stream == NULL)
    return NULL;
  /* A buffer of fixed size, in case the file is a device without end. */
  token = g_malloc0 (TOKEN_MAX + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), token, TOKEN_MAX, NULL, NULL, error))
    return NULL;

  token[strcspn (token, "\r\n")] = '\0';
  g_strstrip (token);
  if (*token == '\0' || !g_utf8_validate (token, -1, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("“%s” contains no token"), path);
      return NULL;
    }
  return g_steal_pointer (&token);
}

/* Returns the token from the file or the environment, or %NULL without an error if there is none. */
char *
cli_token_find (const char *token_file,
                GError    **error)
{
  const char *token = g_getenv ("SIGNAL_TOKEN");

  if (token_file != NULL)
    return read_token_file (token_file, error);
  if (token == NULL || *token == '\0')
    return NULL;
  if (!g_utf8_validate (token, -1, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _("SIGNAL_TOKEN is not valid UTF-8"));
      return NULL;
    }
  return g_strdup (token);
}

/* Returns the token from the file or the environment, or one that is generated, or prints an error, sets
 * @exit_code and returns %NULL. */
char *
cli_token_find_or_generate (const char  *token_file,
                            gboolean    *generated,
                            CliExitCode *exit_code)
{
  g_autoptr (GError) error = NULL;
  char *token = cli_token_find (token_file, &error);

  *generated = token == NULL && error == NULL;
  if (*generated)
    token = secret_token_new ();
  if (token != NULL)
    return token;
  *exit_code = error != NULL ? CLI_EXIT_USAGE : CLI_EXIT_FAILED;
  cli_error (_("Cannot get the token: %s"),
             error != NULL ? error->message : _("the system provided no random data"));
  return NULL;
}

/* Reads a line without echo. A signal interrupts the read, so that the echo is always restored. */
static char *
read_password (int fd)
{
  struct termios saved, without_echo;
  struct sigaction action = { .sa_handler = on_prompt_signal };
  struct sigaction old_sigint, old_sigterm;
  g_autofree char *line = g_malloc0 (TOKEN_MAX + 1);
  gssize length;

  if (tcgetattr (fd, &saved) != 0)
    return NULL;
  without_echo = saved;
  without_echo.c_lflag &= ~(tcflag_t) ECHO;
  sigaction (SIGINT, &action, &old_sigint);
  sigaction (SIGTERM, &action, &old_sigterm);
  tcsetattr (fd, TCSAFLUSH, &without_echo);

  length = dprintf (fd, "%s", _("Token: "));
  if (length > 0 && prompt_signal == 0)
    length = read (fd, line, TOKEN_MAX);
  dprintf (fd, "\n");

  tcsetattr (fd, TCSAFLUSH, &saved);
  sigaction (SIGINT, &old_sigint, NULL);
  sigaction (SIGTERM, &old_sigterm, NULL);
  if (length <= 0 || prompt_signal != 0)
    return NULL;
  g_strstrip (line);
  if (*line == '\0' || !g_utf8_validate (line, -1, NULL))
    return NULL;
  return g_steal_pointer (&line);
}

/* Returns the token from the file, the environment or a prompt on the terminal, or prints an error,
 * sets @exit_code and returns %NULL. */
char *
cli_token_get (const char  *token_file,
               CliExitCode *exit_code)
{
  g_autoptr (GError) error = NULL;
  char *token = cli_token_find (token_file, &error);
  int fd;

  if (token != NULL)
    return token;
  *exit_code = CLI_EXIT_USAGE;
  if (error != NULL)
    {
      cli_error (_("Cannot get the token: %s"), error->message);
      return NULL;
    }

  /* Not standard input, which can have the message. */
  fd = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0)
    {
      token = read_password (fd);
      close (fd);
    }
  if (token == NULL && prompt_signal != 0)
    *exit_code = 128 + prompt_signal;
  else if (token == NULL)
    cli_error (_("No token given; use --token-file, or set SIGNAL_TOKEN"));
  return token;
}

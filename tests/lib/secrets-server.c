/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "secrets-server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mock-server.h"

#include "signal-glib/crypto/signal-hkdf-private.h"

/* Completes a handshake on command, and prints the secrets of the connection. */

static GPtrArray *arrivals; /* MockPeer */

static void
print_masked (const char *word,
              guint8     *bytes,
              gsize       length)
{
  needle_mask (bytes, length);
  printf ("%s ", word);
  for (gsize i = 0; i < length; i++)
    printf ("%02x", bytes[i]);
  printf ("\n");
}

static void
on_authenticate (MockPeer *peer)
{
  g_ptr_array_add (arrivals, peer);
  printf ("arrived\n");
}

static void
complete_handshake (MockPeer *peer)
{
  guint8 x[SIGNAL_ECDH_SCALAR_SIZE], key[SIGNAL_AEAD_KEY_SIZE];

  g_assert_true (signal_ecdh_key_pair_agree (peer->key_pair, peer->client_key,
                                             sizeof peer->client_key, x, NULL));
  signal_hkdf_sha256 (x, sizeof x, peer->salt, sizeof peer->salt,
                             (const guint8 *) TEST_INFO, strlen (TEST_INFO), key, sizeof key);
  print_masked ("shared", x, sizeof x);
  print_masked ("key", key, sizeof key);
  mock_peer_send_connected (peer);
}

static gboolean
on_command (GIOChannel   *commands,
            GIOCondition  condition,
            gpointer      user_data)
{
  MockPeer *peer = arrivals->len > 0 ? arrivals->pdata[arrivals->len - 1] : NULL;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (commands, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    {
      *(gboolean *) user_data = TRUE;
      return G_SOURCE_REMOVE;
    }

  if (g_str_equal (line, "complete\n"))
    complete_handshake (peer);
  else if (g_str_equal (line, "cut\n"))
    mock_peer_shut_down (peer);
  return G_SOURCE_CONTINUE;
}

/* Runs until its standard input is closed. @files are those of a certificate and its key, or none
 * for no TLS. */
int
secrets_server_main (char **files)
{
  g_autoptr (GTlsCertificate) certificate =
    files[0] != NULL ? g_tls_certificate_new_from_files (files[0], files[1], NULL) : NULL;
  g_autoptr (MockServer) server = mock_server_new_tls (certificate);
  g_autoptr (GIOChannel) commands = g_io_channel_unix_new (STDIN_FILENO);
  gboolean is_over = FALSE;

  setvbuf (stdout, NULL, _IOLBF, 0);
  arrivals = g_ptr_array_new ();
  server->respond = on_authenticate;
  printf ("uri %s\n", server->uri);
  g_io_add_watch (commands, G_IO_IN | G_IO_HUP, on_command, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_ptr_array_unref (arrivals);
  return 0;
}

/* The test's end: starts the server process and communicates with it. */

struct _SecretsServer
{
  GSubprocess      *process;
  GDataInputStream *answers;
  char             *answer;
  gboolean          is_answered;
};

/* @identity is used for TLS, or NULL for none. */
SecretsServer *
secrets_server_new (Identity *identity)
{
  SecretsServer *self = g_new0 (SecretsServer, 1);
  g_autoptr (GError) error = NULL;
  const char *argv[] = {
    "/proc/self/exe", "--server",
    identity != NULL ? identity->file : NULL, identity != NULL ? identity->key_file : NULL, NULL,
  };

  self->process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE
                                     | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  return self;
}

static void
on_over (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

void
secrets_server_free (SecretsServer *self)
{
  gboolean is_over = FALSE;

  g_output_stream_close (g_subprocess_get_stdin_pipe (self->process), NULL, NULL);
  g_subprocess_wait_check_async (self->process, NULL, on_over, &is_over);
  WAIT_UNTIL (is_over);
  g_object_unref (self->answers);
  g_object_unref (self->process);
  g_free (self);
}

void
secrets_server_command (SecretsServer *self,
                        const char    *line)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->process), line,
                             strlen (line), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  SecretsServer *self = user_data;

  self->answer = g_data_input_stream_read_line_finish (self->answers, result, NULL, NULL);
  self->is_answered = TRUE;
}

/* Waits for a line that begins with the word, and returns the rest of it. */
char *
secrets_server_wait (SecretsServer *self,
                     const char    *word)
{
  g_autofree char *line = NULL;

  self->is_answered = FALSE;
  g_data_input_stream_read_line_async (self->answers, G_PRIORITY_DEFAULT, NULL, on_answer, self);
  WAIT_UNTIL (self->is_answered);
  line = g_steal_pointer (&self->answer);
  g_assert_nonnull (line);
  g_assert_true (g_str_has_prefix (line, word));
  return g_strdup (line + strlen (word) + (line[strlen (word)] == ' '));
}

/* Waits for the secret with this name. */
void
secrets_server_wait_needle (SecretsServer *self,
                            Needle        *needle)
{
  g_autofree char *hex = secrets_server_wait (self, needle->name);

  needle->length = strlen (hex) / 2;
  for (gsize i = 0; i < needle->length; i++)
    needle->masked[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4
                                  | g_ascii_xdigit_value (hex[2 * i + 1]));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "cli-exit-code.h"
#include "cli-output.h"
#include "cli-session.h"
#include "cli-signal.h"
#include "cli-tls.h"
#include "cli-trace.h"

#define CLOSE_SECONDS 6

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      data)
{
  GMainLoop *loop = data;

  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL);
  g_main_loop_quit (loop);
  g_main_loop_unref (loop);
}

static gboolean
on_close_deadline (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* Disconnects and ends cli_session_run(), which returns @exit_code. Later calls have no effect. */
void
cli_session_stop (CliSession *self,
                  int         exit_code)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  self->exit_code = exit_code;
  cli_trace_sample ();
  cli_status_set_disconnecting ();
  g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, CLOSE_SECONDS, on_close_deadline,
                              g_main_loop_ref (self->loop), (GDestroyNotify) g_main_loop_unref);
  signal_client_disconnect_async (self->client, NULL, on_disconnect_done,
                                  g_main_loop_ref (self->loop));
}

/* Prints each hint once rather than at each attempt. */
static void
print_hints (CliSession   *self,
             const GError *error)
{
  if (error->domain != G_TLS_ERROR
      && !g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED))
    return;
  cli_tls_print_hints (self->tls_errors & ~self->tls_hints_printed, self->has_ca_file);
  self->tls_hints_printed |= self->tls_errors;
}

void
cli_session_fail (CliSession   *self,
                  const GError *error)
{
  if (self->stopping)
    return;
  cli_error ("%s", error->message);
  print_hints (self, error);
  cli_session_stop (self, cli_exit_code_from_error (error));
}

/* Reports that the message or the request for which the program runs has failed. */
void
cli_session_fail_operation (CliSession   *self,
                            const GError *error)
{
  const GError *cause = signal_client_get_last_error (self->client);

  if (self->stopping)
    return;
  if (cause != NULL && g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED))
    {
      cli_session_fail (self, cause);
      return;
    }
  cli_error ("%s", error->message);
  cli_session_stop (self, cli_exit_code_from_operation (error));
}

static void
on_connect_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr (GError) error = NULL;

  CliSession *self = data;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error))
    cli_session_fail (self, error);
  else if (self->stop_when_connected)
    cli_session_stop (self, CLI_EXIT_OK);
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              CliSession   *self)
{
  g_object_set (client, "max-retries", self->max_retries, NULL);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 CliSession   *self)
{
  if (error != NULL)
    cli_session_fail (self, error);
}

static void
on_error (SignalClient *client,
          const GError *error,
          CliSession   *self)
{
  if (self->stopping)
    return;
  cli_error (_("Warning: %s"), error->message);
  print_hints (self, error);
}

/* Rejects the certificate, but records the errors. */
static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       CliSession           *self)
{
  self->tls_errors = errors;
  return FALSE;
}

/* Terminates by the signal, even if the program was about to exit with another code. */
static void
on_signal (int      number,
           gpointer data)
{
  CliSession *self = data;

  cli_session_stop (self, 0);
  self->exit_code = CLI_EXIT_SIGNAL + number;
}

/* @retry_first: whether to retry if the first attempt fails */
void
cli_session_init (CliSession       *self,
                  SignalClient     *client,
                  const CliOptions *options,
                  gboolean          retry_first)
{
  *self = (CliSession) {
    .client = g_object_ref (client),
    .loop = g_main_loop_new (NULL, FALSE),
    .max_retries = options->max_retries < 0 ? G_MAXUINT : (guint) options->max_retries,
    .quiet = options->quiet,
    .has_ca_file = options->ca_file != NULL,
  };
  g_object_set (client, "max-retries", retry_first ? self->max_retries : 0, NULL);
  g_signal_connect (client, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (client, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (client, "error", G_CALLBACK (on_error), self);
  g_signal_connect (client, "accept-certificate", G_CALLBACK (on_accept_certificate), self);
  cli_signal_install_handler (on_signal, self);
}

void
cli_session_clear (CliSession *self)
{
  if (self->client != NULL)
    g_signal_handlers_disconnect_by_data (self->client, self);
  cli_signal_remove_handler ();
  cli_status_stop ();
  g_clear_object (&self->client);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}

void
cli_session_start (CliSession    *self,
                   const char    *token,
                   CliStatusMode  mode)
{
  cli_status_start (self->client, self->quiet ? CLI_STATUS_NONE : mode);
  signal_client_connect_async (self->client, token, NULL, on_connect_done, self);
}

int
cli_session_run (CliSession *self)
{
  g_main_loop_run (self->loop);
  cli_status_finish (self->exit_code == CLI_EXIT_OK ? self->result : NULL);
  return self->exit_code;
}

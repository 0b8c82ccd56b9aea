/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>

#include "application.h"
#include "tests/histories/history.h"

/* An embedded server as a process. */

static GMainLoop *loop;

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL);
  g_main_loop_quit (loop);
}

static gboolean
on_terminate (gpointer server)
{
  signal_server_stop_async (server, NULL, on_stopped, NULL);
  return G_SOURCE_REMOVE;
}

static void
set_uint (SignalServer *server,
          const char   *property,
          const char   *variable)
{
  const char *value = g_getenv (variable);

  if (value != NULL)
    g_object_set (server, property, (guint) g_ascii_strtoull (value, NULL, 10), NULL);
}

static void
configure (SignalServer *server)
{
  const char *certificate_file = g_getenv ("TLS_CERTIFICATE");
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  set_uint (server, "auth-timeout", "AUTH_TIMEOUT");
  set_uint (server, "heartbeat-timeout", "HEARTBEAT_TIMEOUT");
  g_object_set (server,
                "require-encryption", g_strcmp0 (g_getenv ("ENCRYPTION"), "none") != 0,
                NULL);
  if (certificate_file != NULL)
    {
      certificate = g_tls_certificate_new_from_file (certificate_file, &error);
      g_assert_no_error (error);
      g_object_set (server, "tls-certificate", certificate, NULL);
    }
}

int
main (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;

  history_open ();
  loop = g_main_loop_new (NULL, FALSE);
  configure (server);
  application_attach (server, g_getenv ("NAME"));
  g_unix_signal_add (SIGTERM, on_terminate, server);

  signal_server_listen (server, NULL, g_ascii_strtoull (g_getenv ("PORT"), NULL, 10), &error);
  g_assert_no_error (error);
  g_print ("listening\n");
  g_main_loop_run (loop);

  g_main_loop_unref (loop);
  return 0;
}

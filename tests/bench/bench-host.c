/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-host.h"

#include <stdlib.h>

#include "bench-child.h"
#include "bench-wait.h"

#define MAX_FRAME (64 * 1024 * 1024)

static char *
take_word (char **words,
           guint  index)
{
  return g_strv_length (words) <= index || g_str_equal (words[index], "-") ? NULL
                                                                           : g_strdup (words[index]);
}

/* @program prints its ws:// and wss:// URI, the file of its certificate, and the URI of an echo
 * server without the library, each of them - if it has none. */
BenchHost *
bench_host_start (const char  *program,
                  GError     **error)
{
  g_autoptr (BenchHost) self = g_new0 (BenchHost, 1);
  g_autofree char *line = NULL;
  g_auto (GStrv) words = NULL;

  self->child = bench_child_start (program, NULL, &line, error);
  if (self->child == NULL)
    return NULL;

  words = g_strsplit (line, " ", -1);
  self->uris[BENCH_WS] = take_word (words, 0);
  self->uris[BENCH_WSS] = take_word (words, 1);
  self->ca_file = take_word (words, 2);
  self->soup = take_word (words, 3);
  if (self->ca_file != NULL)
    {
      self->database = g_tls_file_database_new (self->ca_file, error);
      if (self->database == NULL)
        return NULL;
    }

  return g_steal_pointer (&self);
}

void
bench_host_free (BenchHost *self)
{
  if (self->child != NULL)
    bench_child_stop (self->child);
  g_clear_object (&self->child);
  g_clear_object (&self->database);
  for (guint i = 0; i < BENCH_N_SCHEMES; i++)
    g_free (self->uris[i]);
  g_free (self->ca_file);
  g_free (self->soup);
  g_free (self);
}

SignalClient *
bench_host_new_client (BenchHost  *self,
                       const char *uri)
{
  return g_object_new (SIGNAL_TYPE_CLIENT,
                       "server-url", uri,
                       "tls-database", self->database,
                       "max-retries", 0,
                       "max-incoming-size", (guint64) MAX_FRAME,
                       NULL);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error))
    bench_wait_done (user_data);
  else
    bench_wait_fail (user_data, error);
}

/* Adds @count connected clients, all at once. */
gboolean
bench_host_connect (BenchHost   *self,
                    const char  *uri,
                    GPtrArray   *clients,
                    guint        count,
                    GError     **error)
{
  g_auto (BenchWait) wait;

  bench_wait_init (&wait);
  for (guint i = 0; i < count; i++)
    {
      SignalClient *client = bench_host_new_client (self, uri);

      signal_client_connect_async (client, "bench", NULL, on_connected, &wait);
      g_ptr_array_add (clients, client);
    }

  return bench_wait_run (&wait, count, "connected", error);
}

static void
on_echo (SignalClient  *client,
         SignalMessage *message,
         gpointer       user_data)
{
  bench_wait_done (user_data);
}

/* Waits until the server has handled previous requests of the clients, such as joining rooms. */
gboolean
bench_host_settle (GPtrArray  *clients,
                   GError    **error)
{
  g_auto (BenchWait) wait;
  gboolean done = TRUE;

  bench_wait_init (&wait);
  for (guint i = 0; i < clients->len; i++)
    {
      g_signal_connect (clients->pdata[i], "message::echo", G_CALLBACK (on_echo), &wait);
      done = done && signal_client_send_json (clients->pdata[i], "echo", NULL, error);
    }

  done = done && bench_wait_run (&wait, clients->len, "been answered", error);
  for (guint i = 0; i < clients->len; i++)
    g_signal_handlers_disconnect_by_func (clients->pdata[i], on_echo, &wait);

  return done;
}

static void
on_disconnected (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL);
  bench_wait_done (user_data);
}

/* Waits until the socket is closed. */
gboolean
bench_host_disconnect (SignalClient  *client,
                       GError       **error)
{
  g_auto (BenchWait) wait;

  bench_wait_init (&wait);
  signal_client_disconnect_async (client, NULL, on_disconnected, &wait);
  return bench_wait_run (&wait, 1, "disconnected", error);
}

/* The processor time that the server has used, or 0 if that is not available. */
gint64
bench_host_get_cpu_ns (BenchHost *self)
{
  clockid_t clock;

  if (clock_getcpuclockid (atoi (g_subprocess_get_identifier (self->child)), &clock) != 0)
    return 0;
  return bench_clock_read (clock);
}

const char *
bench_scheme_get_name (BenchScheme scheme)
{
  return scheme == BENCH_WSS ? "wss" : "ws";
}

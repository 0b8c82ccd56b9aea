/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include <signal-glib/signal-glib.h>

#include "bench-limit.h"
#include "bench-lines.h"
#include "bench-wait.h"

/* Clients that come back after a server has ended, for bench-comeback.py:
 * bench-returners CLIENTS URI OTHER-URI. Connects all to the first URI, and prints a line of JSON. Then
 * each line of standard input is answered with the state of those that have lost their connection. */

/* Handshakes at a time, in this process. */
#define AT_ONCE 2

typedef struct
{
  const char *uri;
  const char *other_uri;
  GPtrArray  *clients;
  guint       n_clients;
  guint       n_authenticated; /* before the server ends */
  guint       n_back;
  guint       n_retries;
  guint       n_stopped;
  gint64      last;            /* the time when the last one was authenticated */
  BenchWait   wait;
} Returners;

static void
on_connected (SignalClient *client,
              const char   *client_id,
              gpointer      user_data)
{
  Returners *self = user_data;

  self->last = bench_clock_read (CLOCK_MONOTONIC);
  if (self->n_authenticated == self->n_clients)
    self->n_back++;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 gpointer      user_data)
{
  Returners *self = user_data;

  self->n_retries++;
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 gpointer      user_data)
{
  Returners *self = user_data;

  self->n_stopped++;
}

static void connect_next (Returners *self);

static void
on_ready (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Returners *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error))
    {
      bench_wait_fail (&self->wait, error);
      return;
    }

  self->n_authenticated++;
  connect_next (self);
  bench_wait_done (&self->wait);
}

static void
connect_next (Returners *self)
{
  const char *others[] = { self->other_uri, NULL };
  SignalClient *client;

  if (self->clients->len == self->n_clients)
    return;

  client = g_object_new (SIGNAL_TYPE_CLIENT, "server-url", self->uri, "server-urls", others, NULL);
  g_signal_connect (client, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (client, "reconnecting", G_CALLBACK (on_reconnecting), self);
  g_signal_connect (client, "disconnected", G_CALLBACK (on_disconnected), self);
  g_ptr_array_add (self->clients, client);
  signal_client_connect_async (client, "bench", NULL, on_ready, self);
}

static void
print_state (Returners *self)
{
  printf ("{\"authenticated\":%u,\"back\":%u,\"retries\":%u,\"stopped\":%u,\"last_ns\":%" G_GINT64_FORMAT
          ",\"cpu_ns\":%" G_GINT64_FORMAT "}\n", self->n_authenticated, self->n_back, self->n_retries,
          self->n_stopped, self->last, bench_clock_read (CLOCK_PROCESS_CPUTIME_ID));
  fflush (stdout);
}

static gboolean
run (Returners *self,
     GError   **error)
{

  for (guint i = 0; i < AT_ONCE; i++)
    connect_next (self);
  if (!bench_wait_run (&self->wait, self->n_clients, "connected", error))
    return FALSE;

  print_state (self);
  for (;;)
    {
      g_autofree char *line = bench_lines_read ();

      if (line == NULL)
        return TRUE;
      print_state (self);
    }
}

int
main (int    argc,
      char **argv)
{
  Returners self = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (argc != 4)
    {
      g_printerr ("usage: %s CLIENTS URI OTHER-URI\n", argv[0]);
      return 2;
    }

  bench_limit_raise_files ();
  self.n_clients = g_ascii_strtoull (argv[1], NULL, 10);
  self.uri = argv[2];
  self.other_uri = argv[3];
  self.clients = g_ptr_array_new_with_free_func (g_object_unref);
  bench_wait_init (&self.wait);
  done = run (&self, &error);
  if (!done)
    g_printerr ("%s\n", error->message);

  g_ptr_array_unref (self.clients);
  bench_wait_clear (&self.wait);
  return done ? 0 : 1;
}

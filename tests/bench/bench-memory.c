/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <signal-glib/signal-glib.h>

#include "bench-child.h"
#include "bench-report.h"

/* What one more idle client costs: the growth of this process, in which there are only clients; the
 * server is another. */

/* So many at once: the heap's high-water mark is that of the first of them. */
#define BATCH 10
#define SETTLE_MS 300
#define DEADLINE_S 60

typedef struct
{
  double rss;
  double dirty;
} Memory; /* KiB */

typedef struct
{
  GMainLoop *loop;
  guint pending;
  GError *error;
} Wait;

static char *server_path;
static char *output_path;
static int n_clients = 200;

static const GOptionEntry options[] = {
  { "server", 0, 0, G_OPTION_ARG_FILENAME, &server_path, "The program bench-server", "PATH" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output_path, "Where to write JSON", "FILE" },
  { "clients", 0, 0, G_OPTION_ARG_INT, &n_clients, "How many to connect (200)", "N" },
  { NULL }
};

static gboolean
read_memory (Memory  *memory,
             GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, error))
    return FALSE;

  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      sscanf (*line, "Rss: %lf", &memory->rss);
      sscanf (*line, "Private_Dirty: %lf", &memory->dirty);
    }

  return TRUE;
}

static gboolean
on_timeout (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static void
run_for (GMainLoop *loop,
         guint      milliseconds)
{
  guint timeout = g_timeout_add (milliseconds, on_timeout, loop);

  g_main_loop_run (loop);
  g_source_remove (timeout);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Wait *wait = user_data;
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error) && wait->error == NULL)
    wait->error = g_steal_pointer (&error);
  if (--wait->pending == 0 || wait->error != NULL)
    g_main_loop_quit (wait->loop);
}

static gboolean
connect_some (GPtrArray   *clients,
              const char  *uri,
              guint        count,
              GError     **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Wait wait = { .loop = loop, .pending = count };

  for (guint i = 0; i < count; i++)
    {
      SignalClient *client = g_object_new (SIGNAL_TYPE_CLIENT,
                                           "server-url", uri,
                                           "max-retries", 0,
                                           NULL);

      signal_client_connect_async (client, "bench", NULL, on_connected, &wait);
      g_ptr_array_add (clients, client);
    }

  run_for (loop, DEADLINE_S * 1000);
  if (wait.error != NULL)
    g_propagate_error (error, wait.error);
  else if (wait.pending > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%u clients are not connected after %d s",
                 wait.pending, DEADLINE_S);
  else
    run_for (loop, SETTLE_MS);

  return wait.error == NULL && wait.pending == 0;
}

static gboolean
report (const Memory  *before,
        const Memory  *after,
        GError       **error)
{
  const struct { const char *name; double kib; } rows[] = {
    { "rss_kib", (after->rss - before->rss) / n_clients },
    { "private_dirty_kib", (after->dirty - before->dirty) / n_clients },
  };
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  bench_report_begin (builder, "memory");
  printf ("Memory per further idle client, of %d, in KiB\n\n", n_clients);
  json_builder_set_member_name (builder, "clients");
  json_builder_add_int_value (builder, n_clients);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      printf ("%-20s %8.1f\n", rows[i].name, rows[i].kib);
      json_builder_set_member_name (builder, rows[i].name);
      json_builder_add_double_value (builder, rows[i].kib);
    }

  return bench_report_finish (builder, output_path, error);
}

static gboolean
measure (GError **error)
{
  g_autofree char *uri = NULL;
  g_autoptr (GSubprocess) server = bench_child_start (server_path, &uri, error);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  Memory before = { 0 }, after = { 0 };
  gboolean done;

  if (server == NULL)
    return FALSE;

  done = connect_some (clients, uri, BATCH, error) && read_memory (&before, error);
  for (int left = n_clients; left > 0 && done; left -= BATCH)
    done = connect_some (clients, uri, MIN (left, BATCH), error);
  done = done && read_memory (&after, error);
  bench_child_stop (server);

  return done && report (&before, &after, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  if (server_path == NULL || n_clients < 1)
    {
      g_printerr ("--server is missing, or --clients is not at least 1\n");
      return 2;
    }

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }

  if (!measure (&error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}

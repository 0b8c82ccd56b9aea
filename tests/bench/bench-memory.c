/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "bench-limit.h"
#include "bench-main.h"
#include "bench-report.h"
#include "bench-wait.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The memory of an additional idle client: the growth of this process, which has clients only, and
 * of the server's. All clients stay, so that freed memory is not reused by others. */

/* Connected at once, which determines the high-water mark of the heap. */
#define BATCH 10
#define SETTLE_MS 300

/* Open files other than those of the clients. */
#define SPARE_FILES 64

#define ROOM_CLIENTS 100
#define ROOMS_EACH 100

/* The number of clients after each step. The first step includes all one-time allocations. */
static const guint steps[] = { 1, 11, 100, 1000 };

/* A TLS handshake takes many milliseconds. */
#define MOST_WITH_TLS 100

typedef struct
{
  double rss;   /* in KiB, like the other two */
  double dirty;
  double heap;  /* in use by this process, or 0 if that is not available */
  double server;
} Memory;

static gboolean
read_smaps (const char  *pid,
            double      *rss,
            double      *dirty,
            GError     **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/smaps_rollup", pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;

  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      sscanf (*line, "Rss: %lf", rss);
      sscanf (*line, "Private_Dirty: %lf", dirty);
    }

  return TRUE;
}

static double
read_heap (void)
{
#if defined (__GLIBC__) && __GLIBC_PREREQ (2, 33)
  struct mallinfo2 info = mallinfo2 ();

  return (info.uordblks + info.hblkhd) / 1024.0;
#else
  return 0;
#endif
}

static gboolean
read_memory (BenchHost  *host,
             Memory     *memory,
             GError    **error)
{
  double server_rss;

  memory->heap = read_heap ();
  return read_smaps ("self", &memory->rss, &memory->dirty, error)
         && read_smaps (g_subprocess_get_identifier (host->child), &server_rss, &memory->server,
                        error);
}

static gboolean
grow (BenchHost   *host,
      const char  *uri,
      GPtrArray   *clients,
      guint        count,
      GError     **error)
{
  g_auto (BenchWait) wait;

  for (guint left = count; left > 0; left -= MIN (left, BATCH))
    if (!bench_host_connect (host, uri, clients, MIN (left, BATCH), error))
      return FALSE;

  bench_wait_init (&wait);
  bench_wait_for (&wait, SETTLE_MS);
  return TRUE;
}

/* Per additional client, between two measurements. */
static Memory
divide (const Memory *before,
        const Memory *after,
        double        count)
{
  return (Memory) {
    (after->rss - before->rss) / count,
    (after->dirty - before->dirty) / count,
    (after->heap - before->heap) / count,
    (after->server - before->server) / count,
  };
}

static void
report (BenchContext *context,
        const char   *what,
        const Memory *each)
{
  JsonBuilder *builder = context->builder;

  printf ("%-32s %10.1f %10.1f %10.1f %10.1f\n", what, each->rss, each->dirty, each->heap,
          each->server);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "what");
  json_builder_add_string_value (builder, what);
  bench_json_add (builder, "rss_kib", each->rss);
  bench_json_add (builder, "private_dirty_kib", each->dirty);
  bench_json_add (builder, "heap_kib", each->heap);
  bench_json_add (builder, "server_private_dirty_kib", each->server);
  json_builder_end_object (builder);
}

static void
report_step (BenchContext *context,
             BenchScheme   scheme,
             guint         from,
             guint         to,
             const Memory *each)
{
  const char *name = bench_scheme_get_name (scheme);
  g_autofree char *what = from + 1 == to
                          ? g_strdup_printf ("%s, client %u", name, to)
                          : g_strdup_printf ("%s, each of clients %u to %u", name, from + 1, to);
  g_autofree char *row = g_strdup_printf ("memory per idle client, %s", what);

  report (context, what, each);

  /* A few pages for a few clients are noise, and the first step includes the initialization of
   * libraries. */
  if (to - from < 50)
    return;

  bench_table_add (&context->table, row, "KiB", each->dirty, BENCH_LESS_IS_BETTER, 64, 32);
  bench_table_add_point (&context->table, "memory per idle client", name, "clients", "KiB",
                         to, each->dirty);
}

static gboolean
measure_clients (BenchContext  *context,
                 BenchScheme    scheme,
                 GPtrArray     *clients,
                 guint          most,
                 GError       **error)
{
  Memory before, after;

  if (!read_memory (context->host, &before, error))
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      guint from = i == 0 ? 0 : steps[i - 1];
      Memory each;

      if (steps[i] > most)
        {
          printf ("%s, %u clients: skipped\n", bench_scheme_get_name (scheme), steps[i]);
          break;
        }

      if (!grow (context->host, context->host->uris[scheme], clients, steps[i] - from, error)
          || !read_memory (context->host, &after, error))
        return FALSE;

      each = divide (&before, &after, steps[i] - from);
      report_step (context, scheme, from, steps[i], &each);
      before = after;
    }

  return TRUE;
}

static gboolean
join (GPtrArray  *clients,
      guint       count,
      GError    **error)
{
  g_auto (GStrv) rooms = g_new0 (char *, ROOMS_EACH + 1);

  for (guint i = 0; i < ROOMS_EACH; i++)
    rooms[i] = g_strdup_printf ("a room like %u others", i);
  for (guint i = 0; i < count; i++)
    if (!signal_client_join_rooms (clients->pdata[i], (const char * const *) rooms, error))
      return FALSE;

  return bench_host_settle (clients, error);
}

static gboolean
measure_rooms (BenchContext  *context,
               GPtrArray     *clients,
               GError       **error)
{
  guint count = MIN (clients->len, ROOM_CLIENTS);
  g_autofree char *what = g_strdup_printf ("%d rooms, each of %u clients", ROOMS_EACH, count);
  Memory before, after, each;

  if (!bench_host_settle (clients, error)
      || !read_memory (context->host, &before, error)
      || !join (clients, count, error)
      || !read_memory (context->host, &after, error))
    return FALSE;

  each = divide (&before, &after, count);
  report (context, what, &each);
  return TRUE;
}

static gboolean
measure_schemes (BenchContext  *context,
                 GPtrArray     *clients,
                 GError       **error)
{
  guint files = bench_limit_raise_files ();
  guint most = files > SPARE_FILES + MOST_WITH_TLS ? files - SPARE_FILES - MOST_WITH_TLS : 0;

  if (!measure_clients (context, BENCH_WS, clients, most, error))
    return FALSE;
  if (context->host->uris[BENCH_WSS] != NULL
      && !measure_clients (context, BENCH_WSS, clients, MOST_WITH_TLS, error))
    return FALSE;

  return clients->len == 0 || measure_rooms (context, clients, error);
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean done;

  printf ("Memory for one more idle client, in KiB\n\n%-32s %10s %10s %10s %10s\n", "",
          "RSS", "dirty", "heap", "server");
  json_builder_set_member_name (context->builder, "rows");
  json_builder_begin_array (context->builder);
  done = measure_schemes (context, clients, error);
  json_builder_end_array (context->builder);

  return done;
}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, "memory", measure);
}

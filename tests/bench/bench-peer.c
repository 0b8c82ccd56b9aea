/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-peer.h"

#include <string.h>

#include <json-glib/json-glib.h>

#define DEADLINE_S 90

/* Programs in other languages get one message for each eight of the others, so that they take about
 * as long. */
#define DIVISOR 8

struct _BenchPeer
{
  BenchContender contender;
  GSubprocess *process;
  GDataInputStream *answers;
};

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  char *line;
  GError *error;
} Answer;

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Answer *self = user_data;

  self->line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL,
                                                     &self->error);
  g_main_loop_quit (self->loop);
}

static gboolean
on_deadline (gpointer user_data)
{
  Answer *self = user_data;

  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_CONTINUE;
}

static char *
read_answer (BenchPeer  *self,
             GError    **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { loop, cancellable, NULL, NULL };
  guint deadline = g_timeout_add_seconds (DEADLINE_S, on_deadline, &answer);

  g_data_input_stream_read_line_async (self->answers, G_PRIORITY_DEFAULT, cancellable, on_line,
                                       &answer);
  g_main_loop_run (loop);
  g_source_remove (deadline);

  if (answer.error != NULL)
    g_propagate_error (error, answer.error);
  else if (answer.line == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The program has ended");

  return answer.line;
}

static gboolean
parse_answer (const char   *text,
              BenchSample  *sample,
              GError      **error)
{
  g_autoptr (JsonNode) node = json_from_string (text, error);
  JsonObject *object;

  if (node == NULL)
    return FALSE;

  object = json_node_get_object (node);
  if (json_object_has_member (object, "error"))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           json_object_get_string_member (object, "error"));
      return FALSE;
    }

  sample->cpu_ns = json_object_get_int_member (object, "cpu_ns");
  sample->wall_ns = json_object_get_int_member (object, "wall_ns");
  return TRUE;
}

static gboolean
perform (const BenchContender  *contender,
         const BenchTask       *task,
         BenchSample           *sample,
         GError               **error)
{
  BenchPeer *self = (BenchPeer *) contender;
  g_autofree char *uri = bench_task_build_uri (task, "signal");
  g_autofree char *line = g_strconcat (uri, "\n", NULL);
  g_autofree char *answer = NULL;

  if (!g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->process), line, strlen (line),
                                  NULL, NULL, error))
    return FALSE;

  answer = read_answer (self, error);
  return answer != NULL && parse_answer (answer, sample, error);
}

/* Returns NULL without an error if the program is not available, with the reason in @why_not. */
BenchPeer *
bench_peer_new (const char  *folder,
                const char  *name,
                char       **why_not,
                GError     **error)
{
  g_autofree char *program = g_build_filename (folder, name, "peer", NULL);
  g_autofree char *reason = g_build_filename (folder, name, "skipped", NULL);
  GSubprocess *process;
  BenchPeer *self;

  if (!g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
    {
      if (g_file_get_contents (reason, why_not, NULL, NULL))
        g_strstrip (*why_not);
      else
        *why_not = g_strdup ("tests/bench/run builds it");
      return NULL;
    }

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error,
                              program, "messages", NULL);
  if (process == NULL)
    return NULL;

  self = g_new0 (BenchPeer, 1);
  self->contender = (BenchContender) {
    .name = g_intern_string (name),
    .divisor = g_str_has_prefix (name, "rust") ? 1 : DIVISOR,
    .perform = perform,
  };
  self->process = process;
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));

  return self;
}

void
bench_peer_free (BenchPeer *self)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (self->process), NULL, NULL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->answers);
  g_clear_object (&self->process);
  g_free (self);
}

const BenchContender *
bench_peer_get_contender (BenchPeer *self)
{
  return &self->contender;
}

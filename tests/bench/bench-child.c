/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-child.h"

GSubprocess *
bench_child_start (const char   *program,
                   const char   *argument,
                   char        **uri,
                   GError      **error)
{
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GDataInputStream) output = NULL;

  child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error,
                            program, argument, NULL);
  if (child == NULL)
    return NULL;

  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  *uri = g_data_input_stream_read_line (output, NULL, NULL, error);
  if (*uri == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s says nothing", program);
      return NULL;
    }

  return g_steal_pointer (&child);
}

void
bench_child_stop (GSubprocess *child)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL);
  g_subprocess_wait (child, NULL, NULL);
}

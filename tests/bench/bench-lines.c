/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-lines.h"

#include <unistd.h>

#include <glib-unix.h>

static gboolean
on_readable (int          fd,
             GIOCondition condition,
             gpointer     user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Returns the next line of standard input, or NULL at the end. Until it arrives, the sources of the
 * main context run. */
char *
bench_lines_read (void)
{
  GString *line = g_string_new (NULL);
  char byte;

  do
    {
      gboolean readable = FALSE;

      g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_readable, &readable);
      while (!readable)
        g_main_context_iteration (NULL, TRUE);
      if (read (0, &byte, 1) != 1)
        {
          g_string_free (line, TRUE);
          return NULL;
        }
      g_string_append_c (line, byte);
    }
  while (byte != '\n');

  return g_string_free (line, FALSE);
}

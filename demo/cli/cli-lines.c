/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-lines.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "cli-exit-code.h"
#include "cli-json.h"
#include "cli-output.h"

struct _CliLines
{
  GDataInputStream *input;
  GCancellable *cancellable;
  CliLinesFunc func;
  gpointer data;
  guint number; /* of the current line */
  gboolean text;
};

/* @text: whether each line is text, which becomes a JSON string */
CliLines *
cli_lines_new (gboolean     text,
               CliLinesFunc func,
               gpointer     data)
{
  g_autoptr (GInputStream) standard_input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  CliLines *self = g_new0 (CliLines, 1);

  self->input = g_data_input_stream_new (standard_input);
  self->cancellable = g_cancellable_new ();
  self->func = func;
  self->data = data;
  self->text = text;
  return self;
}

void
cli_lines_free (CliLines *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->input);
  g_free (self);
}

static gboolean
is_blank (const char *line)
{
  return line[strspn (line, " \t\r")] == '\0';
}

static void
take_line (CliLines   *self,
           const char *line)
{
  g_autofree char *json = NULL;

  self->number++;
  /* Between JSON values, whitespace has no meaning. */
  if (!self->text && is_blank (line))
    {
      cli_lines_next (self);
      return;
    }
  json = self->text ? cli_json_quote (line) : g_strdup (line);
  self->func (json, CLI_EXIT_OK, self->data);
}

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  g_autofree char *line = g_data_input_stream_read_line_finish_utf8 (G_DATA_INPUT_STREAM (source),
                                                                     result, &length, &error);
  CliLines *self = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (line != NULL && strlen (line) != length)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("it contains a NUL byte"));
  if (error != NULL)
    {
      cli_error (_("Cannot read standard input: %s"), error->message);
      self->func (NULL, CLI_EXIT_FAILED, self->data);
    }
  else if (line == NULL)
    {
      self->func (NULL, CLI_EXIT_OK, self->data);
    }
  else
    {
      take_line (self, line);
    }
}

/* Reads the next line. The caller does so when it has sent the previous one, so that long input is not
 * buffered. */
void
cli_lines_next (CliLines *self)
{
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, self->cancellable, on_line,
                                       self);
}

/* Adds the number of the current line to an error, if there are lines. */
void
cli_lines_prefix_error (const CliLines  *self,
                        GError         **error)
{
  if (self != NULL && self->number > 0)
    g_prefix_error (error, _("Line %u: "), self->number);
}

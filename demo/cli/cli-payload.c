/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-payload.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "cli-json.h"
#include "cli-output.h"

/* Larger than the maximum size of a message of any server. */
#define INPUT_MAX (64 * 1024 * 1024)

static char *
read_standard_input (void)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  guint8 buffer[8192];
  gssize length;

  while ((length = g_input_stream_read (input, buffer, sizeof buffer, NULL, &error)) > 0)
    {
      if (text->len + (gsize) length > INPUT_MAX)
        {
          cli_error (_("Standard input is too large for a message"));
          return NULL;
        }
      g_byte_array_append (text, buffer, (guint) length);
    }
  if (length < 0)
    {
      cli_error (_("Cannot read standard input: %s"), error->message);
      return NULL;
    }
  if (text->len > 0 && memchr (text->data, '\0', text->len) != NULL)
    {
      cli_error (_("Standard input contains a NUL byte"));
      return NULL;
    }
  g_byte_array_append (text, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&text), FALSE);
}

/* Returns @input as a JSON string, without its final newline. Takes ownership of @input. */
static char *
quote_input (char *input)
{
  g_autofree char *text = input;
  gsize length = strlen (text);

  if (!g_utf8_validate (text, (gssize) length, NULL))
    {
      cli_error (_("Standard input is not valid UTF-8"));
      return NULL;
    }
  if (length > 0 && text[length - 1] == '\n')
    text[length - 1] = '\0';
  return cli_json_quote (text);
}

/* Returns the payload that an operand gives, from standard input if it is “-”, or prints an error and
 * returns %NULL.
 *
 * @text: whether the operand is text, which becomes a JSON string */
char *
cli_payload_get (const char *operand,
                 gboolean    text)
{
  char *input;

  if (!g_str_equal (operand, "-"))
    return text ? cli_json_quote (operand) : g_strdup (operand);
  input = read_standard_input ();
  return text && input != NULL ? quote_input (input) : input;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "history-line.h"

#include <fcntl.h>
#include <unistd.h>

/* A longer payload is written as its length and its digest. */
#define LONGEST_PAYLOAD 200

struct _HistoryLine
{
  GString *text;
};

static int fd = -1;

gboolean
history_line_is_on (void)
{
  return fd >= 0;
}

/* Each process has a file of its own, which is complete at any time, even if the process is killed. */
void
history_line_set_folder (const char *folder)
{
  g_autofree char *path = g_strdup_printf ("%s/%d.jsonl", folder, (int) getpid ());

  g_assert_cmpint (fd, ==, -1);
  fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    g_error ("The history cannot be written to %s: %s", path, g_strerror (errno));
}

static void
append_string (GString    *out,
               const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), valid);
  g_autofree char *json = json_to_string (node, FALSE);

  g_string_append (out, json);
}

static void
append_name (HistoryLine *self,
             const char  *name)
{
  g_string_append_printf (self->text, ",\"%s\":", name);
}

/* An object is named after its type, with a number. */
static char *
dup_name (gpointer actor)
{
  static guint n_actors;
  GQuark quark = g_quark_from_static_string ("history-number");
  guint number;

  if (actor == NULL)
    return g_strdup ("process");

  number = GPOINTER_TO_UINT (g_object_get_qdata (actor, quark));
  if (number == 0)
    {
      number = ++n_actors;
      g_object_set_qdata (actor, quark, GUINT_TO_POINTER (number));
    }
  return g_strdup_printf ("%s %u", G_OBJECT_TYPE_NAME (actor), number);
}

/* @actor is an object, or NULL for the process. */
HistoryLine *
history_line_begin (gpointer    actor,
                    const char *kind)
{
  HistoryLine *self;
  g_autofree char *name = NULL;

  if (!history_line_is_on ())
    return NULL;

  name = dup_name (actor);
  self = g_new (HistoryLine, 1);
  self->text = g_string_new (NULL);
  g_string_append_printf (self->text,
                          "{\"time\":%" G_GINT64_FORMAT ",\"process\":%d,\"actor\":\"%s\",\"kind\":\"%s\"",
                          g_get_monotonic_time (), (int) getpid (), name, kind);
  return self;
}

/* A text that is NULL is left out. */
void
history_line_add_text (HistoryLine *self,
                       const char  *name,
                       const char  *text)
{
  if (self == NULL || text == NULL)
    return;

  append_name (self, name);
  append_string (self->text, text);
}

void
history_line_add_number (HistoryLine *self,
                         const char  *name,
                         guint64      number)
{
  if (self == NULL)
    return;

  append_name (self, name);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT, number);
}

void
history_line_add_boolean (HistoryLine *self,
                          const char  *name,
                          gboolean     value)
{
  if (self == NULL)
    return;

  append_name (self, name);
  g_string_append (self->text, value ? "true" : "false");
}

void
history_line_add_texts (HistoryLine        *self,
                        const char         *name,
                        const char * const *texts)
{
  if (self == NULL)
    return;

  append_name (self, name);
  g_string_append_c (self->text, '[');
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (self->text, ',');
      append_string (self->text, texts[i]);
    }
  g_string_append_c (self->text, ']');
}

/* The text of the payload, or NULL for none. */
void
history_line_add_payload (HistoryLine *self,
                          const char  *json)
{
  g_autofree char *copy = NULL;
  g_autofree char *digest = NULL;
  gsize length;

  if (self == NULL || json == NULL)
    return;

  /* What is received has no white space around it. */
  copy = g_strstrip (g_strdup (json));
  length = strlen (copy);
  if (length <= LONGEST_PAYLOAD)
    {
      history_line_add_text (self, "payload", copy);
      return;
    }

  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) copy, length);
  history_line_add_number (self, "length", length);
  history_line_add_text (self, "sha256", digest);
}

void
history_line_add_message (HistoryLine   *self,
                          SignalMessage *message)
{
  if (self == NULL)
    return;

  history_line_add_text (self, "event", signal_message_get_event (message));
  history_line_add_payload (self, signal_message_get_payload_json (message));
}

/* A single call, so that lines of several threads do not mix. */
void
history_line_end (HistoryLine *self)
{
  if (self == NULL)
    return;

  g_string_append (self->text, "}\n");
  if (write (fd, self->text->str, self->text->len) != (gssize) self->text->len)
    g_error ("The history cannot be written: %s", g_strerror (errno));
  g_string_free (self->text, TRUE);
  g_free (self);
}

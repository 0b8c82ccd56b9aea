/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-glib/json-glib.h>

#include "tour-record.h"

#define SHOWN_CHARS 37

const char *const tour_names[TOUR_N_PEOPLE] = { "alice", "bob" };
const char *const tour_tokens[TOUR_N_PEOPLE] = { "alice-may-come-in", "bob-may-come-in" };

void
tour_fail (const char *format,
           ...)
{
  va_list args;

  fflush (stdout);
  va_start (args, format);
  fputs ("\nThe tour failed: ", stderr);
  vfprintf (stderr, format, args);
  fputc ('\n', stderr);
  va_end (args);
  exit (EXIT_FAILURE);
}

int
tour_find_person (const char *token)
{
  for (int i = 0; i < TOUR_N_PEOPLE; i++)
    {
      if (g_strcmp0 (tour_tokens[i], token) == 0)
        return i;
    }
  return -1;
}

void
tour_record_init (TourRecord *self)
{
  *self = (TourRecord) {
    .people = g_hash_table_new (NULL, NULL),
    .messages = g_string_new (NULL),
  };
}

void
tour_record_clear (TourRecord *self)
{
  g_hash_table_unref (self->people);
  g_string_free (self->messages, TRUE);
  for (guint i = 0; i < TOUR_N_PEOPLE; i++)
    {
      g_free (self->handshakes[i].client_key);
      g_free (self->handshakes[i].server_key);
      g_free (self->handshakes[i].salt);
    }
}

/* Prints JSON text with long strings (keys, ciphertext) cut short, so that a frame fits a line. */
static void
print_short (const char *json)
{
  const char *start = NULL;

  for (const char *p = json; *p != '\0'; p++)
    {
      if (*p == '"')
        {
          if (start != NULL && p - start > SHOWN_CHARS)
            printf ("… (%d characters)", (int) (p - start));
          start = start == NULL ? p + 1 : NULL;
        }
      if (start == NULL || p - start < SHOWN_CHARS)
        putchar (*p);
    }
  putchar ('\n');
}

static char *
dup_string (JsonObject *object,
            const char *name)
{
  return g_strdup (json_object_get_string_member_with_default (object, name, ""));
}

static int
find_link (TourRecord *self,
           guint       link)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->people, GUINT_TO_POINTER (link))) - 1;
}

static void
note_authenticate (TourRecord *self,
                   guint       link,
                   JsonObject *data)
{
  g_autofree char *token = dup_string (data, "token");
  int person = tour_find_person (token);

  if (person < 0)
    tour_fail ("the token on the wire is nobody’s");
  g_hash_table_insert (self->people, GUINT_TO_POINTER (link), GINT_TO_POINTER (person + 1));
  g_free (self->handshakes[person].client_key);
  self->handshakes[person].client_key = dup_string (data, "clientPublicKey");
}

static void
note_connected (TourRecord *self,
                guint       link,
                JsonObject *data)
{
  int person = find_link (self, link);
  TourHandshake *handshake;

  if (person < 0)
    tour_fail ("“connected” came before “authenticate”");
  handshake = &self->handshakes[person];
  g_free (handshake->server_key);
  g_free (handshake->salt);
  handshake->server_key = dup_string (data, "serverPublicKey");
  handshake->salt = dup_string (data, "salt");
}

/* A #TourFrameFunc. */
void
tour_record_frame (const TourFrame *frame,
                   gpointer         record)
{
  TourRecord *self = record;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *event = NULL;
  JsonObject *data = NULL;
  int person;

  if (frame->opcode != 1)
    return;
  root = json_from_string (frame->text, NULL);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    tour_fail ("a frame on the wire is not a JSON object");
  event = dup_string (json_node_get_object (root), "event");
  if (json_object_has_member (json_node_get_object (root), "data"))
    data = json_object_get_object_member (json_node_get_object (root), "data");

  if (g_str_equal (event, "authenticate"))
    note_authenticate (self, frame->link, data);
  else if (g_str_equal (event, "connected"))
    note_connected (self, frame->link, data);
  else if (g_str_equal (event, "encrypted"))
    g_string_append (self->messages, frame->text);

  person = find_link (self, frame->link);
  if (self->show && person >= 0)
    {
      printf ("  %-5s %s server  ", tour_names[person], frame->from_client ? "→" : "←");
      print_short (frame->text);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo/common/secret-token.h"
#include "tour-json.h"
#include "tour-record.h"

#define SHOWN_CHARS 37

const char *const tour_names[TOUR_N_PEOPLE] = { "alice", "bob" };
char *tour_tokens[TOUR_N_PEOPLE];

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
      if (secret_token_equal (tour_tokens[i], token))
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

  for (guint i = 0; i < TOUR_N_PEOPLE; i++)
    {
      tour_tokens[i] = secret_token_new ();
      if (tour_tokens[i] == NULL)
        tour_fail ("the system gave no random bytes for a token");
    }
}

void
tour_record_clear (TourRecord *self)
{
  g_hash_table_unref (self->people);
  g_string_free (self->messages, TRUE);
  for (guint i = 0; i < TOUR_N_PEOPLE; i++)
    {
      g_clear_pointer (&tour_tokens[i], g_free);
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
dup_string (JsonNode   *data,
            const char *name)
{
  char *value = tour_json_dup_string (data, name);

  return value != NULL ? value : g_strdup ("");
}

static int
find_link (TourRecord *self,
           guint       link)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->people, GUINT_TO_POINTER (link))) - 1;
}

/* A stranger, who has no token of ours, is not followed. */
static void
note_authenticate (TourRecord *self,
                   guint       link,
                   JsonNode   *data)
{
  g_autofree char *token = dup_string (data, "token");
  int person = tour_find_person (token);

  if (person < 0)
    return;
  g_hash_table_insert (self->people, GUINT_TO_POINTER (link), GINT_TO_POINTER (person + 1));
  g_free (self->handshakes[person].client_key);
  self->handshakes[person].client_key = dup_string (data, "clientPublicKey");
}

static void
note_connected (TourRecord *self,
                int         person,
                JsonNode   *data)
{
  TourHandshake *handshake = &self->handshakes[person];

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
  JsonNode *data;
  int person;

  if (frame->opcode != 1)
    return;
  root = frame->n_payload == frame->length ? tour_json_parse (frame->payload) : NULL;
  data = tour_json_get_object (root, "data");
  event = dup_string (root, "event");
  if (g_str_equal (event, "authenticate"))
    note_authenticate (self, frame->connection_id, data);
  person = find_link (self, frame->connection_id);
  if (person < 0)
    return;

  if (root == NULL)
    tour_fail ("a frame on the wire is not a JSON object");
  if (g_str_equal (event, "connected"))
    note_connected (self, person, data);
  else if (g_str_equal (event, "encrypted"))
    g_string_append (self->messages, frame->payload);
  if (self->show)
    {
      printf ("  %-5s %s server  ", tour_names[person], frame->from_client ? "→" : "←");
      print_short (frame->payload);
    }
}

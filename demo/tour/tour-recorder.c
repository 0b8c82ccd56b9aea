/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-recorder.h"

#include <stdio.h>

#include "tour-error.h"
#include "tour-json.h"

#define MAX_STRING_CHARS 37
#define OPCODE_TEXT 1

void
tour_recorder_init (TourRecorder *self)
{
  *self = (TourRecorder) {
    .users = g_hash_table_new (NULL, NULL),
    .messages = g_string_new (NULL),
  };
}

void
tour_recorder_clear (TourRecorder *self)
{
  g_hash_table_unref (self->users);
  g_string_free (self->messages, TRUE);
  for (guint i = 0; i < TOUR_N_USERS; i++)
    {
      g_free (self->handshakes[i].client_key);
      g_free (self->handshakes[i].server_key);
      g_free (self->handshakes[i].salt);
    }
}

/* Prints JSON text with long strings (keys, ciphertext) truncated, so that a frame fits on a line. */
static void
print_truncated (const char *json)
{
  const char *start = NULL;

  for (const char *p = json; *p != '\0'; p++)
    {
      if (*p == '"')
        {
          if (start != NULL && p - start > MAX_STRING_CHARS)
            printf ("… (%d characters)", (int) (p - start));
          start = start == NULL ? p + 1 : NULL;
        }
      if (start == NULL || p - start < MAX_STRING_CHARS)
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

/* Returns the user of a connection, or -1. */
static int
find_user (TourRecorder *self,
           guint         connection_id)
{
  gpointer value = g_hash_table_lookup (self->users, GUINT_TO_POINTER (connection_id));

  return GPOINTER_TO_INT (value) - 1;
}

/* Other programs, which have no token of the tour, can connect to the relay too: they are ignored. */
static void
record_authenticate (TourRecorder *self,
                     guint         connection_id,
                     JsonNode     *data)
{
  g_autofree char *token = dup_string (data, "token");
  int user = tour_users_find (token);

  if (user < 0)
    return;
  g_hash_table_insert (self->users, GUINT_TO_POINTER (connection_id), GINT_TO_POINTER (user + 1));
  g_free (self->handshakes[user].client_key);
  self->handshakes[user].client_key = dup_string (data, "clientPublicKey");
}

static void
record_connected (TourRecorder *self,
                  int           user,
                  JsonNode     *data)
{
  TourHandshake *handshake = &self->handshakes[user];

  g_free (handshake->server_key);
  g_free (handshake->salt);
  handshake->server_key = dup_string (data, "serverPublicKey");
  handshake->salt = dup_string (data, "salt");
}

/* A #TourFrameFunc. */
void
tour_recorder_on_frame (const TourFrame *frame,
                        gpointer         data)
{
  TourRecorder *self = data;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *event = NULL;
  JsonNode *members;
  int user;

  if (frame->opcode != OPCODE_TEXT)
    return;
  root = frame->n_payload == frame->length ? tour_json_parse (frame->payload) : NULL;
  members = tour_json_get_object (root, "data");
  event = dup_string (root, "event");
  if (g_str_equal (event, "authenticate"))
    record_authenticate (self, frame->connection_id, members);
  user = find_user (self, frame->connection_id);
  if (user < 0)
    return;

  if (root == NULL)
    tour_fail ("A frame is not a JSON object");
  if (g_str_equal (event, "connected"))
    record_connected (self, user, members);
  else if (g_str_equal (event, "encrypted"))
    g_string_append (self->messages, frame->payload);
  if (self->print)
    {
      printf ("  %-5s %s server  ", tour_users_get_name (user), frame->from_client ? "→" : "←");
      print_truncated (frame->payload);
    }
}

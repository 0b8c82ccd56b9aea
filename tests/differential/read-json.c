/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "signal-glib/json/signal-json-writer-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/protocol/signal-message-private.h"

/* The program that compare.mjs compares with. It reads texts, each after its length in four
 * bytes in little-endian order. For each it prints a line: `refused`, or the payload as this
 * library writes it, or `unwritable` if strict JSON cannot express it, or `no payload` if
 * json-glib cannot. */

#define HEAD "{\"event\":\"x\",\"data\":"
#define TAIL "}"

static SignalMessage *
open_message (GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  gsize capacity = strlen (HEAD) + length + strlen (TAIL);
  SignalMessage *message = signal_message_alloc (capacity);
  char *storage = signal_message_storage (message);

  memcpy (storage, HEAD, strlen (HEAD));
  memcpy (storage + strlen (HEAD), data, length);
  memcpy (storage + strlen (HEAD) + length, TAIL, strlen (TAIL));
  if (!signal_message_open (message, capacity, FALSE, NULL))
    g_clear_pointer (&message, signal_message_unref);

  return message;
}

static void
answer (GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (SignalMessage) message = NULL;
  g_autoptr (GString) written = g_string_new (NULL);
  JsonNode *payload;

  if (!signal_json_check (data, length, NULL))
    {
      puts ("refused");
      return;
    }

  message = open_message (text);
  if (message == NULL)
    {
      puts ("refused as a payload");
      return;
    }

  payload = signal_message_get_payload (message);
  if (payload == NULL)
    {
      puts ("no payload");
      return;
    }

  puts (signal_json_append_node (written, payload, NULL) ? written->str : "unwritable");
}

static GBytes *
read_text (FILE *in)
{
  guint8 head[4];
  gsize length;
  guint8 *data;

  if (fread (head, sizeof head, 1, in) != 1)
    return NULL;

  length = head[0] | (gsize) head[1] << 8 | (gsize) head[2] << 16 | (gsize) head[3] << 24;
  data = g_malloc (length);
  if (length > 0 && fread (data, length, 1, in) != 1)
    g_error ("A text is shorter than it says");

  return g_bytes_new_take (data, length);
}

int
main (void)
{
  GBytes *text;

  while ((text = read_text (stdin)) != NULL)
    {
      answer (text);
      g_bytes_unref (text);
    }

  return 0;
}

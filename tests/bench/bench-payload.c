/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-payload.h"

#include <string.h>

#define HEAD "{\"text\":\""
#define TAIL "\"}"

#define INNER_OVERHEAD 25 /* {"event":"bench","data":…} */
#define OUTER_OVERHEAD 61 /* {"event":"encrypted","data":{"iv":"…","ct":"…"}} */
#define TAG_SIZE 16

/* A JSON object of exactly @size bytes with one string, like that of a chat message. */
char *
bench_payload_new (gsize size)
{
  static const char prose[] = "The kettle is on, and there is cake for whoever comes first. ";
  GString *text = g_string_sized_new (size + sizeof prose);

  g_assert (size >= BENCH_MIN_SIZE);

  g_string_append (text, HEAD);
  while (text->len < size)
    g_string_append (text, prose);
  g_string_truncate (text, size - strlen (TAIL));
  g_string_append (text, TAIL);

  return g_string_free (text, FALSE);
}

/* Returns the size of the text that is encrypted for a payload of @size bytes. */
gsize
bench_payload_get_inner_size (gsize size)
{
  return INNER_OVERHEAD + size;
}

/* Returns the size of the encrypted message with a payload of @size bytes. */
gsize
bench_payload_get_frame_size (gsize size)
{
  return OUTER_OVERHEAD + (bench_payload_get_inner_size (size) + TAG_SIZE + 2) / 3 * 4;
}

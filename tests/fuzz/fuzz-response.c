/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz.h"

#include "signal-glib/websocket/signal-upgrade-response-private.h"

/* Reads the response in pieces of this size. Returns what follows its head, or NULL if it is
 * refused, with an error, or incomplete. */
static GBytes *
take (const uint8_t  *data,
      size_t          size,
      size_t          piece,
      GError        **error)
{
  g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new ("dGhlIHNhbXBsZSBub25jZQ==");
  g_autoptr (GByteArray) rest = NULL;
  g_autoptr (GBytes) first = NULL;
  gboolean is_complete = FALSE;
  size_t at = 0;

  for (; at < size && !is_complete; at += piece)
    if (!signal_upgrade_response_take (response, data + at, MIN (piece, size - at), &is_complete, error))
      return NULL;

  if (!is_complete)
    return NULL;

  first = signal_upgrade_response_copy_rest (response);
  rest = g_byte_array_new ();
  g_byte_array_append (rest, g_bytes_get_data (first, NULL), (guint) g_bytes_get_size (first));
  if (at < size)
    g_byte_array_append (rest, data + at, (guint) (size - at));
  return g_byte_array_free_to_bytes (g_steal_pointer (&rest));
}

/* The first byte is the size of the pieces, which must not make a difference. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  size_t piece = size > 0 ? MAX (data[0], 1) : 1;
  const uint8_t *answer = size > 0 ? data + 1 : data;
  size_t length = size > 0 ? size - 1 : 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) same_error = NULL;
  g_autoptr (GBytes) rest = take (answer, length, piece, &error);
  g_autoptr (GBytes) same_rest = take (answer, length, MAX (length, 1), &same_error);

  g_assert_true ((rest == NULL) == (same_rest == NULL));
  if (rest != NULL)
    g_assert_true (g_bytes_equal (rest, same_rest));

  g_assert_true ((error == NULL) == (same_error == NULL));
  if (error != NULL)
    {
      g_assert_true (error->domain == SOUP_WEBSOCKET_ERROR && error->code == same_error->code);
      g_assert_cmpstr (error->message, ==, same_error->message);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  return 0;
}

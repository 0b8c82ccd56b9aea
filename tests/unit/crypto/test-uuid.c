/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-glib/crypto/signal-uuid-private.h"

/* The version 4 and the variant of RFC 9562, with 122 random bits that are not from GLib's
 * generator. */
static void
test_uuid (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint32 bits_set = 0, bits_clear = 0;

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GError) error = NULL;
      char *uuid;

      g_random_set_seed (1);
      uuid = signal_uuid_new (&error);
      g_assert_no_error (error);
      g_assert_true (g_regex_match_simple ("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                           "[0-9a-f]{12}$", uuid, 0, 0));
      bits_set |= (guint32) g_ascii_strtoull (uuid, NULL, 16);
      bits_clear |= ~(guint32) g_ascii_strtoull (uuid, NULL, 16);
      g_assert_true (g_hash_table_add (seen, uuid));
    }
  g_assert_cmphex (bits_set, ==, G_MAXUINT32);
  g_assert_cmphex (bits_clear, ==, G_MAXUINT32);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto/uuid", test_uuid);

  return g_test_run ();
}

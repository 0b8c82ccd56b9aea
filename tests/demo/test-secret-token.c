/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "demo/common/secret-token.h"

static void
test_new (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 200; i++)
    {
      char *token;

      g_random_set_seed (1);
      token = secret_token_new ();
      g_assert_nonnull (token);
      g_assert_cmpuint (strlen (token), ==, 32);
      g_assert_cmpuint (strspn (token, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_"), ==, 32);
      g_assert_true (g_hash_table_add (seen, token));
    }
}

static void
test_equal (void)
{
  const char * const others[] = { "", "s", "secre", "secreT", "Secret", "secrets", "secretsecret", "terces" };

  g_assert_true (secret_token_equal ("secret", "secret"));
  g_assert_true (secret_token_equal ("", ""));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_assert_false (secret_token_equal ("secret", others[i]));
      g_assert_false (secret_token_equal (others[i], "secret"));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/demo/token/new", test_new);
  g_test_add_func ("/demo/token/equal", test_equal);

  return g_test_run ();
}

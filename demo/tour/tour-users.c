/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-users.h"

#include "demo/common/secret-token.h"
#include "tour-error.h"

static const char *const names[TOUR_N_USERS] = { "alice", "bob" };
static char *tokens[TOUR_N_USERS];

void
tour_users_init (void)
{
  for (guint i = 0; i < TOUR_N_USERS; i++)
    {
      tokens[i] = secret_token_new ();
      if (tokens[i] == NULL)
        tour_fail ("Cannot get random bytes for a token");
    }
}

void
tour_users_clear (void)
{
  for (guint i = 0; i < TOUR_N_USERS; i++)
    g_clear_pointer (&tokens[i], g_free);
}

const char *
tour_users_get_name (int user)
{
  return names[user];
}

const char *
tour_users_get_token (int user)
{
  return tokens[user];
}

/* Returns the user to whom @token belongs, or -1. */
int
tour_users_find (const char *token)
{
  for (int i = 0; i < TOUR_N_USERS; i++)
    {
      if (secret_token_equal (tokens[i], token))
        return i;
    }
  return -1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The users of the tour, each with a name and a token. */
typedef enum
{
  TOUR_ALICE,
  TOUR_BOB,
  TOUR_N_USERS,
} TourUser;

void        tour_users_init      (void);

void        tour_users_clear     (void);

const char *tour_users_get_name  (int         user);

const char *tour_users_get_token (int         user);

int         tour_users_find      (const char *token);

G_END_DECLS

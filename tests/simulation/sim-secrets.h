/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The secrets of the last connections, which must not remain in memory that is freed. */
typedef enum
{
  SIM_SECRET_TOKEN,
  SIM_SECRET_SCALAR,
  SIM_SECRET_SHARED,
  SIM_SECRET_KEY,
} SimSecretKind;

#define SIM_N_SECRET_KINDS (SIM_SECRET_KEY + 1)
#define SIM_SECRET_SIZE 32

void sim_secrets_add    (SimSecretKind  kind,
                         const void    *secret);
void sim_secrets_search (void          *memory,
                         gsize          size);

G_END_DECLS

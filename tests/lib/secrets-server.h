/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memory-search.h"
#include "tls-identity.h"

G_BEGIN_DECLS

/* A server in a process of its own, which prints its secrets in masked form. */
typedef struct _SecretsServer SecretsServer;

SecretsServer *secrets_server_new         (Identity      *identity);
void           secrets_server_free        (SecretsServer *self);
void           secrets_server_command     (SecretsServer *self,
                                           const char    *command);
char          *secrets_server_wait        (SecretsServer *self,
                                           const char    *word);
void           secrets_server_wait_needle (SecretsServer *self,
                                           Needle        *needle);

int            secrets_server_main        (char         **files);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The identity of a TLS server. */
typedef struct
{
  GTlsCertificate *certificate; /* with its key */
  GTlsDatabase    *database;    /* trusts the certificate */
  char            *directory;
  char            *key_file;
  char            *file;        /* from which the database reads it */
} Identity;

Identity *identity_new          (const char *name);
Identity *identity_new_with_key (const char *name,
                                 const char *algorithm,
                                 const char *option);
void      identity_free         (Identity   *identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Identity, identity_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who a server is. */
typedef struct
{
  GTlsCertificate *certificate; /* with its key */
  GTlsDatabase    *database;    /* which trusts it */
  char            *directory;
  char            *key_file;
  char            *file;        /* which the database reads when it likes */
} Identity;

Identity *identity_new  (const char *name);
void      identity_free (Identity   *identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Identity, identity_free)

G_END_DECLS

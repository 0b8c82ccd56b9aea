/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The identity of a TLS server on 127.0.0.1. */
typedef struct
{
  GTlsCertificate *certificate; /* with its key */
  char            *directory;
  char            *key_file;
  char            *file;        /* for clients to trust */
} BenchIdentity;

BenchIdentity *bench_identity_new  (void);
void           bench_identity_free (BenchIdentity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchIdentity, bench_identity_free)

G_END_DECLS

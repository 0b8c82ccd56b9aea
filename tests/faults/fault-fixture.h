/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"

#include "invariants.h"
#include "proxy.h"

G_BEGIN_DECLS

/* A client and an embedded server, with a proxy between them. */
typedef struct
{
  Fixture  *fixture;
  Proxy    *proxy;
  Recorder *recorder;
} Line;

void   faults_init    (int    *argc,
                       char ***argv);

Line  *line_new       (void);
void   line_free      (Line *line);
void   line_wait_back (Line *line,
                       guint n_connected);
gint64 line_since     (gint64 begin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Line, line_free)

G_END_DECLS

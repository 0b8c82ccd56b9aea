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
  Fixture  *embedded;
  Proxy    *proxy;
  Recorder *recorder;
} FaultFixture;

void fault_test_init (int    *argc,
                      char ***argv);

FaultFixture *fault_fixture_new              (void);
void          fault_fixture_free             (FaultFixture *fixture);
void          fault_fixture_wait_reconnected (FaultFixture *fixture,
                                              guint         n_connected);
gint64        milliseconds_since             (gint64        begin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FaultFixture, fault_fixture_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* An embedded server on which the user `alice` has the token `secret`, and any other user NAME has
 * the token NAME-secret. */
typedef struct
{
  SignalServer *server;
  GPtrArray    *connected;    /* SignalPeer, in the order of peer-connected */
  GPtrArray    *disconnected; /* SignalPeer */
  GPtrArray    *messages;     /* SignalMessage */
  guint         n_asked;      /* emissions of authenticate */
  char         *uri;
} Fixture;

Fixture *fixture_new  (void);
void     fixture_free (Fixture *fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

G_END_DECLS

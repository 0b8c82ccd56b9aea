/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The result of a request, of a message that is sent with a result, or of a flush. */
typedef struct
{
  SignalMessage *answer; /* of a request that has succeeded */
  GError        *error;
  GThread       *thread; /* in which the callback was called */
  guint          n_done;
} Outcome;

void outcome_clear       (Outcome      *outcome);
void outcome_on_answered (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data);
void outcome_on_sent     (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data);
void outcome_on_flushed  (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

G_END_DECLS

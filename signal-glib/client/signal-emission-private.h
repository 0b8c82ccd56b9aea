/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  SIGNAL_EMISSION_STATE,
  SIGNAL_EMISSION_OUTBOX,
  SIGNAL_EMISSION_CONNECTED,
  SIGNAL_EMISSION_RECONNECTING,
  SIGNAL_EMISSION_ERROR,
  SIGNAL_EMISSION_DISCONNECTED,
  SIGNAL_EMISSION_SUCCESS, /* of connect_async() */
  SIGNAL_EMISSION_FAILURE, /* likewise */
} SignalEmissionType;

/* A pending emission of a session to its owner. Only the members that its type needs are set. */
typedef struct
{
  SignalEmissionType type;
  guint serial; /* only emitted if this is the current one; 0 for always */
  GError *error; /* may be NULL for DISCONNECTED */
  GTask *task;
  guint attempt;
  guint delay; /* ms */
} SignalEmission;

SignalEmission *signal_emission_new  (SignalEmissionType  type,
                                      const GError       *error) G_GNUC_WARN_UNUSED_RESULT;
void            signal_emission_free (SignalEmission     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalEmission, signal_emission_free)

G_END_DECLS

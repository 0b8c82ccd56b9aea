/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "utils.h"

G_BEGIN_DECLS

/* Records the signals that a bus emits and the results of its asynchronous calls. */
typedef struct
{
  SignalBus *bus;
  GPtrArray *errors;       /* GError */
  guint      n_connected;  /* how often it was notified that it is connected */
  guint      n_lost;       /* how often it was notified that it is not */

  gboolean   is_done;      /* connect_async() */
  GError    *error;
  guint      n_closed;     /* close_async() */
  GError    *close_error;
} BusRecorder;

BusRecorder *bus_recorder_new            (const char   *uri);
BusRecorder *bus_recorder_new_prefixed   (const char   *uri,
                                          const char   *channel_prefix);
void         bus_recorder_free           (BusRecorder  *recorder);
void         bus_recorder_drop           (BusRecorder  *recorder);
void         bus_recorder_start          (BusRecorder  *recorder,
                                          GCancellable *cancellable);
void         bus_recorder_connect        (BusRecorder  *recorder);
void         bus_recorder_connect_fails  (BusRecorder  *recorder,
                                          GQuark        domain,
                                          int           code);
void         bus_recorder_wait_connected (BusRecorder  *recorder,
                                          guint         n_connected);
void         bus_recorder_wait_error     (BusRecorder  *recorder,
                                          GQuark        domain,
                                          int           code);
void         bus_recorder_start_close    (BusRecorder  *recorder);
void         bus_recorder_close          (BusRecorder  *recorder);
void         bus_recorder_on_connected   (GObject      *source,
                                          GAsyncResult *result,
                                          gpointer      user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusRecorder, bus_recorder_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "tests/lib/raw-client.h"

G_BEGIN_DECLS

/* One client and all that it has said. Its delays are short and exact. */
typedef struct
{
  SignalClient *client;
  GPtrArray    *messages;       /* SignalMessage; without those taken */
  GPtrArray    *errors;         /* GError */
  GArray       *delays;         /* guint, one for each `reconnecting` */
  guint         n_connected;
  guint         n_disconnected;
  gboolean      returned;       /* from connect_async, with this failure */
  GError       *failure;
} Probe;

#define PROBE_BASE_INTERVAL 150
#define PROBE_MAX_INTERVAL 1000

Probe         *probe_new          (const char *url,
                                   const char *token);
Probe         *probe_new_online   (const char *url,
                                   const char *token);
void           probe_free         (Probe      *self);
void           probe_connect      (Probe      *self);
void           probe_wait_online  (Probe      *self);
void           probe_wait_failure (Probe      *self,
                                   GQuark      domain,
                                   int         code);
void           probe_wait_error   (Probe      *self,
                                   GQuark      domain,
                                   int         code);
gboolean       probe_is_online    (Probe      *self);
void           probe_send         (Probe      *self,
                                   const char *event,
                                   const char *json);
void           probe_send_to      (Probe      *self,
                                   const char *order,
                                   const char *to,
                                   const char *event,
                                   const char *json);
guint          probe_count        (Probe      *self,
                                   const char *event);
char          *probe_take         (Probe      *self,
                                   const char *event);
char          *probe_ask          (Probe      *self,
                                   const char *event,
                                   const char *json);
void           probe_assert_heard (Probe      *self,
                                   const char *event,
                                   const char *json);
void           probe_join         (Probe      *self,
                                   const char *room);
gboolean       probe_is_in        (Probe      *self,
                                   const char *room);
void           probe_settle       (Probe      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Probe, probe_free)

/* Runs the main context until the condition holds; a wait that takes 20 seconds fails. */
#define PROBE_WAIT(condition) \
  G_STMT_START { \
    gint64 probe_deadline = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND; \
    while (!(condition)) \
      { \
        g_assert_cmpint (g_get_monotonic_time (), <, probe_deadline); \
        run_for_a_moment (); \
      } \
  } G_STMT_END

/* Asks run.py for something: the words of processes.py's methods, ended by NULL. */
char *world_ask  (const char *verb, ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;
void  world_tell (const char *verb, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS

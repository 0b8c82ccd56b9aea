/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/lib/raw-client.h"
#include "tests/lib/recorder.h"

G_BEGIN_DECLS

#define INTEROP_BASE_INTERVAL 150
#define INTEROP_MAX_INTERVAL 1000

/* In seconds. */
#define INTEROP_TIMEOUT 20

#define INTEROP_WAIT(condition) WAIT_WITHIN (INTEROP_TIMEOUT, condition)

void      interop_test_init              (int        *argc,
                                          char     ***argv);
Recorder *interop_recorder_new           (const char *url,
                                          const char *token);
Recorder *interop_recorder_new_connected (const char *url,
                                          const char *token);
Recorder *interop_recorder_new_in_room   (const char *url,
                                          const char *token,
                                          const char *room);
void      interop_send_to                (Recorder   *recorder,
                                          const char *order,
                                          const char *to,
                                          const char *event,
                                          const char *json);
char     *interop_request                (Recorder   *recorder,
                                          const char *event,
                                          const char *json);
void      interop_join                   (Recorder   *recorder,
                                          const char *room);
gboolean  interop_is_in_room             (Recorder   *recorder,
                                          const char *room);
void      interop_settle                 (Recorder   *recorder);
void      interop_assert_count           (Recorder   *recorder,
                                          const char *event,
                                          guint       n);

/* Sends a command to run.py: a method of the class in processes.py, and its arguments, with a final NULL. */
char *processes_query   (const char *verb, ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;
void  processes_command (const char *verb, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS

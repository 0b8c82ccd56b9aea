/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Runs the main context until the condition is true, and fails after this number of seconds. */
#define WAIT_WITHIN(seconds, condition) \
  G_STMT_START { \
    gint64 wait_deadline = g_get_monotonic_time () + (seconds) * G_TIME_SPAN_SECOND; \
    while (!(condition)) \
      { \
        g_assert_cmpint (g_get_monotonic_time (), <, wait_deadline); \
        run_for_a_moment (); \
      } \
  } G_STMT_END

#define WAIT_UNTIL(condition) WAIT_WITHIN (10, condition)

void      run_for_a_moment (void);
void      run_for          (guint       milliseconds);
void      run_pending      (void);
void      count_notify     (GObject    *object,
                            GParamSpec *pspec,
                            guint      *count);
gboolean  count_dispatch   (gpointer    user_data);
JsonNode *parse_json       (const char *text);
void      socket_pair      (GIOStream  *ends[2]);
guint     count_open_fds   (void);

G_END_DECLS

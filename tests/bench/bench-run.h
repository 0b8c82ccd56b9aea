/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  BENCH_RECEIVE,
  BENCH_SEND,
} BenchDirection;

/* A task for one contender, on a connection of its own. */
typedef struct
{
  const char    *feeder; /* its URI */
  BenchDirection direction;
  gsize          size;   /* of the payload's JSON text */
  guint          count;
  guint          burst;
  gboolean       is_each_written; /* whether the feeder writes each message separately */
} BenchTask;

/* The duration, from `ready` to the last message. */
typedef struct
{
  gint64 cpu_ns;
  gint64 wall_ns;
} BenchSample;

typedef struct _BenchContender BenchContender;

struct _BenchContender
{
  const char *name;
  guint       divisor; /* the divisor of the number of messages in a task */
  gboolean    is_measure; /* whether this library is compared with it, not it with this library */
  gboolean  (*perform) (const BenchContender  *self,
                        const BenchTask       *task,
                        BenchSample           *sample,
                        GError               **error);
};

extern const BenchContender bench_contender_signal;
extern const BenchContender bench_contender_soup;
extern const BenchContender bench_contender_floor;

typedef struct _BenchRun BenchRun;

/* What all contenders in this process have in common. */
struct _BenchRun
{
  const BenchTask *task;
  BenchSample     *sample;
  void           (*start) (BenchRun *run); /* sends the message that starts the feeder */
  void           (*send)  (BenchRun *run); /* sends a message that counts */

  GMainLoop       *loop;
  gboolean         is_ready;
  gboolean         is_over;
  guint            done;
  guint            checksum;
  GError          *error;
};

char    *bench_task_build_uri (const BenchTask *task,
                               const char      *session);
void     bench_run_init       (BenchRun        *self,
                               const BenchTask *task,
                               BenchSample     *sample);
void     bench_run_clear      (BenchRun        *self);
void     bench_run_arrived    (BenchRun        *self);
gboolean bench_run_wait       (BenchRun        *self);
void     bench_run_fail       (BenchRun        *self,
                               const GError    *error);

G_END_DECLS

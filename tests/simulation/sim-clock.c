/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-clock.h"

#include <gmodule.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* 2026-01-01, on a system that has been running for an hour. */
#define REAL_START (G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC)
#define MONOTONIC_START (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct
{
  gint64       time;
  guint64      number; /* the order of events at the same time */
  SimEventFunc func;
  gpointer     data;
} Event;

static __thread gboolean is_active; /* in the thread that is simulated, from the start on */
static gint64 now = MONOTONIC_START;
static gint64 suspended;
static gint64 adjusted; /* what the user has added to the time of day */
static GSequence *events;
static guint64 n_events;
static guint64 digest = G_GUINT64_CONSTANT (0xcbf29ce484222325);

static int
compare_events (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const Event *one = a, *two = b;

  if (one->time != two->time)
    return one->time < two->time ? -1 : 1;
  return one->number < two->number ? -1 : 1;
}

void
sim_clock_start (void)
{
  events = g_sequence_new (g_free);
  is_active = TRUE;
}

/* Other threads have the time and the sockets of the system. */
gboolean
sim_clock_is_active (void)
{
  return is_active;
}

gint64
sim_clock_now (void)
{
  return now;
}

/* CLOCK_MONOTONIC stands still meanwhile. */
void
sim_clock_suspend (gint64 duration)
{
  suspended += duration;
  sim_trace ("suspend", (guint64) duration);
}

/* Only CLOCK_REALTIME changes. */
void
sim_clock_adjust (gint64 difference)
{
  adjusted += difference;
  sim_trace ("adjust", (guint64) difference);
}

gint64
sim_clock_boot_time (void)
{
  return now + suspended;
}

void
sim_clock_at (gint64       time,
              SimEventFunc func,
              gpointer     data)
{
  Event *event = g_new (Event, 1);

  *event = (Event) { .time = MAX (time, now), .number = n_events++, .func = func, .data = data };
  g_sequence_insert_sorted (events, event, compare_events, NULL);
}

/* Returns the time of the next event, or G_MAXINT64. */
gint64
sim_clock_next (void)
{
  GSequenceIter *first = g_sequence_get_begin_iter (events);

  return g_sequence_iter_is_end (first) ? G_MAXINT64 : ((Event *) g_sequence_get (first))->time;
}

/* Lets everything happen that is due until a time. */
void
sim_clock_advance (gint64 time)
{
  while (sim_clock_next () <= time)
    {
      GSequenceIter *first = g_sequence_get_begin_iter (events);
      Event event = *(Event *) g_sequence_get (first);

      g_sequence_remove (first);
      now = event.time;
      event.func (event.data);
    }

  now = MAX (now, time);
}

static void
mix (const void *data,
     gsize       length)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < length; i++)
    digest = (digest ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
}

void
sim_trace (const char *what,
           guint64     number)
{
  static int is_loud = -1;

  if (is_loud < 0)
    is_loud = getenv ("SIMULATION_TRACE") != NULL;
  if (is_loud)
    printf ("# %12.6f %s %" G_GUINT64_FORMAT "\n", (double) (now - MONOTONIC_START) / G_USEC_PER_SEC, what,
            number);

  mix (&now, sizeof now);
  mix (what, strlen (what));
  mix (&number, sizeof number);
}

guint64
sim_trace_digest (void)
{
  return digest;
}

void
sim_fail (const char *format,
          ...)
{
  va_list args;

  printf ("# after %.6f simulated seconds: ", (double) (now - MONOTONIC_START) / G_USEC_PER_SEC);
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf ("\n");
  fflush (stdout);
  _exit (3);
}

/* These take the place of the functions of the C library. */

static void
to_timespec (gint64           time,
             struct timespec *out)
{
  out->tv_sec = (time_t) (time / G_USEC_PER_SEC);
  out->tv_nsec = (long) (time % G_USEC_PER_SEC * 1000);
}

G_MODULE_EXPORT int
clock_gettime (clockid_t        id,
               struct timespec *out)
{
  if (!sim_clock_is_active ())
    return (int) syscall (SYS_clock_gettime, id, out);

  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
    to_timespec (REAL_START + adjusted + sim_clock_boot_time (), out);
  else if (id == CLOCK_BOOTTIME)
    to_timespec (sim_clock_boot_time (), out);
  else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_MONOTONIC_RAW)
    to_timespec (now, out);
  else
    return (int) syscall (SYS_clock_gettime, id, out);

  return 0;
}

G_MODULE_EXPORT int
gettimeofday (struct timeval *restrict out,
              void           *restrict zone)
{
  struct timespec time;

  clock_gettime (CLOCK_REALTIME, &time);
  out->tv_sec = time.tv_sec;
  out->tv_usec = time.tv_nsec / 1000;
  return 0;
}

G_MODULE_EXPORT time_t
time (time_t *out)
{
  struct timespec seconds;

  clock_gettime (CLOCK_REALTIME, &seconds);
  if (out != NULL)
    *out = seconds.tv_sec;
  return seconds.tv_sec;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-suspend-clock-private.h"

/* The tests define SIGNAL_PORTABLE_ONLY to check what other systems than Linux use. */
#if HAVE_TIMERFD && !defined (SIGNAL_PORTABLE_ONLY)
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#define USE_TIMERFD
#endif

#ifdef USE_TIMERFD

typedef struct
{
  GSource source;
  guint interval; /* ms */
  int fd;
} ClockSource;

static void
arm (ClockSource *self)
{
  struct itimerspec at = { .it_value = { self->interval / 1000, self->interval % 1000 * 1000000L } };

  timerfd_settime (self->fd, 0, &at, NULL);
}

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  arm ((ClockSource *) source);
  return callback (user_data);
}

static void
finalize (GSource *source)
{
  close (((ClockSource *) source)->fd);
}

static GSourceFuncs clock_funcs = { .dispatch = dispatch, .finalize = finalize };

/* Uses the clock that continues during suspend, so that an interval that has ended in the meantime is
 * noticed on resume. Returns NULL if the system has no timer left. */
static GSource *
new_timer_source (guint interval)
{
  int fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  GSource *source;

  if (fd < 0)
    return NULL;

  source = g_source_new (&clock_funcs, sizeof (ClockSource));
  ((ClockSource *) source)->interval = interval;
  ((ClockSource *) source)->fd = fd;
  arm ((ClockSource *) source);
  g_source_add_unix_fd (source, fd, G_IO_IN);
  return source;
}

static gint64
read_clock (clockid_t id)
{
  struct timespec now;

  clock_gettime (id, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

#endif /* USE_TIMERFD */

/* Returns the time in µs that the system has been suspended, relative to an arbitrary start.
 *
 * On Linux, CLOCK_MONOTONIC is stopped while the system is suspended, and CLOCK_BOOTTIME is not. Elsewhere,
 * the time of day is compared with the monotonic clock. If that is set forward, it looks like a suspend, and
 * if the monotonic clock continues during suspend, nothing is noticed. */
gint64
signal_suspend_clock_get_time (void)
{
#ifdef USE_TIMERFD
  return read_clock (CLOCK_BOOTTIME) - read_clock (CLOCK_MONOTONIC);
#else
  return g_get_real_time () - g_get_monotonic_time ();
#endif
}

/* Creates a source that is dispatched each time that interval, in ms, has passed, and on resume if possible.
 * The callback is a GSourceFunc. */
GSource *
signal_suspend_clock_source_new (guint interval)
{
#ifdef USE_TIMERFD
  GSource *source = new_timer_source (interval);

  if (source != NULL)
    return source;
#endif

  return g_timeout_source_new (interval);
}

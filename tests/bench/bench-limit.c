/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-limit.h"

#include <sys/resource.h>

/* Raises the limit of open files of the process to the maximum, and returns it. */
guint
bench_limit_raise_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return 0;

  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  return MIN (limit.rlim_cur, G_MAXINT);
}

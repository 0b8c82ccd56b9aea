/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints why the tour cannot go on, and exits. */
void
tour_fail (const char *format,
           ...)
{
  va_list args;

  fflush (stdout);
  va_start (args, format);
  fputs ("\nThe tour failed: ", stderr);
  vfprintf (stderr, format, args);
  fputc ('\n', stderr);
  va_end (args);
  exit (EXIT_FAILURE);
}

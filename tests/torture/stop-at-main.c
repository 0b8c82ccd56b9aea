/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For LD_PRELOAD: stops a program when main() begins, so that a tracer is attached after dynamic loading,
 * whose failures are not those of the program. */
#include "config.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

typedef int (*MainFunc) (int, char **, char **);
typedef int (*StartFunc) (MainFunc, int, char **, MainFunc, void (*) (void), void (*) (void), void *);

int __libc_start_main (MainFunc   main_func,
                       int        argc,
                       char     **argv,
                       MainFunc   init,
                       void     (*fini) (void),
                       void     (*loader_fini) (void),
                       void      *stack_end);

static MainFunc program_main;

static int
stop_and_run (int    argc,
              char **argv,
              char **env)
{
  /* Processes that the program starts do not stop. */
  unsetenv ("LD_PRELOAD");
  /* Systems with Yama let only a parent attach otherwise. */
  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  raise (SIGSTOP);
  return program_main (argc, argv, env);
}

int
__libc_start_main (MainFunc   main_func,
                   int        argc,
                   char     **argv,
                   MainFunc   init,
                   void     (*fini) (void),
                   void     (*loader_fini) (void),
                   void      *stack_end)
{
  StartFunc next = (StartFunc) dlsym (RTLD_NEXT, "__libc_start_main");

  program_main = main_func;
  return next (stop_and_run, argc, argv, init, fini, loader_fini, stack_end);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public types that no function of the library has as a parameter or returns, so that only
 * their mention here brings them into the debug information of a binary. */
#include "config.h"

#include <signal-glib/signal-glib.h>

/* A GError has its code as a number. */
G_MODULE_EXPORT SignalError signal_error_code;

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-error.h"

#include <signal-glib/signal-glib.h>

gboolean
demo_error_is_transient (const GError *error)
{
  return g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
}

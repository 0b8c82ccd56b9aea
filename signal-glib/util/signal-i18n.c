/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-i18n-private.h"

#include <glib/gi18n-lib.h>

/* Binds the text domain. The locale of the program determines the language. */
void
signal_i18n_init (void)
{
  static gsize is_bound;

  if (!g_once_init_enter (&is_bound))
    return;

  bindtextdomain (GETTEXT_PACKAGE, SIGNAL_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  g_once_init_leave (&is_bound, 1);
}

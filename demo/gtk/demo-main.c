/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>

#include <glib/gi18n.h>

#ifdef __ANDROID__
#include "demo-android.h"
#endif
#include "demo-application.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (DemoApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, SIGNAL_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_("Signal Demo"));

#ifdef __ANDROID__
  demo_android_init_tls ();
#endif
  application = demo_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gmodule.h>
#include <glib-object.h>

typedef GType (*GetType) (void);

static const char *library;

/* A program unloads a plugin that uses the library, and loads it again. */
static void
test_unload (void)
{
  for (guint i = 0; i < 3; i++)
    {
      GModule *module = g_module_open (library, G_MODULE_BIND_LOCAL);
      gpointer get_type = NULL;
      g_autoptr (GObject) client = NULL;

      if (module == NULL)
        g_error ("%s", g_module_error ());
      g_assert_true (g_module_symbol (module, "signal_client_get_type", &get_type));
      client = g_object_new (((GetType) get_type) (), NULL);
      g_assert_nonnull (client);
      g_clear_object (&client);
      g_assert_true (g_module_close (module));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  library = argv[1];

  g_test_add_func ("/api/unload", test_unload);

  return g_test_run ();
}

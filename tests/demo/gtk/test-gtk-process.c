/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>

/* Runs the application in a separate process, as a user does: PROGRAM. */

#define ID "io.github.signal_glib.Demo"
#define PATH "/io/github/signal_glib/Demo"
#define TIMEOUT_SECONDS 40

typedef struct
{
  GSubprocess *process;
  GDBusConnection *bus;
  GActionGroup *actions;
  gboolean ended;
} Program;

static const char *binary;

static void
on_timeout (gpointer data)
{
  g_error ("Timed out after %d s", TIMEOUT_SECONDS);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
has_name (Program *self)
{
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (self->bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                 "NameHasOwner", g_variant_new ("(s)", ID), NULL, 0, -1, NULL,
                                 NULL);
  gboolean has = FALSE;

  g_variant_get (answer, "(b)", &has);
  return has;
}

/* Returns the number of windows, each of which exports its actions. */
static guint
count_windows (Program *self)
{
  guint n_windows = 0;

  for (guint i = 1; i <= 4; i++)
    {
      g_autofree char *path = g_strdup_printf (PATH "/window/%u", i);
      g_autoptr (GVariant) answer =
        g_dbus_connection_call_sync (self->bus, ID, path, "org.gtk.Actions", "List", NULL, NULL, 0,
                                     -1, NULL, NULL);

      n_windows += answer != NULL;
    }
  return n_windows;
}

static void
close_windows (Program *self)
{
  for (guint i = 1; i <= 4; i++)
    {
      g_autofree char *path = g_strdup_printf (PATH "/window/%u", i);
      g_autoptr (GDBusActionGroup) window = g_dbus_action_group_get (self->bus, ID, path);

      g_action_group_activate_action (G_ACTION_GROUP (window), "close", NULL);
    }
}

static void
wait_for_windows (Program *self,
                  guint    n_windows)
{
  while (count_windows (self) != n_windows)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_for_action (Program    *self,
                 const char *name,
                 gboolean    enabled)
{
  gboolean now = !enabled;

  while (!g_action_group_query_action (self->actions, name, &now, NULL, NULL, NULL, NULL)
         || now != enabled)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_ended (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *errors = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, NULL, &errors, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (errors, ==, "");
  g_assert_cmpint (g_subprocess_get_exit_status (G_SUBPROCESS (source)), ==, 0);
  *(gboolean *) data = TRUE;
}

static void
program_start (Program *self)
{
  g_autoptr (GError) error = NULL;

  self->ended = FALSE;
  self->bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_PIPE, &error, binary, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (self->process, NULL, NULL, on_ended, &self->ended);
  wait_for_windows (self, 1);
  self->actions = G_ACTION_GROUP (g_dbus_action_group_get (self->bus, ID, PATH));
  wait_for_action (self, "try-it", TRUE);
}

static void
program_end (Program *self)
{
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&self->actions);
  g_clear_object (&self->process);
  g_clear_object (&self->bus);
}

static void
activate_again (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) second =
    g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, binary, NULL);

  g_assert_no_error (error);
  g_subprocess_wait_check (second, NULL, &error);
  g_assert_no_error (error);
}

/* A second start opens a window of the first process. */
static void
test_connected (void)
{
  Program self = { 0 };

  program_start (&self);
  g_action_group_activate_action (self.actions, "try-it", NULL);
  wait_for_action (&self, "disconnect", TRUE);
  close_windows (&self);
  wait_for_windows (&self, 0);
  g_assert_true (has_name (&self));
  activate_again ();
  wait_for_windows (&self, 1);
  g_assert_false (self.ended);

  close_windows (&self);
  wait_for_windows (&self, 0);
  g_assert_true (has_name (&self));
  g_action_group_activate_action (self.actions, "disconnect", NULL);
  program_end (&self);
}

static void
test_idle (void)
{
  Program self = { 0 };

  program_start (&self);
  close_windows (&self);
  program_end (&self);
}

static void
test_quit (void)
{
  Program self = { 0 };

  program_start (&self);
  g_action_group_activate_action (self.actions, "try-it", NULL);
  wait_for_action (&self, "disconnect", TRUE);
  g_action_group_activate_action (self.actions, "quit", NULL);
  program_end (&self);
}

/* Without its schema the application works, but does not store its settings. */
static void
test_no_schema (void)
{
  g_autofree char *folder = g_strdup (g_getenv ("GSETTINGS_SCHEMA_DIR"));
  Program self = { 0 };

  g_unsetenv ("GSETTINGS_SCHEMA_DIR");
  program_start (&self);
  g_action_group_activate_action (self.actions, "quit", NULL);
  program_end (&self);
  g_setenv ("GSETTINGS_SCHEMA_DIR", folder, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  binary = argv[1];
  g_timeout_add_once (TIMEOUT_SECONDS * 1000, on_timeout, NULL);
  g_timeout_add (20, on_tick, NULL);
  g_test_add_func ("/gtk/process/connected", test_connected);
  g_test_add_func ("/gtk/process/idle", test_idle);
  g_test_add_func ("/gtk/process/quit", test_quit);
  g_test_add_func ("/gtk/process/no-schema", test_no_schema);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fake-logind.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>

#define LOGIND "org.freedesktop.login1"

#define CONFIG \
  "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n" \
  " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n" \
  "<busconfig>\n" \
  "  <type>system</type>\n" \
  "  <listen>%s</listen>\n" \
  "  <policy context=\"default\">\n" \
  "    <allow own=\"*\"/>\n" \
  "    <allow send_destination=\"*\"/>\n" \
  "    <allow send_type=\"signal\"/>\n" \
  "    <allow eavesdrop=\"false\"/>\n" \
  "  </policy>\n" \
  "</busconfig>\n"

/* The daemon does not outlive a test that crashes. */
static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

/* The daemon prints its address as soon as it listens. */
static void
wait_until_ready (GSubprocess *daemon)
{
  g_autoptr (GDataInputStream) out =
    g_data_input_stream_new (g_subprocess_get_stdout_pipe (daemon));
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
}

static void
own_name (GDBusConnection *bus,
          const char      *name)
{
  g_autoptr (GError) error = NULL;
  G_GNUC_UNUSED g_autoptr (GVariant) reply =
    g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus", "RequestName",
                                 g_variant_new ("(su)", name, 0), NULL,
                                 G_DBUS_CALL_FLAGS_NONE, 10000, NULL, &error);

  g_assert_no_error (error);
}

/* Returns NULL if there is no dbus-daemon, after which there is no system bus either. Must be
 * called before the system bus is used. */
FakeLogind *
fake_logind_new (void)
{
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;
  g_autofree char *text = NULL;
  g_autofree char *argument = NULL;
  FakeLogind *self;

  if (program == NULL)
    {
      g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
      return NULL;
    }

  self = g_new0 (FakeLogind, 1);
  self->directory = g_dir_make_tmp ("signal-glib-XXXXXX", &error);
  g_assert_no_error (error);
  address = g_strdup_printf ("unix:path=%s/bus", self->directory);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
  self->config = g_build_filename (self->directory, "bus.conf", NULL);
  text = g_strdup_printf (CONFIG, address);
  g_file_set_contents (self->config, text, -1, &error);
  g_assert_no_error (error);

  argument = g_strdup_printf ("--config-file=%s", self->config);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                        | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  self->daemon = g_subprocess_launcher_spawn (launcher, &error, program, argument, "--nofork",
                                              "--print-address", NULL);
  g_assert_no_error (error);
  wait_until_ready (self->daemon);

  self->bus = g_dbus_connection_new_for_address_sync
    (address,
     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
     NULL, NULL, &error);
  g_assert_no_error (error);
  own_name (self->bus, LOGIND);
  return self;
}

void
fake_logind_free (FakeLogind *self)
{
  g_autofree char *socket = NULL;

  /* The daemon is stopped first, because it would answer the calls that are pending at the stalled
   * names. */
  g_subprocess_force_exit (self->daemon);
  g_subprocess_wait (self->daemon, NULL, NULL);
  g_dbus_connection_close_sync (self->bus, NULL, NULL);
  g_object_unref (self->bus);
  g_object_unref (self->daemon);
  socket = g_build_filename (self->directory, "bus", NULL);
  g_unlink (socket);
  g_unlink (self->config);
  g_rmdir (self->directory);
  g_free (self->config);
  g_free (self->directory);
  g_free (self);
}

/* @is_beginning is FALSE for the end of a suspend. */
void
fake_logind_sleep (FakeLogind *self,
                   gboolean    is_beginning)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (self->bus, NULL, "/org/freedesktop/login1", LOGIND ".Manager",
                                 "PrepareForSleep", g_variant_new ("(b)", is_beginning), &error);
  g_assert_no_error (error);
  g_dbus_connection_flush_sync (self->bus, NULL, &error);
  g_assert_no_error (error);
}

static GDBusMessage *
swallow_calls (GDBusConnection *bus,
               GDBusMessage    *message,
               gboolean         is_incoming,
               gpointer         user_data)
{
  if (is_incoming && g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    {
      g_atomic_int_inc ((int *) user_data);
      g_object_unref (message);
      return NULL;
    }

  return message;
}

/* Also owns another name, at which calls are never answered. They are counted in @n_calls, in
 * another thread. */
void
fake_logind_own_stalled (FakeLogind *self,
                         const char *name,
                         int        *n_calls)
{
  g_dbus_connection_add_filter (self->bus, swallow_calls, n_calls, NULL);
  own_name (self->bus, name);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "history.h"

#include "history-line.h"
#include "history-watch.h"

#include <glib/gstdio.h>
#include <unistd.h>

static char *folder;

static void
add_connection (gpointer            actor,
                const char         *kind,
                const char         *id,
                const char         *user_id,
                const char * const *rooms)
{
  HistoryLine *line = history_line_begin (actor, kind);

  history_line_add_text (line, "connection", id);
  history_line_add_text (line, "user", user_id);
  if (rooms != NULL)
    history_line_add_texts (line, "rooms", rooms);
  history_line_end (line);
}

/* Clients */

static gboolean
on_client_connected (GSignalInvocationHint *hint,
                     guint                  n_values,
                     const GValue          *values,
                     gpointer               user_data)
{
  SignalClient *client = g_value_get_object (&values[0]);

  add_connection (client, "connect", g_value_get_string (&values[1]), NULL,
                  signal_client_get_rooms (client));
  return TRUE;
}

static gboolean
on_client_message (GSignalInvocationHint *hint,
                   guint                  n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  SignalClient *client = g_value_get_object (&values[0]);
  HistoryLine *line = history_line_begin (client, "receive");

  history_line_add_text (line, "by", "client");
  history_line_add_text (line, "connection", signal_client_get_client_id (client));
  history_line_add_message (line, g_value_get_boxed (&values[1]));
  history_line_end (line);
  return TRUE;
}

/* Of `reconnecting` and `disconnected`. */
static gboolean
on_client_lost (GSignalInvocationHint *hint,
                guint                  n_values,
                const GValue          *values,
                gpointer               user_data)
{
  history_line_end (history_line_begin (g_value_get_object (&values[0]), "disconnect"));
  return TRUE;
}

/* A test knows that the client is in the room now. */
void
history_add_joined (SignalClient *client,
                    const char   *room)
{
  const char * const rooms[] = { room, NULL };

  add_connection (client, "joined", signal_client_get_client_id (client), NULL, rooms);
}

/* A test knows that the client is no longer in the room. */
void
history_add_left (SignalClient *client,
                  const char   *room)
{
  const char * const rooms[] = { room, NULL };

  add_connection (client, "left", signal_client_get_client_id (client), NULL, rooms);
}

/* Servers */

/* The server of a peer, whose rooms have changed from the ones that are stored. */
static void
on_peer_rooms (SignalPeer   *peer,
               GParamSpec   *pspec,
               SignalServer *server)
{
  GQuark quark = g_quark_from_static_string ("history-rooms");
  const char * const *before = g_object_get_qdata (G_OBJECT (peer), quark);
  const char * const *now = signal_peer_get_rooms (peer);
  g_autoptr (GPtrArray) joined = g_ptr_array_new ();
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  for (guint i = 0; now[i] != NULL; i++)
    if (!g_strv_contains (before, now[i]))
      g_ptr_array_add (joined, (gpointer) now[i]);
  for (guint i = 0; before[i] != NULL; i++)
    if (!g_strv_contains (now, before[i]))
      g_ptr_array_add (left, (gpointer) before[i]);
  g_ptr_array_add (joined, NULL);
  g_ptr_array_add (left, NULL);
  if (joined->len > 1)
    add_connection (server, "joined", signal_peer_get_id (peer), NULL, (const char * const *) joined->pdata);
  if (left->len > 1)
    add_connection (server, "left", signal_peer_get_id (peer), NULL, (const char * const *) left->pdata);
  g_object_set_qdata_full (G_OBJECT (peer), quark, g_strdupv ((char **) now), (GDestroyNotify) g_strfreev);
}

static gboolean
on_peer_connected (GSignalInvocationHint *hint,
                   guint                  n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  SignalServer *server = g_value_get_object (&values[0]);
  SignalPeer *peer = g_value_get_object (&values[1]);
  const char * const *rooms = signal_peer_get_rooms (peer);

  history_watch_server (server);
  add_connection (server, "admitted", signal_peer_get_id (peer), signal_peer_get_user_id (peer), rooms);
  g_object_set_qdata_full (G_OBJECT (peer), g_quark_from_static_string ("history-rooms"),
                           g_strdupv ((char **) rooms), (GDestroyNotify) g_strfreev);
  g_signal_connect_object (peer, "notify::rooms", G_CALLBACK (on_peer_rooms), server, 0);
  return TRUE;
}

static gboolean
on_peer_disconnected (GSignalInvocationHint *hint,
                      guint                  n_values,
                      const GValue          *values,
                      gpointer               user_data)
{
  add_connection (g_value_get_object (&values[0]), "gone",
                  signal_peer_get_id (g_value_get_object (&values[1])), NULL, NULL);
  return TRUE;
}

static gboolean
on_server_message (GSignalInvocationHint *hint,
                   guint                  n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  HistoryLine *line = history_line_begin (g_value_get_object (&values[0]), "receive");

  history_line_add_text (line, "by", "server");
  history_line_add_text (line, "connection", signal_peer_get_id (g_value_get_object (&values[1])));
  history_line_add_message (line, g_value_get_boxed (&values[2]));
  history_line_end (line);
  return TRUE;
}

/* The process */

static void
hook (GType                type,
      const char          *name,
      GSignalEmissionHook  function)
{
  /* The class has the signals. */
  g_type_ensure (type);
  g_type_class_unref (g_type_class_ref (type));
  g_signal_add_emission_hook (g_signal_lookup (name, type), 0, function, NULL, NULL);
}

/* Begins to write into the folder, if there is one. */
void
history_open (void)
{
  const char *path = g_getenv (HISTORY_VARIABLE);

  if (path == NULL)
    return;

  history_line_set_folder (path);
  hook (SIGNAL_TYPE_CLIENT, "connected", on_client_connected);
  hook (SIGNAL_TYPE_CLIENT, "reconnecting", on_client_lost);
  hook (SIGNAL_TYPE_CLIENT, "disconnected", on_client_lost);
  hook (SIGNAL_TYPE_CLIENT, "message", on_client_message);
  hook (SIGNAL_TYPE_SERVER, "peer-connected", on_peer_connected);
  hook (SIGNAL_TYPE_SERVER, "peer-disconnected", on_peer_disconnected);
  hook (SIGNAL_TYPE_SERVER, "message", on_server_message);
}

/* The same for a test program, and all processes that it starts: with a new folder inside of the one in the
 * environment. Returns the new folder, or NULL if there is none. */
const char *
history_begin (void)
{
  g_autofree char *program = NULL;
  g_autofree char *name = NULL;

  if (g_getenv (HISTORY_VARIABLE) == NULL)
    return NULL;

  program = g_path_get_basename (g_get_prgname ());
  name = g_strdup_printf ("%s-%d", program, (int) getpid ());
  folder = g_build_filename (g_getenv (HISTORY_VARIABLE), name, NULL);
  if (g_mkdir_with_parents (folder, 0700) != 0)
    g_error ("The history cannot be written to %s: %s", folder, g_strerror (errno));
  g_setenv (HISTORY_VARIABLE, folder, TRUE);
  history_open ();
  return folder;
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The history remains if a fault was found in it, or with the option --verbose. */
static void
test_history (void)
{
  g_autofree char *program = g_test_build_filename (G_TEST_DIST, "histories", "check", NULL);
  const char *arguments[] = { program, folder, NULL };
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  history_line_end (history_line_begin (NULL, "end"));
  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status, &error);
  g_assert_no_error (error);
  lines = g_strsplit (output, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      g_test_message ("%s", lines[i]);

  if (status != 0)
    g_test_fail_printf ("The history in %s is not a correct one", folder);
  else if (!g_test_verbose ())
    remove_folder ();
}

/* Like g_test_run(), with a test that checks the history of all others. */
int
history_run (void)
{
  int result;

  /* Tests whose paths begin with another name are run in the order in which these names were first used. */
  if (folder != NULL)
    g_test_add_func ("/history/check", test_history);
  result = g_test_run ();
  g_clear_pointer (&folder, g_free);
  return result;
}

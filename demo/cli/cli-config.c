/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-config.h"

#include <errno.h>
#include <unistd.h>

#include <glib/gi18n.h>

/* A file of options, which has their long names as keys. */

#define GROUP "Server"

static const CliOption *
find_option (const CliOption *table,
             const char      *key)
{
  for (const CliOption *option = table; option->entry.long_name != NULL; option++)
    if (g_str_equal (option->entry.long_name, key) && !option->only_on_command_line)
      return option;
  return NULL;
}

static gboolean
check_file (const char  *path,
            GError     **error)
{
  if (access (path, R_OK) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _("cannot read “%s”: %s"), path,
               g_strerror (errno));
  return FALSE;
}

/* The names of files are relative to the file of options. */
static gboolean
set_file (const char  *folder,
          char       **value,
          GKeyFile    *file,
          const char  *key,
          GError     **error)
{
  g_autofree char *name = g_key_file_get_string (file, GROUP, key, error);
  g_autofree char *path = NULL;

  if (name == NULL)
    return FALSE;
  path = g_canonicalize_filename (name, folder);
  if (!check_file (path, error))
    return FALSE;
  if (*value == NULL)
    *value = g_steal_pointer (&path);
  return TRUE;
}

static gboolean
set_number (const CliOption  *option,
            int              *value,
            GKeyFile         *file,
            GError          **error)
{
  g_autofree char *text = g_key_file_get_value (file, GROUP, option->entry.long_name, error);
  gint64 number;

  if (text == NULL || !g_ascii_string_to_signed (g_strchomp (text), 10, option->minimum, option->maximum,
                                                 &number, error))
    return FALSE;
  if (*value == CLI_OPTION_UNSET)
    *value = (int) number;
  return TRUE;
}

static gboolean
set_boolean (gboolean    *value,
             GKeyFile    *file,
             const char  *key,
             GError     **error)
{
  g_autoptr (GError) local = NULL;
  gboolean is_set = g_key_file_get_boolean (file, GROUP, key, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  *value = *value || is_set;
  return TRUE;
}

static gboolean
set_string (char       **value,
            GKeyFile    *file,
            const char  *key,
            GError     **error)
{
  g_autofree char *text = g_key_file_get_string (file, GROUP, key, error);

  if (text == NULL)
    return FALSE;
  if (*value == NULL)
    *value = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
set_list (char      ***value,
          GKeyFile    *file,
          const char  *key,
          GError     **error)
{
  g_auto (GStrv) list = g_key_file_get_string_list (file, GROUP, key, NULL, error);

  if (list == NULL)
    return FALSE;
  if (*value == NULL)
    *value = g_steal_pointer (&list);
  return TRUE;
}

/* Checks the value of the file, and uses it unless there is one from the command line. */
static gboolean
set_value (const CliOption  *option,
           gpointer          value,
           const char       *folder,
           GKeyFile         *file,
           GError          **error)
{
  const char *key = option->entry.long_name;

  switch (option->entry.arg)
    {
    case G_OPTION_ARG_NONE:
      return set_boolean (value, file, key, error);

    case G_OPTION_ARG_INT:
      return set_number (option, value, file, error);

    case G_OPTION_ARG_FILENAME:
      return set_file (folder, value, file, key, error);

    case G_OPTION_ARG_STRING_ARRAY:
      return set_list (value, file, key, error);

    default:
      return set_string (value, file, key, error);
    }
}

static gboolean
set_key (const char       *key,
         const CliOption  *table,
         gpointer          values,
         const char       *folder,
         GKeyFile         *file,
         GError          **error)
{
  const CliOption *option = find_option (table, key);

  if (option == NULL)
    {
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
                   _("unknown key “%s”; the keys are the long options of the command"), key);
      return FALSE;
    }
  if (set_value (option, G_STRUCT_MEMBER_P (values, option->offset), folder, file, error))
    return TRUE;
  g_prefix_error (error, _("key “%s”: "), key);
  return FALSE;
}

static gboolean
check_groups (GKeyFile  *file,
              GError   **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (g_str_equal (groups[i], GROUP))
        continue;
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND,
                   _("unknown group “%s”; the group is “%s”"), groups[i], GROUP);
      return FALSE;
    }
  return TRUE;
}

/* Errors of GKeyFile repeat the line, which is a secret if the file is one with a token. */
static gboolean
load_file (GKeyFile    *file,
           const char  *path,
           GError     **error)
{
  g_autoptr (GError) cause = NULL;

  if (g_key_file_load_from_file (file, path, G_KEY_FILE_KEEP_TRANSLATIONS, &cause))
    return TRUE;
  if (g_error_matches (cause, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE))
    g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE,
                 _("the file is not valid; it begins with [%s], and its lines have the form key=value"),
                 GROUP);
  else
    g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static gboolean
load_keys (const char       *path,
           const CliOption  *table,
           gpointer          values,
           GError          **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (absolute);
  g_auto (GStrv) keys = NULL;

  /* A translation of a key is unknown, and not ignored. */
  if (!load_file (file, path, error) || !check_groups (file, error))
    return FALSE;
  keys = g_key_file_get_keys (file, GROUP, NULL, error);
  if (keys == NULL)
    return FALSE;
  for (guint i = 0; keys[i] != NULL; i++)
    if (!set_key (keys[i], table, values, folder, file, error))
      return FALSE;
  return TRUE;
}

/* Sets the options that are not set yet. The error names the file and the key. */
gboolean
cli_config_load (const char       *path,
                 const CliOption  *table,
                 gpointer          values,
                 GError          **error)
{
  if (load_keys (path, table, values, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-keyring.h"

#ifdef HAVE_LIBSECRET

#include <glib/gi18n.h>
#include <libsecret/secret.h>

static const SecretSchema *
get_schema (void)
{
  static const SecretSchema schema = {
    "io.github.signal_glib.Demo", SECRET_SCHEMA_NONE,
    { { "server", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
  };

  return &schema;
}

gboolean
demo_keyring_is_available (void)
{
  return TRUE;
}

void
demo_keyring_load_async (const char          *server_url,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  secret_password_lookup (get_schema (), cancellable, callback, user_data,
                          "server", server_url, NULL);
}

char *
demo_keyring_load_finish (GAsyncResult  *result,
                          GError       **error)
{
  return secret_password_lookup_finish (result, error);
}

void
demo_keyring_store_async (const char          *server_url,
                          const char          *token,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autofree char *label = g_strdup_printf (_("Token for %s"), server_url);

  secret_password_store (get_schema (), SECRET_COLLECTION_DEFAULT, label, token, NULL,
                         callback, user_data, "server", server_url, NULL);
}

gboolean
demo_keyring_store_finish (GAsyncResult  *result,
                           GError       **error)
{
  return secret_password_store_finish (result, error);
}

void
demo_keyring_clear (const char *server_url)
{
  secret_password_clear (get_schema (), NULL, NULL, NULL, "server", server_url, NULL);
}

#else

gboolean
demo_keyring_is_available (void)
{
  return FALSE;
}

void
demo_keyring_load_async (const char          *server_url,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, demo_keyring_load_async);
  g_task_return_pointer (task, NULL, NULL);
}

char *
demo_keyring_load_finish (GAsyncResult  *result,
                          GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
demo_keyring_store_async (const char          *server_url,
                          const char          *token,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, demo_keyring_store_async);
  g_task_return_boolean (task, TRUE);
}

gboolean
demo_keyring_store_finish (GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
demo_keyring_clear (const char *server_url)
{
}

#endif

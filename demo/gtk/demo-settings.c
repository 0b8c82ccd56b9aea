/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-settings.h"

#define SCHEMA_ID "io.github.signal_glib.Demo"
#define MIN_HISTORY 10
#define MAX_HISTORY 5000
#define DEFAULT_HISTORY 500

struct _DemoSettings
{
  GObject parent_instance;
  GSettings *settings;
  GValue values[9];
};

enum
{
  PROP_0,
  PROP_SERVER_URL,
  PROP_ROOMS,
  PROP_NAME,
  PROP_CA_FILE,
  PROP_REMEMBER_TOKEN,
  PROP_STAY_CONNECTED,
  PROP_NOTIFICATIONS,
  PROP_COLOR_SCHEME,
  PROP_HISTORY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoSettings, demo_settings, G_TYPE_OBJECT)

static void
demo_settings_finalize (GObject *object)
{
  DemoSettings *self = DEMO_SETTINGS (object);

  g_clear_object (&self->settings);
  for (guint i = 1; i < N_PROPS; i++)
    g_value_unset (&self->values[i - 1]);

  G_OBJECT_CLASS (demo_settings_parent_class)->finalize (object);
}

static void
demo_settings_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  g_value_copy (&DEMO_SETTINGS (object)->values[prop_id - 1], value);
}

static void
demo_settings_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  GValue *current = &DEMO_SETTINGS (object)->values[prop_id - 1];

  if (g_param_values_cmp (pspec, current, value) == 0)
    return;
  g_value_copy (value, current);
  g_object_notify_by_pspec (object, pspec);
}

static void
demo_settings_class_init (DemoSettingsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = demo_settings_finalize;
  object_class->get_property = demo_settings_get_property;
  object_class->set_property = demo_settings_set_property;

  properties[PROP_SERVER_URL] = g_param_spec_string ("server-url", NULL, NULL, "", flags);
  properties[PROP_ROOMS] = g_param_spec_string ("rooms", NULL, NULL, "tea", flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  properties[PROP_CA_FILE] = g_param_spec_string ("ca-file", NULL, NULL, "", flags);
  properties[PROP_REMEMBER_TOKEN] =
    g_param_spec_boolean ("remember-token", NULL, NULL, FALSE, flags);
  properties[PROP_STAY_CONNECTED] =
    g_param_spec_boolean ("stay-connected", NULL, NULL, TRUE, flags);
  properties[PROP_NOTIFICATIONS] =
    g_param_spec_boolean ("notifications", NULL, NULL, TRUE, flags);
  properties[PROP_COLOR_SCHEME] =
    g_param_spec_string ("color-scheme", NULL, NULL, "default", flags);
  properties[PROP_HISTORY] =
    g_param_spec_uint ("history", NULL, NULL, MIN_HISTORY, MAX_HISTORY, DEFAULT_HISTORY, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

/* g_settings_new() aborts if the schema is missing, and g_settings_bind() if an older schema lacks a
 * key. */
static void
bind_settings (DemoSettings *self)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SCHEMA_ID, TRUE);
  if (schema == NULL)
    return;
  self->settings = g_settings_new_full (schema, NULL, NULL);
  for (guint i = 1; i < N_PROPS; i++)
    {
      const char *name = g_param_spec_get_name (properties[i]);

      if (g_settings_schema_has_key (schema, name))
        g_settings_bind (self->settings, name, self, name, G_SETTINGS_BIND_DEFAULT);
    }
}

static void
demo_settings_init (DemoSettings *self)
{
  G_STATIC_ASSERT (G_N_ELEMENTS (self->values) == N_PROPS - 1);

  for (guint i = 1; i < N_PROPS; i++)
    {
      g_value_init (&self->values[i - 1], G_PARAM_SPEC_VALUE_TYPE (properties[i]));
      g_param_value_set_default (properties[i], &self->values[i - 1]);
    }
  bind_settings (self);
}

DemoSettings *
demo_settings_new (void)
{
  return g_object_new (DEMO_TYPE_SETTINGS, NULL);
}

char *
demo_settings_dup_string (DemoSettings *self,
                          const char   *name)
{
  char *value;

  g_object_get (self, name, &value, NULL);
  return value;
}

gboolean
demo_settings_get_boolean (DemoSettings *self,
                           const char   *name)
{
  gboolean value;

  g_object_get (self, name, &value, NULL);
  return value;
}

guint
demo_settings_get_history (DemoSettings *self)
{
  return g_value_get_uint (&self->values[PROP_HISTORY - 1]);
}

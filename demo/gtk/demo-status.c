/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-status.h"

#include <glib/gi18n.h>

#define TICK_MS 250

struct _DemoStatus
{
  GObject parent_instance;
  SignalClient *client;
  char *description;
  guint tick_id; /* while a countdown is shown */
};

enum
{
  PROP_0,
  PROP_ICON_NAME,
  PROP_DESCRIPTION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoStatus, demo_status, G_TYPE_OBJECT)

static void
demo_status_dispose (GObject *object)
{
  DemoStatus *self = DEMO_STATUS (object);

  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (demo_status_parent_class)->dispose (object);
}

static void
demo_status_finalize (GObject *object)
{
  g_free (DEMO_STATUS (object)->description);

  G_OBJECT_CLASS (demo_status_parent_class)->finalize (object);
}

static void
demo_status_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  DemoStatus *self = DEMO_STATUS (object);

  switch (prop_id)
    {
    case PROP_ICON_NAME:
      g_value_set_string (value, demo_status_get_icon_name (self));
      break;
    case PROP_DESCRIPTION:
      g_value_set_string (value, self->description);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
demo_status_class_init (DemoStatusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = demo_status_dispose;
  object_class->finalize = demo_status_finalize;
  object_class->get_property = demo_status_get_property;

  properties[PROP_ICON_NAME] = g_param_spec_string ("icon-name", NULL, NULL, NULL, flags);
  properties[PROP_DESCRIPTION] = g_param_spec_string ("description", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
demo_status_init (DemoStatus *self)
{
}

/* The library's text does not depend on the time, so that the countdown is appended here. */
static char *
build_description (DemoStatus *self)
{
  const char *text = signal_client_get_status_text (self->client);
  guint seconds = demo_status_get_countdown (self);

  if (seconds == 0)
    return g_strdup (text);
  /* Translators: as in “Reconnecting (attempt 2) in 3 seconds” */
  return g_strdup_printf (ngettext ("%s in %u second", "%s in %u seconds", seconds), text, seconds);
}

static void
update (DemoStatus *self)
{
  g_autofree char *description = build_description (self);

  if (g_strcmp0 (description, self->description) == 0)
    return;
  g_free (self->description);
  self->description = g_steal_pointer (&description);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DESCRIPTION]);
}

static gboolean
on_tick (gpointer data)
{
  update (data);
  return G_SOURCE_CONTINUE;
}

static void
on_state (DemoStatus *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ICON_NAME]);
}

static void
on_status (DemoStatus *self)
{
  gboolean is_waiting = signal_client_get_retry_at (self->client) != 0;

  if (!is_waiting)
    g_clear_handle_id (&self->tick_id, g_source_remove);
  else if (self->tick_id == 0)
    self->tick_id = g_timeout_add (TICK_MS, on_tick, self);
  update (self);
}

DemoStatus *
demo_status_new (SignalClient *client)
{
  DemoStatus *self = g_object_new (DEMO_TYPE_STATUS, NULL);

  self->client = g_object_ref (client);
  g_signal_connect_object (client, "notify::state", G_CALLBACK (on_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::status-text", G_CALLBACK (on_status), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::retry-at", G_CALLBACK (on_status), self, G_CONNECT_SWAPPED);
  on_status (self);
  return self;
}

SignalConnectionState
demo_status_get_state (DemoStatus *self)
{
  return signal_client_get_state (self->client);
}

const char *
demo_status_get_icon_name (DemoStatus *self)
{
  static const char * const names[] = {
    "demo-disconnected-symbolic",
    "demo-connecting-symbolic",
    "demo-connected-symbolic",
    "demo-authenticating-symbolic",
    "demo-authenticated-symbolic",
    "demo-reconnecting-symbolic",
  };

  return names[signal_client_get_state (self->client)];
}

const char *
demo_status_get_description (DemoStatus *self)
{
  return self->description;
}

/* Returns the seconds until the next attempt, or 0 if none is scheduled. */
guint
demo_status_get_countdown (DemoStatus *self)
{
  gint64 remaining = signal_client_get_retry_at (self->client) - g_get_monotonic_time ();

  if (remaining <= 0)
    return 0;
  return (guint) ((remaining + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

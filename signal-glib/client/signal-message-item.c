/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-message-item-private.h"

/**
 * SignalMessageItem:
 *
 * Represents a received message in a [class@Signal.MessageList].
 *
 * Because list models can contain objects only, a `SignalMessageItem` makes a
 * [struct@Signal.Message] and the time of its arrival available as properties, to which user
 * interfaces can bind. Items are immutable.
 *
 * Since: 0.1
 */
struct _SignalMessageItem
{
  GObject parent_instance;

  SignalMessage *message;
  GDateTime *time;
};

enum
{
  PROP_0,
  PROP_MESSAGE,
  PROP_EVENT,
  PROP_PAYLOAD_JSON,
  PROP_ID,
  PROP_TIME,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SignalMessageItem, signal_message_item, G_TYPE_OBJECT)

static void
signal_message_item_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  SignalMessageItem *self = SIGNAL_MESSAGE_ITEM (object);

  switch (prop_id)
    {
    case PROP_MESSAGE:
      g_value_set_boxed (value, signal_message_item_get_message (self));
      break;

    case PROP_EVENT:
      g_value_set_string (value, signal_message_item_get_event (self));
      break;

    case PROP_PAYLOAD_JSON:
      g_value_set_string (value, signal_message_item_get_payload_json (self));
      break;

    case PROP_ID:
      g_value_set_string (value, signal_message_item_get_id (self));
      break;

    case PROP_TIME:
      g_value_set_boxed (value, signal_message_item_get_time (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
signal_message_item_finalize (GObject *object)
{
  SignalMessageItem *self = SIGNAL_MESSAGE_ITEM (object);

  g_clear_pointer (&self->message, signal_message_unref);
  g_clear_pointer (&self->time, g_date_time_unref);

  G_OBJECT_CLASS (signal_message_item_parent_class)->finalize (object);
}

static void
signal_message_item_class_init (SignalMessageItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = signal_message_item_get_property;
  object_class->finalize = signal_message_item_finalize;

  /**
   * SignalMessageItem:message: (getter get_message)
   *
   * The message.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGE] =
    g_param_spec_boxed ("message", NULL, NULL, SIGNAL_TYPE_MESSAGE, flags);

  /**
   * SignalMessageItem:event: (getter get_event)
   *
   * The name of the message's event.
   *
   * Since: 0.1
   */
  properties[PROP_EVENT] = g_param_spec_string ("event", NULL, NULL, NULL, flags);

  /**
   * SignalMessageItem:payload-json: (getter get_payload_json)
   *
   * The payload as JSON text, or %NULL if the message has none.
   *
   * Since: 0.1
   */
  properties[PROP_PAYLOAD_JSON] = g_param_spec_string ("payload-json", NULL, NULL, NULL, flags);

  /**
   * SignalMessageItem:id: (getter get_id)
   *
   * The ID of the message, or %NULL if it has none.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);

  /**
   * SignalMessageItem:time: (getter get_time)
   *
   * The local time at which the message has arrived.
   *
   * Since: 0.1
   */
  properties[PROP_TIME] = g_param_spec_boxed ("time", NULL, NULL, G_TYPE_DATE_TIME, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
signal_message_item_init (SignalMessageItem *self)
{
}

/* Creates an item for a message that has just arrived. */
SignalMessageItem *
signal_message_item_new (SignalMessage *message)
{
  SignalMessageItem *self = g_object_new (SIGNAL_TYPE_MESSAGE_ITEM, NULL);

  self->message = signal_message_ref (message);
  self->time = g_date_time_new_now_local ();
  return self;
}

/**
 * signal_message_item_get_message:
 * @self: the item
 *
 * Gets the message.
 *
 * Returns: (transfer none): the message
 *
 * Since: 0.1
 */
SignalMessage *
signal_message_item_get_message (SignalMessageItem *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_ITEM (self), NULL);

  return self->message;
}

/**
 * signal_message_item_get_event:
 * @self: the item
 *
 * Gets the name of the message's event.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
signal_message_item_get_event (SignalMessageItem *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_ITEM (self), NULL);

  return signal_message_get_event (self->message);
}

/**
 * signal_message_item_get_payload_json:
 * @self: the item
 *
 * Gets the payload as JSON text, as it was received.
 *
 * Returns: (transfer none) (nullable): the text, or %NULL if the message has no payload
 *
 * Since: 0.1
 */
const char *
signal_message_item_get_payload_json (SignalMessageItem *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_ITEM (self), NULL);

  return signal_message_get_payload_json (self->message);
}

/**
 * signal_message_item_get_id:
 * @self: the item
 *
 * Gets the ID of the message.
 *
 * Returns: (transfer none) (nullable): the ID, or %NULL if the message has none
 *
 * Since: 0.1
 */
const char *
signal_message_item_get_id (SignalMessageItem *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_ITEM (self), NULL);

  return signal_message_get_id (self->message);
}

/**
 * signal_message_item_get_time:
 * @self: the item
 *
 * Gets the local time at which the message has arrived.
 *
 * Returns: (transfer none): the time
 *
 * Since: 0.1
 */
GDateTime *
signal_message_item_get_time (SignalMessageItem *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_ITEM (self), NULL);

  return self->time;
}

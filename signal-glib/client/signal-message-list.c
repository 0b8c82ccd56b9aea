/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-message-list.h"

#include <string.h>

#include "client/signal-message-item-private.h"
#include "util/signal-affinity-private.h"
#include "util/signal-property-private.h"

/**
 * SignalMessageList:
 *
 * Provides the messages that a client receives as a list model.
 *
 * A `SignalMessageList` contains a [class@Signal.MessageItem] for each message that has been
 * received since the list was created, or for each message of one event. It can be the model of a
 * `GtkListView`, for example. If [property@Signal.MessageList:limit] is not 0, it contains only
 * the newest messages.
 *
 * ```c
 * static void
 * on_items_changed (GListModel *messages,
 *                   guint       position,
 *                   guint       removed,
 *                   guint       added,
 *                   gpointer    user_data)
 * {
 *   for (guint i = 0; i < added; i++)
 *     {
 *       g_autoptr (SignalMessageItem) item = g_list_model_get_item (messages, position + i);
 *
 *       g_print ("%s\n", signal_message_item_get_payload_json (item));
 *     }
 * }
 *
 * static SignalMessageList *
 * create_chat (SignalClient *client)
 * {
 *   SignalMessageList *messages = signal_message_list_new (client, "chat", 1000);
 *
 *   g_signal_connect (messages, "items-changed", G_CALLBACK (on_items_changed), NULL);
 *   return messages;
 * }
 * ```
 *
 * A message that arrives when the list is full first causes the removal of the oldest item, and
 * then the addition of the new one; `items-changed` is emitted for each of them.
 *
 * The list does not change while `items-changed` is emitted, so that every handler finds it as
 * the arguments describe it. If a handler calls [method@Signal.MessageList.clear], changes the
 * limit, or runs a main loop in which further messages arrive, the items are removed and added,
 * in order, as soon as the emission has ended.
 *
 * The list does not keep its client alive. It must be used in the thread that runs the client's
 * main context; references, including the last one, can be dropped in any thread.
 *
 * Since: 0.1
 */
struct _SignalMessageList
{
  GObject parent_instance;

  char *event; /* NULL for all */
  guint limit; /* 0 for none */

  SignalAffinity affinity;
  struct _Link *link; /* NULL without a client */

  /* A ring buffer, so that the oldest item can be removed in constant time. */
  gpointer *items;
  gsize capacity; /* 0 or a power of two */
  gsize first;
  guint n_items;

  GQueue pending; /* items to be added, and NULL for each clear() */
  gboolean is_changing;
};

#define INITIAL_CAPACITY 16

enum
{
  PROP_0,
  PROP_CLIENT,
  PROP_EVENT,
  PROP_LIMIT,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

static void signal_message_list_init_model (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalMessageList, signal_message_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      signal_message_list_init_model))

/* The ring buffer */

static gpointer *
get_slot (SignalMessageList *self,
          guint              position)
{
  return &self->items[(self->first + position) & (self->capacity - 1)];
}

static void
grow (SignalMessageList *self)
{
  gsize capacity = MAX (self->capacity * 2, INITIAL_CAPACITY);
  gpointer *items = g_new (gpointer, capacity);

  for (guint i = 0; i < self->n_items; i++)
    items[i] = *get_slot (self, i);

  g_free (self->items);
  self->items = items;
  self->capacity = capacity;
  self->first = 0;
}

static void
append (SignalMessageList *self,
        SignalMessageItem *item)
{
  if (self->n_items == self->capacity)
    grow (self);

  *get_slot (self, self->n_items++) = item;
  g_list_model_items_changed (G_LIST_MODEL (self), self->n_items - 1, 0, 1);
}

/* The items are released after the emission: code that runs when an object is finalized finds the
 * list in a consistent state, too. */
static void
remove_oldest (SignalMessageList *self,
               guint              count)
{
  g_autoptr (GPtrArray) removed = g_ptr_array_new_full (count, g_object_unref);

  if (count == 0)
    return;

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (removed, *get_slot (self, i));
  self->first = (self->first + count) & (self->capacity - 1);
  self->n_items -= count;
  if (self->n_items == 0)
    {
      g_clear_pointer (&self->items, g_free);
      self->capacity = self->first = 0;
    }

  g_list_model_items_changed (G_LIST_MODEL (self), 0, count, 0);
}

/* Performs all changes. A handler of items-changed may cause further ones, which are performed
 * here after its emission. */
static void
apply_changes (SignalMessageList *self)
{
  g_autoptr (SignalMessageList) alive G_GNUC_UNUSED = g_object_ref (self);

  if (self->is_changing)
    return;

  self->is_changing = TRUE;
  for (;;)
    {
      if (self->limit > 0 && self->n_items > self->limit)
        remove_oldest (self, self->n_items - self->limit);
      else if (g_queue_is_empty (&self->pending))
        break;
      else if (g_queue_peek_head (&self->pending) == NULL)
        {
          g_queue_pop_head (&self->pending);
          remove_oldest (self, self->n_items);
        }
      else if (self->limit > 0 && self->n_items == self->limit)
        remove_oldest (self, 1);
      else
        append (self, g_queue_pop_head (&self->pending));
    }
  self->is_changing = FALSE;
}

/* The client */

/* Connects a client to a list, neither of which keeps the other alive. Either of them may be
 * disposed of in any thread. GWeakRef is not used for the same reason as in signal-session.c. */
typedef struct _Link
{
  gatomicrefcount ref_count; /* one for the list, one for the handler of the client's signal */
  GMutex lock;
  SignalMessageList *list; /* not owned; NULL once it has been disposed of or has another client */
  SignalClient *client; /* not owned; NULL once it has been disposed of */
} Link;

static Link *
link_new (SignalMessageList *list,
          SignalClient      *client)
{
  Link *link = g_new0 (Link, 1);

  g_atomic_ref_count_init (&link->ref_count);
  g_mutex_init (&link->lock);
  link->list = list;
  link->client = client;
  return link;
}

static Link *
link_ref (Link *link)
{
  g_atomic_ref_count_inc (&link->ref_count);
  return link;
}

static void
link_unref (gpointer data)
{
  Link *link = data;

  if (!g_atomic_ref_count_dec (&link->ref_count))
    return;

  g_mutex_clear (&link->lock);
  g_free (link);
}

static SignalMessageList *
link_dup_list (Link *link)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&link->lock);

  return link->list != NULL ? g_object_ref (link->list) : NULL;
}

static SignalClient *
link_dup_client (Link *link)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&link->lock);

  return link->client != NULL ? g_object_ref (link->client) : NULL;
}

static void
link_forget_list (Link *link)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&link->lock);

  link->list = NULL;
}

static void
link_forget_client (Link *link)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&link->lock);

  link->client = NULL;
}

/* Event names are compared instead of using a detailed signal, so that no event needs a quark. */
static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  g_autoptr (SignalMessageList) self = link_dup_list (user_data);

  if (self == NULL)
    return;
  if (self->event != NULL && !g_str_equal (self->event, signal_message_get_event (message)))
    return;

  g_queue_push_tail (&self->pending, signal_message_item_new (message));
  apply_changes (self);
}

static gboolean
on_client_gone (gpointer user_data)
{
  Link *link = user_data;
  g_autoptr (SignalMessageList) self = link_dup_list (link);

  /* Otherwise, the list has been given another client. */
  if (self != NULL)
    {
      link_forget_list (link);
      g_clear_pointer (&self->link, link_unref);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLIENT]);
    }
  return G_SOURCE_REMOVE;
}

/* Called when the client has been disposed of, or the list has disconnected the handler. */
static void
on_handler_destroyed (gpointer  data,
                      GClosure *closure)
{
  Link *link = data;
  g_autoptr (SignalMessageList) self = NULL;

  link_forget_client (link);
  self = link_dup_list (link);
  if (self != NULL && !signal_affinity_is_here (&self->affinity))
    {
      signal_affinity_invoke (&self->affinity, on_client_gone, link, link_unref);
      return;
    }

  on_client_gone (link);
  link_unref (link);
}

static void
disconnect_client (SignalMessageList *self)
{
  Link *link = g_steal_pointer (&self->link);
  g_autoptr (SignalClient) client = NULL;

  if (link == NULL)
    return;

  client = link_dup_client (link);
  link_forget_list (link);
  if (client != NULL)
    g_signal_handlers_disconnect_by_data (client, link);
  link_unref (link);
}

static SignalClient *
dup_client (SignalMessageList *self)
{
  return self->link != NULL ? link_dup_client (self->link) : NULL;
}

static gboolean
replace_client (SignalMessageList *self,
                SignalClient      *client)
{
  if (signal_message_list_get_client (self) == client)
    return FALSE;

  disconnect_client (self);
  if (client != NULL)
    {
      self->link = link_new (self, client);
      g_signal_connect_data (client, "message", G_CALLBACK (on_message), link_ref (self->link),
                             on_handler_destroyed, 0);
    }
  return TRUE;
}

/* GObject */

static void
signal_message_list_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  SignalMessageList *self = SIGNAL_MESSAGE_LIST (object);

  switch (prop_id)
    {
    case PROP_CLIENT:
      g_value_take_object (value, dup_client (self));
      break;

    case PROP_EVENT:
      g_value_set_string (value, self->event);
      break;

    case PROP_LIMIT:
      g_value_set_uint (value, self->limit);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
signal_message_list_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  SignalMessageList *self = SIGNAL_MESSAGE_LIST (object);
  gboolean changed = FALSE;

  switch (prop_id)
    {
    case PROP_CLIENT:
      changed = replace_client (self, g_value_get_object (value));
      break;

    case PROP_EVENT:
      changed = signal_property_set_string (&self->event, value);
      break;

    case PROP_LIMIT:
      changed = signal_property_set_uint (&self->limit, value);
      apply_changes (self);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
signal_message_list_dispose (GObject *object)
{
  disconnect_client (SIGNAL_MESSAGE_LIST (object));

  G_OBJECT_CLASS (signal_message_list_parent_class)->dispose (object);
}

static void
signal_message_list_finalize (GObject *object)
{
  SignalMessageList *self = SIGNAL_MESSAGE_LIST (object);

  for (guint i = 0; i < self->n_items; i++)
    g_object_unref (*get_slot (self, i));
  g_free (self->items);
  g_free (self->event);
  signal_affinity_clear (&self->affinity);

  G_OBJECT_CLASS (signal_message_list_parent_class)->finalize (object);
}

static void
signal_message_list_class_init (SignalMessageListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = signal_message_list_get_property;
  object_class->set_property = signal_message_list_set_property;
  object_class->dispose = signal_message_list_dispose;
  object_class->finalize = signal_message_list_finalize;

  /**
   * SignalMessageList:client: (getter get_client) (setter set_client)
   *
   * The client whose messages are added to the list.
   *
   * The list does not keep the client alive: this property becomes %NULL when the client is
   * disposed of, and the items are kept. They are also kept if this property is set.
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, SIGNAL_TYPE_CLIENT, flags);

  /**
   * SignalMessageList:event: (getter get_event) (setter set_event)
   *
   * The name of the event whose messages are added to the list, or %NULL for all events.
   *
   * Setting this property does not affect the messages that have already been received.
   *
   * Since: 0.1
   */
  properties[PROP_EVENT] = g_param_spec_string ("event", NULL, NULL, NULL, flags);

  /**
   * SignalMessageList:limit: (getter get_limit) (setter set_limit)
   *
   * The maximum number of items, or 0 for no limit.
   *
   * If the list contains more items when this property is set, the oldest ones are removed.
   *
   * Since: 0.1
   */
  properties[PROP_LIMIT] = g_param_spec_uint ("limit", NULL, NULL, 0, G_MAXUINT, 0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
signal_message_list_init (SignalMessageList *self)
{
  signal_affinity_init (&self->affinity);
  g_queue_init (&self->pending);
}

/* GListModel */

static GType
signal_message_list_get_item_type (GListModel *model)
{
  return SIGNAL_TYPE_MESSAGE_ITEM;
}

static guint
signal_message_list_get_n_items (GListModel *model)
{
  return SIGNAL_MESSAGE_LIST (model)->n_items;
}

static gpointer
signal_message_list_get_item (GListModel *model,
                              guint       position)
{
  SignalMessageList *self = SIGNAL_MESSAGE_LIST (model);

  return position < self->n_items ? g_object_ref (*get_slot (self, position)) : NULL;
}

static void
signal_message_list_init_model (GListModelInterface *iface)
{
  iface->get_item_type = signal_message_list_get_item_type;
  iface->get_n_items = signal_message_list_get_n_items;
  iface->get_item = signal_message_list_get_item;
}

/* The public API */

/**
 * signal_message_list_new:
 * @client: (nullable): a client
 * @event: (nullable): the name of the event whose messages are added, or %NULL for all events
 * @limit: the maximum number of items, or 0 for no limit
 *
 * Creates a list of the messages that @client receives from now on.
 *
 * Returns: (transfer full): a new list, which is empty
 *
 * Since: 0.1
 */
SignalMessageList *
signal_message_list_new (SignalClient *client,
                         const char   *event,
                         guint         limit)
{
  g_return_val_if_fail (client == NULL || SIGNAL_IS_CLIENT (client), NULL);

  return g_object_new (SIGNAL_TYPE_MESSAGE_LIST,
                       "client", client,
                       "event", event,
                       "limit", limit,
                       NULL);
}

/**
 * signal_message_list_get_client:
 * @self: the list
 *
 * Gets the client whose messages are added to the list.
 *
 * Returns: (transfer none) (nullable): the client, or %NULL if none is set or it has been
 *   disposed of
 *
 * Since: 0.1
 */
SignalClient *
signal_message_list_get_client (SignalMessageList *self)
{
  g_autoptr (SignalClient) client = NULL;

  g_return_val_if_fail (SIGNAL_IS_MESSAGE_LIST (self), NULL);

  /* The reference of the caller, or of another owner, keeps the client alive. */
  client = dup_client (self);
  return client;
}

/**
 * signal_message_list_set_client:
 * @self: the list
 * @client: (nullable): the client, or %NULL to unset it
 *
 * Sets the client whose messages are added to the list.
 *
 * The items of the list are kept.
 *
 * Since: 0.1
 */
void
signal_message_list_set_client (SignalMessageList *self,
                                SignalClient      *client)
{
  g_return_if_fail (SIGNAL_IS_MESSAGE_LIST (self));
  g_return_if_fail (client == NULL || SIGNAL_IS_CLIENT (client));

  g_object_set (self, "client", client, NULL);
}

/**
 * signal_message_list_get_event:
 * @self: the list
 *
 * Gets the name of the event whose messages are added to the list.
 *
 * Returns: (transfer none) (nullable): the name, or %NULL for all events
 *
 * Since: 0.1
 */
const char *
signal_message_list_get_event (SignalMessageList *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_LIST (self), NULL);

  return self->event;
}

/**
 * signal_message_list_set_event:
 * @self: the list
 * @event: (nullable): the name, or %NULL for all events
 *
 * Sets the name of the event whose messages are added to the list.
 *
 * The items of the list are kept.
 *
 * Since: 0.1
 */
void
signal_message_list_set_event (SignalMessageList *self,
                               const char        *event)
{
  g_return_if_fail (SIGNAL_IS_MESSAGE_LIST (self));

  g_object_set (self, "event", event, NULL);
}

/**
 * signal_message_list_get_limit:
 * @self: the list
 *
 * Gets the maximum number of items.
 *
 * Returns: the limit, or 0 for no limit
 *
 * Since: 0.1
 */
guint
signal_message_list_get_limit (SignalMessageList *self)
{
  g_return_val_if_fail (SIGNAL_IS_MESSAGE_LIST (self), 0);

  return self->limit;
}

/**
 * signal_message_list_set_limit:
 * @self: the list
 * @limit: the limit, or 0 for no limit
 *
 * Sets the maximum number of items.
 *
 * If the list contains more items, the oldest ones are removed.
 *
 * Since: 0.1
 */
void
signal_message_list_set_limit (SignalMessageList *self,
                               guint              limit)
{
  g_return_if_fail (SIGNAL_IS_MESSAGE_LIST (self));

  g_object_set (self, "limit", limit, NULL);
}

/**
 * signal_message_list_clear:
 * @self: the list
 *
 * Removes all items.
 *
 * In a handler of `items-changed`, the items are removed as soon as the emission has ended.
 *
 * Since: 0.1
 */
void
signal_message_list_clear (SignalMessageList *self)
{
  g_return_if_fail (SIGNAL_IS_MESSAGE_LIST (self));

  g_queue_push_tail (&self->pending, NULL);
  apply_changes (self);
}

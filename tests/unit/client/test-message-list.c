/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/threads.h"
#include "tests/lib/utils.h"

#define LIMIT 4
#define N_MESSAGES 10
#define MANY 100000

/* A connected client, its list, and a copy of the list that is maintained by items-changed. */
typedef struct
{
  MockServer *server;
  Recorder *recorder;
  SignalMessageList *list;
  GPtrArray *mirror;
  GString *log; /* position-removed+added of each emission */
} Room;

static void
mirror_changes (GListModel *model,
                guint       position,
                guint       removed,
                guint       added,
                Room       *room)
{
  g_assert_cmpuint (position + removed, <=, room->mirror->len);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, room->mirror->len - removed + added);
  if (removed > 0)
    g_ptr_array_remove_range (room->mirror, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (room->mirror, position + i, g_list_model_get_item (model, position + i));
  for (guint i = 0; i < room->mirror->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == room->mirror->pdata[i]);
    }

  g_string_append_printf (room->log, "%u-%u+%u ", position, removed, added);
}

static void
room_watch (Room *room)
{
  g_signal_connect (room->list, "items-changed", G_CALLBACK (mirror_changes), room);
}

static Room *
room_new (const char *event,
          guint       limit)
{
  Room *room = g_new0 (Room, 1);

  room->server = mock_server_new ();
  room->recorder = recorder_new (room->server->uri);
  room->list = signal_message_list_new (room->recorder->client, event, limit);
  room->mirror = g_ptr_array_new_with_free_func (g_object_unref);
  room->log = g_string_new (NULL);
  recorder_connect (room->recorder);
  return room;
}

static void
room_free (Room *room)
{
  g_clear_object (&room->list);
  recorder_free (room->recorder);
  mock_server_free (room->server);
  g_ptr_array_unref (room->mirror);
  g_string_free (room->log, TRUE);
  g_free (room);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Room, room_free)

static void
send_numbers (Room       *room,
              const char *event,
              guint       first,
              guint       count)
{
  for (guint i = first; i < first + count; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"%s\",\"data\":%u}", event, i);

      mock_peer_send (mock_server_wait_peer (room->server, 0), text);
    }
}

static void
receive_numbers (Room       *room,
                 const char *event,
                 guint       first,
                 guint       count)
{
  guint before = room->recorder->messages->len;

  send_numbers (room, event, first, count);
  WAIT_UNTIL (room->recorder->messages->len == before + count);
}

/* The payloads of all items, separated by spaces. */
static void
assert_payloads (SignalMessageList *list,
                 const char        *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (list)); i++)
    {
      g_autoptr (SignalMessageItem) item = g_list_model_get_item (G_LIST_MODEL (list), i);

      g_string_append_printf (text, "%s ", signal_message_item_get_payload_json (item));
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_item (void)
{
  g_autoptr (Room) room = room_new (NULL, 0);
  g_autoptr (SignalMessageItem) item = NULL;
  g_autoptr (GDateTime) before = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) after = NULL;
  g_autoptr (GDateTime) time = NULL;
  g_autoptr (SignalMessage) message = NULL;
  g_autofree char *event = NULL;
  g_autofree char *json = NULL;
  g_autofree char *id = NULL;

  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (room->list)) == SIGNAL_TYPE_MESSAGE_ITEM);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (room->list), 0));
  mock_peer_send (mock_server_wait_peer (room->server, 0),
                  "{\"event\":\"chat\",\"data\":{\"n\": 9007199254740993},\"id\":\"7\"}");
  WAIT_UNTIL (room->recorder->messages->len == 1);
  after = g_date_time_new_now_utc ();

  item = g_list_model_get_item (G_LIST_MODEL (room->list), 0);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (room->list), 1));
  g_assert_true (signal_message_item_get_message (item) == room->recorder->messages->pdata[0]);
  g_assert_cmpstr (signal_message_item_get_event (item), ==, "chat");
  g_assert_cmpstr (signal_message_item_get_payload_json (item), ==, "{\"n\": 9007199254740993}");
  g_assert_cmpstr (signal_message_item_get_id (item), ==, "7");
  g_object_get (item, "message", &message, "event", &event, "payload-json", &json, "id", &id,
                "time", &time, NULL);
  g_assert_true (message == signal_message_item_get_message (item));
  g_assert_cmpstr (event, ==, "chat");
  g_assert_cmpstr (json, ==, "{\"n\": 9007199254740993}");
  g_assert_cmpstr (id, ==, "7");
  g_assert_true (time == signal_message_item_get_time (item));
  g_assert_cmpint (g_date_time_compare (before, time), <=, 0);
  g_assert_cmpint (g_date_time_compare (time, after), <=, 0);

  mock_peer_send (mock_server_wait_peer (room->server, 0), "{\"event\":\"chat\"}");
  WAIT_UNTIL (room->recorder->messages->len == 2);
  g_clear_object (&item);
  item = g_list_model_get_item (G_LIST_MODEL (room->list), 1);
  g_assert_null (signal_message_item_get_payload_json (item));
  g_assert_null (signal_message_item_get_id (item));
}

static void
test_events (void)
{
  g_autoptr (Room) room = room_new ("list-chosen", 0);
  g_autoptr (SignalMessageList) all = signal_message_list_new (room->recorder->client, NULL, 0);

  receive_numbers (room, "list-chosen", 0, 2);
  receive_numbers (room, "list-other", 2, 2);
  receive_numbers (room, "list-chosen", 4, 1);
  assert_payloads (room->list, "0 1 4 ");
  assert_payloads (all, "0 1 2 3 4 ");

  signal_message_list_set_event (room->list, "list-other");
  assert_payloads (room->list, "0 1 4 ");
  receive_numbers (room, "list-other", 5, 1);
  receive_numbers (room, "list-chosen", 6, 1);
  signal_message_list_set_event (room->list, NULL);
  receive_numbers (room, "list-chosen", 7, 1);
  assert_payloads (room->list, "0 1 4 5 7 ");

  g_assert_cmpuint (g_quark_try_string ("list-chosen"), ==, 0);
  g_assert_cmpuint (g_quark_try_string ("list-other"), ==, 0);
}

static void
test_limit (void)
{
  g_autoptr (Room) room = room_new ("n", LIMIT);

  room_watch (room);
  receive_numbers (room, "n", 0, LIMIT);
  g_assert_cmpstr (room->log->str, ==, "0-0+1 1-0+1 2-0+1 3-0+1 ");
  g_string_truncate (room->log, 0);
  receive_numbers (room, "n", LIMIT, 2);
  g_assert_cmpstr (room->log->str, ==, "0-1+0 3-0+1 0-1+0 3-0+1 ");
  assert_payloads (room->list, "2 3 4 5 ");
  receive_numbers (room, "n", 6, 100);
  assert_payloads (room->list, "102 103 104 105 ");

  g_string_truncate (room->log, 0);
  signal_message_list_set_limit (room->list, LIMIT);
  signal_message_list_set_limit (room->list, LIMIT + 1);
  g_assert_cmpstr (room->log->str, ==, "");
  signal_message_list_set_limit (room->list, 1);
  g_assert_cmpstr (room->log->str, ==, "0-3+0 ");
  assert_payloads (room->list, "105 ");
  receive_numbers (room, "n", 106, 1);
  assert_payloads (room->list, "106 ");
  signal_message_list_set_limit (room->list, 0);
  receive_numbers (room, "n", 107, 2);
  assert_payloads (room->list, "106 107 108 ");

  g_string_truncate (room->log, 0);
  signal_message_list_clear (room->list);
  signal_message_list_clear (room->list);
  g_assert_cmpstr (room->log->str, ==, "0-3+0 ");
  receive_numbers (room, "n", 109, 1);
  assert_payloads (room->list, "109 ");
}

/* The buffer grows while its first item is not at its beginning. */
static void
test_growth (void)
{
  g_autoptr (Room) room = room_new ("n", 12);

  room_watch (room);
  receive_numbers (room, "n", 0, 20);
  signal_message_list_set_limit (room->list, 0);
  receive_numbers (room, "n", 20, 10);
  assert_payloads (room->list,
                   "8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 ");
}

static void
test_many (void)
{
  g_autoptr (SignalMessageList) limited = NULL;
  g_autoptr (SignalMessageItem) item = NULL;
  g_autoptr (Room) room = room_new (NULL, 0);
  g_autoptr (SignalMessage) message = NULL;

  receive_numbers (room, "n", 0, 1);
  message = signal_message_ref (room->recorder->messages->pdata[0]);
  limited = signal_message_list_new (room->recorder->client, NULL, MANY / 2 + 1);
  /* Without the network, this is a matter of milliseconds. */
  for (guint i = 0; i < MANY; i++)
    {
      g_signal_emit_by_name (room->recorder->client, "message", message);
      g_ptr_array_set_size (room->recorder->messages, 1);
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (room->list)), ==, MANY + 1);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (limited)), ==, MANY / 2 + 1);
  for (guint i = 0; i <= MANY; i++)
    {
      item = g_list_model_get_item (G_LIST_MODEL (room->list), i);
      g_assert_true (signal_message_item_get_message (item) == message);
      g_clear_object (&item);
    }
  receive_numbers (room, "n", 7, 1);
  item = g_list_model_get_item (G_LIST_MODEL (limited), MANY / 2);
  g_assert_cmpstr (signal_message_item_get_payload_json (item), ==, "7");
}

/* All handlers find the list as it is described, regardless of their order. */
static void
clear_at_three (SignalMessageList *list)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (list)) == 3)
    signal_message_list_clear (list);
}

static void
test_clear_in_handler (void)
{
  g_autoptr (Room) room = room_new ("n", 0);

  g_signal_connect (room->list, "items-changed", G_CALLBACK (clear_at_three), NULL);
  room_watch (room);
  receive_numbers (room, "n", 0, 5);
  g_assert_cmpstr (room->log->str, ==, "0-0+1 1-0+1 2-0+1 0-3+0 0-0+1 1-0+1 ");
  assert_payloads (room->list, "3 4 ");
}

static void
clear_when_removed (SignalMessageList *list,
                    guint              position,
                    guint              removed)
{
  if (removed == 1)
    signal_message_list_clear (list);
}

static void
test_clear_at_removal (void)
{
  g_autoptr (Room) room = room_new ("n", 2);

  room_watch (room);
  g_signal_connect (room->list, "items-changed", G_CALLBACK (clear_when_removed), NULL);
  receive_numbers (room, "n", 0, 4);
  g_assert_cmpstr (room->log->str, ==, "0-0+1 1-0+1 0-1+0 1-0+1 0-2+0 0-0+1 ");
  assert_payloads (room->list, "3 ");
}

static void
limit_to_one (SignalMessageList *list,
              guint              position,
              guint              removed,
              guint              added)
{
  if (added == 1 && position == 2)
    signal_message_list_set_limit (list, 1);
}

static void
test_limit_in_handler (void)
{
  g_autoptr (Room) room = room_new ("n", 0);

  g_signal_connect (room->list, "items-changed", G_CALLBACK (limit_to_one), NULL);
  room_watch (room);
  receive_numbers (room, "n", 0, 4);
  g_assert_cmpstr (room->log->str, ==, "0-0+1 1-0+1 2-0+1 0-2+0 0-1+0 0-0+1 ");
  assert_payloads (room->list, "3 ");
}

static void
wait_for_all (SignalMessageList *list,
              guint              position,
              guint              removed,
              guint              added,
              Room              *room)
{
  if (removed == 1)
    WAIT_UNTIL (room->recorder->messages->len >= N_MESSAGES - 1);
}

/* A main loop that runs in a handler does not change the order. */
static void
test_nested_loop (void)
{
  g_autoptr (Room) room = room_new ("n", LIMIT);

  g_signal_connect (room->list, "items-changed", G_CALLBACK (wait_for_all), room);
  room_watch (room);
  receive_numbers (room, "n", 0, N_MESSAGES);
  assert_payloads (room->list, "6 7 8 9 ");
}

static void
drop_list (SignalMessageList *list,
           guint              position,
           guint              removed,
           guint              added,
           Room              *room)
{
  if (removed == 1)
    g_clear_object (&room->list);
}

static void
test_drop_list (void)
{
  g_autoptr (Room) room = room_new ("n", 1);
  SignalMessageList *list = room->list;

  g_object_add_weak_pointer (G_OBJECT (list), (gpointer *) &list);
  g_signal_connect (room->list, "items-changed", G_CALLBACK (drop_list), room);
  receive_numbers (room, "n", 0, 3);
  g_assert_null (room->list);
  g_assert_null (list);
}

static void
drop_client (SignalMessageList *list,
             guint              position,
             guint              removed,
             guint              added,
             Room              *room)
{
  if (position == 2)
    g_clear_object (&room->recorder->client);
}

static void
test_drop_client (void)
{
  g_autoptr (Room) room = room_new ("n", 0);
  g_autoptr (SignalClient) other = signal_client_new (NULL, NULL);
  guint n_notified = 0;

  g_signal_connect (room->list, "notify::client", G_CALLBACK (count_notify), &n_notified);
  g_signal_connect (room->list, "items-changed", G_CALLBACK (drop_client), room);
  g_assert_true (signal_message_list_get_client (room->list) == room->recorder->client);
  send_numbers (room, "n", 0, 3);
  WAIT_UNTIL (n_notified == 1);
  g_assert_null (signal_message_list_get_client (room->list));
  assert_payloads (room->list, "0 1 2 ");

  signal_message_list_set_client (room->list, other);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_true (signal_message_list_get_client (room->list) == other);
  signal_message_list_set_client (room->list, NULL);
  g_assert_cmpuint (n_notified, ==, 3);
  g_clear_object (&other);
  g_assert_cmpuint (n_notified, ==, 3);
  assert_payloads (room->list, "0 1 2 ");
}

static void
test_client_dropped_elsewhere (void)
{
  SignalClient *client = signal_client_new (NULL, NULL);
  g_autoptr (SignalMessageList) list = signal_message_list_new (client, NULL, 0);
  guint n_notified = 0;

  g_signal_connect (list, "notify::client", G_CALLBACK (count_notify), &n_notified);
  run_thread (unref_in_thread, client);
  g_assert_null (signal_message_list_get_client (list));
  g_assert_cmpuint (n_notified, ==, 0);
  WAIT_UNTIL (n_notified == 1);
}

static void
test_list_dropped_elsewhere (void)
{
  g_autoptr (Room) room = room_new (NULL, 0);

  receive_numbers (room, "n", 0, 1);
  run_thread (unref_in_thread, g_steal_pointer (&room->list));
  receive_numbers (room, "n", 1, 1);
}

/* No lock of GLib is held while a language binding is notified of a new reference to the list or to
 * the client. */
static void
test_toggle (void)
{
  g_autoptr (Room) room = room_new (NULL, 0);
  SignalClient *client = signal_client_new (NULL, NULL);
  Toggle toggle;

  toggle_hold (&toggle, g_steal_pointer (&room->list));
  receive_numbers (room, "n", 0, 1);
  toggle_release (&toggle);

  room->list = signal_message_list_new (client, NULL, 0);
  toggle_hold (&toggle, client);
  g_assert_true (signal_message_list_get_client (room->list) == client);
  toggle_release (&toggle);
  g_assert_null (signal_message_list_get_client (room->list));
}

static void
test_replace_client (void)
{
  g_autoptr (Room) room = room_new ("n", 0);
  g_autoptr (Recorder) other = recorder_new (room->server->uri);

  recorder_connect (other);
  receive_numbers (room, "n", 0, 1);
  signal_message_list_set_client (room->list, other->client);
  receive_numbers (room, "n", 1, 1);
  mock_peer_send (mock_server_wait_peer (room->server, 1), "{\"event\":\"n\",\"data\":2}");
  WAIT_UNTIL (other->messages->len == 1);
  assert_payloads (room->list, "0 2 ");
}

static gboolean
has_handler (SignalClient *client)
{
  return g_signal_has_handler_pending (client, g_signal_lookup ("message", SIGNAL_TYPE_CLIENT), 0,
                                       TRUE);
}

static void
test_handler (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  g_autoptr (SignalMessageList) list = signal_message_list_new (client, NULL, 0);

  g_assert_true (has_handler (client));
  signal_message_list_set_client (list, NULL);
  g_assert_false (has_handler (client));
  signal_message_list_set_client (list, client);
  g_assert_true (has_handler (client));
  g_clear_object (&list);
  g_assert_false (has_handler (client));
}

static void
test_properties (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  g_autoptr (SignalClient) read = NULL;
  g_autoptr (SignalMessageList) list = g_object_new (SIGNAL_TYPE_MESSAGE_LIST, NULL);
  g_autofree char *event = NULL;
  guint n_notified = 0;
  guint limit;

  g_assert_null (signal_message_list_get_client (list));
  g_assert_null (signal_message_list_get_event (list));
  g_assert_cmpuint (signal_message_list_get_limit (list), ==, 0);

  g_signal_connect (list, "notify", G_CALLBACK (count_notify), &n_notified);
  for (guint i = 0; i < 2; i++)
    {
      signal_message_list_set_client (list, client);
      signal_message_list_set_event (list, "chat");
      signal_message_list_set_limit (list, LIMIT);
    }
  g_assert_cmpuint (n_notified, ==, 3);
  g_object_get (list, "client", &read, "event", &event, "limit", &limit, NULL);
  g_assert_true (read == client);
  g_assert_cmpstr (event, ==, "chat");
  g_assert_cmpuint (limit, ==, LIMIT);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-list/item", test_item);
  g_test_add_func ("/message-list/events", test_events);
  g_test_add_func ("/message-list/limit", test_limit);
  g_test_add_func ("/message-list/growth", test_growth);
  g_test_add_func ("/message-list/many", test_many);
  g_test_add_func ("/message-list/clear-in-handler", test_clear_in_handler);
  g_test_add_func ("/message-list/clear-at-removal", test_clear_at_removal);
  g_test_add_func ("/message-list/limit-in-handler", test_limit_in_handler);
  g_test_add_func ("/message-list/nested-loop", test_nested_loop);
  g_test_add_func ("/message-list/drop-list", test_drop_list);
  g_test_add_func ("/message-list/drop-client", test_drop_client);
  g_test_add_func ("/message-list/client-dropped-elsewhere", test_client_dropped_elsewhere);
  g_test_add_func ("/message-list/list-dropped-elsewhere", test_list_dropped_elsewhere);
  g_test_add_func ("/message-list/toggle", test_toggle);
  g_test_add_func ("/message-list/replace-client", test_replace_client);
  g_test_add_func ("/message-list/handler", test_handler);
  g_test_add_func ("/message-list/properties", test_properties);

  return g_test_run ();
}

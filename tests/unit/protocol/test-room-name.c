/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/protocol/signal-room-name-private.h"

/* In these tests, names are separated by spaces. */
static GStrv
split (const char *names)
{
  return *names != '\0' ? g_strsplit (names, " ", -1) : g_new0 (char *, 1);
}

/* A name of @count times @unit, followed by @tail. */
static char *
repeat (const char *unit,
        guint       count,
        const char *tail)
{
  GString *name = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    g_string_append (name, unit);
  g_string_append (name, tail);

  return g_string_free (name, FALSE);
}

static void
assert_name (const char *name,
             const char *message)
{
  g_autoptr(GError) error = NULL;
  gboolean valid = signal_room_name_check (name, &error);

  g_assert_cmpint (valid, ==, message == NULL);
  if (message == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_check_name (void)
{
  static const char too_long[] = "A room name cannot be longer than 256 characters";
  g_autofree char *ascii = repeat ("x", SIGNAL_ROOM_NAME_MAX_LENGTH, "");
  g_autofree char *ascii_more = repeat ("x", SIGNAL_ROOM_NAME_MAX_LENGTH, "x");
  g_autofree char *han = repeat ("\xe6\xbc\xa2", SIGNAL_ROOM_NAME_MAX_LENGTH, "");
  g_autofree char *han_more = repeat ("\xe6\xbc\xa2", SIGNAL_ROOM_NAME_MAX_LENGTH, "x");
  g_autofree char *last_of_one = repeat ("\xef\xbf\xbf", SIGNAL_ROOM_NAME_MAX_LENGTH, "");
  g_autofree char *first_of_two = repeat ("\xf0\x90\x80\x80", SIGNAL_ROOM_NAME_MAX_LENGTH / 2, "");
  g_autofree char *first_more = repeat ("\xf0\x90\x80\x80", SIGNAL_ROOM_NAME_MAX_LENGTH / 2, "x");
  g_autofree char *emoji = repeat ("\xf0\x9f\x98\x80", SIGNAL_ROOM_NAME_MAX_LENGTH / 2, "");
  g_autofree char *emoji_more = repeat ("\xf0\x9f\x98\x80", SIGNAL_ROOM_NAME_MAX_LENGTH / 2, "x");

  assert_name ("a", NULL);
  assert_name ("ws", NULL);
  assert_name ("ws-default", NULL);
  assert_name ("WS:x", NULL);
  assert_name (" ws:x", NULL);
  assert_name ("line\nbreak", NULL);
  assert_name (ascii, NULL);
  assert_name (han, NULL);
  assert_name (last_of_one, NULL);
  assert_name (first_of_two, NULL);
  assert_name (emoji, NULL);
  assert_name (NULL, "A room name cannot be empty");
  assert_name ("", "A room name cannot be empty");
  assert_name ("ws:", "A room name cannot begin with “ws:”, which is reserved");
  assert_name ("ws:x", "A room name cannot begin with “ws:”, which is reserved");
  assert_name ("\xff", "A room name must be valid UTF-8");
  assert_name ("\xed\xa0\x80", "A room name must be valid UTF-8");
  assert_name (ascii_more, too_long);
  assert_name (han_more, too_long);
  assert_name (first_more, too_long);
  assert_name (emoji_more, too_long);
}

static void
test_check_names (void)
{
  const char *const none[] = { NULL };
  const char *const good[] = { "a", "b", NULL };
  const char *const bad[] = { "a", "ws:b", NULL };
  g_autoptr(GError) error = NULL;

  g_assert_true (signal_room_name_check_all (NULL, &error));
  g_assert_true (signal_room_name_check_all (none, &error));
  g_assert_true (signal_room_name_check_all (good, &error));
  g_assert_no_error (error);
  g_assert_false (signal_room_name_check_all (bad, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
}

#define FRAME(rooms) "{\"event\":\"join\",\"data\":{\"rooms\":[" rooms "]}}"

static void
assert_frames (const char  *names,
               gsize        max_size,
               const char **expected)
{
  g_auto(GStrv) list = split (names);
  g_autoptr(GPtrArray) frames =
    signal_room_name_compose_frames ("join", (const char *const *) list, max_size);

  for (guint i = 0; i < frames->len; i++)
    {
      g_assert_nonnull (expected[i]);
      g_assert_cmpstr (g_ptr_array_index (frames, i), ==, expected[i]);
    }
  g_assert_null (expected[frames->len]);
}

static void
test_compose (void)
{
  const char *none[] = { NULL };
  const char *together[] = { FRAME ("\"a\",\"bb\",\"c\""), NULL };
  const char *in_two[] = { FRAME ("\"a\",\"bb\""), FRAME ("\"c\""), NULL };
  const char *in_three[] = { FRAME ("\"a\""), FRAME ("\"bb\""), FRAME ("\"c\""), NULL };
  const char *escaped[] = { FRAME ("\"\\\"\\n\xc3\xa9\""), NULL };

  assert_frames ("", 1000, none);
  assert_frames ("a bb c", 1000, together);
  assert_frames ("a bb c", strlen (together[0]), together);
  assert_frames ("a bb c", strlen (together[0]) - 1, in_two);
  assert_frames ("a bb c", strlen (in_two[0]), in_two);
  assert_frames ("a bb c", strlen (in_two[0]) - 1, in_three);
  assert_frames ("a bb c", 1, in_three);
  assert_frames ("\"\n\xc3\xa9", 1000, escaped);
  g_ptr_array_unref (signal_room_name_compose_frames ("join", NULL, 1000));
}

static void
test_compose_many (void)
{
  const gsize max_size = 1024;
  g_autoptr(GString) names = g_string_new ("room0");
  g_auto(GStrv) list = NULL;
  g_autoptr(GPtrArray) frames = NULL;
  gsize total = 0;

  for (guint i = 1; i < 1000; i++)
    g_string_append_printf (names, " room%u", i);
  list = split (names->str);

  frames = signal_room_name_compose_frames ("leave", (const char *const *) list, max_size);
  for (guint i = 0; i < frames->len; i++)
    {
      const char *frame = g_ptr_array_index (frames, i);

      g_assert_cmpuint (strlen (frame), <=, max_size);
      g_assert_true (signal_json_check (frame, strlen (frame), NULL));
      for (; (frame = strstr (frame, "\"room")) != NULL; frame++)
        total += frame[5] != 's';
    }
  g_assert_cmpuint (total, ==, 1000);
}

/* The names in a frame with this data, separated by spaces. */
static char *
parse_names (const char *data,
             guint       max_names)
{
  g_autofree char *text = g_strconcat ("{\"event\":\"join\"", data, "}", NULL);
  g_autoptr(SignalMessage) message = signal_message_alloc (strlen (text));
  g_autoptr(GPtrArray) names = NULL;

  memcpy (signal_message_storage (message), text, strlen (text));
  g_assert_true (signal_message_open (message, strlen (text), TRUE, NULL));
  names = signal_room_name_parse_frame (message, max_names);
  g_ptr_array_add (names, NULL);

  return g_strjoinv (" ", (char **) names->pdata);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *data;
    const char *names;
  } frames[] = {
    { ",\"data\":{\"rooms\":[\"a\",\"bb\",\"a\"]}", "a bb a" },
    { ",\"data\":{\"more\":1,\"rooms\":[\"\\u00e9\"]}", "\xc3\xa9" },
    { ",\"data\":{\"rooms\":[]}", "" },
    { ",\"data\":{\"rooms\":[null,1,true,[\"x\"],{\"x\":\"y\"},\"a\",\"\",\"ws:b\",\"c\"]}", "a c" },
    { ",\"data\":{\"rooms\":\"a\"}", "" },
    { ",\"data\":{\"rooms\":{\"a\":\"b\"}}", "" },
    { ",\"data\":{\"rooms\":null}", "" },
    { ",\"data\":{}", "" },
    { ",\"data\":[\"a\"]", "" },
    { ",\"data\":\"a\"", "" },
    { ",\"data\":null", "" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      g_autofree char *names = parse_names (frames[i].data, 100);

      g_assert_cmpstr (names, ==, frames[i].names);
    }
}

/* Names that are not valid count as well. */
static void
test_parse_limit (void)
{
  static const char *const expected[] = { "", "a", "a", "a b", "a b c", "a b c", "a b c" };

  for (guint max_names = 0; max_names < G_N_ELEMENTS (expected); max_names++)
    {
      g_autofree char *names = parse_names (",\"data\":{\"rooms\":[\"a\",7,\"b\",\"c\"]}", max_names);

      g_assert_cmpstr (names, ==, expected[max_names]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/room-name/check-name", test_check_name);
  g_test_add_func ("/room-name/check-names", test_check_names);
  g_test_add_func ("/room-name/compose", test_compose);
  g_test_add_func ("/room-name/compose-many", test_compose_many);
  g_test_add_func ("/room-name/parse", test_parse);
  g_test_add_func ("/room-name/parse-limit", test_parse_limit);

  return g_test_run ();
}

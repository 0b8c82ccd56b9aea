/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/client/signal-room-set-private.h"

/* In these tests, names are separated by spaces. */
static GStrv
split (const char *names)
{
  return *names != '\0' ? g_strsplit (names, " ", -1) : g_new0 (char *, 1);
}

static void
assert_names (const char * const *names,
              const char         *expected)
{
  g_autofree char *joined = NULL;

  g_assert_nonnull (names);
  joined = g_strjoinv (" ", (char **) names);
  g_assert_cmpstr (joined, ==, expected);
}

typedef struct
{
  char        verb;    /* a: auto-join, j: join, l: leave */
  const char *names;
  const char *changed; /* the rooms to add or remove; for auto-join, only whether there are any */
  const char *wanted;  /* afterwards */
} Step;

static const Step joining[] = {
  { 'j', "", "", "" },
  { 'j', "b a", "b a", "b a" },
  { 'j', "a", "", "b a" },
  { 'j', "c b c d", "c d", "b a c d" },
  { 'l', "a x d", "a d", "b c" },
  { 'l', "a", "", "b c" },
  { 'j', "a", "a", "b c a" },
  { 'l', "b c a a", "b c a", "" },
  { 'l', "", "", "" },
  { 0 },
};

static const Step auto_join[] = {
  { 'a', "", "", "" },
  { 'a', "a b a", "yes", "a b" },
  { 'a', "b a", "", "a b" },
  { 'j', "c", "c", "a b c" },
  { 'a', "d b c", "yes", "b c d" },
  { 'a', "", "yes", "c" },
  { 'a', "", "", "c" },
  { 0 },
};

static const Step explicit_join_stays[] = {
  { 'a', "a b", "yes", "a b" },
  { 'j', "a", "", "a b" },
  { 'a', "", "yes", "a" },
  { 'l', "a", "a", "" },
  { 0 },
};

static const Step left_stays_left[] = {
  { 'a', "a b", "yes", "a b" },
  { 'l', "a c", "a", "b" },
  { 'a', "a b", "", "b" },
  { 'a', "", "yes", "" },
  { 'a', "a b c", "yes", "b" },
  { 'j', "a", "a", "b a" },
  { 'a', "c", "yes", "a" },
  { 'j', "c", "c", "a c" },
  { 0 },
};

static gboolean
take_step (SignalRoomSet *rooms,
           const Step  *step)
{
  g_auto(GStrv) names = split (step->names);
  const char *const *read_only = (const char *const *) names;
  g_auto(GStrv) changes = NULL;
  gboolean changed;

  switch (step->verb)
    {
    case 'a':
      changed = signal_room_set_set_auto_join (rooms, read_only);
      assert_names (signal_room_set_get_auto_join (rooms), step->names);
      return changed;
    case 'j':
      changed = signal_room_set_join (rooms, read_only, &changes);
      break;
    default:
      changed = signal_room_set_leave (rooms, read_only, &changes);
      break;
    }
  assert_names ((const char *const *) changes, step->changed);

  return changed;
}

static void
test_steps (gconstpointer data)
{
  g_autoptr(SignalRoomSet) rooms = signal_room_set_new ();

  assert_names (signal_room_set_get_wanted (rooms), "");
  assert_names (signal_room_set_get_auto_join (rooms), "");

  for (const Step *step = data; step->verb != 0; step++)
    {
      g_assert_cmpint (take_step (rooms, step), ==, *step->changed != '\0');
      assert_names (signal_room_set_get_wanted (rooms), step->wanted);
    }
}

static void
test_null (void)
{
  g_autoptr(SignalRoomSet) rooms = signal_room_set_new ();
  const char *const names[] = { "a", "b", NULL };
  g_auto(GStrv) changes = NULL;

  g_assert_true (signal_room_set_set_auto_join (rooms, names));
  g_assert_false (signal_room_set_join (rooms, NULL, &changes));
  assert_names ((const char *const *) changes, "");
  g_assert_false (signal_room_set_leave (rooms, NULL, NULL));
  g_assert_true (signal_room_set_leave (rooms, names, NULL));
  g_assert_true (signal_room_set_join (rooms, names, NULL));
  g_assert_false (signal_room_set_set_auto_join (rooms, NULL));
  assert_names (signal_room_set_get_wanted (rooms), "a b");
  signal_room_set_free (NULL);
}

/* The lists of the set can be passed to it. */
static void
test_own_lists (void)
{
  g_autoptr(SignalRoomSet) rooms = signal_room_set_new ();
  const char *const names[] = { "a", "b", NULL };

  signal_room_set_set_auto_join (rooms, names);
  g_assert_false (signal_room_set_set_auto_join (rooms, signal_room_set_get_auto_join (rooms)));
  g_assert_false (signal_room_set_set_auto_join (rooms, signal_room_set_get_wanted (rooms)));
  g_assert_false (signal_room_set_join (rooms, signal_room_set_get_wanted (rooms), NULL));
  g_assert_true (signal_room_set_leave (rooms, signal_room_set_get_wanted (rooms), NULL));
  assert_names (signal_room_set_get_wanted (rooms), "");
  g_assert_true (signal_room_set_join (rooms, signal_room_set_get_auto_join (rooms), NULL));
  assert_names (signal_room_set_get_wanted (rooms), "a b");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/room-set/joining", joining, test_steps);
  g_test_add_data_func ("/room-set/auto-join", auto_join, test_steps);
  g_test_add_data_func ("/room-set/explicit-join-stays", explicit_join_stays, test_steps);
  g_test_add_data_func ("/room-set/left-stays-left", left_stays_left, test_steps);
  g_test_add_func ("/room-set/null", test_null);
  g_test_add_func ("/room-set/own-lists", test_own_lists);

  return g_test_run ();
}

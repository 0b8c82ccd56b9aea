/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/protocol/signal-replay-window-private.h"

/* An IV that encodes a number, so that consecutive ones differ in few bits. */
static const guint8 *
number_iv (guint64 number)
{
  static guint8 iv[SIGNAL_AEAD_IV_SIZE];

  memset (iv, 0, sizeof iv);
  memcpy (iv + 2, &number, sizeof number);

  return iv;
}

static void
test_empty (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();

  g_assert_false (signal_replay_window_seen (replay, number_iv (0)));
  g_assert_false (signal_replay_window_seen (replay, number_iv (1)));
}

static void
test_free_null (void)
{
  signal_replay_window_free (NULL);
}

static void
test_add_once (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();

  g_assert_true (signal_replay_window_add (replay, number_iv (7)));
  g_assert_true (signal_replay_window_seen (replay, number_iv (7)));
  g_assert_false (signal_replay_window_add (replay, number_iv (7)));
  g_assert_true (signal_replay_window_seen (replay, number_iv (7)));
  g_assert_false (signal_replay_window_seen (replay, number_iv (8)));
}

static void
test_seen_changes_nothing (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();

  g_assert_false (signal_replay_window_seen (replay, number_iv (1)));
  g_assert_false (signal_replay_window_seen (replay, number_iv (1)));
  g_assert_true (signal_replay_window_add (replay, number_iv (1)));
}

/* IVs that differ only in the first, middle or last bytes are distinct. There are so many that some
 * share a bucket with any seed, and that a hash which ignores these bytes would take minutes. */
static void
test_every_part_counts (void)
{
  for (gsize offset = 0; offset < SIGNAL_AEAD_IV_SIZE; offset += sizeof (guint32))
    {
      g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();
      guint8 iv[SIGNAL_AEAD_IV_SIZE] = { 0 };

      for (guint32 i = 0; i < 8 * SIGNAL_REPLAY_WINDOW_SIZE; i++)
        {
          memcpy (iv + offset, &i, sizeof i);
          g_assert_false (signal_replay_window_seen (replay, iv));
          g_assert_true (signal_replay_window_add (replay, iv));
          g_assert_false (signal_replay_window_add (replay, iv));
        }
    }
}

/* So many windows that an IV which differs in one byte only shares a bucket in some of them. */
static void
test_every_byte_counts (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();
      guint8 iv[SIGNAL_AEAD_IV_SIZE] = { 0 };

      g_assert_true (signal_replay_window_add (replay, iv));
      for (gsize place = 0; place < sizeof iv; place++)
        for (guint bit = 0; bit < 8; bit++)
          {
            iv[place] ^= (guint8) (1 << bit);
            g_assert_false (signal_replay_window_seen (replay, iv));
            iv[place] ^= (guint8) (1 << bit);
          }
      g_assert_true (signal_replay_window_seen (replay, iv));
    }
}

static void
test_whole_window (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();

  for (guint64 i = 0; i < SIGNAL_REPLAY_WINDOW_SIZE; i++)
    g_assert_true (signal_replay_window_add (replay, number_iv (i)));

  for (guint64 i = 0; i < SIGNAL_REPLAY_WINDOW_SIZE; i++)
    g_assert_false (signal_replay_window_add (replay, number_iv (i)));

  g_assert_false (signal_replay_window_seen (replay, number_iv (SIGNAL_REPLAY_WINDOW_SIZE)));
}

static void
test_oldest_is_forgotten (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();
  const guint64 end = 3 * SIGNAL_REPLAY_WINDOW_SIZE + 5;

  for (guint64 i = 0; i < end; i++)
    {
      g_assert_true (signal_replay_window_add (replay, number_iv (i)));

      if (i >= SIGNAL_REPLAY_WINDOW_SIZE)
        {
          g_assert_false (signal_replay_window_seen (replay, number_iv (i - SIGNAL_REPLAY_WINDOW_SIZE)));
          g_assert_true (signal_replay_window_seen (replay, number_iv (i - SIGNAL_REPLAY_WINDOW_SIZE + 1)));
        }
    }

  for (guint64 i = 0; i < end; i++)
    g_assert_cmpint (signal_replay_window_seen (replay, number_iv (i)), ==,
                     i >= end - SIGNAL_REPLAY_WINDOW_SIZE);
}

/* An IV that is refused removes no other, and does not become more recent. */
static void
test_refusal_keeps_order (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();

  for (guint64 i = 0; i < SIGNAL_REPLAY_WINDOW_SIZE; i++)
    g_assert_true (signal_replay_window_add (replay, number_iv (i)));

  for (guint i = 0; i < 10; i++)
    g_assert_false (signal_replay_window_add (replay, number_iv (0)));
  g_assert_true (signal_replay_window_seen (replay, number_iv (1)));

  g_assert_true (signal_replay_window_add (replay, number_iv (SIGNAL_REPLAY_WINDOW_SIZE)));
  g_assert_false (signal_replay_window_seen (replay, number_iv (0)));
  g_assert_true (signal_replay_window_seen (replay, number_iv (1)));
}

/* Compared with a simple model: a set, and a queue in the order of age. */
static void
test_model (void)
{
  g_autoptr(SignalReplayWindow) replay = signal_replay_window_new ();
  g_autoptr(GHashTable) set = g_hash_table_new (NULL, NULL);
  g_autoptr(GRand) rand = g_rand_new_with_seed (2);
  g_autoptr(GQueue) queue = g_queue_new ();

  for (guint i = 0; i < 4 * SIGNAL_REPLAY_WINDOW_SIZE; i++)
    {
      guint number = g_rand_int_range (rand, 1, 2 * SIGNAL_REPLAY_WINDOW_SIZE);
      gpointer key = GUINT_TO_POINTER (number);
      gboolean known = g_hash_table_contains (set, key);

      g_assert_cmpint (signal_replay_window_seen (replay, number_iv (number)), ==, known);
      g_assert_cmpint (signal_replay_window_add (replay, number_iv (number)), ==, !known);
      if (known)
        continue;

      g_hash_table_add (set, key);
      g_queue_push_tail (queue, key);
      if (queue->length > SIGNAL_REPLAY_WINDOW_SIZE)
        g_hash_table_remove (set, g_queue_pop_head (queue));
    }

  g_assert_cmpuint (queue->length, ==, SIGNAL_REPLAY_WINDOW_SIZE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/replay-window/empty", test_empty);
  g_test_add_func ("/replay-window/free-null", test_free_null);
  g_test_add_func ("/replay-window/add-once", test_add_once);
  g_test_add_func ("/replay-window/seen-changes-nothing", test_seen_changes_nothing);
  g_test_add_func ("/replay-window/every-part-counts", test_every_part_counts);
  g_test_add_func ("/replay-window/every-byte-counts", test_every_byte_counts);
  g_test_add_func ("/replay-window/whole-window", test_whole_window);
  g_test_add_func ("/replay-window/oldest-is-forgotten", test_oldest_is_forgotten);
  g_test_add_func ("/replay-window/refusal-keeps-order", test_refusal_keeps_order);
  g_test_add_func ("/replay-window/model", test_model);

  return g_test_run ();
}

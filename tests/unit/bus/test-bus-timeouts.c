/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"
#include "tests/lib/mock-redis.h"

/* What a bus does when a Redis hangs. The deadlines are long, so that all of them run at the same time. */

typedef struct
{
  MockRedis *mock;
  BusRecorder *recorder;
  gint64 begin;
} Case;

static Case
case_new (gboolean is_connected)
{
  Case result = { mock_redis_new (), NULL, g_get_monotonic_time () };

  result.recorder = bus_recorder_new (result.mock->uri);
  if (is_connected)
    bus_recorder_connect (result.recorder);
  return result;
}

static void
case_clear (Case *self)
{
  bus_recorder_free (self->recorder);
  mock_redis_free (self->mock);
}

/* It has lasted at least that long. */
static void
assert_lasted (Case *self,
               guint seconds)
{
  g_assert_cmpint (g_get_monotonic_time () - self->begin, >=, seconds * G_TIME_SPAN_SECOND - 100000);
}

static void
test_hung (void)
{
  Case unread = case_new (FALSE);
  Case unanswered = case_new (FALSE);
  Case unsubscribed = case_new (FALSE);
  Case closing = case_new (TRUE);
  Case frozen = case_new (TRUE);
  Case mute = case_new (TRUE);
  Case idle = case_new (TRUE);
  guint n_pings = idle.mock->commands->len;

  mock_redis_freeze (unread.mock, TRUE);
  bus_recorder_start (unread.recorder, NULL);
  unanswered.mock->is_mute = TRUE;
  bus_recorder_start (unanswered.recorder, NULL);
  unsubscribed.mock->is_mute = TRUE;
  bus_recorder_start (unsubscribed.recorder, NULL);
  WAIT_UNTIL (unsubscribed.mock->commands->len == 2);
  for (guint i = 0; i < 2; i++)
    mock_link_write_text (unsubscribed.mock->links->pdata[i], "+PONG\r\n");
  mock_redis_freeze (closing.mock, TRUE);
  g_assert_true (signal_bus_broadcast (closing.recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_start_close (closing.recorder);
  mock_redis_freeze (frozen.mock, TRUE);
  mute.mock->is_mute = TRUE;

  WAIT_UNTIL (unread.recorder->is_done && unanswered.recorder->is_done && unsubscribed.recorder->is_done
              && closing.recorder->n_closed == 1);
  assert_lasted (&unread, 5);
  g_assert_error (unread.recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_error (unanswered.recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_error (unsubscribed.recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_error (closing.recorder->close_error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  WAIT_UNTIL (mock_redis_count_links (unanswered.mock) == 0 || unanswered.mock->links->len > 2);
  unanswered.mock->is_mute = FALSE;
  unsubscribed.mock->is_mute = FALSE;
  mock_redis_freeze (unread.mock, FALSE);
  mock_redis_freeze (closing.mock, FALSE);
  bus_recorder_wait_connected (unanswered.recorder, 1);
  bus_recorder_wait_connected (unsubscribed.recorder, 1);
  bus_recorder_wait_connected (unread.recorder, 1);
  WAIT_UNTIL (mock_redis_count_links (closing.mock) == 0);

  g_assert_cmpuint (frozen.recorder->n_lost + mute.recorder->n_lost, ==, 0);
  WAIT_UNTIL (frozen.recorder->n_lost == 1 && mute.recorder->n_lost == 1);
  assert_lasted (&mute, 9);
  bus_recorder_wait_error (frozen.recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_error (mute.recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  mute.mock->is_mute = FALSE;
  mock_redis_freeze (frozen.mock, FALSE);
  bus_recorder_wait_connected (frozen.recorder, 2);
  bus_recorder_wait_connected (mute.recorder, 2);

  /* One that answers is asked on both connections, and nothing happens. */
  g_assert_cmpuint (idle.recorder->n_lost, ==, 0);
  g_assert_cmpuint (idle.recorder->errors->len, ==, 0);
  g_assert_cmpuint (idle.mock->links->len, ==, 2);
  g_assert_cmpuint (idle.mock->commands->len, >=, n_pings + 2);

  case_clear (&unread);
  case_clear (&unanswered);
  case_clear (&unsubscribed);
  case_clear (&closing);
  case_clear (&frozen);
  case_clear (&mute);
  case_clear (&idle);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus/timeouts/hung", test_hung);

  return g_test_run ();
}

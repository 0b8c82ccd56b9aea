/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/utils.h"
#include "websocket/signal-socket-poller-private.h"

#ifdef HAVE_SYS_EPOLL_H

/* The poller leaves the first few sockets to the caller. */
#define N_SOCKETS 8

typedef struct Pair Pair;

struct Pair
{
  SignalSocketPollerEntry entry;
  GMainContext *context;
  int ends[2];
  guint n_ready;
  gboolean has_more;
  GFunc action; /* at ready */
  Pair *other;
};

static gboolean
pair_has_more (gpointer user_data)
{
  return ((Pair *) user_data)->has_more;
}

static gboolean
pair_ready (gpointer user_data)
{
  Pair *pair = user_data;
  char byte;

  pair->n_ready++;
  while (recv (pair->ends[0], &byte, 1, MSG_DONTWAIT) == 1)
    continue;
  if (pair->action != NULL)
    pair->action (pair, pair->other);
  return G_SOURCE_CONTINUE;
}

static gboolean
pair_add (Pair *pair)
{
  pair->entry.fd = pair->ends[0];
  pair->entry.has_more = pair_has_more;
  pair->entry.ready = pair_ready;
  pair->entry.user_data = pair;
  return signal_socket_poller_add (&pair->entry, pair->context);
}

static void
pair_write (Pair *pair)
{
  g_assert_cmpint (send (pair->ends[1], "x", 1, 0), ==, 1);
}

static void
pair_close (Pair *pair)
{
  close (pair->ends[0]);
  close (pair->ends[1]);
}

/* The sockets, of which the last one is shared. */
typedef struct
{
  GMainContext *context;
  guint n_files;
  Pair pairs[N_SOCKETS];
  Pair *first; /* that is shared */
  Pair *last;
} Pairs;

static Pairs *
pairs_new (void)
{
  Pairs *self = g_new0 (Pairs, 1);

  self->n_files = count_open_fds ();
  self->context = g_main_context_new ();
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      Pair *pair = &self->pairs[i];

      pair->context = self->context;
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->ends), ==, 0);
      if (pair_add (pair) && self->first == NULL)
        self->first = pair;
    }
  self->last = &self->pairs[N_SOCKETS - 1];
  g_assert_true (self->first != NULL && self->first != self->pairs && self->first < self->last);
  return self;
}

/* Nothing may remain open. */
static void
pairs_free (Pairs *self)
{
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      signal_socket_poller_remove (&self->pairs[i].entry);
      pair_close (&self->pairs[i]);
    }
  g_assert_false (g_main_context_iteration (self->context, FALSE));
  g_main_context_unref (self->context);
  g_assert_cmpuint (count_open_fds (), ==, self->n_files);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pairs, pairs_free)

static void
iterate (Pairs *self)
{
  while (g_main_context_iteration (self->context, FALSE))
    continue;
}

static void
test_ready (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();

  iterate (pairs);
  g_assert_cmpuint (pairs->last->n_ready, ==, 0);
  pair_write (pairs->first);
  iterate (pairs);
  g_assert_cmpuint (pairs->first->n_ready, ==, 1);
  g_assert_cmpuint (pairs->last->n_ready, ==, 0);

  shutdown (pairs->last->ends[1], SHUT_RDWR);
  g_assert_true (g_main_context_iteration (pairs->context, FALSE));
  g_assert_cmpuint (pairs->first->n_ready, ==, 1);
  g_assert_cmpuint (pairs->last->n_ready, ==, 1);
}

static void
remove_pair (gpointer data,
             gpointer user_data)
{
  signal_socket_poller_remove (&((Pair *) user_data)->entry);
}

static void
remove_both (gpointer data,
             gpointer user_data)
{
  remove_pair (NULL, data);
  remove_pair (NULL, user_data);
}

/* Both are ready; whichever is dispatched first removes the other one, or both. */
static void
test_remove_in_dispatch (gconstpointer action)
{
  g_autoptr (Pairs) pairs = pairs_new ();

  pairs->first->action = pairs->last->action = (GFunc) action;
  pairs->first->other = pairs->last;
  pairs->last->other = pairs->first;
  pair_write (pairs->first);
  pair_write (pairs->last);
  iterate (pairs);
  g_assert_cmpuint (pairs->first->n_ready + pairs->last->n_ready, ==, 1);
}

static void
remove_all (gpointer data,
            gpointer user_data)
{
  Pair *pair = data;

  for (guint i = 0; i < N_SOCKETS; i++)
    signal_socket_poller_remove (&(pair - i)->entry);
}

/* The source is destroyed while it is being dispatched, and made again. */
static void
test_remove_all_in_dispatch (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();

  pairs->last->action = remove_all;
  pair_write (pairs->last);
  iterate (pairs);
  g_assert_cmpuint (count_open_fds (), ==, pairs->n_files + 2 * N_SOCKETS + 1); /* that of the context */

  pairs->last->action = NULL;
  for (guint i = 0; i < N_SOCKETS; i++)
    pair_add (&pairs->pairs[i]);
  pair_write (pairs->last);
  iterate (pairs);
  g_assert_cmpuint (pairs->last->n_ready, ==, 2);
}

/* The socket of the other entry, which is readable as well, is closed without having been removed, and a new
 * one gets its file descriptor. */
static void
reuse (gpointer data,
       gpointer user_data)
{
  Pair *other = user_data;
  Pair *pair = data;
  Pair *next = g_new0 (Pair, 1);
  int fd = other->ends[0];

  pair->action = NULL;
  pair_close (other);
  next->context = other->context;
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, next->ends), ==, 0);
  if (next->ends[0] != fd)
    {
      g_assert_cmpint (next->ends[1], ==, fd);
      next->ends[1] = next->ends[0];
      next->ends[0] = fd;
    }
  g_assert_true (pair_add (next));
  pair->other = next;
}

static void
test_reused_descriptor (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();
  Pair *pair = pairs->first, *closed = pairs->last;
  g_autofree Pair *next = NULL;

  pair->action = reuse;
  pair->other = closed;
  pair_write (pair);
  pair_write (closed);
  iterate (pairs);
  next = pair->other;
  g_assert_true (next != closed);
  g_assert_cmpuint (next->n_ready, ==, 0);

  /* Removing the old entry leaves the new one in place. */
  signal_socket_poller_remove (&closed->entry);
  pair_write (next);
  iterate (pairs);
  g_assert_cmpuint (next->n_ready, ==, 1);
  g_assert_cmpuint (closed->n_ready, ==, 0);

  signal_socket_poller_remove (&next->entry);
  closed->ends[0] = next->ends[0];
  closed->ends[1] = next->ends[1];
}

static void
run_nested (gpointer data,
            gpointer user_data)
{
  Pair *pair = data;
  Pair *other = user_data;

  pair->action = NULL;
  pair->has_more = TRUE;
  signal_socket_poller_set_busy (&pair->entry, TRUE);
  pair_write (other);
  while (other->n_ready == 0 || pair->n_ready < 3)
    g_assert_true (g_main_context_iteration (pair->context, FALSE));
  pair->has_more = FALSE;
  g_assert_false (g_main_context_iteration (pair->context, FALSE));
  signal_socket_poller_set_busy (&pair->entry, FALSE);
}

/* The others are served meanwhile, and so is the socket itself if it has read more than it has handled. */
static void
test_nested (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();

  pairs->first->action = run_nested;
  pairs->first->other = pairs->last;
  pair_write (pairs->first);
  iterate (pairs);
  g_assert_cmpuint (pairs->first->n_ready, >=, 3);
  g_assert_cmpuint (pairs->last->n_ready, ==, 1);
}

static void
test_fairness (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();

  for (guint round = 0; round < 100; round++)
    {
      pair_write (pairs->first);
      pair_write (pairs->last);
      g_assert_true (g_main_context_iteration (pairs->context, FALSE));
    }
  g_assert_cmpuint (pairs->first->n_ready, ==, 100);
  g_assert_cmpuint (pairs->last->n_ready, ==, 100);
}

/* What cannot be shared is left to the caller, and nothing else changes. */
static void
test_no_more_files (void)
{
  struct rlimit limit, none;
  Pair pairs[N_SOCKETS] = { 0 };
  g_autoptr (GMainContext) context = g_main_context_new ();

  for (guint i = 0; i < N_SOCKETS; i++)
    {
      pairs[i].context = context;
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i].ends), ==, 0);
    }

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  none = limit;
  none.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  for (guint i = 0; i < N_SOCKETS; i++)
    g_assert_false (pair_add (&pairs[i]));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  signal_socket_poller_remove (&pairs[0].entry);
  g_assert_true (pair_add (&pairs[0]));
  pair_write (&pairs[0]);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (pairs[0].n_ready, ==, 1);

  for (guint i = 0; i < N_SOCKETS; i++)
    {
      signal_socket_poller_remove (&pairs[i].entry);
      pair_close (&pairs[i]);
    }
}

/* The kernel does not wait for a directory. */
static void
test_refused (void)
{
  g_autoptr (Pairs) pairs = pairs_new ();
  Pair directory = { .context = pairs->context };

  directory.ends[0] = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (directory.ends[0], >=, 0);
  g_assert_false (pair_add (&directory));
  signal_socket_poller_remove (&directory.entry);
  close (directory.ends[0]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket-poller/ready", test_ready);
  g_test_add_data_func ("/socket-poller/remove-other", remove_pair, test_remove_in_dispatch);
  g_test_add_data_func ("/socket-poller/remove-both", remove_both, test_remove_in_dispatch);
  g_test_add_func ("/socket-poller/remove-all", test_remove_all_in_dispatch);
  g_test_add_func ("/socket-poller/reused-descriptor", test_reused_descriptor);
  g_test_add_func ("/socket-poller/nested", test_nested);
  g_test_add_func ("/socket-poller/fairness", test_fairness);
  g_test_add_func ("/socket-poller/no-more-files", test_no_more_files);
  g_test_add_func ("/socket-poller/refused", test_refused);

  return g_test_run ();
}

#else

int
main (void)
{
  g_print ("1..0 # SKIP There is no epoll on this system\n");
  return 0;
}

#endif

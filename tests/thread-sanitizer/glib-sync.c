/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "config.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <sanitizer/tsan_interface.h>

/* Tells ThreadSanitizer what the functions of GLib order between threads. GLib itself is not compiled with
 * it, so that its locks and queues, which are made of atomic operations and futexes, would not be seen. Each
 * function here calls that of GLib with the same name. This library is preloaded, and replaces the calls that
 * are made from outside of libglib; those within libglib are bound already. This library is not
 * compiled with ThreadSanitizer either. */

/* GCC does not install the header of this one. */
void __tsan_atomic64_store (volatile gint64 *location, gint64 value, int order);

#define REAL(name) \
  static __typeof__ (&name) real; \
  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL) \
    __atomic_store_n (&real, (__typeof__ (&name)) dlsym (RTLD_NEXT, #name), __ATOMIC_RELAXED)

/* Locks, which ThreadSanitizer knows from the first use on: that GLib has initialized or cleared one of its
 * own for another thread would not be seen. */

#define LOCK(name, Type, flags) \
  void (name) (Type *lock) \
  { \
    REAL (name); \
    __tsan_mutex_pre_lock (lock, flags); \
    real (lock); \
    __tsan_mutex_post_lock (lock, flags, 0); \
  }

#define TRY_LOCK(name, Type, flags) \
  gboolean (name) (Type *lock) \
  { \
    gboolean locked; \
    REAL (name); \
    __tsan_mutex_pre_lock (lock, __tsan_mutex_try_lock | flags); \
    locked = real (lock); \
    __tsan_mutex_post_lock (lock, __tsan_mutex_try_lock | flags \
                                  | (locked ? 0 : __tsan_mutex_try_lock_failed), 0); \
    return locked; \
  }

#define UNLOCK(name, Type, flags) \
  void (name) (Type *lock) \
  { \
    REAL (name); \
    __tsan_mutex_pre_unlock (lock, flags); \
    real (lock); \
    __tsan_mutex_post_unlock (lock, flags); \
  }

LOCK (g_mutex_lock, GMutex, 0)
TRY_LOCK (g_mutex_trylock, GMutex, 0)
UNLOCK (g_mutex_unlock, GMutex, 0)

LOCK (g_rec_mutex_lock, GRecMutex, __tsan_mutex_write_reentrant)
TRY_LOCK (g_rec_mutex_trylock, GRecMutex, __tsan_mutex_write_reentrant)
UNLOCK (g_rec_mutex_unlock, GRecMutex, __tsan_mutex_write_reentrant)

LOCK (g_rw_lock_writer_lock, GRWLock, 0)
TRY_LOCK (g_rw_lock_writer_trylock, GRWLock, 0)
UNLOCK (g_rw_lock_writer_unlock, GRWLock, 0)
LOCK (g_rw_lock_reader_lock, GRWLock, __tsan_mutex_read_lock)
TRY_LOCK (g_rw_lock_reader_trylock, GRWLock, __tsan_mutex_read_lock)
UNLOCK (g_rw_lock_reader_unlock, GRWLock, __tsan_mutex_read_lock)

void
g_cond_wait (GCond  *cond,
             GMutex *mutex)
{
  REAL (g_cond_wait);

  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  real (cond, mutex);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

gboolean
g_cond_wait_until (GCond  *cond,
                   GMutex *mutex,
                   gint64  end_time)
{
  gboolean signalled;

  REAL (g_cond_wait_until);

  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  signalled = real (cond, mutex, end_time);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);

  return signalled;
}

/* What has been initialized once is read after g_atomic_pointer_get(), which the compiler has inlined into
 * the caller, and which therefore is seen. The store is made here once more. */
void
(g_once_init_leave) (volatile void *location,
                     gsize          result)
{
  REAL (g_once_init_leave);

  __tsan_release ((void *) location);
  real (location, result);
  __tsan_atomic64_store ((volatile gint64 *) location, (gint64) result, __ATOMIC_SEQ_CST);
}

gboolean
(g_once_init_enter) (volatile void *location)
{
  gboolean is_first;

  REAL (g_once_init_enter);

  is_first = real (location);
  __tsan_acquire ((void *) location);

  return is_first;
}

/* Reference counts: what each owner did happens before the last one frees it. Others must not be ordered by
 * it. */

void
g_object_unref (gpointer object)
{
  REAL (g_object_unref);

  __tsan_release (object);
  if (__atomic_load_n (&((GObject *) object)->ref_count, __ATOMIC_RELAXED) <= 2)
    __tsan_acquire (object);
  real (object);
}

gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean is_last;

  REAL (g_atomic_ref_count_dec);

  __tsan_release (count);
  is_last = real (count);
  if (is_last)
    __tsan_acquire (count);

  return is_last;
}

typedef struct
{
  gpointer       box;
  GDestroyNotify clear;
} Clearing;

static _Thread_local Clearing *clearing; /* the box that the thread is releasing */

/* Only called for the last reference. */
static void
clear_box (gpointer box)
{
  __tsan_acquire (box);
  if (clearing->clear != NULL)
    clearing->clear (box);
}

void
g_atomic_rc_box_release_full (gpointer        box,
                              GDestroyNotify  clear)
{
  Clearing *outer = clearing;
  Clearing inner = { box, clear };

  REAL (g_atomic_rc_box_release_full);

  __tsan_release (box);
  clearing = &inner;
  real (box, clear_box);
  clearing = outer;
}

void
g_atomic_rc_box_release (gpointer box)
{
  g_atomic_rc_box_release_full (box, NULL);
}

/* Sources: what happened before one was attached happens before it is dispatched. Only the callback is
 * replaced, and only of idle and timeout sources; others have callbacks of other types. */

static GHashTable *functions; /* of GSource, to GSourceFunc */
static gint is_locked;        /* not a lock that ThreadSanitizer knows, which would order the callers */
static const GSourceFuncs *idle_funcs, *timeout_funcs;

static gpointer
exchange_function (GSource  *source,
                   gpointer  function)
{
  gpointer result = function;

  while (__atomic_exchange_n (&is_locked, TRUE, __ATOMIC_ACQUIRE))
    g_thread_yield ();
  if (function != NULL)
    g_hash_table_insert (functions, source, function);
  else
    result = g_hash_table_lookup (functions, source);
  __atomic_store_n (&is_locked, FALSE, __ATOMIC_RELEASE);

  return result;
}

static gboolean
call_function (gpointer data)
{
  GSource *source = g_main_current_source ();
  GSourceFunc function = exchange_function (source, NULL);

  __tsan_acquire (source);

  return function (data);
}

void
g_source_set_callback (GSource        *source,
                       GSourceFunc     function,
                       gpointer        data,
                       GDestroyNotify  notify)
{
  REAL (g_source_set_callback);

  __tsan_release (source);
  if (function != NULL && (source->source_funcs == idle_funcs || source->source_funcs == timeout_funcs))
    {
      exchange_function (source, function);
      function = call_function;
    }
  real (source, function, data, notify);
}

/* Main contexts: this is also so for sources whose callbacks are not replaced, as the context polls before
 * it dispatches. */

static _Thread_local GMainContext *running;

static gint
poll_and_acquire (GPollFD *fds,
                  guint    n_fds,
                  gint     timeout)
{
  gint n_ready = g_poll (fds, n_fds, timeout);

  __tsan_acquire (running);

  return n_ready;
}

static GMainContext *
default_if_null (GMainContext *context)
{
  return context != NULL ? context : g_main_context_default ();
}

static void __attribute__ ((constructor))
init (void)
{
  g_autoptr (GSource) idle = g_idle_source_new ();
  g_autoptr (GSource) timeout = g_timeout_source_new (0);

  /* Programs that are started from here do not have ThreadSanitizer. */
  g_unsetenv ("LD_PRELOAD");
  idle_funcs = idle->source_funcs;
  timeout_funcs = timeout->source_funcs;
  functions = g_hash_table_new (NULL, NULL);
  g_main_context_set_poll_func (g_main_context_default (), poll_and_acquire);
}

GMainContext *
g_main_context_new (void)
{
  GMainContext *context;

  REAL (g_main_context_new);

  context = real ();
  g_main_context_set_poll_func (context, poll_and_acquire);

  return context;
}

guint
g_source_attach (GSource      *source,
                 GMainContext *context)
{
  REAL (g_source_attach);

  __tsan_release (source);
  __tsan_release (default_if_null (context));

  return real (source, context);
}

gboolean
g_main_context_iteration (GMainContext *context,
                          gboolean      may_block)
{
  GMainContext *outer = running;
  gboolean dispatched;

  REAL (g_main_context_iteration);

  running = default_if_null (context);
  __tsan_acquire (running);
  dispatched = real (context, may_block);
  __tsan_release (running);
  running = outer;

  return dispatched;
}

void
g_main_loop_run (GMainLoop *loop)
{
  GMainContext *outer = running;

  REAL (g_main_loop_run);

  running = g_main_loop_get_context (loop);
  __tsan_acquire (running);
  real (loop);
  __tsan_release (running);
  running = outer;
}

/* Tasks: what happened before happens before the function in the other thread, and that before the result
 * is taken. */

static GQuark
function_quark (void)
{
  return g_quark_from_static_string ("signal-thread-sanitizer-function");
}

static void
run_task (GTask        *task,
          gpointer      source_object,
          gpointer      task_data,
          GCancellable *cancellable)
{
  GTaskThreadFunc function = g_object_get_qdata (G_OBJECT (task), function_quark ());

  __tsan_acquire (task);
  function (task, source_object, task_data, cancellable);
}

#define RUN_TASK(name) \
  void name (GTask *task, GTaskThreadFunc function) \
  { \
    REAL (name); \
    g_object_set_qdata (G_OBJECT (task), function_quark (), function); \
    __tsan_release (task); \
    real (task, run_task); \
    __tsan_acquire (task); \
  }

RUN_TASK (g_task_run_in_thread)
RUN_TASK (g_task_run_in_thread_sync)

#define RETURN_TASK(name, Type) \
  void (name) (GTask *task, Type result) \
  { \
    REAL (name); \
    __tsan_release (task); \
    real (task, result); \
  }

#define PROPAGATE_TASK(name, Type) \
  Type name (GTask *task, GError **error) \
  { \
    REAL (name); \
    __tsan_acquire (task); \
    return real (task, error); \
  }

RETURN_TASK (g_task_return_boolean, gboolean)
RETURN_TASK (g_task_return_int, gssize)
RETURN_TASK (g_task_return_error, GError *)
PROPAGATE_TASK (g_task_propagate_boolean, gboolean)
PROPAGATE_TASK (g_task_propagate_int, gssize)
PROPAGATE_TASK (g_task_propagate_pointer, gpointer)

void
g_task_return_pointer (GTask          *task,
                       gpointer        result,
                       GDestroyNotify  notify)
{
  REAL (g_task_return_pointer);

  __tsan_release (task);
  real (task, result, notify);
}

/* Queues */

void
g_async_queue_push (GAsyncQueue *queue,
                    gpointer     data)
{
  REAL (g_async_queue_push);

  __tsan_release (queue);
  real (queue, data);
}

#define POP(name) \
  gpointer name (GAsyncQueue *queue) \
  { \
    gpointer data; \
    REAL (name); \
    data = real (queue); \
    __tsan_acquire (queue); \
    return data; \
  }

POP (g_async_queue_pop)
POP (g_async_queue_try_pop)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-room-set-private.h"

#include <string.h>

struct _SignalRoomSet
{
  GStrv       auto_join;
  GHashTable *choices;    /* name → whether it was last joined or left; overrides auto_join */
  GPtrArray  *wanted;     /* NULL-terminated */
  GHashTable *wanted_set; /* the same names, owned by wanted */
};

static GPtrArray *
new_names (void)
{
  /* A reserved size of 0 would result in an array without a terminator. */
  return g_ptr_array_new_null_terminated (1, g_free, TRUE);
}

SignalRoomSet *
signal_room_set_new (void)
{
  SignalRoomSet *self = g_new0 (SignalRoomSet, 1);

  self->auto_join = g_new0 (char *, 1);
  self->choices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->wanted = new_names ();
  self->wanted_set = g_hash_table_new (g_str_hash, g_str_equal);

  return self;
}

void
signal_room_set_free (SignalRoomSet *self)
{
  if (self == NULL)
    return;

  g_strfreev (self->auto_join);
  g_hash_table_unref (self->choices);
  g_hash_table_unref (self->wanted_set);
  g_ptr_array_unref (self->wanted);
  g_free (self);
}

static gboolean
add_wanted (SignalRoomSet *self,
            const char    *name)
{
  char *copy;

  if (g_hash_table_contains (self->wanted_set, name))
    return FALSE;

  copy = g_strdup (name);
  g_ptr_array_add (self->wanted, copy);
  g_hash_table_add (self->wanted_set, copy);

  return TRUE;
}

static void
choose (SignalRoomSet *self,
        const char    *name,
        gboolean       joined)
{
  g_hash_table_replace (self->choices, g_strdup (name), GINT_TO_POINTER (joined));
}

/* auto_join is a set of names. */
static gboolean
is_asked_for (SignalRoomSet *self,
              GHashTable    *auto_join,
              const char    *name)
{
  gpointer joined;

  if (g_hash_table_lookup_extended (self->choices, name, NULL, &joined))
    return GPOINTER_TO_INT (joined);

  return g_hash_table_contains (auto_join, name);
}

/* Removes names from the wanted rooms that are no longer requested, and returns them. The order
 * of the others does not change. */
static GPtrArray *
filter_wanted (SignalRoomSet *self,
               GHashTable    *auto_join)
{
  g_autoptr(GPtrArray) before = g_steal_pointer (&self->wanted);
  GPtrArray *dropped = new_names ();

  self->wanted = new_names ();
  g_ptr_array_set_free_func (before, NULL);
  for (guint i = 0; i < before->len; i++)
    {
      char *name = g_ptr_array_index (before, i);

      if (is_asked_for (self, auto_join, name))
        {
          g_ptr_array_add (self->wanted, name);
          continue;
        }
      g_hash_table_remove (self->wanted_set, name);
      g_ptr_array_add (dropped, name);
    }

  return dropped;
}

/* Rooms of the previous list are removed, unless they were joined explicitly; a room that was
 * left explicitly is not added again. Returns whether the wanted rooms have changed. */
gboolean
signal_room_set_set_auto_join (SignalRoomSet      *self,
                               const char * const *names)
{
  static const char *const none[] = { NULL };
  g_autoptr(GHashTable) set = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) dropped = NULL;
  GStrv copy = g_strdupv ((char **) (names != NULL ? names : none));
  gboolean changed;

  g_strfreev (self->auto_join);
  self->auto_join = copy;
  for (char **name = self->auto_join; *name != NULL; name++)
    g_hash_table_add (set, *name);

  dropped = filter_wanted (self, set);
  changed = dropped->len > 0;
  for (char **name = self->auto_join; *name != NULL; name++)
    if (is_asked_for (self, set, *name))
      changed |= add_wanted (self, *name);

  return changed;
}

const char * const *
signal_room_set_get_auto_join (SignalRoomSet *self)
{
  return (const char * const *) self->auto_join;
}

/* The names are valid until the next change. */
const char * const *
signal_room_set_get_wanted (SignalRoomSet *self)
{
  return (const char * const *) self->wanted->pdata;
}

static gboolean
report_changed (GPtrArray *names,
                GStrv     *changed)
{
  gboolean any = names->len > 0;

  if (changed != NULL)
    *changed = (GStrv) g_ptr_array_free (names, FALSE);
  else
    g_ptr_array_unref (names);

  return any;
}

/* added is set to the rooms that were not wanted before. Returns whether there are any. */
gboolean
signal_room_set_join (SignalRoomSet      *self,
                      const char * const *names,
                      GStrv              *added)
{
  GPtrArray *new_ones = new_names ();

  for (; names != NULL && *names != NULL; names++)
    {
      choose (self, *names, TRUE);
      if (add_wanted (self, *names))
        g_ptr_array_add (new_ones, g_strdup (*names));
    }

  return report_changed (new_ones, added);
}

/* removed is set to the rooms that were wanted before. Returns whether there are any. */
gboolean
signal_room_set_leave (SignalRoomSet      *self,
                       const char * const *names,
                       GStrv              *removed)
{
  for (; names != NULL && *names != NULL; names++)
    choose (self, *names, FALSE);

  /* The other rooms do not change. */
  return report_changed (filter_wanted (self, self->wanted_set), removed);
}

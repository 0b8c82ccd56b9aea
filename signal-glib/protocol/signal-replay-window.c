/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-replay-window-private.h"

#include <string.h>

#include "crypto/signal-secret-private.h"

#define INITIAL_CAPACITY 32
#define NONE G_MAXUINT32
#define IV_WORDS (SIGNAL_AEAD_IV_SIZE / sizeof (guint32))

/* The whole IV, not a hash of it, which could make a new message appear as an old one. */
typedef struct
{
  guint32 iv[IV_WORDS];
  guint32 next; /* an older one in the same bucket */
} Entry;

G_STATIC_ASSERT (sizeof (Entry) == 16);
G_STATIC_ASSERT ((SIGNAL_REPLAY_WINDOW_SIZE & (SIGNAL_REPLAY_WINDOW_SIZE - 1)) == 0);

/* A ring buffer of IVs in the order of arrival, with a chained hash table. Both have the same
 * capacity, which is a power of 2. */
struct _SignalReplayWindow
{
  Entry *entries;
  guint32 *buckets;
  guint32 capacity;
  guint32 count;
  guint32 position; /* where the next one is stored; if the window is full, the oldest */
  guint64 seed[IV_WORDS];
};

/* Multiply-shift with random factors is a universal hash, so that a peer that chooses its IVs
 * cannot make the chains long. */
static guint32 *
find_bucket (const SignalReplayWindow *self,
             const guint32             iv[IV_WORDS])
{
  guint64 sum = 0;

  for (gsize i = 0; i < IV_WORDS; i++)
    sum += self->seed[i] * iv[i];

  return &self->buckets[(sum >> 32) & (self->capacity - 1)];
}

static void
link_entry (SignalReplayWindow *self,
            guint32             index)
{
  guint32 *bucket = find_bucket (self, self->entries[index].iv);

  self->entries[index].next = *bucket;
  *bucket = index;
}

static void
unlink_entry (SignalReplayWindow *self,
              guint32             index)
{
  guint32 *link = find_bucket (self, self->entries[index].iv);

  while (*link != index)
    link = &self->entries[*link].next;

  *link = self->entries[index].next;
}

/* Only called before the first IV is overwritten, while the ring buffer has not wrapped
 * around. */
static void
grow (SignalReplayWindow *self)
{
  self->capacity = self->capacity == 0 ? INITIAL_CAPACITY : self->capacity * 2;
  self->entries = g_renew (Entry, self->entries, self->capacity);

  g_free (self->buckets);
  self->buckets = g_new (guint32, self->capacity);
  memset (self->buckets, 0xff, self->capacity * sizeof *self->buckets); /* NONE */

  for (guint32 i = 0; i < self->count; i++)
    link_entry (self, i);
}

SignalReplayWindow *
signal_replay_window_new (void)
{
  SignalReplayWindow *self = g_new0 (SignalReplayWindow, 1);

  /* If there are no random bytes, there is no session key either, and nothing to remember. */
  signal_random_bytes (self->seed, sizeof self->seed, NULL);

  return self;
}

void
signal_replay_window_free (SignalReplayWindow *self)
{
  if (self == NULL)
    return;

  g_free (self->entries);
  g_free (self->buckets);
  g_free (self);
}

/* Begins to load the memory that signal_replay_window_add() needs for the IV, so that it has arrived when
 * the message has been decrypted. */
void
signal_replay_window_prefetch (const SignalReplayWindow *self,
                               const guint8              iv[SIGNAL_AEAD_IV_SIZE])
{
  guint32 words[IV_WORDS];

  if (self->count == 0)
    return;

  memcpy (words, iv, sizeof words);
  __builtin_prefetch (find_bucket (self, words));
  if (self->count == SIGNAL_REPLAY_WINDOW_SIZE)
    __builtin_prefetch (find_bucket (self, self->entries[self->position].iv));
}

static gboolean
contains (const SignalReplayWindow *self,
          const guint32             iv[IV_WORDS])
{
  if (self->count == 0)
    return FALSE;

  for (guint32 i = *find_bucket (self, iv); i != NONE; i = self->entries[i].next)
    if (memcmp (self->entries[i].iv, iv, SIGNAL_AEAD_IV_SIZE) == 0)
      return TRUE;

  return FALSE;
}

/* Returns whether the IV is among the newest SIGNAL_REPLAY_WINDOW_SIZE, without changing
 * anything. */
gboolean
signal_replay_window_seen (const SignalReplayWindow *self,
                           const guint8              iv[SIGNAL_AEAD_IV_SIZE])
{
  guint32 words[IV_WORDS];

  memcpy (words, iv, sizeof words);

  return contains (self, words);
}

/* Adds the IV of a message that was authentic, and removes the oldest one if the window is full.
 * Returns FALSE, and changes nothing, if the IV is already in the window. */
gboolean
signal_replay_window_add (SignalReplayWindow *self,
                          const guint8        iv[SIGNAL_AEAD_IV_SIZE])
{
  guint32 words[IV_WORDS];

  memcpy (words, iv, sizeof words);

  if (contains (self, words))
    return FALSE;

  if (self->count == SIGNAL_REPLAY_WINDOW_SIZE)
    {
      unlink_entry (self, self->position);
    }
  else
    {
      if (self->count == self->capacity)
        grow (self);
      self->count++;
    }

  memcpy (self->entries[self->position].iv, words, sizeof words);
  link_entry (self, self->position);
  self->position = (self->position + 1) % SIGNAL_REPLAY_WINDOW_SIZE;

  return TRUE;
}

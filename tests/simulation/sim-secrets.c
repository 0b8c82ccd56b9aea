/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-secrets.h"

#include <string.h>

#include "sim-clock.h"
#include "sim-wrap.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-hkdf-private.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "signal-glib/protocol/signal-message-private.h"
#include "signal-glib/websocket/signal-websocket-reader-private.h"

/* How many of each kind are searched for. */
#define N_KEPT 8

/* Eight bytes of a secret count, at any position. A secret contains at least three words of eight bytes that
 * are aligned, so that a complete one is found by looking at every second word, wherever it begins. */
#define WINDOW sizeof (guint64)
#define N_WINDOWS (SIM_SECRET_SIZE - WINDOW + 1)

/* Both are more than four times as large as the number of windows, which are also those of the reversed
 * secret, as in an integer. */
#define TABLE_BITS 13
#define FILTER_BITS 16

G_STATIC_ASSERT (SIGNAL_ECDH_SCALAR_SIZE == SIM_SECRET_SIZE);

typedef struct
{
  guint64       window; /* 0 if there is none */
  SimSecretKind kind;
} Entry;

static const char * const names[] = { "token", "private key", "shared secret", "AES key" };

static guint8 secrets[SIM_N_SECRET_KINDS][N_KEPT][SIM_SECRET_SIZE];
static guint n_added[SIM_N_SECRET_KINDS];
static Entry table[1 << TABLE_BITS];
static guint8 filter[(1 << FILTER_BITS) / 8];
static gboolean is_generating; /* random bytes are a private key */
static guint is_received; /* what is being freed has been received: a server receives tokens */

static inline guint64
hash (guint64 window)
{
  return window * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

static Entry *
find_entry (guint64 window)
{
  gsize i = hash (window) >> (64 - TABLE_BITS);

  while (table[i].window != 0 && table[i].window != window)
    i = (i + 1) % G_N_ELEMENTS (table);
  return &table[i];
}

static void
add_windows (const guint8  *secret,
             SimSecretKind  kind)
{
  for (gsize i = 0; i < N_WINDOWS; i++)
    {
      guint64 window;
      gsize bit;

      memcpy (&window, secret + i, WINDOW);
      bit = hash (window) >> (64 - FILTER_BITS);
      filter[bit / 8] |= (guint8) (1 << bit % 8);
      *find_entry (window) = (Entry) { window, kind };
    }
}

static gboolean
is_known (SimSecretKind  kind,
          const guint8  *secret)
{
  for (guint i = 0; i < N_KEPT; i++)
    if (memcmp (secrets[kind][i], secret, SIM_SECRET_SIZE) == 0)
      return TRUE;

  return FALSE;
}

/* The oldest secret of the kind is forgotten. */
void
sim_secrets_add (SimSecretKind  kind,
                 const void    *secret)
{
  if (is_known (kind, secret))
    return;

  memcpy (secrets[kind][n_added[kind]++ % N_KEPT], secret, SIM_SECRET_SIZE);
  memset (table, 0, sizeof table);
  memset (filter, 0, sizeof filter);
  for (SimSecretKind each = 0; each < SIM_N_SECRET_KINDS; each++)
    for (guint i = 0; i < MIN (n_added[each], N_KEPT); i++)
      {
        guint8 reversed[SIM_SECRET_SIZE];

        for (gsize j = 0; j < SIM_SECRET_SIZE; j++)
          reversed[j] = secrets[each][i][SIM_SECRET_SIZE - 1 - j];
        add_windows (secrets[each][i], each);
        add_windows (reversed, each);
      }
}

/* Returns what is known of a secret of which a part is in the memory, or NULL. */
static const Entry *
find (const void *memory,
      gsize       size)
{
  const guint64 *words = memory;

  for (gsize i = 0; i < size / WINDOW; i += 2)
    {
      gsize bit = hash (words[i]) >> (64 - FILTER_BITS);
      const Entry *entry;

      if (words[i] == 0 || (filter[bit / 8] & 1 << bit % 8) == 0)
        continue;
      entry = find_entry (words[i]);
      if (entry->window != 0)
        return entry;
    }

  return NULL;
}

/* Searches memory that is about to be freed. What a server receives is not wiped by the library, and is not
 * to be found again in the next block at this place. */
void
sim_secrets_search (void  *memory,
                    gsize  size)
{
  const Entry *entry = find (memory, size);

  if (entry == NULL)
    return;
  if (entry->kind != SIM_SECRET_TOKEN || is_received == 0)
    sim_fail ("freed memory, of %zu bytes, contains a part of a %s", size, names[entry->kind]);
  memset (memory, 0, size);
}

SIM_WRAP (SignalEcdhKeyPair *, signal_ecdh_key_pair_generate, GError **error)
{
  SignalEcdhKeyPair *result;

  is_generating = TRUE;
  result = __real_signal_ecdh_key_pair_generate (error);
  is_generating = FALSE;
  return result;
}

SIM_WRAP (gboolean, signal_random_bytes, void *buffer, gsize length, GError **error)
{
  gboolean ok = __real_signal_random_bytes (buffer, length, error);

  if (ok && is_generating)
    sim_secrets_add (SIM_SECRET_SCALAR, buffer);
  return ok;
}

SIM_WRAP (void, signal_hkdf_sha256, const guint8 *ikm, gsize ikm_length, const guint8 *salt,
          gsize salt_length, const guint8 *info, gsize info_length, guint8 *okm, gsize okm_length)
{
  __real_signal_hkdf_sha256 (ikm, ikm_length, salt, salt_length, info, info_length, okm, okm_length);
  g_assert (ikm_length == SIM_SECRET_SIZE && okm_length == SIM_SECRET_SIZE);
  sim_secrets_add (SIM_SECRET_SHARED, ikm);
  sim_secrets_add (SIM_SECRET_KEY, okm);
}

SIM_WRAP (void, signal_message_unref, SignalMessage *message)
{
  is_received++;
  __real_signal_message_unref (message);
  is_received--;
}

SIM_WRAP (guint8 *, signal_websocket_reader_reserve, SignalWebsocketReader *reader, gsize *size)
{
  guint8 *result;

  is_received++;
  result = __real_signal_websocket_reader_reserve (reader, size);
  is_received--;
  return result;
}

SIM_WRAP (void, signal_websocket_reader_trim, SignalWebsocketReader *reader)
{
  is_received++;
  __real_signal_websocket_reader_trim (reader);
  is_received--;
}

SIM_WRAP (void, signal_websocket_reader_clear, SignalWebsocketReader *reader)
{
  is_received++;
  __real_signal_websocket_reader_clear (reader);
  is_received--;
}

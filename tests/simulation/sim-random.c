/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-random.h"

#include <gmodule.h>

#include <sys/random.h>
#include <string.h>

#ifdef HAVE_GNUTLS
#include <gnutls/crypto.h>
#endif

/* That of the process, which keys, IVs and masks are made from. */
static SimRandom process;

void
sim_random_init (SimRandom *self,
                 guint64    seed)
{
  self->state = seed;
  sim_random_next (self);
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
guint64
sim_random_next (SimRandom *self)
{
  guint64 z = self->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

guint
sim_random_below (SimRandom *self,
                  guint      end)
{
  return (guint) (sim_random_next (self) % end);
}

gint64
sim_random_between (SimRandom *self,
                    gint64     least,
                    gint64     most)
{
  return least + (gint64) (sim_random_next (self) % (guint64) (most - least + 1));
}

gboolean
sim_random_chance (SimRandom *self,
                   guint      percent)
{
  return sim_random_below (self, 100) < percent;
}

void
sim_random_seed_process (guint64 seed)
{
  sim_random_init (&process, seed);
  g_random_set_seed ((guint32) seed);
}

static void
fill (void  *buffer,
      gsize  length)
{
  guint8 *at = buffer;

  while (length > 0)
    {
      guint64 bits = sim_random_next (&process);
      gsize n = MIN (length, sizeof bits);

      memcpy (at, &bits, n);
      at += n;
      length -= n;
    }
}

/* These take the place of the functions of the C library and of GnuTLS. */

G_MODULE_EXPORT ssize_t
getrandom (void         *buffer,
           size_t        length,
           unsigned int  flags)
{
  fill (buffer, length);
  return (ssize_t) length;
}

G_MODULE_EXPORT int
getentropy (void   *buffer,
            size_t  length)
{
  fill (buffer, length);
  return 0;
}

#ifdef HAVE_GNUTLS
G_MODULE_EXPORT int
gnutls_rnd (gnutls_rnd_level_t  level,
            void               *buffer,
            size_t              length)
{
  fill (buffer, length);
  return 0;
}
#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "sim-client.h"
#include "sim-clock.h"
#include "sim-host.h"
#include "sim-memory.h"
#include "sim-network.h"
#include "sim-objects.h"
#include "sim-random.h"

/* Clients, a server and the network between them in one thread, with a clock that jumps. Everything
 * depends on a seed: the same seed is the same run. */

#define SECOND ((gint64) G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* How long the network is good before everything must be well again: silence is noticed after a
 * heartbeat of 60 s and its timeout of 10 s, attempts take up to 15 s, delays up to 30 s, and the
 * application waits up to 60 s. */
#define SETTLING (5 * MINUTE)

/* What an application does at once. */
#define MAX_ACTIONS 60

/* The memory in use may grow by this much, in bytes: what waits for clients and for the server, both in the
 * process and in the network, and what the checks themselves store. */
#define MAX_GROWTH (4 * 1024 * 1024)

/* When everything has been freed, what is in use is what the libraries allocate once. They do so in a first,
 * short run, after which no more than this remains, in bytes. */
#define FIRST_RUN HOUR
#define MAX_REST (2 * 1024)

typedef struct
{
  SimRandom  random;
  GPtrArray *clients;
  SimHost   *host;
  gboolean   is_storm;
  gint64     changed; /* when the last storm began or ended */
  gint64     next;    /* change */
  guint      n_storms;
  gssize     memory;   /* in use at the beginning */
  gssize     peak;     /* the most since then */
  gboolean   is_over;
} World;

/* The percentage of authentications that take time even so. */
#define CALM_DEFERRAL 10

static const SimWeather calm = { .min_latency = 200, .max_latency = 80000, .split = 1 };

/* An application does many things at once, which may have to wait: often, the connection is stuck. */
static void
act_hastily (World *self,
             guint  which)
{
  guint n = sim_random_below (&self->random, MAX_ACTIONS);

  if (sim_random_chance (&self->random, 50))
    sim_network_stall (which, sim_random_between (&self->random, 0, MINUTE));
  for (guint i = 0; i < n; i++)
    sim_client_act (self->clients->pdata[which % self->clients->len]);
}

/* Something goes wrong, or a user does something. */
static void
happen (World *self)
{
  guint which = sim_random_below (&self->random, 1000);

  switch (sim_random_below (&self->random, 16))
    {
    case 0:
    case 1:
    case 2:
      sim_network_cut (which);
      break;
    case 3:
    case 4:
      sim_network_vanish (which);
      break;
    case 5:
    case 6:
      sim_network_stall (which, sim_random_between (&self->random, 0, MINUTE));
      break;
    case 7:
      sim_network_cut_all ();
      break;
    case 8:
      sim_host_restart (self->host, (guint) sim_random_between (&self->random, 1, 60000));
      break;
    case 9:
      sim_clock_suspend (sim_random_between (&self->random, SECOND, 8 * HOUR));
      break;
    case 10:
      sim_host_set_refusal (self->host, sim_random_chance (&self->random, 50)
                                        ? sim_random_below (&self->random, 100) : 0);
      sim_host_set_deferral (self->host, sim_random_below (&self->random, 40));
      break;
    case 11:
      sim_network_slow (which, sim_random_between (&self->random, 0, MINUTE));
      break;
    case 12:
    case 13:
      act_hastily (self, which);
      break;
    case 14:
      sim_clock_adjust (sim_random_between (&self->random, -8 * HOUR, 8 * HOUR));
      break;
    default:
      sim_host_speak (self->host, TRUE);
    }
}

static void
begin_storm (World *self)
{
  SimWeather weather = {
    .min_latency = 100,
    .max_latency = sim_random_between (&self->random, 1000, 5 * SECOND),
    .refuse = sim_random_below (&self->random, 60),
    .vanish = sim_random_below (&self->random, 30),
    .cut_short = sim_random_below (&self->random, 50),
    .split = sim_random_below (&self->random, 50),
  };

  self->is_storm = TRUE;
  self->n_storms++;
  self->next = sim_clock_now () + sim_random_between (&self->random, SECOND, 10 * MINUTE);
  sim_network_set_weather (&weather);
  sim_trace ("storm", self->n_storms);
}

static void
end_storm (World *self)
{
  self->is_storm = FALSE;
  self->next = sim_clock_now () + SETTLING + sim_random_between (&self->random, 0, 30 * MINUTE);
  sim_network_set_weather (&calm);
  sim_host_set_refusal (self->host, 0);
  sim_host_set_deferral (self->host, CALM_DEFERRAL);
  sim_trace ("calm", self->n_storms);
}

static void
change_weather (World *self)
{
  self->changed = sim_clock_now ();
  if (self->is_storm)
    end_storm (self);
  else
    begin_storm (self);
}

static gboolean
is_settled (World *self)
{
  return !self->is_storm && sim_clock_now () - self->changed >= SETTLING;
}

static void
check_memory (World *self)
{
  self->peak = MAX (self->peak, sim_memory_peak ());
  if (self->peak > self->memory + MAX_GROWTH)
    sim_fail ("memory has grown from %zd to %zd bytes", self->memory, self->peak);
}

static void
check (World *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    sim_client_check (self->clients->pdata[i], is_settled (self));
  sim_host_check (self->host, is_settled (self));
  check_memory (self);

  if (sim_network_count_links () > 8 * self->clients->len + 8)
    sim_fail ("%u connections for %u clients", sim_network_count_links (), self->clients->len);
  if (sim_objects_count () > 16 * self->clients->len + 16)
    sim_fail ("%u objects of connections for %u clients", sim_objects_count (), self->clients->len);
}

static void
check_settled (World *self)
{
  sim_host_check_settled (self->host);
  for (guint i = 0; i < self->clients->len; i++)
    sim_client_check_settled (self->clients->pdata[i]);
}

static void
on_tick (gpointer user_data)
{
  World *self = user_data;
  SimClient *client;

  if (self->is_over)
    return;

  client = self->clients->pdata[sim_random_below (&self->random, self->clients->len)];

  if (sim_clock_now () >= self->next)
    {
      if (is_settled (self))
        check_settled (self);
      change_weather (self);
    }

  sim_client_act (client);
  if (self->is_storm)
    happen (self);
  else if (sim_random_chance (&self->random, 20))
    sim_host_speak (self->host, FALSE);

  g_timeout_add_once ((guint) sim_random_between (&self->random, 1, self->is_storm ? 3000 : 60000),
                      on_tick, self);
}

static void
run_for (World  *self,
         gint64  duration)
{
  gint64 end = sim_clock_now () + duration;

  while (sim_clock_now () < end)
    {
      g_main_context_iteration (NULL, TRUE);
      check (self);
    }
}

static gboolean
is_finished (World *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    if (!sim_client_is_finished (self->clients->pdata[i]))
      return FALSE;

  return TRUE;
}

static gboolean
on_wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Ends everything; nothing may be left. */
static void
finish (World *self)
{
  gint64 end = sim_clock_now () + 2 * MINUTE;
  guint64 n_connects = 0, n_messages = 0;
  guint wake_id;

  self->is_over = TRUE;
  for (guint i = 0; i < self->clients->len; i++)
    sim_client_finish (self->clients->pdata[i]);
  sim_host_stop (self->host);

  /* Without clients and a server, nothing ever happens. */
  wake_id = g_timeout_add_seconds (10, on_wake, NULL);
  while (sim_clock_now () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (wake_id);

  if (!is_finished (self))
    sim_fail ("clients or operations are left");
  if (sim_network_count_sockets () > 0)
    sim_fail ("%u sockets are left", sim_network_count_sockets ());

  if (sim_objects_count () > 0)
    sim_fail ("%u objects of connections are left", sim_objects_count ());

  for (guint i = 0; i < self->clients->len; i++)
    {
      SimClient *client = self->clients->pdata[i];

      sim_ledger_finish (sim_client_get_messages (client));
      sim_ledger_finish (sim_client_get_requests (client));
      n_connects += sim_client_get_connects (client);
      n_messages += sim_ledger_arrived (sim_client_get_messages (client));
      sim_client_free (client);
    }
  sim_host_free (self->host);
  printf ("# %u storms, %" G_GUINT64_FORMAT " connections, %" G_GUINT64_FORMAT " messages, at most %zd KiB "
          "more than at the beginning, digest %016" G_GINT64_MODIFIER "x\n", self->n_storms, n_connects,
          n_messages, (self->peak - self->memory) / 1024, sim_trace_digest ());
}

static void
simulate (guint64 seed,
          gint64  duration)
{
  World self = { .memory = G_MAXSSIZE / 2 };
  guint n_clients;

  sim_trace ("simulate", seed);
  sim_random_seed_process (seed);
  sim_random_init (&self.random, seed + 1);
  sim_network_set_seed (seed + 2);
  sim_network_set_weather (&calm);
  self.clients = g_ptr_array_new ();
  self.host = sim_host_new (seed + 3, self.clients);
  n_clients = 1 + sim_random_below (&self.random, 4);
  for (guint i = 0; i < n_clients; i++)
    g_ptr_array_add (self.clients, sim_client_new (i, seed + 10 + i, sim_host_get_uri (self.host)));

  self.next = sim_clock_now () + SETTLING;
  self.changed = sim_clock_now ();
  g_timeout_add_once (1, on_tick, &self);
  run_for (&self, MINUTE);
  self.memory = sim_memory_in_use ();
  self.peak = self.memory;
  run_for (&self, duration);

  /* The last storm is over, and nobody stops a client any more. */
  if (self.is_storm)
    change_weather (&self);
  self.next = G_MAXINT64;
  self.changed = sim_clock_now ();
  for (guint i = 0; i < self.clients->len; i++)
    sim_client_stay (self.clients->pdata[i]);
  run_for (&self, 2 * SETTLING);
  check_settled (&self);
  finish (&self);
  g_ptr_array_unref (self.clients);
}

/* Pointers are keys of hash tables, whose order is to be the same in each run. All memory that is freed must
 * be freed with free(), in which it is searched. */
static void
fix_memory (char **argv)
{
  int persona = personality (0xffffffff);

  if (getenv ("SIMULATION_FIXED") != NULL)
    return;

  setenv ("SIMULATION_FIXED", "1", TRUE);
  setenv ("G_SLICE", "always-malloc", TRUE);
  if (persona >= 0)
    personality ((unsigned long) persona | ADDR_NO_RANDOMIZE);
  execv ("/proc/self/exe", argv);
}

int
main (int    argc,
      char **argv)
{
  guint64 seed;
  gint64 hours;
  gssize rest;

  fix_memory (argv);
  if (argc != 3)
    {
      fprintf (stderr, "Usage: %s SEED HOURS\n", argv[0]);
      return 2;
    }

  seed = g_ascii_strtoull (argv[1], NULL, 0);
  hours = g_ascii_strtoll (argv[2], NULL, 10);
  sim_clock_start ();
  sim_network_start ();
  sim_memory_start ();

  simulate (~seed, FIRST_RUN);
  rest = sim_memory_in_use ();
  simulate (seed, hours * HOUR);
  if (sim_memory_in_use () > rest + MAX_REST)
    sim_fail ("%zd bytes are left, and were not after the first run", sim_memory_in_use () - rest);
  return 0;
}

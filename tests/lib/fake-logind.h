/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A private system bus, with a service that sends the signals of logind for system suspend. */
typedef struct
{
  GSubprocess     *daemon;
  GDBusConnection *bus;
  char            *directory;
  char            *config;
} FakeLogind;

FakeLogind *fake_logind_new   (void);
void        fake_logind_free  (FakeLogind *self);
void        fake_logind_sleep (FakeLogind *self,
                               gboolean    is_beginning);
void        fake_logind_own_stalled (FakeLogind *self,
                                     const char *name,
                                     int        *n_calls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeLogind, fake_logind_free)

G_END_DECLS

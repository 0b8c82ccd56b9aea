/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/signal-bus-link-private.h"
#include "bus/signal-bus-message-private.h"
#include "signal-bus.h"
#include "util/signal-affinity-private.h"

G_BEGIN_DECLS

/* A server that is attached to a bus. */
typedef struct _SignalBusMember SignalBusMember;

typedef struct
{
  /* A message of another server. */
  void (*message)   (const SignalBusMessage *message,
                     gpointer                user_data);

  /* The channels that were watched before signal_bus_confirm() returned this number, or a lower one,
   * are subscribed to. It is not called if the connection is lost. */
  void (*confirmed) (guint64                 number,
                     gpointer                user_data);
} SignalBusMemberFuncs;

/* Shared by the files signal-bus*.c. */
struct _SignalBus
{
  GObject          parent_instance;

  /* Properties */
  char            *uri;
  GStrv            uris;
  GTlsDatabase    *tls_database;
  GTlsCertificate *tls_certificate;
  char            *channel_prefix;
  guint            max_backlog;
  char            *server_id;
  guint64          n_published;
  guint64          n_received;
  guint64          n_dropped;

  SignalAffinity   affinity;
  SignalBusLink   *link;         /* NULL while closed */
  gboolean         is_connected; /* as last notified */
  gboolean         is_congested; /* that has been reported */
  GError          *outage;       /* what was last reported, until the bus is connected again */
  GQueue           connecting;   /* of Waiter */
  GPtrArray       *closing;      /* tasks; NULL unless the bus is being closed */

  guint64          n_confirming; /* calls of signal_bus_confirm() on this link, and those that were answered */
  guint64          n_confirmed;
  GPtrArray       *members;
  GHashTable      *channels;     /* name → number of uses, which is 0 until the channel is removed */
  GHashTable      *unused;       /* a set of channels, or NULL while there are none */
  GSource         *removal;      /* of the unused channels */
};

/* bus/signal-bus-properties.c */
void signal_bus_init_properties      (SignalBus    *self);
void signal_bus_finalize_properties  (SignalBus    *self);
void signal_bus_install_properties   (GObjectClass *object_class);
void signal_bus_notify_connected     (SignalBus    *self);

/* For the server */
SignalBusMember *signal_bus_attach         (SignalBus              *self,
                                            const SignalBusMemberFuncs *funcs,
                                            gpointer                user_data) G_GNUC_WARN_UNUSED_RESULT;
void             signal_bus_detach         (SignalBus              *self,
                                            SignalBusMember        *member);
char            *signal_bus_get_channel    (SignalBus              *self,
                                            SignalBusScope          scope,
                                            const char             *target) G_GNUC_WARN_UNUSED_RESULT;
void             signal_bus_watch          (SignalBus              *self,
                                            GPtrArray              *channels);
void             signal_bus_unwatch        (SignalBus              *self,
                                            GPtrArray              *channels);
guint64          signal_bus_confirm        (SignalBus              *self);
void             signal_bus_publish        (SignalBus              *self,
                                            SignalBusMember        *from,
                                            const SignalBusMessage *message);
gboolean         signal_bus_belongs_to     (SignalBus              *self,
                                            GMainContext           *context);

G_END_DECLS

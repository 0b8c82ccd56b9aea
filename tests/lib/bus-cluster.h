/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus-recorder.h"
#include "fixture.h"
#include "mock-redis.h"
#include "recorder.h"

G_BEGIN_DECLS

/* A server with a bus. */
typedef struct
{
  BusRecorder *recorder;
  SignalBus   *bus;     /* that of the recorder */
  Fixture     *fixture;
  SignalServer *server; /* that of the fixture */
} BusNode;

/* Two servers on one Redis, and their clients. */
typedef struct
{
  MockRedis *mock;
  BusNode   *nodes[2];
  GPtrArray *clients; /* Recorder */
} BusCluster;

BusNode    *bus_node_new              (const char *uri,
                                       const char *channel_prefix);
void        bus_node_free             (BusNode    *node);
SignalPeer *bus_node_get_peer         (BusNode    *node,
                                       Recorder   *client);
Recorder   *bus_node_add_client       (BusNode    *node,
                                       const char *user_id);

BusCluster *bus_cluster_new           (void);
BusCluster *bus_cluster_new_prefixed  (const char *channel_prefix);
void        bus_cluster_free          (BusCluster *cluster);
Recorder   *bus_cluster_add_client    (BusCluster *cluster,
                                       guint       index,
                                       const char *user_id);
void        bus_cluster_join          (BusCluster *cluster,
                                       guint       index,
                                       Recorder   *client,
                                       const char *room);
void        bus_cluster_settle        (BusCluster *cluster);
void        bus_cluster_assert_events (BusCluster *cluster,
                                       guint       index,
                                       const char *events);
void        bus_cluster_assert_quiet  (BusCluster *cluster);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusNode, bus_node_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusCluster, bus_cluster_free)

G_END_DECLS

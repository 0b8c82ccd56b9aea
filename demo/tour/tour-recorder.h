/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tour-frame.h"
#include "tour-users.h"

G_BEGIN_DECLS

/* What the relay can read of a handshake, which is not enough to derive the key. */
typedef struct
{
  char *client_key;
  char *server_key;
  char *salt;
} TourHandshake;

/* Records the frames that the relay decodes. */
typedef struct
{
  GHashTable *users;                       /* connection ID → user + 1 */
  TourHandshake handshakes[TOUR_N_USERS];  /* the latest of each user */
  GString *messages;                       /* the frames of encrypted messages */
  gboolean print;
} TourRecorder;

void tour_recorder_init     (TourRecorder    *self);

void tour_recorder_clear    (TourRecorder    *self);

void tour_recorder_on_frame (const TourFrame *frame,
                             gpointer         data);

G_END_DECLS

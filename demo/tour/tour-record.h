/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tour-relay.h"

G_BEGIN_DECLS

enum { TOUR_ALICE, TOUR_BOB, TOUR_N_PEOPLE };

/* What anybody on the wire can read of a handshake; it is not enough to derive the key. */
typedef struct
{
  char *client_key;
  char *server_key;
  char *salt;
} TourHandshake;

typedef struct
{
  GHashTable *people;                       /* connection → index of the person, plus one */
  TourHandshake handshakes[TOUR_N_PEOPLE];  /* the newest of each */
  GString *messages;                        /* the frames “encrypted”, as they went by */
  gboolean show;
} TourRecord;

extern const char *const tour_names[TOUR_N_PEOPLE];
extern char *tour_tokens[TOUR_N_PEOPLE];

void tour_fail         (const char      *format,
                        ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

int  tour_find_person  (const char      *token);

void tour_record_init  (TourRecord      *self);

void tour_record_clear (TourRecord      *self);

void tour_record_frame (const TourFrame *frame,
                        gpointer         record);

G_END_DECLS

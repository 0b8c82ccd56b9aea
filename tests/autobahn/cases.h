/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CASE_FIN 0x80
#define CASE_TEXT (CASE_FIN | 0x1)
#define CASE_BINARY (CASE_FIN | 0x2)
#define CASE_CLOSE (CASE_FIN | 0x8)
#define CASE_PING (CASE_FIN | 0x9)
#define CASE_PONG (CASE_FIN | 0xa)

/* Not a frame: the peer waits until it has received as many answers as the length says, and a moment
 * longer. */
#define CASE_PAUSE 0x100

#define CASE_AT_ONCE 0
#define CASE_FRAMEWISE G_MAXSIZE

/* With the one that ends a list. */
#define CASE_MAX_FRAMES 11

/* A frame whose payload is a pattern that is repeated up to its length. */
typedef struct
{
  guint16     first;          /* FIN, the reserved bits and the opcode, or CASE_PAUSE */
  const char *pattern;        /* NULL after the last frame */
  gsize       pattern_length;
  gsize       length;
} CaseFrame;

/* What a peer sends, and what the library, which sends back each message, answers. */
typedef struct
{
  const char *id;                       /* as in Autobahn */
  CaseFrame   sends[CASE_MAX_FRAMES];
  CaseFrame   answers[CASE_MAX_FRAMES];
  guint16     close;                    /* the code of the library's close frame */
  const char *reason;                   /* the reason in it, or NULL for none */
  gsize       chop;                     /* how what is sent is cut: one of the above, or a number of bytes */
  gsize       fragment;                 /* the size of the fragments of the only message; 0: one frame */
  gsize       cuts[2];                  /* where the peer pauses in the payload of the only frame */
  guint       rounds;                   /* how many times the frames are sent and answered; 0: once */
} Case;

extern const Case cases[];
extern const guint n_cases;

G_END_DECLS

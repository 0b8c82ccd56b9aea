/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NEEDLE_MAX 64

/* A secret to look for, of which this program keeps no copy in the clear. */
typedef struct
{
  const char *name;
  guint8      masked[NEEDLE_MAX];
  gsize       length;

  /* What the last search has seen. */
  guint       n_found;  /* as it is, or with the order of its bytes or words turned round */
  guint       n_dumped; /* of these, how many a core dump would have */
  guint       n_framed; /* under the mask of a WebSocket frame, whatever it is */
} Needle;

void     needle_mask        (guint8     *bytes,
                             gsize       length);
void     needle_set         (Needle     *needle,
                             const void *secret,
                             gsize       length);
void     needle_generate    (Needle     *needle,
                             char        text[NEEDLE_MAX]);
void     needle_wipe        (char       *text,
                             gsize       length);
gboolean search_is_possible (void);
void     search_memory      (Needle    **needles);

G_END_DECLS

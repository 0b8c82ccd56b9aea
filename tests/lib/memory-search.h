/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NEEDLE_MAX 64

/* A secret to search for, of which this process keeps no unmasked copy. */
typedef struct
{
  const char *name;
  guint8      masked[NEEDLE_MAX];
  gsize       length;

  /* The results of the last search. */
  guint       n_found;  /* unchanged, or with the order of its bytes or words reversed */
  guint       n_dumped; /* those of them that a core dump would contain */
  guint       n_framed; /* under the mask of any WebSocket frame */
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

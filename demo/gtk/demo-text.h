/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longer text is truncated: wrapping a long word takes time that is quadratic in its length. */
#define DEMO_TEXT_MAX_BYTES 1024
#define DEMO_TEXT_MAX_LINES 24

/* The limit for text on a single line: names, IDs, errors. */
#define DEMO_TEXT_MAX_LINE_BYTES 256

/* Sanitizes text from peers for display. The results are plain text and not safe as markup. */

char *demo_text_sanitize       (const char *text);

char *demo_text_sanitize_line  (const char *text);

char *demo_text_isolate        (const char *text);

char *demo_text_replace_markup (const char *text);

G_END_DECLS

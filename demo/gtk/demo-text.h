/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More than this is not shown of a text, nor kept: to break a long word into lines takes a time
 * that grows with the square of its length. */
#define DEMO_TEXT_MAX_BYTES 1024
#define DEMO_TEXT_MAX_LINES 24

/* More than this is not shown where there is one line: names, ids, errors. */
#define DEMO_TEXT_MAX_NAME_BYTES 256

/* Texts of others, made fit to be shown. None of these is markup, or safe to be taken for it. */

char *demo_text_shorten      (const char *text);

char *demo_text_shorten_name (const char *text);

char *demo_text_isolate      (const char *text);

char *demo_text_disarm       (const char *text);

G_END_DECLS

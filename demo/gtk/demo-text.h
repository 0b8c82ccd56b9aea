/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More than this is not shown of a text, nor kept: to break a long word into lines takes a time that
 * grows with the square of its length. */
#define DEMO_TEXT_MAX_BYTES 1024

/* Gives a copy of @text, which need not be UTF-8, that can be shown. */
char *demo_text_shorten (const char *text);

G_END_DECLS

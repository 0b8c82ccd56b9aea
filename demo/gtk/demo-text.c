/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-text.h"

#include <string.h>

char *
demo_text_shorten (const char *text)
{
  g_autofree char *valid = NULL;

  if (strlen (text) <= DEMO_TEXT_MAX_BYTES)
    return g_utf8_make_valid (text, -1);
  valid = g_utf8_make_valid (text, DEMO_TEXT_MAX_BYTES);
  return g_strconcat (valid, "…", NULL);
}

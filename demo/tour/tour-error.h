/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void tour_fail (const char *format,
                ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS

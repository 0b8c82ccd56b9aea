/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The memory of the process, whose functions malloc() and so on are replaced. With a sanitizer, which
 * replaces them itself, nothing is measured or searched. */

void   sim_memory_start  (void);
gssize sim_memory_in_use (void);
gssize sim_memory_peak   (void);

G_END_DECLS

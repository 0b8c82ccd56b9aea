/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The objects of the library that exist once for each connection, both of clients and of the server. */

guint sim_objects_count (void);

G_END_DECLS

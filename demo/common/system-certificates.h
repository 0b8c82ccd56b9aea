/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GTlsDatabase *system_certificates_load (const char * const  *directories,
                                        GError             **error);

G_END_DECLS

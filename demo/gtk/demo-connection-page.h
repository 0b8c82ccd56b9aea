/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_CONNECTION_PAGE (demo_connection_page_get_type ())

/* The settings of the connection, and its statistics. */
G_DECLARE_FINAL_TYPE (DemoConnectionPage, demo_connection_page, DEMO, CONNECTION_PAGE, AdwBin)

void demo_connection_page_set_session (DemoConnectionPage *self,
                                       DemoSession        *session);

G_END_DECLS

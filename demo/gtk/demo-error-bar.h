/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_ERROR_BAR (demo_error_bar_get_type ())

/* An error and what to do about it, shown until it is dismissed. */
G_DECLARE_FINAL_TYPE (DemoErrorBar, demo_error_bar, DEMO, ERROR_BAR, AdwBin)

void demo_error_bar_show (DemoErrorBar *self,
                          const GError *error);

void demo_error_bar_hide (DemoErrorBar *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-option-table.h"

G_BEGIN_DECLS

gboolean cli_config_load (const char       *path,
                          const CliOption  *table,
                          gpointer          values,
                          GError          **error);

G_END_DECLS

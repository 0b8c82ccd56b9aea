/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean signal_certificate_check_key (GTlsCertificate  *certificate,
                                       GError          **error);

G_END_DECLS

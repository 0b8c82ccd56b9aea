/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* From a GValue to a field; TRUE where that changes it. */
gboolean signal_property_set_string  (char         **field,
                                      const GValue  *value);
gboolean signal_property_set_uint    (guint         *field,
                                      const GValue  *value);
gboolean signal_property_set_uint64  (guint64       *field,
                                      const GValue  *value);
gboolean signal_property_set_double  (double        *field,
                                      const GValue  *value);
gboolean signal_property_set_boolean (gboolean      *field,
                                      const GValue  *value);

gboolean signal_property_first_string (GSignalInvocationHint *hint,
                                       GValue                *accumulated,
                                       const GValue          *returned,
                                       gpointer               user_data);

G_END_DECLS

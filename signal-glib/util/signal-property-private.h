/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Set a field from a GValue. Return TRUE if that has changed the field. */
gboolean signal_property_set_string  (char         **field,
                                      const GValue  *value);
gboolean signal_property_set_strv    (char        ***field,
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

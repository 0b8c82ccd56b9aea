/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-error.h"

/**
 * signal_error_quark:
 *
 * Gets the error domain of signal-glib.
 *
 * Returns: the quark of the error domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (signal-error-quark, signal_error)

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# GI-DOCGEN CONFIGURATION GIR-FILE: verifies that all public API is documented.
[ "$1" != none ] || exit 77
exec "$1" check --fatal-warnings --config="$2" "$3"

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the first folder inside of PREFIX that this Python searches for packages, or nothing if there is none.

The user's own folder, as ~/.local/lib/python3.11/site-packages, counts also if it does not exist yet."""
import os
import site
import sys

library = os.path.join(sys.argv[1], 'lib')
folders = sys.path + [site.getusersitepackages()] * bool(site.ENABLE_USER_SITE)
print(*[path for path in folders if path.startswith(library) and path.endswith('-packages')][:1])

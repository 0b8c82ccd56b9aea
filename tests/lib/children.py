# SPDX-License-Identifier: LGPL-2.1-or-later
"""Child processes that do not outlive the one that started them."""
import ctypes
import signal

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """To be called in the child: it is killed when the thread that started it ends, for whatever reason."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

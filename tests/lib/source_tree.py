# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of the source tree."""
import os
import shutil
import subprocess


def tracked(root):
    """The paths of the files that Git tracks, relative to @root, or None where the sources have no history or
    there is no Git. The build of a package, for example, leaves files of its own between the sources."""
    if not os.path.exists(os.path.join(root, '.git')) or shutil.which('git') is None:
        return None
    # A checkout of another user is only read.
    output = subprocess.run(['git', '-c', 'safe.directory=*', '-C', root, 'ls-files', '-z', '--deduplicate'],
                            check=True, stdout=subprocess.PIPE).stdout
    paths = (os.fsdecode(path) for path in output.split(b'\0') if path)
    return [path for path in paths if os.path.lexists(os.path.join(root, path))]


def only_tracked(root, paths):
    """Leaves out of @paths what Git does not track, where that is known."""
    known = tracked(root)
    paths = list(paths)
    if known is None:
        return paths
    known = {os.path.normpath(os.path.join(root, path)) for path in known}
    return [path for path in paths if os.path.normpath(path) in known]

# SPDX-License-Identifier: LGPL-2.1-or-later
"""The system calls that can fail, and how: the errors of their manual pages that do not show a fault of the caller.

EBADF, EFAULT or EINVAL would be a fault of the program. Calls that are not listed cannot fail otherwise, such as
munmap() or rt_sigaction(), or the C library ends the program if they do, such as futex(), or strace cannot do what the
system does, which closes a file even if close() fails.
"""
import re

# These are over when the call is repeated: one that goes on for ever is a fault of the kernel.
TRANSIENT = {'EINTR', 'EAGAIN'}

# GLib prints a warning and polls again at once, so that it would do nothing else.
TRANSIENT_CALLS = {'poll', 'ppoll'}

FILES = 'EMFILE ENFILE ENOMEM'

# The errors by system call, and by a pattern for the call as strace -y prints it. The first pattern that is found
# decides, and a call that has none is left out.
ERRORS = {
    'accept': [('', 'EINTR EAGAIN ECONNABORTED EMFILE ENFILE ENOBUFS ENOMEM EPERM')],
    'accept4': [('', 'EINTR EAGAIN ECONNABORTED EMFILE ENFILE ENOBUFS ENOMEM EPERM')],
    'access': [('', 'EACCES EIO ENOENT ENOMEM')],
    'bind': [('', 'EACCES EADDRINUSE EADDRNOTAVAIL ENOMEM')],
    'brk': [('', 'ENOMEM')],
    'chdir': [('', 'EACCES ENOENT')],
    'clone': [('', 'ENOMEM EPERM')],
    'clone3': [('', 'ENOMEM EPERM')],
    'connect': [('sa_family=AF_UNIX', 'EACCES ECONNREFUSED EAGAIN'), ('sa_family=AF_NETLINK', 'ECONNREFUSED'),
                ('', 'EACCES EADDRNOTAVAIL ECONNREFUSED EHOSTUNREACH ENETUNREACH ETIMEDOUT')],
    'dup': [('', 'EMFILE')],
    'dup2': [('', 'EMFILE EINTR')],
    'epoll_create1': [('', FILES)],
    'epoll_ctl': [('', 'ENOMEM ENOSPC')],
    'epoll_wait': [('', 'EINTR')],
    'eventfd2': [('', FILES)],
    'execve': [('', 'EACCES ENOENT ENOMEM')],
    'fcntl': [('F_DUPFD', 'EMFILE')],
    'getdents64': [('', 'ENOENT')],
    'getpeername': [('', 'ENOBUFS ENOTCONN')],
    'getrandom': [('', 'EINTR EAGAIN ENOSYS')],
    'getsockname': [('', 'ENOBUFS')],
    'inotify_init1': [('', FILES)],
    'ioctl': [('TCGETS', 'ENOTTY EIO')],
    'listen': [('', 'EADDRINUSE')],
    'lseek': [('', 'ESPIPE')],
    'mmap': [('', 'ENOMEM')],
    'mprotect': [('', 'ENOMEM')],
    'mremap': [('', 'ENOMEM')],
    'newfstatat': [('AT_EMPTY_PATH', 'ENOMEM'), ('', 'EACCES EIO ENOENT ENOMEM')],
    'openat': [('', 'EACCES EINTR EIO EMFILE ENFILE ENOENT ENOMEM')],
    'pidfd_open': [('', FILES)],
    'pipe2': [('', 'EMFILE ENFILE')],
    'poll': [('', 'EINTR ENOMEM')],
    'ppoll': [('', 'EINTR ENOMEM')],
    'pread64': [('', 'EINTR EIO')],
    'prlimit64': [('', 'EPERM')],
    'read': [('eventfd|timerfd', 'EINTR EAGAIN'), ('socket:|TCP|UNIX', 'EINTR EAGAIN ECONNRESET ETIMEDOUT'),
             ('', 'EINTR EIO')],
    'readlink': [('', 'EACCES EIO ENOENT ENOMEM')],
    'recvfrom': [('NETLINK', 'EINTR EAGAIN ENOBUFS'), ('', 'EINTR EAGAIN ECONNRESET ENOMEM ETIMEDOUT')],
    'recvmsg': [('NETLINK', 'EINTR EAGAIN ENOBUFS'), ('', 'EINTR EAGAIN ECONNRESET ENOMEM ETIMEDOUT')],
    'sched_getattr': [('', 'EPERM ENOSYS')],
    'sched_setattr': [('', 'EPERM ENOSYS')],
    'sendmsg': [('', 'EINTR EAGAIN ECONNRESET ENOBUFS ENOMEM EPIPE ETIMEDOUT')],
    'sendto': [('', 'EINTR EAGAIN ECONNRESET ENOBUFS ENOMEM EPIPE ETIMEDOUT')],
    'setsockopt': [('', 'ENOBUFS ENOMEM ENOPROTOOPT')],
    'shutdown': [('', 'ENOBUFS ENOTCONN')],
    'socket': [('', 'EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS ENOMEM')],
    'socketpair': [('', FILES)],
    'statfs': [('', 'EIO ENOENT ENOMEM')],
    'timerfd_create': [('', FILES)],
    'timerfd_settime': [('', 'ECANCELED')],
    'wait4': [('', 'EINTR')],
    'waitid': [('', 'EINTR')],
    'write': [('eventfd', 'EINTR EAGAIN'), ('socket:|TCP|UNIX', 'EINTR EAGAIN ECONNRESET EPIPE'),
              ('', 'EINTR EIO ENOSPC EPIPE')],
    'writev': [('', 'EINTR EIO ENOSPC EPIPE')],
}


def errors_of(call, line):
    """The errors of a call that strace has printed as @line."""
    for pattern, names in ERRORS.get(call, ()):
        if re.search(pattern, line):
            return names.split()
    return []

# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The ways to other hosts and accounts as methods of the router, for the Mitogen override."""

import os

# Name of the method: what it makes, its class, and the option that may be given by its place.
_METHODS = {
    'ssh': ('a context on another host, by ssh', 'SshConnection', 'hostname'),
    'sudo': ('a context in another account, by sudo', 'SudoConnection', 'username'),
    'su': ('a context in another account, by su', 'SuConnection', 'username'),
    'doas': ('a context in another account, by doas', 'DoasConnection', 'username'),
    'pkexec': ('a context in another account, by pkexec', 'PkexecConnection', 'username'),
    'docker': ('a context in a container of Docker', 'DockerConnection', 'container'),
    'podman': ('a context in a container of podman', 'PodmanConnection', 'container'),
    'buildah': ('a context in a working container of buildah', 'BuildahConnection', 'container'),
    'kubectl': ('a context in a pod, by kubectl', 'KubectlConnection', 'pod'),
    'lxc': ('a context in a container of LXC', 'LxcConnection', 'container'),
    'lxd': ('a context in an instance of LXD', 'LxdConnection', 'container'),
    'incus': ('a context in an instance of Incus', 'IncusConnection', 'container'),
    'jail': ('a context in a jail of FreeBSD', 'JailConnection', 'container'),
    'toolbox': ('a context in a container of toolbox', 'ToolboxConnection', 'container'),
    'distrobox': ('a context in a container of distrobox', 'DistroboxConnection', 'container'),
}


def make_connection(Mitogen, kind, options):
    """Creates a connection of a class from options as Python programs write them."""
    python_path = options.get('python_path')
    if isinstance(python_path, (str, os.PathLike)):
        options['python_path'] = [python_path]
    given = {name: _convert(value) for name, value in options.items() if value is not None}
    if 'check_host_keys' in given:
        given['check_host_keys'] = _find_check(Mitogen.CheckHostKeys, given['check_host_keys'])
    return kind(**given)


def _convert(value):
    if isinstance(value, (list, tuple)):
        return [_convert(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _find_check(checks, value):
    """The member that True, False or a word stands for."""
    if isinstance(value, bool):
        return checks.ENFORCE if value else checks.IGNORE
    if isinstance(value, str):
        words = {'accept': checks.ACCEPT, 'enforce': checks.ENFORCE, 'ignore': checks.IGNORE}
        if value not in words:
            raise ValueError("check_host_keys is %r, but not 'accept', 'enforce' or 'ignore'"
                             % value)
        return words[value]
    return value


def add_methods(cls, Mitogen):
    """A decorator's work: ssh(), start_ssh(), ssh_async() and so on."""
    for name, (what, kind, first) in _METHODS.items():
        for method in _make_methods(Mitogen, name, what, kind, first):
            method.__qualname__ = '%s.%s' % (cls.__name__, method.__name__)
            setattr(cls, method.__name__, method)


def _make_methods(Mitogen, name, what, kind, first):
    def make(args, options):
        if len(args) > 1 or (args and first in options):
            raise TypeError('%s() takes one %s, and options by their names' % (name, first))
        if args:
            options[first] = args[0]
        if first == 'hostname' and options.get(first) is None:
            raise TypeError('%s() needs a hostname' % name)
        return make_connection(Mitogen, getattr(Mitogen, kind), options)

    def connect(self, *args, via=None, cancellable=None, **options):
        return self.connect(make(args, options), via, cancellable)

    def start(self, *args, via=None, **options):
        return self.start_connect(make(args, options), via)

    def begin(self, *args, via=None, cancellable=None, callback=None, user_data=(), **options):
        self.connect_async(make(args, options), via, cancellable, callback, *user_data)

    connect.__name__ = name
    connect.__doc__ = ('Makes %s: %s(%s, via=None, cancellable=None, ...).\n\n'
                       'options: properties of Mitogen.%s.' % (what, name, first, kind))
    start.__name__ = 'start_' + name
    start.__doc__ = 'Begins %s(), and returns the context at once: see start_connect().' % name
    begin.__name__ = name + '_async'
    begin.__doc__ = ('Begins %s(); callback(router, result, *user_data) runs in the main loop.'
                     % name)
    return connect, start, begin

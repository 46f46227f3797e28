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
    'machinectl': ('a context in a machine of systemd', 'MachinectlConnection', 'container'),
    'nspawn': ('a context in a container of its own', 'NspawnConnection', 'directory'),
    'chroot': ('a context with another root folder', 'ChrootConnection', 'directory'),
    'setns': ('a context in the namespaces of a container', 'SetnsConnection', 'container'),
    'flatpak': ('a context in the sandbox of an app', 'FlatpakConnection', 'container'),
    'flatpak_host': ('a context outside of the sandbox', 'FlatpakHostConnection', None),
}


# Options that words stand for: the enumeration.
_CHOICES = {'check_host_keys': 'CheckHostKeys', 'kind': 'SetnsKind', 'pull': 'EnginePull'}


def make_connection(Mitogen, kind, options):
    """Creates a connection of a class from options as Python programs write them."""
    python_path = options.get('python_path')
    if isinstance(python_path, (str, os.PathLike)):
        options['python_path'] = [python_path]
    given = {name: _convert(value) for name, value in options.items() if value is not None}
    for name, enumeration in _CHOICES.items():
        if name in given:
            given[name] = _find_choice(name, getattr(Mitogen, enumeration), given[name])
    return kind(**given)


def _convert(value):
    if isinstance(value, (list, tuple)):
        return [_convert(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _find_choice(name, enumeration, value):
    """The member that a word, or True or False, stands for."""
    words = {member.value_nick: member for member in enumeration.__enum_values__.values()}
    if isinstance(value, bool) and name == 'check_host_keys':
        return words['enforce' if value else 'ignore']
    if isinstance(value, str):
        if value not in words:
            raise ValueError('%s is %r, but not one of %s' % (name, value, ', '.join(words)))
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
        if args and first is None:
            raise TypeError('%s() takes options by their names' % name)
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
    connect.__doc__ = ('Makes %s: %s(%svia=None, cancellable=None, ...).\n\n'
                       'options: properties of Mitogen.%s.'
                       % (what, name, first + ', ' if first else '', kind))
    start.__name__ = 'start_' + name
    start.__doc__ = 'Begins %s(), and returns the context at once: see start_connect().' % name
    begin.__name__ = name + '_async'
    begin.__doc__ = ('Begins %s(); callback(router, result, *user_data) runs in the main loop.'
                     % name)
    return connect, start, begin

# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Names the functions of this program for its contexts, and has its modules served to them."""

import inspect
import logging
import os
import sys
import threading
import types

from gi.repository import GLib

# Modules that implement another one, which is the one to import elsewhere.
_PUBLIC_MODULES = {'posix': 'os', 'nt': 'os', '_io': 'io'}

# What multiprocessing calls the script of a process that it has started.
_MAIN_NAMES = ('__main__', '__mp_main__')

# Contexts have these themselves; Python before 3.10 does not say which they are.
_STANDARD = frozenset(getattr(sys, 'stdlib_module_names', sys.builtin_module_names))

# Consists of extension modules, which cannot be sent.
_NOT_SENT = 'gi'


# ---- Naming functions ----

def _look_up(module, qualname):
    found = sys.modules.get(module)
    for part in qualname.split('.'):
        found = getattr(found, part, None)
    return found


def _get_owner(function):
    """Returns the class that a method is bound to, None for a plain function."""
    owner = getattr(function, '__self__', None)
    if owner is None or isinstance(owner, types.ModuleType):
        return None
    if isinstance(owner, type):
        return owner
    raise TypeError('%r is bound to an object, which stays in this process: '
                    'send a function, and the object’s data as an argument' % (function,))


def _refuse_without_source(function, name):
    """Whoever defined the function interactively or by exec() has no file to send."""
    code = getattr(inspect.unwrap(function), '__code__', None)
    if code is not None and code.co_filename.startswith('<'):
        raise TypeError('%s was defined interactively or by exec(), so that its source cannot be '
                        'sent: put it into a module or into the script' % name)


def name_function(function):
    """Returns 'module:qualname' for a function that can be found by it."""
    if isinstance(function, str):
        return function
    if not callable(function) or not hasattr(function, '__qualname__'):
        raise TypeError('a value of type %s is not a function: give one, or a str '
                        '"package.module:function"' % type(function).__name__)
    owner = _get_owner(function) or getattr(function, '__objclass__', None)
    module = owner.__module__ if owner else function.__module__
    name = '%s.%s' % (owner.__qualname__, function.__name__) if owner else function.__qualname__
    if '<' in name:
        raise TypeError('%s has no name outside of the function that made it: '
                        'define it at the top of a module' % name)
    if module is None:
        raise TypeError('%s belongs to no module: put it into one, or into the script' % name)
    if module in _MAIN_NAMES:
        _refuse_without_source(function, name)
    if _look_up(module, name) != function:
        raise TypeError('%s:%s is not the name of %r, or no longer' % (module, name, function))
    return '%s:%s' % (_PUBLIC_MODULES.get(module, module), name)


def is_standard(name):
    """Whether a function is in a module that contexts have anyway."""
    return name.partition(':')[0].partition('.')[0] in _STANDARD


# ---- What is served ----

def _get_standard_folders():
    folder = os.path.realpath(os.path.dirname(os.__file__))
    return {folder, os.path.realpath(os.path.join(folder, 'lib-dynload'))}


def _get_current_folder():
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _exists(path):
    """Whether there is a folder or file, or an archive with something inside of it."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
        if os.path.isdir(path):
            return False
    return True


# Before Python 3.9, the path of the script is as it was given.
_START_FOLDER = _get_current_folder() or '/'


class Program:
    """What the responder of one router serves of this program."""

    def __init__(self, responder):
        self._responder = responder
        # A signal handler may come in between, and call something itself.
        self._lock = threading.RLock()
        self._standard = _get_standard_folders()
        self._path = []     # sys.path when it was last looked at
        self._served = set()
        self._main = None   # the script that is served as `__main__`
        responder.blacklist(_NOT_SENT)
        self.update()

    def update(self):
        """Takes over what has been added to sys.path."""
        with self._lock:
            if sys.path == self._path:
                return
            self._path = list(sys.path)
            for entry in self._path:
                if isinstance(entry, str):
                    self._add(entry)

    def _add(self, entry):
        # Where the program may go later, an empty or relative entry does not follow.
        folder = _get_current_folder()
        if folder is None and not os.path.isabs(entry):
            return
        path = os.path.normpath(os.path.join(folder or '/', entry))
        if path in self._served or self._is_standard(path) or not _exists(path):
            return
        self._served.add(path)
        try:
            self._responder.add_path(path)
        except GLib.Error:
            # As Python does, pass over what is neither a folder nor an archive.
            pass

    def _is_standard(self, path):
        archive = 'python%d%d.zip' % sys.version_info[:2]
        return os.path.basename(path) == archive or os.path.realpath(path) in self._standard

    def prepare(self, name):
        """Has the module of a function served; returns the name by which contexts find it."""
        self.update()
        module, colon, function = name.partition(':')
        if module not in _MAIN_NAMES:
            return name
        return self._serve_main(function or name) + colon + function

    def _serve_main(self, function):
        main = sys.modules['__main__']
        spec = getattr(main, '__spec__', None)
        if spec is not None and spec.name not in _MAIN_NAMES:
            # python -m package.module
            return spec.name
        path = os.path.join(_START_FOLDER, getattr(main, '__file__', ''))
        if path.endswith('.pyc') or not os.path.isfile(path):
            raise TypeError('%s is defined in the program itself, of which there is no file with its '
                            'source to be sent: put it into a module or a script' % function)
        with self._lock:
            if path != self._main:
                self._responder.set_main(path)
                self._main = path
        return '__main__'


# ---- Scripts ----

_LOG_DOMAIN = 'Mitogen'


def _get_level(level):
    if level is None:
        level = os.environ.get('MITOGEN_LOG_LEVEL') or 'INFO'
    number = logging.getLevelName(level.upper()) if isinstance(level, str) else level
    if not isinstance(number, int):
        raise ValueError('%r is no level of the module logging, such as "INFO"' % (level,))
    return number


def show_log(level, router):
    """Has the log of the library and of contexts shown, down to a level.

    What is worse than INFO is shown anyway.
    """
    level = _get_level(level)
    if level <= logging.DEBUG:
        router.enable_debug()
    if level > logging.INFO:
        return
    domains = os.environ.get('G_MESSAGES_DEBUG', '').split()
    if _LOG_DOMAIN in domains or 'all' in domains:
        return
    domains.append(_LOG_DOMAIN)
    os.environ['G_MESSAGES_DEBUG'] = ' '.join(domains)
    if hasattr(GLib, 'log_writer_default_set_debug_domains'):
        GLib.log_writer_default_set_debug_domains(domains)

#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What `meson install` installs can be built against and used; so can `meson devenv`."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / 'use-as-subproject' / 'version.c'
PACKAGE = 'mitogen-glib-1'
STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
PYTHON_PROGRAM = '''
import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import Mitogen
print(Mitogen.version())
'''
OVERRIDE_PROGRAM = PYTHON_PROGRAM + '''
assert 'responder' in dir(Mitogen.Router) and Mitogen.main
Mitogen.Router().responder.add_module('a', '')
'''
JS_PROGRAM = "print(imports.gi.Mitogen.version())"


class Installed:
    """The tree that `meson install` made, in a folder of its own."""

    def __init__(self, build, folder):
        self.root = Path(folder)
        meson = os.environ.get('MESON', 'meson')
        execute(meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder)
        self.pkgconfig = self.find(PACKAGE + '.pc').parent
        self.libdir = self.find('lib%s.so' % PACKAGE).parent
        self.relocate()

    def files(self, pattern):
        return sorted(path for path in self.root.rglob(pattern))

    def find(self, pattern):
        found = self.files(pattern)
        if len(found) != 1:
            raise Problem('expected one %s, found %r' % (pattern, found))
        return found[0]

    def relocate(self):
        """Let the pkg-config file name the place where its tree is now."""
        path = self.pkgconfig / (PACKAGE + '.pc')
        text = path.read_text(encoding='utf-8')
        prefix = re.search(r'^prefix=(.*)$', text, re.MULTILINE)[1]
        path.write_text(text.replace('prefix=' + prefix, 'prefix=%s%s' % (self.root, prefix), 1),
                        encoding='utf-8')

    def flags(self, *options):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.pkgconfig))
        return execute('pkg-config', *options, PACKAGE, env=env).split()


class Problem(Exception):
    pass


def execute(*argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, check=False, **options)
    if done.returncode != 0:
        raise Problem('%s\n%s' % (' '.join(argv), done.stdout))
    return done.stdout


def compile_program(installed, compiler, *options):
    program = str(installed.root / 'version')
    flags = installed.flags('--cflags', '--libs')
    execute(*compiler, *STRICT, *options, str(PROGRAM), '-o', program, *flags,
            '-Wl,-rpath,%s' % installed.libdir)
    return execute(program).strip()


def check_headers(installed):
    include = installed.find('mitogen.h').parent
    wanted = {'mitogen-enums.h', 'mitogen-version.h', 'mitogen-types.h'}
    missing = wanted - {path.name for path in include.iterdir()}
    private = installed.files('*-private.h')
    if missing or private:
        raise Problem('missing: %r; private: %r' % (missing, private))


def check_soname(installed):
    soname = execute('objdump', '-p', str(installed.libdir / ('lib%s.so' % PACKAGE)))
    if 'lib%s.so.0\n' % PACKAGE not in soname:
        raise Problem(soname)


def check_version(installed, compiler, *options):
    version = compile_program(installed, compiler, *options)
    stated = ''.join(installed.flags('--modversion'))
    if version != stated:
        raise Problem('the program says %r, the package %r' % (version, stated))


def check_c(installed, arguments):
    check_version(installed, arguments.compiler)


def check_cxx(installed, _):
    check_version(installed, ['c++'], '-xc++')


def check_requires(installed, _):
    flags = installed.flags('--cflags')
    include = '-I%s' % installed.find('mitogen.h').parent.parent
    if include not in flags:
        raise Problem('%s is not in %r' % (include, flags))


def check_typelib(installed, arguments):
    env = dict(os.environ, LD_LIBRARY_PATH=str(installed.libdir),
               GI_TYPELIB_PATH=str(installed.find('Mitogen-1.0.typelib').parent))
    execute(arguments.python, '-c', PYTHON_PROGRAM, env=env)
    installed.find('Mitogen-1.0.gir')
    # With what makes values plain values, as far as it goes to where this Python looks.
    overrides = installed.files('_mitogen_program.py')
    if overrides:
        env['PYTHONPATH'] = str(overrides[0].parents[2])
        execute(arguments.python, '-c', OVERRIDE_PROGRAM, env=env)


def check_vapi(installed, _):
    installed.find(PACKAGE + '.vapi')
    installed.find(PACKAGE + '.deps')


def check_helper(installed, _):
    """The helper program is where the library looks for it, and says no without an asker."""
    helper = installed.find('mitogen-askpass')
    wanted = str(helper.relative_to(installed.root))
    library = (installed.libdir / ('lib%s.so' % PACKAGE)).read_bytes()
    if ('/' + wanted).encode() not in library:
        raise Problem('the library does not know of /' + wanted)
    done = subprocess.run([helper, 'Password: '], stdin=subprocess.DEVNULL, capture_output=True,
                          start_new_session=True, check=False)
    if done.returncode != 1 or done.stdout or done.stderr:
        raise Problem(repr(done))
    check_guard(installed, library)
    check_enter(installed, library)


def check_guard(installed, library):
    """So is the one that removes containers, which does nothing without a name."""
    helper = installed.find('mitogen-guard')
    if ('/' + str(helper.relative_to(installed.root))).encode() not in library:
        raise Problem('the library does not know of ' + helper.name)
    done = subprocess.run([helper], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 2 or done.stdout or not done.stderr.startswith(b'Usage: mitogen-guard'):
        raise Problem(repr(done))


def check_enter(installed, library):
    """So is the one that enters containers, which wants to know which."""
    if not sys.platform.startswith('linux'):
        return
    helper = installed.find('mitogen-enter')
    if ('/' + str(helper.relative_to(installed.root))).encode() not in library:
        raise Problem('the library does not know of ' + helper.name)
    done = subprocess.run([helper], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 125 or done.stdout or not done.stderr.startswith(b'mitogen-enter: usage'):
        raise Problem(repr(done))


def check_devenv(arguments, *argv):
    meson = os.environ.get('MESON', 'meson')
    execute(meson, 'devenv', '-C', arguments.build, *argv)


def check_devenv_helper(arguments):
    check_devenv(arguments, 'sh', '-c', 'test -x "$MITOGEN_ASKPASS" && test -x "${MITOGEN_ENTER-/bin/sh}"')


def cases(arguments):
    """Name, whether it makes sense here, and what checks it."""
    compiled_cxx = shutil.which('c++') is not None
    return [
        ('public headers only', True, lambda tree: check_headers(tree)),
        ('soname', shutil.which('objdump'), lambda tree: check_soname(tree)),
        ('pkg-config names the headers', True, lambda tree: check_requires(tree, arguments)),
        ('a C program', True, lambda tree: check_c(tree, arguments)),
        ('a C++ program', compiled_cxx, lambda tree: check_cxx(tree, arguments)),
        ('typelib', arguments.introspection, lambda tree: check_typelib(tree, arguments)),
        ('vapi', arguments.vapi, lambda tree: check_vapi(tree, arguments)),
        ('helper program', True, lambda tree: check_helper(tree, arguments)),
        ('devenv, Python', arguments.introspection,
         lambda tree: check_devenv(arguments, arguments.python, '-c', PYTHON_PROGRAM)),
        ('devenv, helper program', True, lambda tree: check_devenv_helper(arguments)),
        ('devenv, JavaScript', arguments.introspection and shutil.which('gjs'),
         lambda tree: check_devenv(arguments, 'gjs', '-c', JS_PROGRAM)),
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', help='the build directory')
    parser.add_argument('python', help='a Python with PyGObject')
    parser.add_argument('--introspection', action='store_true')
    parser.add_argument('--vapi', action='store_true')
    parser.add_argument('compiler', nargs='+')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        installed = Installed(arguments.build, folder)
        todo = cases(arguments)
        print('1..%d' % len(todo))
        for name, sensible, check in todo:
            try:
                if sensible:
                    check(installed)
                print('ok - %s%s' % (name, '' if sensible else ' # SKIP not built or no tool'))
            except Problem as problem:
                failures += 1
                print('\n'.join('# ' + line for line in str(problem).splitlines()))
                print('not ok - ' + name)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())

# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Modules of a Python program, and the program itself, in its contexts."""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import types
import unittest
import zipfile

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import GLib, Mitogen
    from gi.overrides import _mitogen_program as program
except (ImportError, ValueError) as error:
    print('SKIP:', error)
    sys.exit(77)

TIME_LIMIT = 30
PRELUDE = '''\
import os, sys
import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import GLib, Mitogen
'''
GUARD = '''\
if __name__ == '__main__':
    with Mitogen.Router() as router:
        child = router.local(python_path=os.environ.get('TEST_PYTHON'))
'''


def find_interpreters():
    """Returns those of the versions that are said to work, and are here."""
    found = [sys.executable]
    for version in ('2.7', '3.6', '3.13'):
        found += sorted(glob.glob(os.path.expanduser('~/.pyenv/versions/%s.*/bin/python' % version)))[-1:]
    return found


INTERPRETERS = find_interpreters()


class Folder(unittest.TestCase):
    """Tests that write files, and run programs."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, *name.split('/'))

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(textwrap.dedent(text))
        return path

    def run_python(self, *args, text=None, python=None, cwd=None):
        """Runs the program, and returns what it prints; it has to end well."""
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE='1', TEST_PYTHON=python or sys.executable)
        done = subprocess.run([sys.executable, *args], input=text, capture_output=True, text=True,
                              cwd=cwd or self.folder, env=env, timeout=TIME_LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)
        return done.stdout

    def with_interpreters(self, check):
        """Calls check(python) with each interpreter."""
        for python in INTERPRETERS:
            with self.subTest(python=python):
                check(python)


# ---- What is served, without contexts ----

class Responder:
    """Stands for Mitogen.ModuleResponder."""

    def __init__(self):
        self.paths = []
        self.scripts = []
        self.denied = []

    def add_path(self, path):
        if path.endswith('.txt'):
            raise GLib.Error('no archive')
        self.paths.append(path)

    def set_main(self, path):
        self.scripts.append(path)

    def blacklist(self, prefix):
        self.denied.append(prefix)


class PathTests(Folder):
    def setUp(self):
        super().setUp()
        self.responder = Responder()
        self.addCleanup(setattr, sys, 'path', list(sys.path))
        self.addCleanup(os.chdir, os.getcwd())

    def serve(self, *path):
        sys.path[:] = path
        return program.Program(self.responder)

    def test_without_the_standard_library(self):
        own = self.path('own')
        os.mkdir(own)
        standard = os.path.dirname(os.__file__)
        self.serve(own, standard, standard + '/lib-dynload', standard + '/../python%d%d.zip' % (
            sys.version_info[:2]))
        self.assertEqual(self.responder.paths, [own])

    def test_of_this_program(self):
        program.Program(self.responder)
        self.assertIn(os.path.dirname(os.path.abspath(__file__)), self.responder.paths)
        self.assertNotIn(os.path.dirname(os.__file__), self.responder.paths)
        self.assertEqual(len(set(self.responder.paths)), len(self.responder.paths))

    def test_packages_below_the_standard_library(self):
        folder = self.path('lib/python3/site-packages')
        os.makedirs(folder)
        self.addCleanup(setattr, program, '_get_standard_folders', program._get_standard_folders)
        program._get_standard_folders = lambda: {self.path('lib/python3')}
        self.serve(self.path('lib/python3'), folder)
        self.assertEqual(self.responder.paths, [folder])

    def test_the_current_folder_at_that_time(self):
        os.chdir(self.folder)
        os.mkdir('below')
        served = self.serve('', 'below')
        os.chdir('/')
        served.update()
        self.assertEqual(self.responder.paths, [self.folder, self.path('below')])

    def test_current_folder_that_is_gone(self):
        os.mkdir(self.path('gone'))
        os.chdir(self.path('gone'))
        os.rmdir(self.path('gone'))
        self.serve('', self.folder)
        self.assertEqual(self.responder.paths, [self.folder])

    def test_what_is_not_there(self):
        archive = self.write('modules.zip', '')
        self.serve(self.path('nothing'), self.path('modules.zip/lib'), b'/usr', None,
                   self.path('nothing/below'), self.write('a.txt', ''), self.folder, self.folder)
        self.assertEqual(self.responder.paths, [archive + '/lib', self.folder])

    def test_later_entries(self):
        served = self.serve()
        self.assertEqual(self.responder.paths, [])
        sys.path.append(self.folder)
        self.assertEqual(served.prepare('a.b:c'), 'a.b:c')
        served.prepare('a.b:c')
        self.assertEqual(self.responder.paths, [self.folder])
        sys.path[:] = []
        served.prepare('a.b:c')
        self.assertEqual(self.responder.paths, [self.folder])

    def test_entry_that_is_made_later(self):
        served = self.serve(self.path('later'))
        os.mkdir(self.path('later'))
        sys.path.append(self.folder)
        served.update()
        self.assertEqual(self.responder.paths, [self.path('later'), self.folder])


class MainTests(Folder):
    """What becomes of functions of `__main__`."""

    def setUp(self):
        super().setUp()
        self.responder = Responder()
        self.program = program.Program(self.responder)
        self.main = types.ModuleType('__main__')
        self.addCleanup(sys.modules.update, {'__main__': sys.modules['__main__']})
        sys.modules['__main__'] = self.main

    def define(self, text, path):
        self.main.__file__ = path
        exec(compile(textwrap.dedent(text), path, 'exec'), self.main.__dict__)

    def name(self, function):
        return self.program.prepare(program.name_function(function))

    def test_script(self):
        path = self.write('script.py', '')
        self.define('''
            import functools
            def f(): pass
            class C:
                @staticmethod
                def s(): pass
                @classmethod
                def c(cls): pass
            cached = functools.lru_cache()(f)
            ''', path)
        self.assertEqual(self.name(self.main.f), '__main__:f')
        self.assertEqual(self.name(self.main.C), '__main__:C')
        self.assertEqual(self.name(self.main.C.s), '__main__:C.s')
        self.assertEqual(self.name(self.main.C.c), '__main__:C.c')
        self.assertEqual(self.name('__main__:f'), '__main__:f')
        self.assertEqual(self.responder.scripts, [path])

    def test_refused_script_is_refused_again(self):
        def refuse(path):
            raise GLib.Error('no guard')
        self.responder.set_main = refuse
        self.define('def f(): pass', self.write('script.py', ''))
        for _ in range(2):
            with self.assertRaisesRegex(GLib.Error, 'no guard'):
                self.name(self.main.f)

    def test_module_run_as_program(self):
        path = self.write('package/module.py', '')
        self.define('def f(): pass', path)
        self.main.__spec__ = types.SimpleNamespace(name='package.module')
        self.assertEqual(self.name(self.main.f), 'package.module:f')
        self.main.__spec__.name = 'package.__main__'
        self.assertEqual(self.name(self.main.f), 'package.__main__:f')
        self.assertEqual(self.responder.scripts, [])

    def test_folder_run_as_program(self):
        path = self.write('folder/__main__.py', '')
        self.define('def f(): pass', path)
        self.main.__spec__ = types.SimpleNamespace(name='__main__')
        self.assertEqual(self.name(self.main.f), '__main__:f')
        self.assertEqual(self.responder.scripts, [path])

    def test_no_source(self):
        compiled = self.write('script.pyc', '')
        for path in (compiled, self.path('archive.zip/__main__.py'), '/nowhere/script.py'):
            self.define('def f(): pass', path)
            with self.assertRaisesRegex(TypeError, 'f is defined in the program itself, of which there'):
                self.name(self.main.f)
        del self.main.__file__
        with self.assertRaisesRegex(TypeError, 'f is defined in the program itself, of which there'):
            self.name(self.main.f)
        self.assertEqual(self.responder.scripts, [])

    def test_interactive(self):
        path = self.write('script.py', '')
        for source in ('<stdin>', '<string>', '<ipython-input-3-abc>'):
            self.define('def f(): pass', source)
            self.main.__file__ = path
            with self.assertRaisesRegex(TypeError, 'f was defined interactively or by exec.*script'):
                self.name(self.main.f)

    def test_nested(self):
        self.define('''
            def f():
                def g(): pass
                return g
            h = lambda: 0
            ''', self.write('script.py', ''))
        for function in (self.main.f(), self.main.h):
            with self.assertRaisesRegex(TypeError, 'define it at the top of a module'):
                self.name(function)

    def test_without_module(self):
        names = {'__name__': None}
        exec('def f(): pass', names)
        with self.assertRaisesRegex(TypeError, 'f belongs to no module'):
            self.name(names['f'])

    def test_standard_modules(self):
        for name in ('os:getpid', 'os.path:join', 'builtins:len', 'sys:exit', 'json.decoder:x'):
            self.assertTrue(program.is_standard(name))
        for name in ('__main__:f', 'osx:f', 'mine:f', 'mine.os:f'):
            self.assertFalse(program.is_standard(name))


class DecoratorTests(unittest.TestCase):
    def test_only_in_the_program(self):
        called = []

        def main(router):
            called.append(router)
        main.__module__ = 'elsewhere'
        self.assertIs(Mitogen.main()(main), main)
        self.assertEqual(called, [])

    def test_log(self):
        class Router:
            debug = False

            def enable_debug(self):
                self.debug = True
        self.addCleanup(os.environ.__setitem__, 'G_MESSAGES_DEBUG',
                        os.environ.get('G_MESSAGES_DEBUG', ''))
        for level, before, after, debug in [
                ('INFO', '', 'Mitogen', False), (None, 'Gio', 'Gio Mitogen', False),
                ('WARNING', 'Gio', 'Gio', False), ('debug', 'all', 'all', True),
                (10, 'Mitogen Gio', 'Mitogen Gio', True), (20, 'all', 'all', False)]:
            os.environ['G_MESSAGES_DEBUG'] = before
            router = Router()
            program.show_log(level, router)
            self.assertEqual((os.environ['G_MESSAGES_DEBUG'], router.debug), (after, debug))

    def test_level(self):
        self.assertEqual(program._get_level('debug'), 10)
        self.assertEqual(program._get_level(30), 30)
        self.assertEqual(program._get_level(None), 20)
        with self.assertRaisesRegex(ValueError, "'loud' is no level"):
            program._get_level('loud')


# ---- With contexts ----

TREE = {
    'shop/__init__.py': '''
        """A package of the program's own."""
        from . import stock
        ''',
    'shop/stock/__init__.py': '''
        from .. import prices
        from ..prices import price
        from .count import count
        ''',
    'shop/stock/count.py': '''
        from __future__ import absolute_import
        from .. import prices
        def count(n):
            return n * prices.price()
        def fail(n):
            # Some words before it.
            return n // 0   # here it fails
        ''',
    'shop/prices.py': '''
        def price():
            return 7
        ''',
    'shop/data/words.txt': 'one two\n',
    'private/__init__.py': '"""open to all"""\n',
    'private/keys.py': '',
    'spread/left.py': '''
        import spread.right
        def both():
            return spread.right.NAME == "right"
        ''',
}


class Child:
    """A context whose call() does not wait for ever."""

    def __init__(self, context):
        self._context = context
        self.call = context.with_options(timeout_ms=1000 * TIME_LIMIT).call

    def __getattr__(self, name):
        return getattr(self._context, name)


def iterate_until(condition):
    """Runs the main context until condition() is true; returns whether it is."""
    late = []
    source = GLib.timeout_add_seconds(TIME_LIMIT, lambda: late.append(True))
    # What ends the waiting may not wake the context.
    tick = GLib.timeout_add(20, lambda: True)
    while not condition() and not late:
        GLib.MainContext.default().iteration(True)
    GLib.source_remove(tick)
    if not late:
        GLib.source_remove(source)
    return not late


def get_version(context):
    return tuple(map(int, context.info['version'].split('.')[:2]))


class TreeTests(Folder):
    """Packages of the program, found in its sys.path."""

    def setUp(self):
        super().setUp()
        for name, text in TREE.items():
            self.write('tree/' + name, text)
        self.write('other/spread/right.py', 'NAME = "right"\n')
        path = list(sys.path)
        self.addCleanup(sys.path.__setitem__, slice(None), path)
        sys.path[:0] = [self.path('tree'), self.path('other')]
        self.addCleanup(self.forget)
        self.router = Mitogen.Router()
        self.addCleanup(self.router.join, 20000)
        self.addCleanup(self.router.shutdown)

    def forget(self):
        for name in [name for name in sys.modules if name.split('.')[0] in ('shop', 'spread')]:
            del sys.modules[name]

    def connect(self, **options):
        return Child(self.router.local(**options))

    def with_children(self, check, **options):
        """Calls check(child) with a child of each interpreter."""
        for python in INTERPRETERS:
            with self.subTest(python=python):
                child = self.connect(python_path=python, **options)
                check(child)
                child.shutdown(wait=True)

    def test_by_name(self):
        def check(child):
            self.assertEqual(child.call('shop.stock.count:count', 6), 42)
        self.with_children(check)

    def test_by_function(self):
        import shop.stock
        def check(child):
            self.assertEqual(child.call(shop.stock.count, 6), 42)
        self.with_children(check)

    def test_namespace_package(self):
        def check(child):
            self.assertEqual(child.call('spread.left:both'), True)
        self.with_children(check)

    def test_through_another(self):
        via = self.router.local()

        def check(child):
            self.assertEqual(child.call('shop.stock.count:count', 6), 42)
        self.with_children(check, via=via)

    def test_other_ways_to_call(self):
        import asyncio
        import shop.prices
        child = self.connect()
        self.assertEqual(asyncio.run(child.call_awaitable(shop.prices.price)), 7)
        child = self.connect()
        child.call_no_reply('shop.stock:count', 1)
        self.assertEqual(child.start_call('shop.stock:count', 1).get_data(20000), 7)
        chain = Mitogen.CallChain(self.router.local())
        chain.call_no_reply(shop.prices.price)
        self.assertEqual(chain.start_call('shop.stock:count', 1).get_data(20000), 7)
        finished = []
        context = self.router.local()
        context.call_async(shop.prices.price, callback=lambda context, result: finished.append(
            context.call_finish(result)))
        self.assertTrue(iterate_until(lambda: finished))
        self.assertEqual(finished, [7])

    def test_copy(self):
        self.write('tree/shop/copied.py', """
            done = []
            def begin():
                done.append(1)
            def get_done():
                return done
            """)
        import shop.copied
        child = self.router.local()
        copy = Child(self.router.fork(child, on_fork=shop.copied.begin))
        self.assertEqual(copy.call(shop.copied.get_done), [1])
        self.assertEqual(copy.call('shop.stock:count', 1), 7)

    def test_program_that_has_joined(self):
        with Mitogen.UnixListener(self.router) as listener:
            joined = Mitogen.unix_connect(listener.path)
        child = Child(joined.local())
        self.assertEqual(child.call('shop.stock:count', 1), 7)
        joined.shutdown()
        self.assertTrue(joined.join(20000))

    def test_router_that_is_gone(self):
        router = Mitogen.Router()
        child = router.local()
        router.shutdown()
        self.assertTrue(router.join(20000))
        del router
        for use in (lambda: child.call('shop.stock:count', 1), lambda: child.preload(['shop.stock'])):
            with self.assertRaises(GLib.Error) as caught:
                use()
            self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.CHANNEL))

    def test_router_without_constructor(self):
        router = Mitogen.Router.new(None)
        self.assertEqual(Child(router.local()).call('shop.stock:count', 1), 7)
        router.shutdown()
        self.assertTrue(router.join(20000))

    def test_many_threads(self):
        children = [self.connect() for _ in range(4)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(child.call, 'shop.stock:count', n)
                       for child in children for n in range(4)]
            self.assertEqual([answer.result() for answer in answers], 4 * [0, 7, 14, 21])

    def test_each_file_is_read_once(self):
        before = self.router.responder.statistics
        self.router.responder.props.minify = Mitogen.Minify.ALWAYS
        receivers = [self.router.local().start_call('shop.stock:count', 1) for _ in range(5)]
        self.assertEqual([receiver.get_data(20000) for receiver in receivers], 5 * [7])
        after = self.router.responder.statistics
        for name, most in ('read', 4), ('scanned', 4), ('minified', 4), ('compressed', 4), ('sent', 20):
            self.assertEqual(after[name] - before[name], most, name)

    def test_changed_file(self):
        self.assertEqual(self.connect().call('shop.prices:price'), 7)
        path = self.write('tree/shop/prices.py', 'def price():\n    return 18\n')
        os.utime(path, ns=(5, 5))
        self.assertEqual(self.connect().call('shop.prices:price'), 18)

    def test_traceback(self):
        def check(child):
            with self.assertRaises(Mitogen.CallError) as caught:
                child.call('shop.stock.count:fail', 1)
            self.assertRegex(caught.exception.type, r'^(builtins|exceptions)\.ZeroDivisionError$')
            line = r'File ".*%s", line \d+, in fail\n +return n // 0   # here it fails'
            self.assertRegex(caught.exception.traceback,
                             line % re.escape(self.path('tree/shop/stock/count.py')))
        self.with_children(check)

    def test_data(self):
        self.write('tree/shop/read.py', '''
            import pkgutil
            def by_pkgutil():
                return pkgutil.get_data('shop', 'data/words.txt').decode()
            def by_resources():
                from importlib import resources
                return (resources.files('shop') / 'data' / 'words.txt').read_text()
            def names():
                from importlib import resources
                return sorted(item.name for item in resources.files('shop').iterdir()
                              if item.name[0] not in '_.')
            ''')
        def check(child):
            self.assertEqual(child.call('shop.read:by_pkgutil'), 'one two\n')
            if get_version(child) >= (3, 9):
                self.assertEqual(child.call('shop.read:by_resources'), 'one two\n')
                self.assertTrue({'data', 'prices.py', 'stock'} <= set(child.call('shop.read:names')))
        self.with_children(check)

    def test_missing(self):
        def check(child):
            with self.assertRaisesRegex(Mitogen.CallError, 'No module named .*nothing'):
                child.call('shop.nothing:f')
            with self.assertRaisesRegex(Mitogen.CallError, 'nowhere_at_all'):
                child.call('nowhere_at_all:f')
        self.with_children(check)

    def test_syntax_error(self):
        self.write('tree/shop/broken.py', 'def f(:\n    pass\n')
        def check(child):
            with self.assertRaises(Mitogen.CallError) as caught:
                child.call('shop.broken:f')
            self.assertRegex(caught.exception.type, 'SyntaxError')
            self.assertIn('broken.py', str(caught.exception))
            self.assertEqual(child.call('shop.prices:price'), 7)
        self.with_children(check)

    def test_path_that_is_added_later(self):
        child = self.connect()
        with self.assertRaises(Mitogen.CallError):
            child.call('later:f')
        self.write('more/later.py', 'def f():\n    return 5\n')
        sys.path.append(self.path('more'))
        self.assertEqual(child.call('later:f'), 5)

    def test_archive(self):
        with zipfile.ZipFile(self.path('modules.zip'), 'w') as archive:
            archive.writestr('zipped.py', 'def f():\n    return "modules.zip/zipped.py" in __file__\n')
            archive.writestr('lib/deep.py', 'def f():\n    return 6\n')
        sys.path += [self.path('modules.zip'), self.path('modules.zip/lib')]
        def check(child):
            self.assertEqual(child.call('zipped:f'), True)
            self.assertEqual(child.call('deep:f'), 6)
        self.with_children(check)

    def test_preload(self):
        import shop.prices
        def check(child):
            before = self.router.responder.statistics
            child.preload(['shop.stock.count', shop.prices])
            sent = self.router.responder.statistics['sent'] - before['sent']
            self.assertGreaterEqual(sent, 4)
            self.assertEqual(child.call('shop.stock.count:count', 1), 7)
            self.assertEqual(self.router.responder.statistics['sent'] - before['sent'], sent)
        self.with_children(check)

    def test_preload_refused(self):
        child = self.connect()
        with self.assertRaises(GLib.Error) as caught:
            child.preload(['nowhere_at_all'])
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.MODULE_NOT_FOUND))
        with self.assertRaisesRegex(TypeError, 'a list'):
            child.preload('shop')

    def test_preload_awaitable(self):
        import asyncio
        child = self.connect()
        asyncio.run(child.preload_awaitable(['shop.stock.count']))
        self.assertEqual(child.call('shop.stock.count:count', 1), 7)

    def test_responder(self):
        responder = self.router.responder
        responder.add_module('single', 'def f():\n    return 8\n')
        responder.blacklist('private.keys')
        child = self.connect()
        self.assertEqual(child.call('single:f'), 8)
        self.assertEqual(child.call('private:__doc__.title'), 'Open To All')
        with self.assertRaisesRegex(Mitogen.CallError, 'private.keys'):
            child.call('private.keys:f')

    def test_find_func(self):
        asked = []

        def find(name):
            asked.append(name)
            return {'made': ('from . import up\nf = up.f\n', True),
                    'made.up': 'def f():\n    return 9\n'}.get(name)
        self.router.responder.set_find_func(find)
        child = self.connect()
        receiver = child.start_call('made:f')
        self.assertTrue(iterate_until(lambda: not receiver.is_empty()))
        self.assertEqual(receiver.get_data(), 9)
        self.assertIn('made', asked)
        self.router.responder.set_find_func(None)


class ScriptTests(Folder):
    """Programs in a single file, with their functions in `__main__`."""

    def test_with_guard(self):
        self.write('helper.py', 'def double(n):\n    return 2 * n\n')
        script = self.write('script.py', PRELUDE + '''\
import helper

FACTOR = 3

def work(n):
    return [__name__ == '__main__', helper.double(n) * FACTOR]

class Thing:
    @staticmethod
    def name():
        return Thing.__name__ == 'Thing'

def fail():
    raise KeyError('none')

''' + GUARD + '''\
        print(child.call(work, 7), child.call(Thing.name), child.call('__main__:work', 1))
        try:
            child.call(fail)
        except Mitogen.CallError as error:
            print(error.traceback)
''')
        def check(python):
            out = self.run_python(script, python=python)
            self.assertEqual(out.splitlines()[0], "[True, 42] True [True, 6]")
            self.assertRegex(out, r'script\.py", line \d+, in fail\n +raise KeyError\(.none.\)')
        self.with_interpreters(check)

    def test_relative_path(self):
        self.write('script.py', PRELUDE + 'def f():\n    return 5\n' + GUARD + '''\
        os.chdir('/')
        print(child.call(f))
''')
        self.assertEqual(self.run_python('script.py'), '5\n')

    def test_without_guard(self):
        script = self.write('script.py', PRELUDE + '''\
def work():
    pass

with Mitogen.Router() as router:
    child = router.local()
    try:
        child.call(work)
    except GLib.Error as error:
        print(error.message)
    print(router.responder.statistics['sent'], child.call(len, 'abc'))
''')
        out = self.run_python(script)
        self.assertRegex(out, r'script\.py.*if __name__ == .__main__.:')
        self.assertEqual(out.splitlines()[-1], '0 3')

    def test_process_of_multiprocessing(self):
        script = self.write('script.py', PRELUDE + '''\
import multiprocessing

def work():
    return __name__ == '__main__'

def run():
    with Mitogen.Router() as router:
        print(router.local().call(work), flush=True)

if __name__ == '__main__':
    process = multiprocessing.get_context('spawn').Process(target=run)
    process.start()
    process.join()
''')
        self.assertEqual(self.run_python(script), 'True\n')

    def test_decorated(self):
        script = self.write('script.py', PRELUDE + '''\
def work(n):
    return n + 1

@Mitogen.main(log_level='WARNING')
def main(router):
    child = router.local(python_path=os.environ['TEST_PYTHON'])
    print(child.call(work, 1), main.__name__ if 'main' in globals() else None)
''')
        def check(python):
            self.assertEqual(self.run_python(script, python=python), '2 None\n')
        self.with_interpreters(check)

    def test_decorated_coroutine(self):
        script = self.write('script.py', PRELUDE + '''\
def work(n):
    return n + 1

@Mitogen.main()
async def main(router):
    child = router.local()
    print(await child.call_awaitable(work, 1))
''')
        self.assertEqual(self.run_python(script), '2\n')

    def test_module(self):
        self.write('package/__init__.py', '')
        self.write('package/other.py', 'N = 4\n')
        self.write('package/program.py', PRELUDE + 'from . import other\n\ndef f():\n'
                   '    return __name__ == "package.program" and other.N\n\n' + GUARD + '        print(child.call(f))\n')
        def check(python):
            self.assertEqual(self.run_python('-m', 'package.program', python=python),
                             '4\n')
        self.with_interpreters(check)

    def test_package(self):
        self.write('package/__init__.py', '')
        self.write('package/__main__.py', PRELUDE + 'from . import other\n\ndef f():\n'
                   '    return other.N\n\n' + GUARD + '        print(child.call(f))\n')
        self.write('package/other.py', 'N = 5\n')
        self.assertEqual(self.run_python('-m', 'package'), '5\n')

    def test_behind_another(self):
        script = self.write('script.py', PRELUDE + 'def f():\n    return 6\n' + GUARD + '''\
        print(router.local(via=child).call(f), child.call(f))
''')
        def check(python):
            self.assertEqual(self.run_python(script, python=python), '6 6\n')
        self.with_interpreters(check)

    def test_folder_as_program(self):
        self.write('folder/__main__.py', PRELUDE + 'import beside\ndef f():\n    return beside.N\n' +
                   GUARD + '        print(child.call(f))\n')
        self.write('folder/beside.py', 'N = 4\n')
        self.assertEqual(self.run_python(self.path('folder')), '4\n')

    def test_interactive(self):
        text = PRELUDE + textwrap.dedent('''
            def f():
                pass

            try:
                Mitogen.Router().local().call(f)
            except TypeError as error:
                print(error)
            ''')
        refusal = 'f was defined interactively or by exec(), so that its source cannot be sent: ' \
            'put it into a module or into the script\n'
        self.assertEqual(self.run_python('-', text=text), refusal)
        self.assertEqual(self.run_python('-c', text), refusal)


if __name__ == '__main__':
    unittest.main(verbosity=2)

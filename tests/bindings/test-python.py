# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The Python override, against real children."""

import asyncio
import collections
import concurrent.futures
import datetime
import enum
import functools
import gc
import math
import os
import pathlib
import pickle
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import weakref

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import Gio, GLib, Mitogen
    from gi.overrides import _mitogen_values as values
except (ImportError, ValueError) as error:
    print('SKIP:', error)
    sys.exit(77)


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple('Point', 'x y')


def is_same(a, b):
    """Equal, with equal types at every level."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(is_same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(is_same(a[key], b[key]) for key in a)
    return a == b or (a != a and b != b)


def iterate_until(condition, seconds=20):
    """Runs the main context until condition() is true."""
    context = GLib.MainContext.default()
    late = []
    source = GLib.timeout_add_seconds(seconds, lambda: late.append(True))
    # What ends the waiting may not wake the context: the end of a thread, for one.
    tick = GLib.timeout_add(20, lambda: True)
    while not condition() and not late:
        context.iteration(True)
    GLib.source_remove(tick)
    if not late:
        GLib.source_remove(source)
    return not late


def is_running(pid):
    try:
        with open('/proc/%d/stat' % pid) as stat:
            return stat.read().rpartition(')')[2].split()[0] not in 'ZX'
    except FileNotFoundError:
        return False


def waits_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def becomes_garbage(ref):
    """Whether a weak reference is lost, in the main context or elsewhere."""
    def is_gone():
        gc.collect()
        return ref() is None
    source = GLib.timeout_add(10, lambda: GLib.SOURCE_CONTINUE)
    try:
        return iterate_until(is_gone)
    finally:
        GLib.source_remove(source)


def get_resident_bytes():
    gc.collect()
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * 4096


class RandomValues:
    """Values of every type that can be sent, and comes back as it was."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def make(self, depth=0):
        kinds = [self.none, self.boolean, self.integer, self.small, self.number, self.text,
                 self.data]
        if depth < 4:
            kinds += [self.items, self.tuple, self.dict, self.int_dict]
        return self.random.choice(kinds)(depth + 1)

    def count(self, usual, seldom):
        return self.random.randrange(seldom if self.random.random() < .05 else usual)

    def none(self, depth):
        return None

    def boolean(self, depth):
        return self.random.random() < .5

    def integer(self, depth):
        return self.random.randrange(-1 << 63, 1 << 64)

    def small(self, depth):
        return self.random.randrange(-5, 300)

    def number(self, depth):
        return self.random.random() * 10 ** self.random.randrange(300)

    def text(self, depth):
        return ''.join(self.random.choice('aé漢𐍈 \n') for _ in range(self.count(6, 300)))

    def data(self, depth):
        return self.random.randbytes(self.count(9, 70000))

    def items(self, depth):
        if self.random.random() < .2:
            kind = self.random.choice([self.boolean, self.small, self.number, self.text])
            return [kind(depth) for _ in range(self.count(20, 300))]
        return [self.make(depth) for _ in range(self.count(5, 40))]

    def tuple(self, depth):
        return tuple(self.items(depth))

    def dict(self, depth):
        return {self.text(depth): self.make(depth) for _ in range(self.count(5, 40))}

    def int_dict(self, depth):
        return {self.small(depth): self.make(depth) for _ in range(self.count(5, 40))} or {}


class ValueTests(unittest.TestCase):
    """Without a child: to a GVariant and back."""

    def test_types(self):
        for value, type_string in [
                (None, 'mv'), (True, 'b'), (1, 'x'), (-1 << 63, 'x'), (1 << 63, 't'),
                (1.5, 'd'), ('é', 's'), (b'\0', 'ay'), (bytearray(b'x'), 'ay'), ([], 'av'),
                ([1, 'a'], 'av'), (list(range(8)), 'ax'), ((), '()'), ((1, 'a'), '(xs)'),
                ({}, 'a{sv}'), ({'a': 1}, 'a{sv}'), ({1: 2}, 'a{xv}'), ({1 << 63: 2}, 'a{tv}'),
                ({.5: 2}, 'a{dv}'), ({True: 2}, 'a{bv}')]:
            with self.subTest(value=value):
                self.assertEqual(values.pack(value).get_type_string(), type_string)

    def test_random(self):
        maker = RandomValues(1)
        for _ in range(3000):
            value = maker.make()
            self.assertTrue(is_same(values.unpack(values.pack(value)), value), value)

    def test_agrees_with_pygobject(self):
        for text in ['(ybnqiuxtd)', '(yx)', '((yx)y)', 'a(ys)', 'a(yx)', 'a{sas}', 'aas',
                     'mas', 'a(smx)', 'a{yv}', 'ms', 'mi', 'a()']:
            for value in self.make_variants(text):
                plain = value.unpack()
                self.assertEqual(values.unpack(value), plain, value)

    def make_variants(self, text):
        filler = {'(ybnqiuxtd)': [(1, True, -2, 3, -4, 5, -6, 7, .5)], '(yx)': [(1, 2)],
                  '((yx)y)': [((1, 2), 3)], 'a(ys)': [[], [(1, 'a'), (2, 'bc' * 200)]],
                  'a(yx)': [[], [(1, 2), (3, 4)]], 'a{sas}': [{}, {'a': ['b', 'c'], 'd': []}],
                  'aas': [[], [[]], [['a'], [], ['b' * 70000]]], 'mas': [None, [], ['a']],
                  'a(smx)': [[('a', None), ('b', 3)]], 'a{yv}': [{1: GLib.Variant('s', 'a')}],
                  'ms': [None, '', 'a'], 'mi': [None, 5], 'a()': [[], [(), ()]]}
        return [GLib.Variant(text, value) for value in filler[text]]

    def test_subclasses(self):
        self.assertEqual(values.unpack(values.pack(Colour.RED)), 1)
        self.assertEqual(values.unpack(values.pack(Point(1, 2))), (1, 2))
        self.assertEqual(values.unpack(values.pack(collections.OrderedDict(a=1))), {'a': 1})

    def test_refused(self):
        for value, part in [
                ({1}, 'set cannot be sent: send a list'), (1 << 64, 'more than 64 bits'),
                (-1 << 200000, 'more than 64 bits'), ('a\0', 'NUL'), ('\ud800', 'surrogate'),
                (['\ud800'] * 9, 'surrogate'), (['a\0'] * 9, 'NUL'), ({'\ud800': 1}, 'surrogate'),
                ({1: 1, 'a': 2}, 'type int, str'), ({(1,): 2}, 'list of pairs'),
                (object(), 'type object'), (1j, 'type complex'),
                (datetime.datetime.now(), 'type datetime'), ([[len]], 'builtin_function')]:
            with self.subTest(value=type(value)):
                with self.assertRaisesRegex(TypeError, part):
                    values.pack(value)

    def test_variant_as_it_is(self):
        self.assertEqual(values.pack(GLib.Variant('u', 5)).get_type_string(), 'u')


class SourceTests(unittest.TestCase):
    def test_minimized(self):
        source = "def f():\n    '\u20ac'\n    return '\u20ac' # c\n"
        self.assertEqual(Mitogen.minimize_source(source), "def f():\n\n return '\u20ac'\n")

    def test_refused(self):
        with self.assertRaisesRegex(GLib.Error, 'line 2: a string that does not end'):
            Mitogen.minimize_source("x\ny = 'a\n")


class FunctionNameTests(unittest.TestCase):
    def setUp(self):
        self.name = sys.modules['gi.overrides._mitogen_program'].name_function

    def test_named(self):
        for function, name in [
                (os.getpid, 'os:getpid'), (shutil.disk_usage, 'shutil:disk_usage'),
                (len, 'builtins:len'), (str.upper, 'builtins:str.upper'),
                (textwrap.TextWrapper.wrap, 'textwrap:TextWrapper.wrap'),
                (datetime.datetime.fromtimestamp, 'datetime:datetime.fromtimestamp'),
                (dict.fromkeys, 'builtins:dict.fromkeys'), (open, 'io:open'),
                ('a.b:c', 'a.b:c')]:
            self.assertEqual(self.name(function), name)

    def test_refused(self):
        def closure():
            return self
        for function, part in [
                (lambda: 0, 'define it at the top|program itself'), (closure, 'program itself|top'),
                ([].append, 'bound to an object'), (textwrap.TextWrapper().wrap, 'bound'),
                (functools.partial(len), 'type partial is not a function'), (5, 'type int'),
                (None, 'NoneType')]:
            with self.assertRaisesRegex(TypeError, part):
                self.name(function)

    def test_replaced(self):
        original = textwrap.dedent
        textwrap.dedent = len
        self.addCleanup(setattr, textwrap, 'dedent', original)
        with self.assertRaisesRegex(TypeError, 'no longer'):
            self.name(original)


class ChildTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.router = Mitogen.Router()
        cls.child = cls.router.local(remote_name='test')

    @classmethod
    def tearDownClass(cls):
        cls.router.shutdown()
        assert cls.router.join(10000)

    # ---- values ----

    def test_random_values(self):
        maker = RandomValues(2)
        for _ in range(500):
            value = maker.make()
            self.assertTrue(is_same(self.child.call('copy:copy', value), value), value)

    def test_policy(self):
        judged = []

        def judge(router, message):
            judged.append(message.get_src_id())
            return allowed

        def serve(router, message):
            if not message.is_dead():
                message.reply(GLib.Variant('s', 'served'))
        myself = self.router.myself()
        for allowed in (False, True):
            handle = self.router.add_handler_full(
                0, Mitogen.HandlerFlags.PERSIST, None, Mitogen.Policy.ANY, judge, (), serve)
            message = Mitogen.Message.new_pickled(0, handle, GLib.Variant('i', 1))
            receiver = myself.send_async(message, False)
            iterate_until(lambda: not receiver.is_empty())
            if allowed:
                self.assertEqual(receiver.get_data(), 'served')
            else:
                with self.assertRaisesRegex(Exception, 'refused by policy'):
                    receiver.get_data()
            self.assertTrue(self.router.remove_handler(handle))
        self.assertEqual(judged, [0, 0])

    def test_overwrite(self):
        first = Mitogen.Receiver(self.router)
        second = Mitogen.Receiver(self.router, first.handle, overwrite=True)
        with self.assertRaisesRegex(Exception, 'taken over'):
            first.get_data(10000)
        self.child.call_no_reply('copy:copy', 1)
        del first
        gc.collect()
        second.to_sender().put('kept')
        self.assertEqual(second.get_data(10000), 'kept')

    def test_remote_types(self):
        for value in [None, True, 1, 1 << 63, .5, 'a', b'a', [1], (1,), {'a': 1}, {1: 2}]:
            self.assertEqual(self.child.call('builtins:repr', value), repr(value))

    def test_special_floats(self):
        self.assertEqual(self.child.call('copy:copy', [math.inf, -math.inf] * 5),
                         [math.inf, -math.inf] * 5)
        self.assertTrue(math.isnan(self.child.call('copy:copy', math.nan)))

    def test_bytearray(self):
        self.assertEqual(self.child.call('copy:copy', bytearray(b'x\0')), b'x\0')

    def test_other_keys(self):
        value = [((1, 2), 'a'), (None, 'b'), ('c', 3)]
        self.assertEqual(self.child.call(dict, value), dict(value))

    def test_big_bytes(self):
        data = os.urandom(1 << 20) * 16
        self.assertEqual(self.child.call('copy:copy', data), data)

    def test_keywords(self):
        self.assertEqual(self.child.call('builtins:dict', timeout_ms=1, cancellable='c'),
                         {'timeout_ms': 1, 'cancellable': 'c'})
        self.assertEqual(self.child.call(sorted, [1, 3, 2], reverse=True), [3, 2, 1])

    def test_too_big_result(self):
        with self.assertRaises(GLib.Error) as caught:
            self.child.call('math:factorial', 30)
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.TYPE))

    def test_context_value(self):
        found = self.child.call('copy:copy', self.child)
        self.assertIs(found, self.child)

    def test_sender_value(self):
        receiver = Mitogen.Receiver(self.router)
        sender = self.child.call('copy:copy', receiver.to_sender())
        self.assertIsInstance(sender, Mitogen.Sender)
        self.assertEqual(sender.dst_handle, receiver.handle)
        sender.put({'a': [1]})
        self.assertEqual(receiver.get(5000).unpickle(), {'a': [1]})

    # ---- errors ----

    def test_call_error(self):
        with self.assertRaises(Mitogen.CallError) as caught:
            self.child.call('json:loads', '{x')
        error = caught.exception
        self.assertEqual(error.type, 'json.decoder.JSONDecodeError')
        self.assertIn('Expecting property name', error.message)
        self.assertIn('in raw_decode', error.traceback)
        self.assertIn('in raw_decode', str(error.__cause__))
        self.assertTrue(error.matches(Mitogen.error_quark(), Mitogen.Error.CALL))
        self.assertTrue(str(error).startswith('json.decoder.JSONDecodeError: Expecting'))

    def test_error_texts(self):
        for name, args, kind, text in [
                ('builtins:int', ('x\ny',), 'builtins.ValueError', None),
                ('operator:getitem', ({}, 'é'), 'builtins.KeyError', "'é'"),
                ('builtins:next', (b'',), 'builtins.TypeError', None),
                ('operator:truediv', (1, 0), 'builtins.ZeroDivisionError', 'division by zero')]:
            with self.assertRaises(Mitogen.CallError) as caught:
                self.child.call(name, *args)
            self.assertEqual(caught.exception.type, kind)
            if text is not None:
                self.assertEqual(caught.exception.message, text)

    def test_error_of_any_python_text(self):
        with self.assertRaises(Mitogen.CallError) as caught:
            self.child.call('builtins:exec', 'raise ValueError("\\ud800" + "x" * 70000)')
        self.assertEqual(caught.exception.type, 'builtins.ValueError')
        self.assertIn('xxxx', caught.exception.message)

    def test_error_pickles(self):
        with self.assertRaises(Mitogen.CallError) as caught:
            self.child.call('json:loads', '{x')
        copy = pickle.loads(pickle.dumps(caught.exception))
        for name in ('type', 'message', 'traceback'):
            self.assertEqual(getattr(copy, name), getattr(caught.exception, name))

    def test_bad_name(self):
        with self.assertRaises(GLib.Error) as caught:
            self.child.call('os.getpid')
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.INVALID_ARGUMENT))

    def test_bad_argument_leaves_the_child_usable(self):
        with self.assertRaises(TypeError):
            self.child.call(len, {1})
        self.assertEqual(self.child.call(len, [1]), 1)

    # ---- sockets ----

    def serve_echo(self):
        """Returns the path of a socket from which all comes back."""
        def serve():
            for _ in range(3):
                with listener.accept()[0] as far:
                    while data := far.recv(4096):
                        far.sendall(data)

        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(folder / 'socket'))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        return folder / 'socket'

    def test_sockets(self):
        path = self.serve_echo()
        stream = self.child.open_socket(path)
        stream.get_output_stream().write_all(b'by GIO')
        self.assertEqual(stream.get_input_stream().read_bytes(100).get_data(), b'by GIO')
        stream.close()

        stream = asyncio.run(self.child.open_socket_awaitable(path))
        with socket.socket(fileno=os.dup(stream.get_socket().get_fd())) as near:
            near.setblocking(True)
            near.sendall(b'by Python')
            near.shutdown(socket.SHUT_WR)
            with near.makefile('rb') as file:
                self.assertEqual(file.read(), b'by Python')
        stream.close()

        streams = []
        self.child.open_socket_async(os.fsencode(path), None,
                                     lambda child, result: streams.append(child.open_socket_finish(result)))
        self.assertTrue(iterate_until(lambda: streams))
        streams[0].close()

    def test_no_socket(self):
        for in_main_thread in (True, False):
            with self.subTest(in_main_thread=in_main_thread):
                with self.assertRaises(GLib.Error) as caught:
                    if in_main_thread:
                        self.child.open_socket('/nowhere/to/be/found')
                    else:
                        asyncio.run(self.child.open_socket_awaitable('/nowhere/to/be/found'))
                self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
                self.assertIn('/nowhere/to/be/found', caught.exception.message)

    # ---- waiting ----

    def test_timeout(self):
        for timeout_ms in (50, 250):
            began = time.monotonic()
            with self.assertRaises(GLib.Error) as caught:
                self.child.with_options(timeout_ms=timeout_ms).call(time.sleep, .5)
            self.assertTrue(caught.exception.matches(Mitogen.error_quark(),
                                                     Mitogen.Error.TIMED_OUT))
            self.assertGreaterEqual(time.monotonic() - began, timeout_ms / 1000 - .01)
            self.assertIn('%g seconds' % (timeout_ms / 1000), caught.exception.message)

    def test_cancel(self):
        for in_main_thread in (True, False):
            cancellable = Gio.Cancellable()
            caller = self.child.with_options(cancellable=cancellable)
            threading.Timer(.05, cancellable.cancel).start()
            error = self.call_in(in_main_thread, lambda: caller.call(time.sleep, .3))
            self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
            with self.assertRaises(GLib.Error):
                caller.call(os.getpid)

    def call_in(self, main_thread, call):
        caught = []

        def run():
            try:
                call()
            except GLib.Error as error:
                caught.append(error)
        if main_thread:
            run()
        else:
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        return caught[0]

    def test_slow_call_over_many_slices(self):
        self.assertEqual(self.child.call('subprocess:getoutput', 'sleep .35; echo done'), 'done')

    def test_threads(self):
        results = []

        def work(number):
            for _ in range(50):
                results.append(self.child.call('copy:copy', number) == number)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [True] * 400)

    # ---- receivers and selects ----

    def test_start_call(self):
        message = self.child.start_call(os.getpid).get(5000)
        self.assertEqual(message.unpickle(), self.child.info['pid'])
        self.assertIs(message.receiver.context, self.child)
        self.assertEqual(message.src_id, self.child.id)
        self.assertIn(b'\x80', message.bytes)

    def test_iterate_receiver(self):
        receiver = Mitogen.Receiver(self.router)
        sender = receiver.to_sender()
        for number in range(3):
            sender.put(number)
        self.assertTrue(waits_until(lambda: not receiver.is_empty()))
        found = []
        for message in receiver:
            found.append(message.unpickle())
            if len(found) == 3:
                receiver.close()
        self.assertEqual(found, [0, 1, 2])

    def test_iterate_call(self):
        receiver = self.child.start_call(os.getpid)
        self.assertEqual([message.unpickle() for message in receiver], [self.child.info['pid']])

    def test_objects_in_messages_of_anybody(self):
        receiver = Mitogen.Receiver(self.router)
        receiver.to_sender().put([self.child, receiver.to_sender()])
        context, sender = receiver.get_data(5000)
        self.assertIs(context, self.child)
        self.assertEqual(sender.dst_handle, receiver.handle)

    def test_select(self):
        calls = [self.child.start_call('copy:copy', n) for n in range(5)]
        with Mitogen.Select(calls) as select:
            self.assertEqual(sorted(m.unpickle() for m in select), list(range(5)))

    def test_select_with_errors(self):
        calls = [self.child.start_call(int, text) for text in ('1', 'x', '3')]
        found = []
        for message in Mitogen.Select(calls):
            try:
                found.append(message.unpickle())
            except Mitogen.CallError as error:
                found.append(error.type)
        self.assertCountEqual(found, [1, 3, 'builtins.ValueError'])

    def test_chain(self):
        chain = Mitogen.CallChain(self.child)
        self.assertEqual(chain.call(len, 'abc'), 3)
        first = chain.start_call(int, 'x')
        second = chain.start_call(os.getpid)
        for receiver in (first, second):
            with self.assertRaises(Mitogen.CallError):
                receiver.get_data(5000)
        chain.reset()
        self.assertEqual(chain.with_options(timeout_ms=5000).call(len, 'ab'), 2)

    def test_latch(self):
        latch = Mitogen.Latch()
        threading.Timer(.15, latch.put, [{'a': (1, b'x')}]).start()
        self.assertEqual(latch.get(5000), {'a': (1, b'x')})
        with self.assertRaises(GLib.Error):
            latch.get(20)

    # ---- the main loop ----

    def test_call_async(self):
        results = {}

        def on_done(context, result, number, factor):
            self.assertIs(context, self.child)
            self.assertIs(threading.current_thread(), threading.main_thread())
            results[number] = context.call_finish(result) * factor
        for number in range(500):
            self.child.call_async('copy:copy', (number,), None, -1, None, on_done, number, 2)
        self.assertTrue(iterate_until(lambda: len(results) == 500))
        self.assertEqual(results, {n: 2 * n for n in range(500)})

    def test_call_async_error(self):
        caught = []

        def on_done(context, result):
            try:
                context.call_finish(result)
            except GLib.Error as error:
                caught.append(error)
        self.child.call_async('json:loads', ('{x',), callback=on_done)
        self.child.call_async('time:sleep', (.3,), timeout_ms=20, callback=on_done)
        self.assertTrue(iterate_until(lambda: len(caught) == 2))
        by_code = {error.code: error for error in caught}
        self.assertIn('raw_decode', by_code[int(Mitogen.Error.CALL)].traceback)
        self.assertIn(int(Mitogen.Error.TIMED_OUT), by_code)

    def test_call_async_in_a_context_of_ones_own(self):
        seen = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            self.child.call_async(os.getpid, callback=lambda source, result: seen.append(
                (threading.current_thread(), source.call_finish(result))))
            while not seen:
                context.iteration(True)
            context.pop_thread_default()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
        self.assertEqual(seen, [(thread, self.child.info['pid'])])

    def test_asyncio(self):
        async def work():
            numbers = await asyncio.gather(*[
                self.child.call_awaitable('copy:copy', n) for n in range(20)])
            with self.assertRaises(Mitogen.CallError):
                await self.child.call_awaitable(int, 'x')
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.child.call_awaitable(time.sleep, .3), .05)
            return numbers
        self.assertEqual(asyncio.run(work()), list(range(20)))

    def test_output(self):
        seen = []
        handler = self.child.connect('output', lambda *args: seen.append(
            args[1:] + (threading.current_thread(),)))
        self.addCleanup(self.child.disconnect, handler)
        self.child.call(print, 'é', 1)
        self.child.call('builtins:exec', 'import sys; sys.stderr.write("oh\\n")')
        self.assertTrue(iterate_until(lambda: len(seen) == 2))
        main = threading.main_thread()
        self.assertCountEqual(seen, [('stdout', 'é 1', main), ('stderr', 'oh', main)])

    def test_log(self):
        seen = []
        handler = self.router.connect('log', lambda *args: seen.append(
            args[1:] + (threading.current_thread(),)))
        self.addCleanup(self.router.disconnect, handler)
        self.child.call('logging:warning', 'careful: %s', 'wet')
        self.assertTrue(iterate_until(lambda: seen))
        context, level, logger, text, thread = seen[0]
        self.assertEqual((context, level, logger), (self.child, 30, 'root'))
        self.assertIn('careful: wet', text)
        self.assertIs(thread, threading.main_thread())


def find_closed_port():
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class LifeTests(unittest.TestCase):
    """Contexts that come and go."""

    def test_with(self):
        with Mitogen.Router() as router:
            child = router.local()
            pid = child.info['pid']
            self.assertTrue(is_running(pid))
        self.assertTrue(waits_until(lambda: not is_running(pid)))
        with self.assertRaises(GLib.Error) as caught:
            child.call(os.getpid)
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.CHANNEL))

    def test_options(self):
        with Mitogen.Router() as router:
            child = router.local(remote_name='some-name', python_path=sys.executable,
                                 connect_timeout=20000)
            with open('/proc/%d/cmdline' % child.info['pid']) as cmdline:
                self.assertIn('mitogen:some-name', cmdline.read())
            other = router.local(python_path=[sys.executable, '-B'])
            self.assertTrue(other.call('builtins:eval',
                                       '__import__("sys").dont_write_bytecode'))
            with self.assertRaises(TypeError):
                router.local(no_such_option=1)

    def test_through_another(self):
        with Mitogen.Router() as router:
            via = router.local()
            child = router.local(via=via)
            self.assertIs(child.via, via)
            self.assertEqual(child.call(os.getppid), via.info['pid'])
            following = router.start_local(via=router.start_local(via=child))
            self.assertEqual(following.state, Mitogen.ContextState.CONNECTING)
            receivers = [context.start_call(os.getpid) for context in (via, child, following)]
            pids = [receiver.get().unpickle() for receiver in receivers]
            self.assertEqual(len(set(pids)), 3)
            self.assertTrue(iterate_until(
                lambda: following.state == Mitogen.ContextState.CONNECTED))
            self.assertEqual(following.info['pid'], pids[2])
            with self.assertRaises(GLib.Error) as caught:
                router.local(via=via, python_path='/no/such/python')
            self.assertIn('/no/such/python', caught.exception.message)
        self.assertTrue(waits_until(lambda: not any(map(is_running, pids))))

    def test_ways(self):
        """Nothing but what fails before anybody could be asked."""
        with Mitogen.Router() as router:
            port = find_closed_port()
            # Refused, or there is no ssh.
            with self.assertRaises(GLib.Error) as caught:
                router.ssh('127.0.0.1', port=port, username='nobody', password='x',
                           check_host_keys=False, identity_file=pathlib.Path('/no/key'))
            self.assertIn('ssh.127.0.0.1:%d' % port, caught.exception.message)
            for way in ('sudo', 'su', 'doas', 'pkexec'):
                for via in (None, router.local()):
                    with self.assertRaises(GLib.Error) as caught:
                        getattr(router, way)('nobody', via=via, python_path='python9',
                                             **{way + '_path': '/no/such/program'})
                    self.assertIn(way + '.nobody', caught.exception.message)
                    self.assertIn('/no/such/program', caught.exception.message)
                context = getattr(router, 'start_' + way)(**{way + '_path': '/no/such/program'})
                self.assertEqual(context.name, way + '.root')
            for call in (router.ssh, lambda: router.sudo('a', 'b'),
                         lambda: router.su('a', username='b'), lambda: router.doas(no_such=1),
                         lambda: router.start_ssh(username='x')):
                self.assertRaises(TypeError, call)

    def test_way_async(self):
        done = []
        with Mitogen.Router() as router:
            def on_done(source, result, number):
                with self.assertRaises(GLib.Error) as caught:
                    source.connect_finish(result)
                done.append((number, caught.exception.message))
            router.sudo_async('nobody', sudo_path='/no/such/program', callback=on_done,
                              user_data=(7,))
            self.assertTrue(iterate_until(lambda: done))
        self.assertEqual(done[0][0], 7)
        self.assertIn('/no/such/program', done[0][1])

    def test_check_host_keys(self):
        checks = Mitogen.CheckHostKeys
        with Mitogen.Router() as router:
            for given, meant in ((True, checks.ENFORCE), (False, checks.IGNORE),
                                 ('accept', checks.ACCEPT), ('enforce', checks.ENFORCE),
                                 ('ignore', checks.IGNORE), (checks.ACCEPT, checks.ACCEPT)):
                context = router.start_ssh(hostname='h', ssh_path='/no/such/program',
                                           check_host_keys=given)
                self.assertEqual(context.props.connection.props.check_host_keys, meant)
            with self.assertRaises(ValueError):
                router.start_ssh('h', check_host_keys='yes')
        self.assertEqual(Mitogen.SshConnection(check_host_keys=True).props.check_host_keys,
                         checks.ENFORCE)

    def test_fork(self):
        with Mitogen.Router() as router:
            via = router.local()
            child = router.fork(via=via, on_fork=os.getpid)
            self.assertIs(child.via, via)
            self.assertEqual(child.call(os.getppid), via.info['pid'])
            with self.assertRaises(GLib.Error) as caught:
                router.fork(via, on_fork='os:no_such_function')
            self.assertIn('no_such_function', caught.exception.message)
            with self.assertRaises(GLib.Error):
                router.fork()

    def test_authorize(self):
        asked = []

        def authorize(router, context, method, options):
            asked.append((context, method, options.unpack()))
            return 'debug' not in asked[-1][2]

        with Mitogen.Router() as router:
            child = router.local()
            router.connect('authorize-connect', authorize)
            router.props.connect_policy = Mitogen.ConnectPolicy.ASK
            make = ('(lambda: __import__("mitogen.core").core.router.local(%s)'
                    '.call(__import__("os").getpid))()')
            done = []

            def evaluate(options):
                try:
                    done.append(child.call('builtins:eval', make % options))
                except GLib.Error as error:
                    done.append(error.message)

            for options in ('', 'debug=False'):
                thread = threading.Thread(target=evaluate, args=(options,))
                thread.start()
                self.assertTrue(iterate_until(lambda: not thread.is_alive()))
            self.assertIsInstance(done[0], int)
            self.assertIn('does not allow it', done[1])
            self.assertEqual([entry[1:] for entry in asked],
                             [('local', {}), ('local', {'debug': False})])
            self.assertIs(asked[0][0], child)

    def test_cannot_start(self):
        with Mitogen.Router() as router:
            with self.assertRaises(GLib.Error) as caught:
                router.local(python_path='/no/such/python')
            self.assertEqual(caught.exception.domain, 'MitogenError')
            self.assertIn('/no/such/python', caught.exception.message)

    def test_cancel_connect(self):
        with Mitogen.Router() as router:
            cancellable = Gio.Cancellable()
            threading.Timer(.1, cancellable.cancel).start()
            with self.assertRaises(GLib.Error) as caught:
                router.local(python_path=['/bin/sh', '-c', 'sleep 20'], cancellable=cancellable)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                     Gio.IOErrorEnum.CANCELLED))

    def test_local_async(self):
        found = []

        def on_done(router, result, extra):
            found.append((router.connect_finish(result), extra))
        with Mitogen.Router() as router:
            for number in range(5):
                router.local_async(callback=on_done, user_data=(number,))
            self.assertTrue(iterate_until(lambda: len(found) == 5))
            self.assertEqual(len({c.call(os.getpid) for c, _ in found}), 5)

    def test_subclass(self):
        class Shell(Mitogen.Connection):
            def do_get_argv(self, via, python_argv):
                return ['/bin/sh', '-c', 'exec "$@"', 'sh', *python_argv]

            def do_get_name(self):
                return 'shell'
        with Mitogen.Router() as router:
            child = router.connect(Shell())
            self.assertEqual((child.name, child.call(len, 'ab')), ('shell', 2))

    def test_disconnected(self):
        seen = []
        with Mitogen.Router() as router:
            child = router.local()
            child.connect('disconnected', lambda context, error: seen.append(
                (context, error.message, threading.current_thread())))
            waiting = child.start_call(time.sleep, 20)
            os.kill(child.info['pid'], signal.SIGKILL)
            with self.assertRaises(GLib.Error) as caught:
                waiting.get(10000)
            self.assertTrue(caught.exception.matches(Mitogen.error_quark(),
                                                     Mitogen.Error.CHANNEL))
            self.assertTrue(iterate_until(lambda: seen))
            self.assertEqual(child.state, Mitogen.ContextState.DISCONNECTED)
        iterate_until(lambda: True)
        self.assertEqual(len(seen), 1)
        self.assertIs(seen[0][2], threading.main_thread())

    def test_signals_in_a_context_of_ones_own(self):
        seen = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            with Mitogen.Router() as router:
                child = router.local()
                child.connect('output', lambda *args: seen.append(threading.current_thread()))
                child.connect('disconnected', lambda *args: seen.append(threading.current_thread()))
                child.call(print, 'x')
                while not seen:
                    context.iteration(True)
                child.shutdown(wait=True)
                while len(seen) < 2:
                    context.iteration(True)
            context.pop_thread_default()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
        self.assertEqual(seen, [thread, thread])

    def test_call_in_a_callback(self):
        """A call that blocks the main loop it is made in."""
        found = []
        with Mitogen.Router() as router:
            child = router.local()
            GLib.idle_add(lambda: found.append(child.call(len, 'ab')))
            self.assertTrue(iterate_until(lambda: found))
            child.call_async(len, ('abc',), callback=lambda context, result: found.append(
                context.call_finish(result) + context.call(len, 'abcd')))
            self.assertTrue(iterate_until(lambda: len(found) == 2))
        self.assertEqual(found, [2, 7])

    def test_waiting_runs_no_other_callback(self):
        """A blocking call does not run the main loop of the program."""
        early = []
        with Mitogen.Router() as router:
            child = router.local()
            source = GLib.idle_add(lambda: early.append(True))
            child.call(time.sleep, .15)
            child.with_options(timeout_ms=5000).call(time.sleep, .15)
            child.shutdown(wait=True)
            GLib.source_remove(source)
        self.assertEqual(early, [])

    def test_dies_while_called(self):
        with Mitogen.Router() as router:
            child = router.local()
            with self.assertRaises(GLib.Error) as caught:
                child.call('os:_exit', 3)
            self.assertTrue(caught.exception.matches(Mitogen.error_quark(),
                                                     Mitogen.Error.CHANNEL))

    def test_memory(self):
        """Calls by the thousand leave nothing behind."""
        with Mitogen.Router() as router:
            child = router.local()

            def call_often(count):
                for number in range(count):
                    child.call('copy:copy', {'a': [number, 'x', b'y']})
                return get_resident_bytes()
            before = call_often(1000)
            self.assertLess(call_often(5000) - before, 100 * 5000 // 2)

    def test_shutdown_waits(self):
        with Mitogen.Router() as router:
            child = router.local()
            pid = child.info['pid']
            child.shutdown(wait=True)
            self.assertTrue(waits_until(lambda: not is_running(pid), 2))

    def test_kill(self):
        with Mitogen.Router() as router:
            child = router.local()
            pid = child.info['pid']
            call = child.start_call(time.sleep, 1000)
            child.kill(wait=True)
            self.assertEqual(child.props.state, Mitogen.ContextState.DISCONNECTED)
            with self.assertRaisesRegex(Exception, 'respondent'):
                call.get_data(10000)
            self.assertTrue(waits_until(lambda: not is_running(pid), 2))
            child.kill()

    def test_garbage(self):
        with Mitogen.Router() as router:
            for _ in range(5):
                child = router.local()
                calls = [child.start_call(time.sleep, .001) for _ in range(20)]
                for _ in range(20):
                    child.call_async(os.getpid, callback=lambda *args: None)
                del calls[::2]
                gc.collect()
                for call in calls:
                    call.get_data(10000)
                child.shutdown()
                del child, call, calls
                gc.collect()
            iterate_until(lambda: not GLib.MainContext.default().pending())

    def test_many_routers(self):
        for _ in range(10):
            router = Mitogen.Router()
            router.local().start_call(time.sleep, 10)
            del router
            gc.collect()


class ExportTests(unittest.TestCase):
    """Functions of this program that children call."""

    NAMES = ('call', 'called', 'drop', 'echo', 'fail', 'future', 'later', 'len', 'nested', 'never',
             'parents', 'set', 'work')

    @classmethod
    def setUpClass(cls):
        cls.router = Mitogen.Router()
        cls.child = cls.router.local()

    @classmethod
    def tearDownClass(cls):
        cls.router.shutdown()
        assert cls.router.join(10000)

    def tearDown(self):
        for name in self.NAMES:
            self.router.unexport_function('app:' + name)

    def start(self, name, *args, **kwargs):
        return self.child.start_call('it_exports:call', name, args, kwargs)

    def call(self, name, *args, **kwargs):
        """Has the child call a function, while the main context is iterated."""
        receiver = self.start(name, *args, **kwargs)
        self.assertTrue(iterate_until(lambda: not receiver.is_empty()))
        return receiver.get_data()

    def call_fails(self, name):
        receiver = self.child.start_call('it_exports:call_fails', name)
        self.assertTrue(iterate_until(lambda: not receiver.is_empty()))
        return receiver.get_data()

    def test_values(self):
        seen = []

        @self.router.export('app:echo', Mitogen.Policy.ANY)
        def echo(*args, **kwargs):
            seen.append((args, kwargs))
            return args[0] if args else kwargs
        for value in [None, True, 1, -1 << 63, (1 << 64) - 1, .5, 'é', '', b'\0', [], [1, 'a', None],
                      (1, (2, 'b')), {}, {'a': [1]}, {1: 2}, self.child]:
            self.assertTrue(is_same(self.call('app:echo', value), value), value)
            self.assertTrue(is_same(seen.pop(), ((value,), {})), value)
        maker = RandomValues(5)
        for _ in range(50):
            value = maker.make()
            self.assertTrue(is_same(self.call('app:echo', value), value), value)
        seen.clear()
        self.assertEqual(self.call('app:echo', a=1, b=[2]), {'a': 1, 'b': [2]})
        self.assertEqual(self.call('app:echo'), {})
        self.assertEqual(seen, [((), {'a': 1, 'b': [2]}), ((), {})])

    def test_exceptions(self):
        class Oops(Exception):
            pass

        def fail(error):
            raise error
        for error, start in [
                (ValueError('bad: é'), 'builtins.ValueError: bad: é\n'),
                (Oops('two\nlines'), '__main__.ExportTests.test_exceptions.Oops: two\nlines\n'),
                (KeyError(), 'builtins.KeyError: \n'),
                (ValueError('\ud800\0'), 'builtins.ValueError: \\ud800\\0\n'),
                (ValueError('x' * 20000), 'builtins.ValueError: xxxx'),
                (Mitogen.CallError('app.Some', 'text', None), 'app.Some: text\n'),
                (GLib.Error('text', 'some-domain', 3), 'GLib.Error: text (some-domain, 3)\n')]:
            self.router.export_function('app:fail', functools.partial(fail, error),
                                        Mitogen.Policy.ANY)
            text = self.call_fails('app:fail')
            self.assertTrue(text.startswith(start), text)
            self.assertNotIn(__file__, text)
            self.assertTrue(self.router.unexport_function('app:fail'))

    def test_exception_here(self):
        """As the caller has it, if the child lets it through."""
        self.router.export_function('app:len', len, Mitogen.Policy.ANY)
        with self.assertRaises(Mitogen.CallError) as caught:
            self.call('app:len', 5)
        self.assertIn("builtins.TypeError: object of type 'int' has no len()",
                      str(caught.exception))

    def test_results_that_cannot_be_sent(self):
        self.router.export_function('app:set', lambda: {1}, Mitogen.Policy.ANY)
        self.assertIn('builtins.TypeError: a value of type set cannot be sent: send a list',
                      self.call_fails('app:set'))

    def test_refused(self):
        called = []
        self.router.export_function('app:parents', called.append)
        self.assertIn('may not call “app:parents”', self.call_fails('app:parents'))
        self.assertIn('No function “app:unknown” is exported', self.call_fails('app:unknown'))
        self.assertEqual(called, [])
        with self.assertRaises(TypeError):
            self.router.export_function('app:x', 5)
        with self.assertRaises(GLib.Error) as caught:
            self.router.export_function('app:parents', len)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.EXISTS))

    def test_removed(self):
        self.router.export_function('app:len', len, Mitogen.Policy.ANY)
        self.assertEqual(self.call('app:len', 'ab'), 2)
        self.assertTrue(self.router.unexport_function('app:len'))
        self.assertFalse(self.router.unexport_function('app:len'))
        self.assertIn('No function', self.call_fails('app:len'))

    def test_later(self):
        """Also if the function is gone by then."""
        futures = []

        @self.router.export('app:later', Mitogen.Policy.ANY)
        def later():
            futures.append(concurrent.futures.Future())
            return futures[-1]
        for settle, expected in [(lambda future: future.set_result([1]), [1]),
                                 (lambda future: future.set_exception(KeyError('x')), 'KeyError'),
                                 (lambda future: future.cancel(), 'CancelledError')]:
            receiver = self.start('app:later')
            self.assertTrue(iterate_until(lambda: futures))
            self.assertTrue(receiver.is_empty())
            if expected == 'CancelledError':
                self.router.unexport_function('app:later')
            thread = threading.Thread(target=settle, args=(futures.pop(),))
            thread.start()
            if isinstance(expected, list):
                self.assertEqual(receiver.get_data(), expected)
            else:
                with self.assertRaisesRegex(Mitogen.CallError, expected):
                    receiver.get_data()
            thread.join()

    def test_never(self):
        """The caller goes away meanwhile."""
        futures = []

        @self.router.export('app:never', Mitogen.Policy.ANY)
        def never():
            futures.append(concurrent.futures.Future())
            return futures[-1]
        child = self.router.local()
        receiver = child.start_call('it_exports:call', 'app:never', (), {})
        self.assertTrue(iterate_until(lambda: futures))
        child.kill(wait=True)
        with self.assertRaises(GLib.Error) as caught:
            receiver.get_data()
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.CHANNEL))
        futures[0].set_result('too late')
        self.router.export_function('app:len', len, Mitogen.Policy.ANY)
        self.assertEqual(self.call('app:len', 'ab'), 2)

    def test_never_and_dropped(self):
        self.router.export_function('app:drop', lambda: concurrent.futures.Future(),
                                    Mitogen.Policy.ANY)
        self.assertIn('gone without an answer', self.call_fails('app:drop'))

    def test_call_objects(self):
        calls = []
        self.router.export_call('app:call', calls.append, Mitogen.Policy.ANY)
        receiver = self.start('app:call', 1, 'a', b=[2])
        self.assertTrue(iterate_until(lambda: calls))
        call = calls.pop()
        self.assertEqual((call.function, call.args, call.kwargs), ('app:call', (1, 'a'), {'b': [2]}))
        self.assertEqual(call.source_id, self.child.id)
        self.assertIs(call.router, self.router)
        with self.assertRaises(TypeError):
            call.return_value({1})
        call.return_value({'c': 3})
        call.return_value('ignored')
        call.return_error(ValueError('ignored'))
        self.assertEqual(receiver.get_data(), {'c': 3})

    def test_coroutine_without_loop(self):
        async def work():
            return 1
        self.router.export_function('app:work', work, Mitogen.Policy.ANY)
        self.assertIn('there is no asyncio loop', self.call_fails('app:work'))

    def test_asyncio(self):
        threads = set()

        async def main():
            event = asyncio.Event()
            loop = asyncio.get_running_loop()
            future = loop.create_future()

            @self.router.export('app:wait', Mitogen.Policy.ANY)
            async def wait(text):
                threads.add(threading.current_thread())
                await event.wait()
                return text + '!'

            @self.router.export('app:set', Mitogen.Policy.ANY)
            def set_event():
                threads.add(threading.current_thread())
                event.set()

            @self.router.export('app:fail', Mitogen.Policy.ANY)
            async def fail():
                raise KeyError('x')
            self.router.export_function('app:future', lambda: future, Mitogen.Policy.ANY)
            self.router.export_function('app:nested', self.child.call_awaitable,
                                        Mitogen.Policy.ANY)
            other = self.router.start_local()
            waiting = asyncio.ensure_future(self.child.call_awaitable(
                'it_exports:call', 'app:wait', ('a',), {}))
            await other.call_awaitable('it_exports:call', 'app:set', (), {})
            self.assertEqual(await waiting, 'a!')
            self.assertIn("builtins.KeyError: 'x'", await self.child.call_awaitable(
                'it_exports:call_fails', 'app:fail'))
            future.set_result(5)
            self.assertEqual(await self.child.call_awaitable(
                'it_exports:call', 'app:future', (), {}), 5)
            self.assertEqual(await other.call_awaitable(
                'it_exports:call', 'app:nested', ('builtins:divmod', 7, 2), {}), (3, 1))
            # The others' loop is still open when they are called: this one has gone.
            self.router.unexport_function('app:wait')
            return await self.child.call_awaitable('it_exports:call_fails', 'app:wait')
        self.assertIn('No function', asyncio.run(main()))
        self.assertEqual(threads, {threading.main_thread()})
        self.assertIn('Event loop is closed', self.child.call('it_exports:call_fails', 'app:set'))

    def test_asyncio_future_of_another_thread(self):
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            future = loop.create_future()
            self.router.export_function('app:future', lambda: future, Mitogen.Policy.ANY)
            receiver = self.start('app:future')
            loop.call_soon_threadsafe(future.set_result, 'done')
            self.assertTrue(iterate_until(lambda: not receiver.is_empty()))
            self.assertEqual(receiver.get_data(), 'done')
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def test_while_blocked(self):
        """A function waits until this thread iterates its main context again."""
        called = []
        self.router.export_function('app:called', called.append, Mitogen.Policy.ANY)
        receiver = self.start('app:called', 1)
        with self.assertRaises(GLib.Error) as caught:
            receiver.get(100)
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(), Mitogen.Error.TIMED_OUT))
        self.assertEqual(called, [])
        self.assertTrue(iterate_until(lambda: not receiver.is_empty()))
        self.assertEqual(called, [1])

    def test_in_thread(self):
        """Answered while this thread is blocked in calls."""
        threads = set()

        def export():
            # From the thread itself, too.
            self.router.export_function('app:len', len, Mitogen.Policy.ANY, in_thread=True)

        @self.router.export('app:nested', Mitogen.Policy.ANY, in_thread=True)
        def nested(n):
            threads.add(threading.current_thread())
            export()
            return other.call(divmod, n, 2)
        other = self.router.local()
        self.assertEqual(self.child.call('it_exports:call', 'app:nested', (7,), {}), (3, 1))
        self.assertEqual(self.child.call('it_exports:call', 'app:len', ('ab',), {}), 2)
        self.assertNotIn(threading.current_thread(), threads)
        with self.assertRaises(GLib.Error):
            self.router.export_function('app:len', len, in_thread=True)

    def test_garbage(self):
        """Nothing is left of a function, its arguments and its results."""
        class Thing:
            def work(self, *args):
                return list(args)
        for options in ({}, {'in_thread': True}):
            thing = Thing()
            ref = weakref.ref(thing)
            self.router.export_function('app:work', thing.work, Mitogen.Policy.ANY, **options)
            self.assertEqual(self.call('app:work', 1), [1])
            self.assertTrue(self.router.unexport_function('app:work'))
            del thing
            self.assertTrue(becomes_garbage(ref))

    def test_router_is_not_held(self):
        router = Mitogen.Router()
        ref = router.weak_ref()
        router.export_function('app:len', len)
        router.shutdown()
        self.assertTrue(router.join(10000))
        del router
        self.assertTrue(becomes_garbage(ref))

    def test_memory(self):
        self.router.export_function('app:len', len, Mitogen.Policy.ANY, in_thread=True)

        def flood():
            for _ in range(10):
                self.child.call('it_exports:call', 'app:len', (bytes(1 << 20),), {})
        flood()
        before = get_resident_bytes()
        for _ in range(5):
            flood()
        # What leaks would be 50 MiB.
        self.assertLess(get_resident_bytes() - before, 20 << 20)


class UnixTests(unittest.TestCase):
    """A tree that another program joins: here, this one."""

    def test_join(self):
        with Mitogen.Router() as router, Mitogen.UnixListener(router) as listener:
            child = router.local()
            with Mitogen.unix_connect(listener.path) as joined:
                self.assertIs(listener.router, router)
                self.assertEqual(joined.props.parent_id, 0)
                self.assertEqual(joined.context_by_id(child.id, None).call(os.getpid),
                                 child.info['pid'])
                self.assertEqual(joined.local().call(divmod, 7, 2), (3, 1))
            path = listener.path
        with self.assertRaises(GLib.Error) as caught:
            Mitogen.unix_connect(path)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))

    def test_from_a_thread(self):
        with Mitogen.Router() as router, Mitogen.UnixListener(router) as listener:
            with concurrent.futures.ThreadPoolExecutor() as pool:
                joined = pool.submit(Mitogen.unix_connect, listener.path).result()
            with joined:
                self.assertFalse(joined.is_master())

    def test_end(self):
        reasons = []
        with Mitogen.Router() as router, Mitogen.UnixListener(router) as listener:
            joined = Mitogen.unix_connect(listener.path)
            joined.connect('disconnected', lambda router, error: reasons.append(error.message))
        self.assertTrue(waits_until(lambda: GLib.MainContext.default().iteration(False) or reasons))
        self.assertEqual(reasons, ['the parent has asked this process to leave'])
        self.assertTrue(joined.join(10000))


class ProcessTests(unittest.TestCase):
    """What happens to a whole program."""

    def start(self, text):
        prelude = '''\
            import gi, os, signal, sys, time
            gi.require_version('Mitogen', '1.0')
            from gi.repository import GLib, Mitogen
            def say(*args): print(*args, flush=True)
            '''
        process = subprocess.Popen(
            [sys.executable, '-c', textwrap.dedent(prelude) + textwrap.dedent(text)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # A test runner in the background has its children ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.communicate()

    def check_gone(self, pid):
        self.assertTrue(waits_until(lambda: not is_running(pid)), 'child %d is left' % pid)

    def test_exit_without_shutdown(self):
        for ending in ('', 'sys.exit(3)', 'os._exit(3)', 'os.kill(os.getpid(), 9)',
                       'raise ValueError'):
            process = self.start('''
                router = Mitogen.Router()
                child = router.local()
                say(child.info['pid'])
                ''' + ending)
            pid = int(process.stdout.readline())
            process.wait(20)
            self.check_gone(pid)

    def test_self(self):
        """The program starts itself again, interpreter and all."""
        process = self.start('''
            def set_up(router):
                @router.export('app:add')
                def add(a, b):
                    say('adding')
                    return a + b + len(sys.argv)
                router.export_function('app:pid', os.getpid)
                @router.export('app:fail')
                def fail():
                    raise LookupError('nothing')

            Mitogen.init_child(set_up)
            router = Mitogen.Router()
            child = router.connect(Mitogen.SelfConnection())
            lines = []
            child.connect('output', lambda context, stream, line: lines.append((stream, line)))
            say(child.info['implementation'], child.call('app:add', 20, 21))
            while not lines:
                GLib.MainContext.default().iteration(True)
            say(*lines[0])
            say(child.call('app:pid'), os.getpid())
            try:
                child.call('app:fail')
            except Mitogen.CallError as error:
                say(error.type, error.message, error.traceback)
            ''')
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        lines = out.splitlines()
        self.assertEqual(lines[:2], ['mitogen-glib 42', 'stdout adding'])
        pid, own = map(int, lines[2].split())
        self.assertNotEqual(pid, own)
        # A parent may know where it was raised.
        self.assertRegex(lines[3], r'^builtins.LookupError nothing   File "<string>", line .*, in fail$')
        self.check_gone(pid)

    def interrupt(self, text):
        process = self.start('''
            router = Mitogen.Router()
            child = router.local()
            say(child.info['pid'])
            try:
                ''' + text + '''
            except KeyboardInterrupt:
                say('interrupted')
            ''')
        pid = int(process.stdout.readline())
        time.sleep(.3)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        self.assertEqual(process.stdout.readline(), 'interrupted\n', process.stderr)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(process.wait(20), 0)
        self.check_gone(pid)

    def test_interrupt_call(self):
        self.interrupt('child.call(time.sleep, 30)')

    def test_interrupt_receiver(self):
        self.interrupt('Mitogen.Receiver(router).get()')

    def test_interrupt_select(self):
        self.interrupt('list(Mitogen.Select([child.start_call(time.sleep, 30)]))')

    def test_interrupt_latch(self):
        self.interrupt('Mitogen.Latch().get()')

    def test_interrupt_connect(self):
        self.interrupt('router.local(python_path=["/bin/sh", "-c", "sleep 30"])')

    def test_interrupt_at_any_moment(self):
        """Also when the wait looks at the clock, every 100 ms."""
        process = self.start('''
            import threading
            router = Mitogen.Router()
            receiver = Mitogen.Receiver(router)
            for number in range(30):
                delay = .1 + (number - 15) * .0005
                timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
                try:
                    timer.start()
                    receiver.get(3000)
                except KeyboardInterrupt:
                    continue
            say('done')
            ''')
        output, text = process.communicate(timeout=60)
        self.assertEqual((output, text), ('done\n', ''))

    def test_uncaught_error_shows_where(self):
        process = self.start('''
            with Mitogen.Router() as router:
                router.local().call('json:loads', '{x')
            ''')
        _, text = process.communicate(timeout=20)
        self.assertIn('in raw_decode', text)
        self.assertIn('json.decoder.JSONDecodeError: Expecting', text)


if __name__ == '__main__':
    unittest.main(verbosity=2)

# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Answers calls of other contexts with plain Python functions, for the Mitogen override."""

import collections.abc
import functools
import sys
import threading
import traceback

from gi.repository import GLib

# The innermost ones say most, and the whole text of an error has a limit.
_MAX_FRAMES = 30

# A loop itself keeps no task alive.
_tasks = set()


def get_running_loop():
    """Returns the asyncio loop that runs in this thread, or None."""
    asyncio = sys.modules.get('asyncio')
    if asyncio is None:
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def describe(error):
    """Returns the type, message and traceback of an exception, as calls to Python tell them."""
    kind = type(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return ('%s.%s' % (kind.__module__, kind.__qualname__.replace('<locals>.', '')),
            _sendable(str(error)),
            _sendable(''.join(traceback.format_tb(trace, -_MAX_FRAMES))))


def _sendable(text):
    return text.replace('\0', '\\0').encode('utf-8', 'backslashreplace').decode()


class Exported:
    """What the library calls: gets a call, and answers it with what a function returns.

    loop: the asyncio loop to run the function in; None: where the library calls it
    explain: whether callers get the traceback of an exception
    """

    def __init__(self, function, loop, explain):
        self._function = function
        self._loop = loop
        self._explain = explain

    def __call__(self, call, *data):
        if self._loop is None:
            self._run(call)
            return
        try:
            self._loop.call_soon_threadsafe(self._run, call)
        except RuntimeError as error:
            # The loop is closed.
            self._refuse(call, error)

    def _refuse(self, call, error):
        call.return_error(error, self._explain)

    def _run(self, call):
        try:
            result = self._function(*call.args, **call.kwargs)
            if hasattr(result, 'add_done_callback'):
                self._wait(call, result)
            elif isinstance(result, collections.abc.Awaitable):
                self._start(call, result)
            else:
                call.return_value(result)
        except Exception as error:
            self._refuse(call, error)
        except BaseException as error:
            self._refuse(call, error)
            raise

    def _wait(self, call, future):
        """For a future of concurrent.futures, of which any thread may ask, or of asyncio."""
        answer = functools.partial(self._answer_from, call)
        loop = future.get_loop() if hasattr(future, 'get_loop') else None
        if loop is None or loop is get_running_loop():
            future.add_done_callback(answer)
        else:
            loop.call_soon_threadsafe(future.add_done_callback, answer)

    def _start(self, call, awaitable):
        loop = get_running_loop()
        if loop is None:
            if hasattr(awaitable, 'close'):
                awaitable.close()
            raise RuntimeError('the function is a coroutine, and there is no asyncio loop to run '
                               'it: it must be exported while the loop runs')
        task = sys.modules['asyncio'].ensure_future(awaitable)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        task.add_done_callback(functools.partial(self._answer_from, call))

    def _answer_from(self, call, future):
        try:
            call.return_value(future.result())
        except BaseException as error:
            # Also one that was cancelled. Whoever made the future deals with the rest.
            self._refuse(call, error)


class _Thread(threading.Thread):
    """Iterates a main context, whatever the rest of the program waits for."""

    def __init__(self):
        super().__init__(name='mitogen-exports', daemon=True)
        self._context = GLib.MainContext.new()
        self.start()

    def run(self):
        self._context.push_thread_default()
        while True:
            self._context.iteration(True)

    def run_inside(self, function):
        """Runs a function in the thread, and returns its result."""
        if threading.current_thread() is self:
            return function()
        outcome = {}
        done = threading.Event()
        source = GLib.Idle()
        source.set_callback(self._run_one, (function, outcome, done))
        source.attach(self._context)
        done.wait()
        if 'error' in outcome:
            raise outcome['error']
        return outcome['result']

    @staticmethod
    def _run_one(job):
        function, outcome, done = job
        try:
            outcome['result'] = function()
        except BaseException as error:
            outcome['error'] = error
        done.set()
        return GLib.SOURCE_REMOVE


@functools.lru_cache(maxsize=None)
def get_thread():
    return _Thread()

# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Sent to contexts by test-fork.py."""

import logging
import os
import random
import signal
import sys
import threading
import time

import mitogen
import mitogen.core
import mitogen.fork

logger = logging.getLogger("forked")
local = threading.local()
state = {"count": 0, "hooked": []}
kept = []


def count():
    state["count"] += 1
    return state["count"]


def identity():
    return [mitogen.context_id, mitogen.parent_id, mitogen.parent_ids, mitogen.core.router.myself().context_id, os.getppid(), os.getsid(0) == os.getpid()]


def hooked():
    return state["hooked"]


def hook():
    state["hooked"].append(os.getpid())
    print("said by the hook")
    sys.stdout.write("unfinished")


class Hooks(object):
    @staticmethod
    def loud():
        for i in range(2000):
            print("x" * 100)
        sys.stderr.write("y" * 1000)

    @staticmethod
    def raises():
        print("before it fails")
        raise ValueError("no way to clean up")

    @staticmethod
    def exits():
        sys.exit("left")

    @staticmethod
    def dies():
        os._exit(7)

    @staticmethod
    def killed():
        os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def hangs():
        time.sleep(1000)


def numbers():
    return [random.random(), random.getrandbits(60)]


def use_ssl():
    try:
        import ssl
    except ImportError:
        return
    return ssl.RAND_bytes(16) if hasattr(ssl, "RAND_bytes") else ssl.RAND_add and os.urandom(16)


def threads():
    return len(os.listdir("/proc/self/task"))


def fd_facts():
    """Descriptors, and what they are; without that of the listing."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            found[int(fd)] = mitogen.core.text(os.readlink("/proc/self/fd/" + fd))
        except OSError:
            pass
    return found


def open_file(path):
    kept.append(open(path))
    return kept[-1].fileno()


def log(said):
    logger.error("%s", said)
    print(said)


def hold_locks():
    """A thread that will not let go of what logging and printing need."""
    taken = threading.Event()

    def work():
        for handler in logging.getLogger().handlers:
            handler.acquire()
        if not hasattr(os, "register_at_fork"):
            logging._acquireLock()  # for which newer ones wait before they fork
        taken.set()
        time.sleep(1000)
    thread = threading.Thread(target=work)
    thread.daemon = True
    thread.start()
    taken.wait(60)


def keep_busy(count):
    """Threads that send, log and compute for as long as the process lives; the main one asks the master now and then."""
    def work():
        while 1:
            logger.info("busy")
            sum(range(1000))
            mitogen.core.router.context_by_id(0).send(mitogen.core.Message(handle=7000, data=b"x"))
            time.sleep(0.001)
    for _ in range(count):
        thread = threading.Thread(target=work)
        thread.daemon = True
        thread.start()


def interrupted_by_alarm():
    def on_alarm(number, frame):
        raise ValueError("alarm")
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        time.sleep(100)
    except ValueError:
        return u"alarm"


# Forks that code makes


def ask(context, function, *args):
    return context.call(function, *args)


@mitogen.core.takes_router
def fork_here(new_stack, router):
    """What a copy has of the thread that made it."""
    said = []
    local.value = u"of the thread"
    context = router.fork(on_fork=lambda: state["hooked"].append(u"closure %d" % len(said)), new_stack=new_stack)
    kept.append(context)
    return [context.call(hooked), context.call(thread_facts), hooked(), context.call(os.getppid) == os.getpid(), context.call(count), count()]


def thread_facts():
    main = getattr(threading, "main_thread", None)
    return [getattr(local, "value", None), main is None or threading.current_thread() is main()]


@mitogen.core.takes_router
def fork_in_threads(number, router):
    pids = []

    def work(i):
        context = router.fork(new_stack=i % 2 == 0)
        pids.append([context.call(os.getpid), context.call(thread_facts)[1]])
        context.shutdown(wait=True)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    work(1)
    for thread in threads:
        thread.join()
    return pids


@mitogen.core.takes_router
def fork_fails(options, router):
    hook = options.pop("hook", None)
    try:
        router.fork(on_fork=getattr(Hooks, hook) if hook else None, **dict((str(key), options[key]) for key in options))
    except Exception:
        return [mitogen.core.text(sys.exc_info()[0].__name__), mitogen.core.text(str(sys.exc_info()[1]))]


@mitogen.core.takes_router
def fork_many(number, router):
    """One after the other; what is left of each is seen from outside."""
    seen = set()
    for i in range(number):
        context = router.fork(new_stack=i % 3 == 0)
        seen.add(context.call(os.getpid))
        context.shutdown(wait=True)
    return len(seen)


def fork_by_oneself():
    """os.fork() with the repairs."""
    here = random.getstate()
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            mitogen.fork.on_fork()
            os.write(write, b"same" if random.getstate() == here else b"other")
        finally:
            os._exit(0)
    os.close(write)
    said = os.read(read, 10)
    os.waitpid(pid, 0)
    os.close(read)
    mitogen.fork.on_fork()
    return said, random.getstate() == here

# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What the tests with trees of Python contexts share."""

import os
import signal
import sys
import time
import traceback

from master import HANG
from relay_master import Tree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.expanduser("~/.pyenv/versions/")
VERSIONS = ["/usr/bin/python3"] + [ROOT + v + "/bin/python" for v in ("2.7.18", "3.6.15", "3.13.0")]
MODULE = "request_functions"
F = MODULE + ":"
TESTS = []


class Skip(Exception):
    pass


def test(function):
    TESTS.append(function)
    return function


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def tree(python, **config):
    """The direct child, and what tells its processes from others."""
    mark = os.urandom(8).hex()
    t = Tree(python, env=dict({"MITOGEN_TEST_TREE": mark}, **config.pop("environment", {})), **config)
    t.mark = mark
    with open(os.path.join(HERE, MODULE + ".py")) as file:
        t.functions = file.read()
    t.load_module_in(1, MODULE, t.functions)
    t.on_made = lambda node: load(t, node)
    return t


def load(t, node):
    t.load_module_in(node.id, MODULE, t.functions)
    return node


def grown(t, via, *args, **kwargs):
    return load(t, t.grow(via, *(args or (t.python,)), **kwargs))


def alive(mark):
    """Processes of a tree, zombies apart."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def eventually(done, timeout=HANG, what=""):
    end = time.time() + timeout
    while not done():
        assert time.time() < end, what or "in vain"
        time.sleep(0.005)


def nothing_left(t, timeout=HANG):
    t.close_stream()
    t.process.wait(HANG)
    eventually(lambda: not alive(t.mark), timeout, "left: %r" % alive(t.mark))


def fds(pid):
    return sorted(os.listdir("/proc/%d/fd" % pid), key=int)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    args = sys.argv[1:]
    parts = [a for i, a in enumerate(sys.argv) if i and not a.startswith("--") and sys.argv[i - 1] != "--python"]
    tests = [t for t in TESTS if not parts or any(p in t.__name__ for p in parts)]
    found = VERSIONS
    if "--python" in args:
        name = args[args.index("--python") + 1]
        found = [VERSIONS[0] if name == "system" else name if "/" in name else ROOT + name + "/bin/python"]
    n = failures = 0
    print("1..%d" % (len(found) * len(tests)))
    for path in found:
        for t in tests:
            n += 1
            name = "%s - %s" % (t.__name__.replace("_", " "), path)
            if not os.path.exists(path):
                print("ok %d - %s # SKIP no such interpreter" % (n, name))
                continue
            try:
                t(path)
                print("ok %d - %s" % (n, name))
            except Skip as e:
                print("ok %d - %s # SKIP %s" % (n, name, e))
            except Exception:
                failures += 1
                print("not ok %d - %s" % (n, name))
                print("\n".join("# " + line for line in traceback.format_exc().rstrip().split("\n")))
            sys.stdout.flush()
    sys.exit(1 if failures else 0)

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Run test programs on a machine of their own, as its users. Prints TAP.

Usage: drive.py [--booted] [--link] [--polkit] [--session] [--no-helper] BUILD SOURCE PROGRAM USER [USER ...]

PROGRAM lies below BUILD, or below SOURCE if it is written in Python; it prints TAP, and chooses by
its user what it tests. With --no-helper ssh asks on its terminal, not by mitogen-askpass. Needs root and the programs of the group `real` in bin/packages.txt; what is
missing is skipped. With --booted all is in a machine that systemd has booted: see booted.py; with --session
the first user has a session bus, with the service of Flatpak. MITOGEN_REAL_PATH in the environment chooses tests by the beginning of a path.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import machine  # first: it knows where real_system.py is
import control
import real_system
from real_system import BASE, Missing

INSIDE = []  # what enters a machine that is booted
CASE = re.compile(r"(not )?ok\b\s*\d*\s*(?:- )?(.*)")


def environment(m, helper):
    """setpriv has set the rest: HOME, USER, PATH."""
    build, source = BASE + "/build", BASE + "/source"
    env = m.environment()
    env.update({
        "LC_ALL": "C.UTF-8", "G_DEBUG": "gc-friendly,fatal-warnings", "MALLOC_CHECK_": "2",
        "GI_TYPELIB_PATH": "%s/introspection:%s/mitogen-glib" % (build, build),
        "PYTHONPATH": "%s/introspection/python:%s/tests/real" % (source, source),
        "MITOGEN_ASKPASS": build + "/mitogen-glib/helper/mitogen-askpass" if helper else "/no/such/helper",
        "MITOGEN_ENTER": build + "/mitogen-glib/helper/mitogen-enter",
        "MITOGEN_GUARD": build + "/mitogen-glib/helper/mitogen-guard",
        "MITOGEN_REAL_CODE": machine.totp(), "PYTHONDONTWRITEBYTECODE": "1",
    })
    if hasattr(m, "bus"):
        env["DBUS_SESSION_BUS_ADDRESS"] = m.bus
    for name, value in os.environ.items():
        if name.endswith("SAN_OPTIONS") or name in ("MITOGEN_DEBUG", "MITOGEN_REAL_PATH", "MITOGEN_REAL_ROUNDS", "G_SLICE"):
            env[name] = value
    return env


class Tap(object):
    """The reports of several programs as one."""

    def __init__(self):
        self.cases = self.failures = 0

    def case(self, good, title):
        self.cases += 1
        self.failures += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.cases, title))

    def add(self, line, user):
        match = CASE.match(line)
        if match:
            self.case(not match.group(1), "%s %s" % (user, match.group(2)))
            return not match.group(1)
        if not re.match(r"\d+\.\.\d+|TAP version|Bail|# random seed|# (Start|End) of ", line):
            print(line if line.startswith("#") else "# " + line)
        sys.stdout.flush()
        return True


def as_user(user, env):
    return INSIDE + real_system.as_user(user) + ["env"] + ["%s=%s" % item for item in sorted(env.items())]


def finish(program, servers):
    """What a program leaves that has failed would hold its output open, and be in the way of others."""
    program.wait()
    for pid in real_system.processes() - servers:
        try:
            if not control.lingers(pid):
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


def run(argv, title, user, env, tap, servers):
    program = subprocess.Popen(as_user(user, env) + argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, cwd="/", universal_newlines=True, errors="replace")
    good = True
    finisher = threading.Thread(target=finish, args=(program, servers))
    finisher.start()
    for line in program.stdout:
        good = tap.add(line.rstrip("\n"), user) and good
    finisher.join()
    if program.returncode and good:
        tap.case(False, "%s %s ended with %d" % (user, title, program.returncode))


def run_each(program, user, env, tap, servers):
    """Each test of a C program in a process of its own: the end of one is not the end of all."""
    listed = subprocess.run(as_user(user, env) + [program, "-l"], stdin=subprocess.DEVNULL, cwd="/",
                            stdout=subprocess.PIPE, universal_newlines=True, check=True)
    for path in listed.stdout.split():
        if path.startswith(os.environ.get("MITOGEN_REAL_PATH", "/")):
            begin = time.time()
            run([program, "--tap", "-p", path], path, user, env, tap, servers)
            print("# %.2f s" % (time.time() - begin))


def skip_all(why):
    print("1..0 # SKIP %s" % why)
    sys.exit(0)


def main():
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    build, source, program = [word for word in sys.argv[1:] if word not in options][:3]
    users = [word for word in sys.argv[1:] if word not in options][3:]
    try:
        real_system.enter()
        m = machine.Machine(build, source)
        if "--polkit" in options:
            m.start_polkit()
        if "--link" in options:
            m.start_link()
        if "--booted" in options:
            m.start_booted()
            INSIDE.extend(m.booted.inside)
        if "--session" in options:
            m.start_session(users[0])
    except Missing as e:
        skip_all(e)
    env = environment(m, "--no-helper" not in options)
    servers = control.start(m)
    tap = Tap()
    for user in users:
        if program.endswith(".py"):
            env["LD_LIBRARY_PATH"] = BASE + "/build/mitogen-glib"
            path = "%s/source/%s" % (BASE, os.path.relpath(program, source))
            run(["/usr/bin/python3", path], os.path.basename(path), user, env, tap, servers)
        else:
            run_each("%s/build/%s" % (BASE, os.path.relpath(program, build)), user, env, tap, servers)
    print("1..%d" % tap.cases)
    sys.exit(1 if tap.failures else 0)


if __name__ == "__main__":
    main()

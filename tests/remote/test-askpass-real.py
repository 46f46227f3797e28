#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""The helper program between the real ssh and the library, on a machine of its own. Prints TAP."""

import os
import sys
import traceback

import real_system
from real_system import BASE

PATIENCE = 60
OLD_SSH = """#!/bin/sh
for word; do
  case $word in
    *KnownHostsCommand*)
      echo 'command-line: line 0: Bad configuration option: knownhostscommand' >&2
      exit 255 ;;
  esac
done
exec ssh "$@"
"""
# As an ssh does that a shared connection's ssh has started: without an error output.
DEAF_SSH = """#!/bin/sh
exec ssh "$@" 2>/dev/null
"""
# What ssh does while it waits for a key to be touched; here that is when the file is there.
TOUCH_SSH = """#!/bin/sh
SSH_ASKPASS_PROMPT=none "$SSH_ASKPASS" 'Confirm user presence for key ED25519-SK' &
while [ ! -e %s/touched ]; do
  kill -0 $! || exec sleep 100
  sleep 0.02
done
kill $!
exec ssh "$@"
""" % BASE
CONFIRM_SSH = """#!/bin/sh
SSH_ASKPASS_PROMPT=confirm "$SSH_ASKPASS" 'Allow use of the key?' || exit 255
exec ssh "$@"
"""
OWN_COMMAND = """#!/bin/sh
echo "$@" >>%s/own-command.log
""" % BASE
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def import_library():
    global Gio, GLib, Mitogen
    import gi
    gi.require_version("Mitogen", "1.0")
    from gi.repository import Gio, GLib, Mitogen


def make_person(*script):
    """A Gio.MountOperation that follows pairs of a part of the message and the answer."""
    person = Gio.MountOperation()
    person.script, person.heard, person.aborted = list(script), [], False

    def hear(message):
        person.heard.append(message)
        expected, answer = person.script.pop(0) if person.script else ("nothing", None)
        if expected not in message:
            person.heard.append("expected: " + expected)
            answer = None
        return answer

    def ask_password(_, message, user, domain, flags):
        answer = hear(message)
        if answer is not None:
            person.set_password(answer)
        person.reply(Gio.MountOperationResult.ABORTED if answer is None else Gio.MountOperationResult.HANDLED)

    def ask_question(_, message, choices):
        answer = hear(message)
        if callable(answer):
            answer()
        elif answer is None:
            person.reply(Gio.MountOperationResult.ABORTED)
        else:
            person.set_choice(answer)
            person.reply(Gio.MountOperationResult.HANDLED)

    def on_aborted(_):
        person.aborted = True

    person.connect("aborted", on_aborted)
    person.connect("ask-password", ask_password)
    person.connect("ask-question", ask_question)
    return person


class Case(object):
    def __init__(self, router):
        self.router = router

    def connect(self, person, known_hosts="known_hosts", method="password", options=(), **properties):
        args = ["-F", "none", "-o", "UserKnownHostsFile=%s/%s" % (BASE, known_hosts), "-o", "GlobalKnownHostsFile=/dev/null",
                "-o", "IdentityAgent=none", "-o", "PreferredAuthentications=" + method]
        connection = Mitogen.SshConnection(
            hostname="127.0.0.1", username="mg-asked", ssh_args=args + list(options), interaction=person,
            python_path=["/usr/bin/python3"], connect_timeout=PATIENCE * 1000, **properties)
        loop, results = GLib.MainLoop(), []
        self.router.connect_async(connection, None, None, lambda source, result: (results.append(result), loop.quit()))
        loop.run()
        return self.router.connect_finish(results[0])

    def works(self, person, **options):
        context = self.connect(person, **options)
        assert context.call("os:getuid") > 60000
        # It was for the client only.
        assert context.call("os:getenv", "SSH_ASKPASS") is None
        context.shutdown(True)
        assert not person.script, "not asked: %r" % person.script
        return person.heard

    def fails(self, person, domain, code, **options):
        try:
            self.connect(person, **options)
        except GLib.Error as error:
            assert error.matches(domain, code), error
            return error.message
        raise AssertionError("connected: %r" % person.heard)


def fingerprint():
    import subprocess
    return subprocess.check_output(["ssh-keygen", "-l", "-f", BASE + "/hostkey.pub"], text=True).split()[1]


def read(name):
    with open(BASE + "/" + name) as f:
        return f.read()


@test
def password(case):
    heard = case.works(make_person(("mg-asked", "pw-asked")))
    # The banner has a line that looks like a question.
    assert len(heard) == 1, heard


@test
def wrong_password(case):
    case.works(make_person(("mg-asked", "wrong"), ("refused", "pw-asked")))


@test
def refused_twice(case):
    text = case.fails(make_person(("mg-asked", "wrong"), ("refused", "wrong")), Mitogen.error_quark(), Mitogen.Error.PASSWORD)
    assert "Permission denied" in text, text


@test
def cancelled(case):
    case.fails(make_person(("mg-asked", None)), Gio.io_error_quark(), Gio.IOErrorEnum.FAILED_HANDLED)


@test
def passphrase(case):
    case.works(make_person((BASE + "/id", "wrong"), (BASE + "/id", "pw-key")), method="publickey", identity_file=BASE + "/id")


@test
def unknown_key(case):
    heard = case.works(make_person((fingerprint(), 0), ("mg-asked", "pw-asked")), known_hosts="new")
    assert "not known" in heard[0], heard
    assert read("new").split()[:2] == read("known_hosts").split()[:2]
    assert not os.path.exists(BASE + "/newer")
    case.fails(make_person((fingerprint(), 1)), Mitogen.error_quark(), Mitogen.Error.HOST_KEY, known_hosts="newer")
    assert not os.path.exists(BASE + "/newer")


@test
def changed_key(case):
    """What a person lets pass is let pass once, and nothing is written down."""
    before = read("known_hosts.changed")
    for _ in range(2):
        heard = case.works(make_person((fingerprint(), 0), ("mg-asked", "pw-asked")), known_hosts="known_hosts.changed")
        assert "changed" in heard[0], heard
    case.fails(make_person((fingerprint(), 1)), Mitogen.error_quark(), Mitogen.Error.HOST_KEY, known_hosts="known_hosts.changed")
    assert read("known_hosts.changed") == before


@test
def old_ssh(case):
    """One that does not know KnownHostsCommand is started again without."""
    real_system.write(BASE + "/old-ssh", OLD_SSH, 0o755)
    case.works(make_person((fingerprint(), 0), ("mg-asked", "pw-asked")), known_hosts="old", ssh_path=BASE + "/old-ssh")


@test
def own_command(case):
    """The user's own is not replaced."""
    real_system.write(BASE + "/own-command", OWN_COMMAND, 0o755)
    options = ["-o", "KnownHostsCommand=%s/own-command %%I %%H" % BASE]
    case.works(make_person((fingerprint(), 0), ("mg-asked", "pw-asked")), known_hosts="own", options=options)
    assert "HOSTNAME 127.0.0.1" in read("own-command.log")


@test
def no_way_back(case):
    """Without an error output the helper asks on the terminal."""
    real_system.write(BASE + "/deaf-ssh", DEAF_SSH, 0o755)
    case.works(make_person(("mg-asked", "pw-asked")), ssh_path=BASE + "/deaf-ssh")


def touch():
    real_system.write(BASE + "/touched", "")


def touchable_ssh():
    real_system.write(BASE + "/touch-ssh", TOUCH_SSH, 0o755)
    if os.path.exists(BASE + "/touched"):
        os.remove(BASE + "/touched")
    return BASE + "/touch-ssh"


@test
def touched(case):
    """A question that nobody has to answer any more goes away."""
    person = make_person(("Confirm user presence", touch), ("mg-asked", "pw-asked"))
    case.works(person, ssh_path=touchable_ssh())
    assert person.aborted


@test
def not_touched(case):
    for answer in (0, None):
        case.fails(make_person(("Confirm user presence", answer)), Gio.io_error_quark(), Gio.IOErrorEnum.FAILED_HANDLED,
                   ssh_path=touchable_ssh())


@test
def touched_unseen(case):
    """That nobody can be told is no reason to fail."""
    def answer():
        person.reply(Gio.MountOperationResult.UNHANDLED)
        GLib.timeout_add(50, touch)

    person = make_person(("Confirm user presence", answer), ("mg-asked", "pw-asked"))
    case.works(person, ssh_path=touchable_ssh())


@test
def confirmed(case):
    real_system.write(BASE + "/confirm-ssh", CONFIRM_SSH, 0o755)
    case.works(make_person(("Allow use", 0), ("mg-asked", "pw-asked")), ssh_path=BASE + "/confirm-ssh")
    case.fails(make_person(("Allow use", 1)), Mitogen.error_quark(), Mitogen.Error.STREAM, ssh_path=BASE + "/confirm-ssh")


@test
def no_helper(case):
    program = os.environ.pop("MITOGEN_ASKPASS")
    os.environ["MITOGEN_ASKPASS"] = "/nowhere"
    GLib.setenv("MITOGEN_ASKPASS", "/nowhere", True)
    try:
        case.works(make_person((fingerprint(), 0), ("mg-asked", "pw-asked")), known_hosts="none")
    finally:
        GLib.setenv("MITOGEN_ASKPASS", program, True)


def main():
    try:
        import_library()
    except (ImportError, ValueError) as error:
        print("1..0 # SKIP %s" % error)
        return 0
    try:
        real_system.enter()
        real_system.setup()
        real_system.Sshd()
    except real_system.Missing as error:
        print("1..0 # SKIP %s" % error)
        return 0
    print("1..%d" % len(TESTS))
    failures = 0
    router = Mitogen.Router()
    for function in TESTS:
        name = function.__name__.replace("_", "-")
        try:
            function(Case(router))
            print("ok - " + name)
        except Exception:
            failures += 1
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
            print("not ok - " + name)
        sys.stdout.flush()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What needs a person, through the Python bindings: a Gio.MountOperation of our own. Prints TAP."""

import getpass
import os
import socket
import sys
import threading
import traceback

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import Gio, GLib, Mitogen
except (ImportError, ValueError) as error:
    print('1..0 # SKIP %s' % error)
    sys.exit(0)

REFUSE, UNHANDLED, SILENT = '\1refuse', '\1unhandled', '\1silent'
PATIENCE = 60
TESTS = []


def test(*users):
    def add(function):
        if getpass.getuser() in users:
            TESTS.append(function)
        return function
    return add


def port(name):
    return int(os.environ['MITOGEN_REAL_PORT_' + name.upper()])


def key(name):
    return os.path.expanduser('~/.ssh/' + name)


def control(line):
    """Has root do something: see control.py."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.environ['MITOGEN_REAL_BASE'] + '/control')
        s.sendall(line.encode() + b'\n')
        answer = s.makefile().read()
    assert not answer.startswith('error: '), answer
    return answer


class Person(Gio.MountOperation):
    """Answers by a script: pairs of a part of the message, and the answer or beginning of a choice."""

    def __init__(self, *script):
        super().__init__()
        self.script = list(script)
        self.heard = []
        self.aborted = False

    def do_ask_password(self, message, user, domain, flags):
        assert flags & Gio.AskPasswordFlags.NEED_PASSWORD
        self.hear(message, self.set_password)

    def do_ask_question(self, message, choices):
        def choose(answer):
            self.set_choice([choice.startswith(answer) for choice in choices].index(True))
        self.hear(message, choose)

    def do_aborted(self):
        self.aborted = True

    def hear(self, message, say):
        self.heard.append(message)
        print('# asked: %s' % message.replace('\n', ' / '))
        self.say = say
        if self.script and self.script[0][0] in message:
            answer = self.script.pop(0)[1]
        else:
            self.script.insert(0, ('not asked for, but: ' + message, ''))
            answer = REFUSE
        if answer != SILENT:
            GLib.idle_add(self.answer, answer)

    def answer(self, answer):
        if answer == REFUSE:
            self.reply(Gio.MountOperationResult.ABORTED)
        elif answer == UNHANDLED:
            self.reply(Gio.MountOperationResult.UNHANDLED)
        else:
            self.say(answer)
            self.reply(Gio.MountOperationResult.HANDLED)

    def check(self):
        assert not self.script, self.script


def wait(condition):
    late = []
    source = GLib.timeout_add_seconds(PATIENCE, lambda: late.append(True))
    tick = GLib.timeout_add(20, lambda: True)
    while not condition():
        assert not late, 'waited in vain'
        GLib.MainContext.default().iteration(True)
    GLib.source_remove(tick)
    GLib.source_remove(source)


class Router(object):
    """A router whose connections are made in a thread, while the main loop of this one asks."""

    def __init__(self):
        self.router = Mitogen.Router()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.router.shutdown()
        self.router.join(PATIENCE * 1000)

    def make(self, method, **options):
        """Returns the context; raises what went wrong."""
        outcome = []

        def connect():
            try:
                outcome.append(getattr(self.router, method)(connect_timeout=PATIENCE * 1000, **options))
            except Exception as e:
                outcome.append(e)
        thread = threading.Thread(target=connect)
        thread.start()
        wait(lambda: outcome)
        thread.join()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    def works(self, method, user, person=None, **options):
        import pwd
        if method == 'ssh':
            options.setdefault('hostname', '127.0.0.1')
        if person:
            options['interaction'] = person
        context = self.make(method, **options)
        assert context.call('os:geteuid') == pwd.getpwnam(user).pw_uid
        if person:
            person.check()
        return context

    def fails(self, method, domain, code, said, **options):
        person = options.get('interaction')
        if method == 'ssh':
            options.setdefault('hostname', '127.0.0.1')
        try:
            self.make(method, **options)
        except GLib.Error as e:
            print('# %s' % e.message.replace('\n', ' / '))
            assert e.matches(domain, code), e
            assert said in e.message, e
        else:
            raise AssertionError('it has worked')
        if person:
            person.check()


def refused(r, method, said, **options):
    r.fails(method, Mitogen.Error.quark(), Mitogen.Error.PASSWORD, said, **options)


def not_known(r, method, said, **options):
    r.fails(method, Mitogen.Error.quark(), Mitogen.Error.HOST_KEY, said, **options)


def cancelled(r, method, **options):
    r.fails(method, Gio.io_error_quark(), Gio.IOErrorEnum.FAILED_HANDLED, '', **options)


# ssh


@test('mg-asked')
def ssh_password(r):
    person = Person(('mg-other', 'wrong'), ('mg-other', 'pw-other'))
    r.works('ssh', 'mg-other', person, username='mg-other', port=port('password'))
    r.works('ssh', 'mg-other', username='mg-other', password='pw-other')
    r.works('ssh', 'mg-other', Person(('mg-other', UNHANDLED)), username='mg-other', port=port('password'),
            password='pw-other')


@test('mg-asked')
def ssh_password_refused(r):
    person = Person(('mg-other', 'wrong'), ('mg-other', 'worse'))
    refused(r, 'ssh', 'Permission denied', interaction=person, username='mg-other', port=port('password'))
    refused(r, 'ssh', 'Permission denied', username='mg-other', password='wrong', port=port('password'))
    refused(r, 'ssh', 'Permission denied', username='mg-other')
    cancelled(r, 'ssh', interaction=Person(('mg-other', REFUSE)), username='mg-other')


@test('mg-asked')
def ssh_passphrase(r):
    person = Person(('.ssh/locked', 'wrong'), ('.ssh/locked', 'pw-key'))
    r.works('ssh', 'mg-other', person, username='mg-other', port=port('key'), identity_file=key('locked'))
    person = Person(('.ssh/locked', 'pw-key'), ('mg-other', 'pw-other'))
    r.works('ssh', 'mg-other', person, username='mg-other', port=port('both'), identity_file=key('locked'))


@test('mg-asked')
def ssh_keyboard_interactive(r):
    person = Person(('mg-other', 'wrong'), ('mg-other', 'pw-other'))
    r.works('ssh', 'mg-other', person, username='mg-other', port=port('kbd'))


@test('mg-asked')
def ssh_one_time_code(r):
    person = Person(('mg-otp', 'pw-otp'), ('Verification code', os.environ['MITOGEN_REAL_CODE']))
    r.works('ssh', 'mg-otp', person, username='mg-otp', port=port('kbd'))


@test('mg-asked')
def ssh_expired_password(r):
    control('expire mg-expired')
    person = Person(('mg-expired', 'pw-expired'), ('Current password', 'pw-expired'),
                    ('New password', 'pw-of-today-71'), ('Retype new password', 'pw-of-today-71'))
    r.works('ssh', 'mg-expired', person, username='mg-expired', port=port('kbd'))
    control('renew mg-expired pw-expired')


@test('mg-asked')
def ssh_through_another_server(r):
    """Both of which ask, on one terminal."""
    person = Person(('mg-free', 'pw-free'), ('mg-other', 'pw-other'))
    r.works('ssh', 'mg-other', person, hostname='jumped-asked', username='mg-other')


@test('mg-asked')
def ssh_host_key(r):
    options = {'username': 'mg-other', 'identity_file': key('key')}
    r.works('ssh', 'mg-other', Person(('127.0.0.31', 'Connect')), hostname='127.0.0.31', **options)
    cancelled(r, 'ssh', hostname='127.0.0.32', interaction=Person(('127.0.0.32', REFUSE)), **options)
    not_known(r, 'ssh', '127.0.0.32', hostname='127.0.0.32',
              interaction=Person(('127.0.0.32', 'Cancel')), **options)
    not_known(r, 'ssh', '127.0.0.32', hostname='127.0.0.32', **options)
    r.works('ssh', 'mg-other', hostname='127.0.0.32', check_host_keys='accept', **options)
    r.works('ssh', 'mg-other', hostname='127.0.0.32', check_host_keys=True, **options)
    r.works('ssh', 'mg-other', hostname='127.0.0.33', check_host_keys=False, **options)


@test('mg-asked')
def ssh_changed_host_key(r):
    options = {'username': 'mg-other', 'identity_file': key('key'), 'hostname': '127.0.0.8'}
    r.works('ssh', 'mg-other', Person(('127.0.0.8', 'Connect')), **options)
    cancelled(r, 'ssh', interaction=Person(('127.0.0.8', REFUSE)), **options)
    not_known(r, 'ssh', '127.0.0.8', **options)


# other users


@test('mg-asked')
def sudo(r):
    r.works('sudo', 'root', Person(('sudo', 'wrong'), ('sudo', 'pw-asked')))
    r.works('sudo', 'mg-other', Person(('sudo', 'pw-asked')), username='mg-other')
    r.works('sudo', 'root', password='pw-asked')
    refused(r, 'sudo', 'refused', interaction=Person(('sudo', 'wrong'), ('sudo', 'worse')))
    refused(r, 'sudo', 'refused', password='wrong')
    refused(r, 'sudo', 'a password is required')
    cancelled(r, 'sudo', interaction=Person(('sudo', REFUSE)))


@test('mg-asked')
def su(r):
    r.works('su', 'mg-other', Person(('mg-other', 'wrong'), ('mg-other', 'pw-other')), username='mg-other')
    r.works('su', 'root', password='pw-root')
    refused(r, 'su', 'refused', interaction=Person(('su', 'wrong'), ('su', 'worse')))
    cancelled(r, 'su', interaction=Person(('su', REFUSE)))


@test('mg-asked')
def doas(r):
    r.works('doas', 'root', Person(('doas', 'wrong'), ('doas', 'pw-asked')))
    r.works('doas', 'root', password='pw-asked')
    refused(r, 'doas', 'refused', interaction=Person(('doas', 'wrong'), ('doas', 'worse')))
    cancelled(r, 'doas', interaction=Person(('doas', REFUSE)))


@test('mg-asked')
def pkexec(r):
    r.works('pkexec', 'root', Person(('mg-asked', 'wrong'), ('mg-asked', 'pw-asked')))
    r.works('pkexec', 'mg-other', username='mg-other', password='pw-asked')
    refused(r, 'pkexec', 'refused', interaction=Person(('mg-asked', 'wrong'), ('mg-asked', 'worse')))
    cancelled(r, 'pkexec', interaction=Person(('mg-asked', REFUSE)))


@test('mg-free')
def nothing_to_ask(r):
    r.works('sudo', 'root', Person())
    r.works('doas', 'root', Person())
    r.works('pkexec', 'root', Person())


# depth


@test('mg-asked')
def path(r):
    person = Person(('mg-asked', 'pw-asked'), ('sudo', 'pw-asked'), ('mg-other', 'pw-other'))
    first = r.make('ssh', hostname='web1', username='mg-asked', interaction=person)
    second = r.make('sudo', via=first, interaction=person)
    third = r.make('ssh', via=second, hostname='127.0.0.1', username='mg-other', interaction=person)
    person.check()
    assert 'through' in person.heard[2] and 'web1' in person.heard[2], person.heard
    assert third.call('os:getcwd') == os.environ['MITOGEN_REAL_BASE'] + '/home/mg-other'


@test('mg-asked')
def everything(r):
    """As deep as it goes."""
    person = Person(('mg-asked', 'wrong'), ('mg-asked', 'pw-asked'), ('sudo', 'pw-asked'), ('mg-free', 'wrong'),
                    ('mg-free', 'pw-free'), ('mg-asked', 'pw-asked'), ('doas', 'wrong'), ('doas', 'pw-asked'))
    context = None
    for method, options in (('ssh', {'hostname': 'web1', 'username': 'mg-asked'}), ('sudo', {'username': 'mg-other'}),
                            ('su', {'username': 'mg-free'}),
                            ('ssh', {'hostname': '127.0.0.1', 'username': 'mg-asked', 'port': port('kbd')}),
                            ('doas', {})):
        context = r.make(method, via=context, interaction=person, **options)
    person.check()
    assert context.call('os:geteuid') == 0
    assert context.call('builtins:str', 'x' * 1000000) == 'x' * 1000000


def main():
    chosen = os.environ.get('MITOGEN_REAL_PATH', '')
    for number, function in enumerate(TESTS, 1):
        name = function.__name__.replace('_', ' ')
        if chosen not in name:
            continue
        try:
            with Router() as r:
                function(r)
            print('ok %d - %s' % (number, name))
        except Exception:
            print('\n'.join('# ' + line for line in traceback.format_exc().rstrip().split('\n')))
            print('not ok %d - %s' % (number, name))
        sys.stdout.flush()


if __name__ == '__main__':
    main()

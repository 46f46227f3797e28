#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""MitogenTtyOperation on a terminal: what is shown, and how the terminal is left."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import unittest

HELPER = None
PATIENCE = 20

# The leader of a session that looks after a job as a shell does, so that the job can be stopped.
# It tells the job's process id, and what becomes of it.
SHELL = '''
import os, signal, sys
terminal, report, *command = sys.argv[1:]
terminal, report = int(terminal), int(report)
os.setsid()
import fcntl, termios
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
for number in signal.SIGTTOU, signal.SIGHUP:
    signal.signal(number, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    for number in signal.SIGTTOU, signal.SIGHUP:
        signal.signal(number, signal.SIG_DFL)
    os.dup2(terminal, 0)
    os.execv(command[0], command)
os.write(report, b'%d\\n' % pid)
while True:
    status = os.waitpid(pid, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        os.write(report, b'stopped\\n')
    elif os.WIFSIGNALED(status):
        os.write(report, b'killed %d\\n' % os.WTERMSIG(status))
        break
    else:
        os.write(report, b'exited %d\\n' % os.WEXITSTATUS(status))
        break
'''


class Reader:
    """What comes from a descriptor, waited for."""

    def __init__(self, fd):
        self.fd = fd
        self.seen = ''

    def read_some(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return False
        self.seen += data.decode(errors='replace')
        return bool(data)

    def expect(self, text):
        """Everything up to the text, which must come."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if time.monotonic() > end or not self.read_some(end - time.monotonic()):
                if text not in self.seen:
                    raise AssertionError('%r did not come, but %r' % (text, self.seen))
        before, _, self.seen = self.seen.partition(text)
        return before + text


class Terminal:
    """The helper in a terminal of its own."""

    def __init__(self, *wishes, controlling=True):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen = Reader(self.master)
        report, report_end = os.pipe()
        self.report = Reader(report)
        command = ([sys.executable, '-c', SHELL, str(self.slave), str(report_end)]
                   if controlling else [])
        self.process = subprocess.Popen(
            command + [HELPER, *wishes], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            pass_fds=(self.slave, report_end), start_new_session=not controlling)
        os.close(report_end)
        self.out = Reader(self.process.stdout.fileno())
        if controlling:
            self.pid = int(self.report.expect('\n'))

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before

    def type(self, text):
        os.write(self.master, text.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for fd in (self.master, self.slave, self.report.fd):
            os.close(fd)


class TtyTest(unittest.TestCase):
    def start(self, *wishes, **options):
        terminal = Terminal(*wishes, **options)
        self.addCleanup(terminal.close)
        return terminal

    def assert_left(self, terminal, how):
        self.assertEqual(terminal.report.expect('\n'), how + '\n')
        self.assertTrue(terminal.is_as_before())

    def test_password(self):
        terminal = self.start()
        self.assertEqual(terminal.screen.expect('Say why: '), 'Password for alice\r\nSay why: ')
        self.assertFalse(terminal.echoes())
        terminal.out.expect('ticks\n')
        terminal.type('secret\n')
        terminal.out.expect('handled - secret 0\n')
        self.assert_left(terminal, 'exited 0')
        self.assertEqual(terminal.screen.expect('\n'), '\r\n')
        self.assertEqual(terminal.screen.seen, '')

    def test_given_descriptor(self):
        terminal = self.start('fd')
        terminal.screen.expect('Say why: ')
        terminal.type('pass wort\n')
        terminal.out.expect('handled - pass wort 0\n')
        self.assert_left(terminal, 'exited 0')

    def test_user(self):
        terminal = self.start('user')
        terminal.screen.expect('User [alice]: ')
        self.assertTrue(terminal.echoes())
        terminal.type('bob\n')
        terminal.screen.expect('Say why: ')
        self.assertFalse(terminal.echoes())
        terminal.type('secret\n')
        terminal.out.expect('handled bob secret 0\n')
        self.assert_left(terminal, 'exited 0')

    def test_question(self):
        for answer, choice in (('2', 1), ('cancel', 1), ('YES', 0), ('1', 0)):
            terminal = self.start('question')
            asked = terminal.screen.expect('(1 to 2): ')
            self.assertEqual(asked, 'Say why\r\nPassword for alice\r\n  1  Connect\r\n'
                             '  2  Cancel\r\nYour choice (1 to 2): ')
            terminal.type('3\n')
            terminal.screen.expect('(1 to 2): ')
            terminal.type(answer + '\n')
            terminal.out.expect('handled - - %d\n' % choice)
            self.assert_left(terminal, 'exited 0')

    def test_end_of_input(self):
        terminal = self.start()
        terminal.screen.expect('Say why: ')
        terminal.type('\x04')
        terminal.out.expect('aborted')
        self.assert_left(terminal, 'exited 0')

    def test_long_line(self):
        terminal = self.start()
        terminal.screen.expect('Say why: ')
        terminal.type('x' * 3000 + '\n')
        terminal.out.expect('handled - %s 0\n' % ('x' * 3000))
        self.assert_left(terminal, 'exited 0')

    def test_ended_by_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            terminal = self.start()
            terminal.screen.expect('Say why: ')
            terminal.type('half')
            if number == signal.SIGINT:
                terminal.type('\x03')
            else:
                os.kill(terminal.pid, number)
            self.assert_left(terminal, 'killed %d' % number)

    def test_signal_of_the_program(self):
        terminal = self.start('handler')
        terminal.screen.expect('Say why: ')
        terminal.type('\x03')
        terminal.out.expect('interrupted\n')
        terminal.out.expect('aborted')
        self.assert_left(terminal, 'exited 0')

    def test_ignored_signal(self):
        terminal = self.start('ignore')
        terminal.screen.expect('Say why: ')
        os.kill(terminal.pid, signal.SIGINT)
        terminal.type('secret\n')
        terminal.out.expect('handled - secret 0\n')
        self.assert_left(terminal, 'exited 0')

    def test_stopped(self):
        terminal = self.start()
        terminal.screen.expect('Say why: ')
        for _ in range(3):
            terminal.type('half\x1a')
            terminal.report.expect('stopped\n')
            self.assertTrue(terminal.is_as_before())
            os.kill(terminal.pid, signal.SIGCONT)
            terminal.screen.expect('Say why: ')
            self.assertFalse(terminal.echoes())
        terminal.type('secret\n')
        terminal.out.expect('handled - secret 0\n')
        self.assert_left(terminal, 'exited 0')

    def test_aborted(self):
        for how in ('abort', 'dispose'):
            terminal = self.start(how)
            terminal.screen.expect('Say why: ')
            os.kill(terminal.pid, signal.SIGUSR1)
            terminal.out.expect('done\n')
            self.assertTrue(terminal.is_as_before())
            # The signals are the program's again.
            os.kill(terminal.pid, signal.SIGINT)
            self.assert_left(terminal, 'killed %d' % signal.SIGINT)

    def test_exit(self):
        terminal = self.start('exit')
        terminal.screen.expect('Say why: ')
        os.kill(terminal.pid, signal.SIGUSR1)
        self.assert_left(terminal, 'exited 7')

    def test_one_after_the_other(self):
        terminal = self.start('two')
        terminal.screen.expect('Say why: ')
        terminal.type('first\n')
        terminal.out.expect('handled - first 0\n')
        terminal.screen.expect('Second: ')
        terminal.type('second\n')
        terminal.out.expect('handled - second 0\n')
        self.assert_left(terminal, 'exited 0')

    def test_hang_up(self):
        terminal = self.start('handler')
        terminal.screen.expect('Say why: ')
        os.close(terminal.master)
        terminal.master = os.open('/dev/null', os.O_RDONLY)
        self.assertIn(terminal.report.expect('\n'), ('killed %d\n' % signal.SIGHUP, 'exited 0\n'))

    def test_no_terminal(self):
        for wishes in ((), ('fd',)):
            terminal = self.start(*wishes, controlling=False)
            terminal.out.expect('unhandled')
            self.assertEqual(terminal.process.wait(PATIENCE), 0)


if __name__ == '__main__':
    HELPER = sys.argv.pop(1)
    unittest.main(verbosity=2)

#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""tests/tally.py counts what meson logs, and knows what may be run once more."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import lint

TALLY = lint.SOURCE / 'tests' / 'tally.py'
# Each test is a script; what it does after its first run is behind `again`.
TAP_OF_TWO = 'echo 1..2; echo ok 1 - one; echo ok 2 - two'
TESTS = {
    'passes': ('tap', TAP_OF_TWO),
    'skips': ('tap', "echo '1..0 # SKIP not here'"),
    'unsteady': ('tap', 'again || { echo 1..2; echo ok 1 - one; echo not ok 2 - two;'
                        ' echo was late >&2; exit 1; }; ' + TAP_OF_TWO),
    'unsteady-exit': ('exitcode', 'again || exit 3'),
    'unsteady-abort': ('tap', 'again || { echo 1..2; echo ok 1 - one; kill -ABRT $$; }; ' + TAP_OF_TWO),
    'broken': ('tap', 'again && two=broken; echo 1..2; echo ok 1 - one;'
                      ' echo not ok 2 - ${two:-two}; exit 1'),
    'crashes': ('tap', 'again || { echo 1..2; echo ok 1 - one; kill -SEGV $$; }; ' + TAP_OF_TWO),
    'crashes-inside': ('exitcode', "again || { sh -c 'kill -SEGV $$'; exit 139; }"),
    'leaks': ('exitcode', 'again || { echo "==9==ERROR: LeakSanitizer: detected memory leaks" >&2;'
                          ' exit 23; }'),
    'races': ('exitcode', 'again || { echo "WARNING: ThreadSanitizer: data race" >&2; exit 66; }'),
    'undefined': ('tap', 'again || { echo 1..2; echo not ok 1 - one; echo "a.c:1:2: runtime error: '
                         'shift" >&2; exit 1; }; ' + TAP_OF_TWO),
    'corrupts': ('tap', 'again || { echo 1..2; echo "free(): invalid pointer" >&2; kill -ABRT $$; }; '
                 + TAP_OF_TWO),
    'crashes-then': ('tap', 'again && kill -SEGV $$; echo 1..1; echo not ok 1 - late; exit 1'),
}


class Project:
    """A project whose tests are some of TESTS, in a folder of its own."""

    def __init__(self, folder, names):
        self.folder = Path(folder)
        self.build = self.folder / '_build'
        text = "project('tally')\nsh = find_program('sh')\n"
        for name in names:
            protocol, script = TESTS[name]
            path = self.folder / (name + '.sh')
            ran = self.folder / (name + '.ran')
            path.write_text('again() { test -e %s; }\nbefore=no; again && before=yes\n'
                            'again() { test $before = yes; }\n: >%s\n%s\n' % (ran, ran, script))
            text += "test('%s', sh, args: files('%s'), protocol: '%s', suite: 'x', timeout: 60)\n" % (
                name, path.name, protocol)
        (self.folder / 'meson.build').write_text(text)
        self.meson('setup', str(self.build), str(self.folder))

    def meson(self, *arguments):
        return subprocess.run([os.environ.get('MESON', 'meson'), *arguments], text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def test(self, *arguments):
        self.meson('test', '-C', str(self.build), '--no-rebuild', *arguments)

    def log(self, name):
        return str(self.build / 'meson-logs' / (name + '.json'))


def tally(*arguments):
    done = subprocess.run([sys.executable, str(TALLY), *arguments], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.splitlines(), done.stderr


def run_twice(names):
    """What is run again, and (status, lines, errors) of the tally."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(folder, names)
        project.test()
        first = project.log('testlog')
        _, again, _ = tally('--list-again', first)
        arguments = []
        if again:
            project.test('--logbase', 'again', *again)
            arguments = ['--again=plain=' + project.log('again')]
        return again, tally(*arguments, 'plain=' + first)


def differ(what, found, expected):
    return [] if found == expected else ['%s: %r, not %r' % (what, found, expected)]


def missing(errors, *texts):
    return ['not said: ' + text for text in texts if text not in errors]


def judge(names, again, summary, *said):
    tried, (status, lines, errors) = run_twice(names)
    return (differ('tried again', tried, sorted(again)) + differ('lines', lines, [summary])
            + differ('status', status, 0 if ' 0 failed' in summary else 1) + missing(errors, *said))


def check_unsteady():
    names = ['unsteady', 'unsteady-exit', 'unsteady-abort']
    return judge(['passes', 'skips'] + names, names, '7 passed, 0 failed, 1 skipped',
                 'skipped: plain: skips: not here',
                 'unsteady: plain: unsteady: failed first, passed alone\n',
                 '    was late\n')


def check_timeout():
    """Without waiting for one: with logs as meson writes them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for result, status in ('TIMEOUT', -15), ('OK', 0):
            paths.append(Path(folder, result))
            paths[-1].write_text(json.dumps({'name': 'tally:x / late', 'stdout': 'is slow\n',
                                             'result': result, 'returncode': status}) + '\n')
        _, tried, _ = tally('--list-again', str(paths[0]))
        _, once, _ = tally('asan=%s' % paths[0])
        _, twice, errors = tally('asan=%s' % paths[0], '--again=asan=%s' % paths[1])
    return (differ('tried again', tried, ['late']) + differ('once', once, ['0 passed, 1 failed'])
            + differ('twice', twice, ['1 passed, 0 failed'])
            + missing(errors, 'unsteady: asan: late: failed first, passed alone\n    is slow\n'))


def check_broken():
    return judge(['passes', 'broken'], ['broken'], '3 passed, 1 failed',
                 'FAILED: plain: broken two: failed\n    1..2\n')


def check_crash_then():
    return judge(['crashes-then'], ['crashes-then'], '0 passed, 1 failed', 'FAILED: plain: crashes-then:')


def check_bugs():
    groups = {('crashes', 'crashes-inside', 'leaks'): '3 passed, 3 failed',
              ('races', 'undefined', 'corrupts'): '2 passed, 3 failed'}
    return [problem for names, summary in groups.items() for problem in
            judge(['passes', *names], [], summary, *('FAILED: plain: ' + name for name in names))]


def check_many():
    names = ['unsteady', 'unsteady-exit', 'unsteady-abort', 'broken', 'crashes', 'crashes-inside']
    return judge(names, [], '4 passed, 6 failed', 'FAILED: plain: unsteady two')


def main():
    tap = lint.Tap()
    tap.case('what fails once is unsteady', check_unsteady())
    tap.case('what fails twice is broken', check_broken())
    tap.case('what crashes when it is run again is broken', check_crash_then())
    tap.case('what takes too long once is unsteady', check_timeout())
    tap.case('bugs are not run again', check_bugs())
    tap.case('many failures are not run again', check_many())
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())

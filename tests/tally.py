#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Count the test cases in meson's logs: "N passed, N failed" and, if any, ", N skipped".

Each argument is LABEL=PATH, the path being that of a testlog.json. A test that speaks TAP counts
as many cases as it reports, any other as one. What failed or was skipped is named on stderr.

A machine that is shared with others stalls now and then. So a few tests that failed may be run
once more, alone: `--list-again LOG` prints which, and `--again LABEL=PATH` gives the log of that.
What passes then counts as passed, and is named as unsteady, with what it wrote when it failed.
What crashed or was reported by a sanitizer is no matter of time: it is not tried again.
"""

import argparse
import json
import re
import signal
import sys

TAP_CASE = re.compile(r'^(?P<not>not )?ok\b\s*(?P<number>\d+)?\s*(?:- )?(?P<rest>.*)$')
TAP_DIRECTIVE = re.compile(r'#\s*(?P<word>SKIP|TODO)\S*\s*(?P<why>.*)$', re.IGNORECASE)
TAP_SKIP_ALL = re.compile(r'^1\.\.0\s*#\s*SKIP\S*\s*(?P<why>.*)$', re.IGNORECASE)
BAD_RESULTS = ('FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS')
# A bug, whether it shows again or not: what a sanitizer or the C library says, and signals, also of
# a program that the test ran. SIGABRT and SIGTRAP are none: an assertion that failed ends so.
CRASHES = [int(number) for number in
           (signal.SIGILL, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV)]
CRASH_STATUSES = [-number for number in CRASHES] + [128 + number for number in CRASHES]
REPORT = re.compile(
    r'\b(?:Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer\b|\bruntime error: |'
    r'\*\*\* stack smashing|\b(?:free|malloc|realloc|munmap_chunk)\(\): |'
    r'\bdouble free or corruption\b|\bSegmentation fault\b|\bended with -(?:%s)\b'
    % '|'.join(map(str, CRASHES)))
MAX_AGAIN = 5
SHOWN_LINES = 40
SHOWN_COLUMNS = 200


def read_log(path):
    with open(path, encoding='utf-8', errors='replace') as log:
        return [json.loads(line) for line in log]


def name_of(test):
    return test['name'].split(' / ')[-1]


def output_of(test):
    return (test.get('stdout') or '') + (test.get('stderr') or '')


def has_failed(test):
    cases = (TAP_CASE.match(line) for line in (test.get('stdout') or '').splitlines())
    return test['result'] in BAD_RESULTS or any(
        case and case['not'] and not TAP_DIRECTIVE.search(case['rest']) for case in cases)


def is_bug(test):
    return test['returncode'] in CRASH_STATUSES or bool(REPORT.search(output_of(test)))


def list_again(path):
    """The names of the tests in a log that are to be run once more."""
    failed = [test for test in read_log(path) if has_failed(test)]
    if len(failed) > MAX_AGAIN:
        return []
    return sorted({name_of(test) for test in failed if not is_bug(test)})


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.unsteady = []

    def add_log(self, label, path, again=None):
        try:
            first = read_log(path)
        except (OSError, ValueError) as error:
            self.failed.append((label, 'no test log: %s' % error, ''))
            return
        try:
            second = {name_of(test): test for test in read_log(again)} if again else {}
        except (OSError, ValueError):
            second = {}
        for test in first:
            self.add_test(label, self.choose(label, test, second.get(name_of(test))))

    def choose(self, label, first, second):
        """Which of two runs of a test counts, if there is a second one."""
        if second is None or not has_failed(first) or is_bug(first):
            return first
        if not has_failed(second):
            self.unsteady.append(('%s: %s' % (label, name_of(first)), output_of(first)))
            return second
        return second if is_bug(second) else first

    def add_test(self, label, test):
        name = '%s: %s' % (label, name_of(test))
        output = test.get('stdout') or ''
        cases, failures = self.add_cases(name, output)
        if test['result'] in BAD_RESULTS and not failures:
            why = '%s, exit status %s' % (test['result'].lower(), test['returncode'])
            self.failed.append((name, why, output_of(test)))
        elif failures:
            self.show(name, output_of(test))
        elif not cases and test['result'] == 'SKIP':
            self.skipped.append((name, last_line(output)))
        elif not cases:
            self.passed += 1

    def add_cases(self, name, output):
        """Count the cases of TAP output; returns how many there were and how many failed."""
        cases = failures = 0
        for line in output.splitlines():
            skip_all = TAP_SKIP_ALL.match(line)
            if skip_all:
                cases += 1
                self.skipped.append((name, skip_all['why']))
            case = TAP_CASE.match(line)
            if not case:
                continue
            cases += 1
            directive = TAP_DIRECTIVE.search(case['rest'])
            title = '%s %s' % (name, TAP_DIRECTIVE.sub('', case['rest']).strip())
            if directive:
                self.skipped.append((title, directive['why']))
            elif case['not']:
                failures += 1
                self.failed.append((title, 'failed', ''))
            else:
                self.passed += 1
        return cases, failures

    def show(self, name, output):
        """Keep the output of a test with failed cases with the last of them."""
        title, why, _ = self.failed[-1]
        self.failed[-1] = (title, why, output)

    def report(self):
        for name, why in self.skipped:
            print('skipped: %s%s' % (name, ': ' + why if why else ''), file=sys.stderr)
        for name, output in self.unsteady:
            print('unsteady: %s: failed first, passed alone' % name, file=sys.stderr)
            print_end(output)
        for name, why, output in self.failed:
            print('FAILED: %s: %s' % (name, why), file=sys.stderr)
            print_end(output)
        sys.stderr.flush()

    def summary(self):
        text = '%d passed, %d failed' % (self.passed, len(self.failed))
        return text + (', %d skipped' % len(self.skipped) if self.skipped else '')


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ''


def shorten(line):
    return line if len(line) <= SHOWN_COLUMNS else line[:SHOWN_COLUMNS] + ' …'


def print_end(output):
    for line in output.splitlines()[-SHOWN_LINES:]:
        print('    ' + shorten(line), file=sys.stderr)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('logs', metavar='LABEL=PATH', nargs='*')
    parser.add_argument('--failed', metavar='STEP', action='append', default=[],
                        help='count a step that failed outside of meson')
    parser.add_argument('--skipped', metavar='STEP', action='append', default=[],
                        help='count a step that was skipped')
    parser.add_argument('--again', metavar='LABEL=PATH', action='append', default=[],
                        help='the log of the tests that were run once more')
    parser.add_argument('--list-again', metavar='PATH',
                        help='only print the tests of this log that are to be run once more')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.list_again:
        for name in list_again(arguments.list_again):
            print(name)
        return 0
    tally = Tally()
    again = dict(log.split('=', 1) for log in arguments.again)
    for log in arguments.logs:
        label, path = log.split('=', 1)
        tally.add_log(label, path, again.get(label))
    tally.failed += [(step, 'see above', '') for step in arguments.failed]
    tally.skipped += [(step, '') for step in arguments.skipped]
    tally.report()
    print(tally.summary())
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())

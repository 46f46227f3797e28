#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Count the test cases in meson's logs: "N passed, N failed" and, if any, ", N skipped".

Each argument is LABEL=PATH, the path being that of a testlog.json. A test that speaks TAP counts
as many cases as it reports, any other as one. What failed or was skipped is named on stderr.
"""

import argparse
import json
import re
import sys

TAP_CASE = re.compile(r'^(?P<not>not )?ok\b\s*(?P<number>\d+)?\s*(?:- )?(?P<rest>.*)$')
TAP_DIRECTIVE = re.compile(r'#\s*(?P<word>SKIP|TODO)\S*\s*(?P<why>.*)$', re.IGNORECASE)
TAP_SKIP_ALL = re.compile(r'^1\.\.0\s*#\s*SKIP\S*\s*(?P<why>.*)$', re.IGNORECASE)
BAD_RESULTS = ('FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS')
SHOWN_LINES = 40
SHOWN_COLUMNS = 200


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_log(self, label, path):
        try:
            with open(path, encoding='utf-8', errors='replace') as log:
                for line in log:
                    self.add_test(label, json.loads(line))
        except (OSError, ValueError) as error:
            self.failed.append((label, 'no test log: %s' % error, ''))

    def add_test(self, label, test):
        name = '%s: %s' % (label, test['name'].split(' / ')[-1])
        output = test.get('stdout') or ''
        cases, failures = self.add_cases(name, output)
        if test['result'] in BAD_RESULTS and not failures:
            why = '%s, exit status %s' % (test['result'].lower(), test['returncode'])
            self.failed.append((name, why, output + (test.get('stderr') or '')))
        elif failures:
            self.show(name, output + (test.get('stderr') or ''))
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
        for name, why, output in self.failed:
            print('FAILED: %s: %s' % (name, why), file=sys.stderr)
            for line in output.splitlines()[-SHOWN_LINES:]:
                print('    ' + shorten(line), file=sys.stderr)
        sys.stderr.flush()

    def summary(self):
        text = '%d passed, %d failed' % (self.passed, len(self.failed))
        return text + (', %d skipped' % len(self.skipped) if self.skipped else '')


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ''


def shorten(line):
    return line if len(line) <= SHOWN_COLUMNS else line[:SHOWN_COLUMNS] + ' …'


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('logs', metavar='LABEL=PATH', nargs='*')
    parser.add_argument('--failed', metavar='STEP', action='append', default=[],
                        help='count a step that failed outside of meson')
    parser.add_argument('--skipped', metavar='STEP', action='append', default=[],
                        help='count a step that was skipped')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    tally = Tally()
    for log in arguments.logs:
        tally.add_log(*log.split('=', 1))
    tally.failed += [(step, 'see above', '') for step in arguments.failed]
    tally.skipped += [(step, '') for step in arguments.skipped]
    tally.report()
    print(tally.summary())
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())

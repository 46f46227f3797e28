# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-escalation: what sudo, su, doas and pkexec ask and say, and sudo's options."""

import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-escalation')
SUDO, SU, DOAS, PKEXEC, OPTIONS = range(5)
QUIET, ANSWERED, STATUS, STATUS_127, ONE = 1, 2, 4, 8, 64
OURS = b'mitogen 0123456789abcdef password for alice: '
START = (b"[1;31m==== AUTHENTICATING FOR org.freedesktop.policykit.exec ====\n"
         b"[0mAuthentication is needed to run `/bin/sh' as the super user\n")

QUESTIONS = {
    'sudo-own': (SUDO, 0, b'', OURS),
    'sudo-rust': (SUDO, 0, b'', b'[sudo: ' + OURS + b'] Password: '),
    'sudo-rust-old': (SUDO, 0, b'', b'[sudo: authenticate] Password: '),
    'sudo-code': (SUDO, QUIET, b'', b'Verification code: '),
    'sudo-german': (SUDO, STATUS | ONE, b'', b'sudo: 1 Fehlversuch bei der Passwort-Eingabe'),
    'sudo-not-allowed': (SUDO, STATUS | ONE, b'', b'alice is not in the sudoers file.'),
    'su': (SU, 0, b'', b'Password: '),
    'su-french': (SU, QUIET, b'', 'Mot de passe : '.encode()),
    'su-chinese': (SU, QUIET, b'', '密码：'.encode()),
    'su-refused': (SU, STATUS | ONE, b'', b'su: Authentication failure'),
    'doas': (DOAS, 0, b'', b'\rdoas (alice@web1) password: '),
    'doas-refused': (DOAS, STATUS | ONE, b'', b'doas: Authentication failed'),
    'pkexec': (PKEXEC, QUIET, START + b'Authenticating as: Alice,,, (alice)\n', b'Password: '),
    'pkexec-choose': (PKEXEC, QUIET, START + b'Multiple identities can be used for authentication:\n'
                      b' 1.  Alice,,, (alice)\n 2.  bob\n',
                      b'Choose identity to authenticate as (1-2): '),
    'pkexec-refused': (PKEXEC, STATUS | STATUS_127 | ONE, b'',
                       b'Error executing command as another user: Not authorized'),
}
WORDS = {
    'options': (b'-EHualice', b'-S', b'-n', b'-gwheel', b'-r', b'role', b'--'),
    'options-long': (b'--user', b'alice', b'--set-home', b'--ty=t', b'--preserve-env=A,B'),
    'options-refused': (b'-H', b'--prompt=x', b'-b', b'A=1', b'--', b'ls'),
}

if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    inputs = {name: bytes(values[:2]) + values[2] + b'\0' + values[3]
              for name, values in QUESTIONS.items()}
    inputs.update({name: bytes([OPTIONS]) + b'\0'.join(words) for name, words in WORDS.items()})
    for name, data in inputs.items():
        with open(os.path.join(FOLDER, name), 'wb') as output:
            output.write(data)

# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-ssh: what OpenSSH's client asks and says."""

import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-ssh')
KEY = (b"The authenticity of host 'web1 (10.0.0.1)' can't be established.\n"
       b"ED25519 key fingerprint is%s SHA256:xD6UcDvVDpRNIKew3CVJtajlPujToVumgISXdunBUfY%s\n")
SURE = b'Are you sure you want to continue connecting (yes/no/[fingerprint])? '
CHANGED = (b'@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n'
           b'The fingerprint for the ED25519 key sent by the remote host is\nSHA256:abc.\n'
           b'Offending RSA key in /home/me/.ssh/known_hosts:3\nHost key verification failed.\n')
QUIET, REQUEST, ANSWERED, STATUS, CLIENT, STARTED = 1, 2, 4, 8, 16, 32

FILES = {
    'password': (0, b'\n', b"\rme@web1's password: "),
    'passphrase': (0, b'', b"\rEnter passphrase for key '/home/me/.ssh/id': "),
    'pin': (0, b'', b'\rEnter PIN for ED25519-SK key /home/me/.ssh/id_sk: '),
    'new-password': (0, b'', b"\rRetype me@web1's new password: "),
    'server': (0, b'', b'\r(me@web1) Password: '),
    'code': (ANSWERED, b'\n', b'\r(me@web1) Verification code: '),
    'menu': (QUIET, b'(me@web1) Duo login\n\n 1. Push\n', b'Passcode or option (1-1): '),
    'old-server': (QUIET, b'', b'Password: '),
    'host-key': (0, KEY % (b'', b'.'), SURE),
    'host-key-10': (REQUEST, b'', KEY % (b':', b'') + SURE),
    'address': (0, b"Warning: the RSA host key for 'a' differs from the key for the IP address 'b'\n", SURE),
    'insist': (0, b'', b"\rPlease type 'yes', 'no' or the fingerprint: "),
    'disguised': (QUIET, b'Welcome\n', b"(me@web1) \r\nEnter passphrase for key '/k': "),
    'banner': (0, b'', b'Password: not a prompt\n'),
    'changed': (STATUS | CLIENT, b'', CHANGED),
    'denied': (STATUS | CLIENT | 64, b'', b'me@web1: Permission denied (publickey,password).\n'),
    'closed': (STATUS | CLIENT, b'', b'kex_exchange_identification: read: Connection reset by peer\n'),
    'unknown': (STATUS | CLIENT, b'', b'No ED25519 host key is known for a and you have requested strict checking.\n'),
    'no-python': (STATUS, b'', b'mitogen: no Python interpreter found (tried python3; PATH is /bin)\n'),
    'lost': (STATUS | CLIENT | STARTED, b'', b'Timeout, server web1 not responding.\n'),
}

if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    for name, (flags, above, line) in FILES.items():
        with open(os.path.join(FOLDER, name), 'wb') as f:
            f.write(bytes([flags]) + above + b'\0' + line)

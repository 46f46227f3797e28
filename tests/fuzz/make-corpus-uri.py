# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-uri: ways to contexts."""

import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-uri')
URIS = {
    'local': 'local?python-path=/usr/bin/env&python-path=python3&connect-timeout=5000',
    'chain': 'ssh://bastion,ssh://admin@web1:22,docker://alice@shop,sudo:postgres?login',
    'ssh': 'ssh://a@b@[fe80::1%25eth0]:2222?check-host-keys=accept&compression=false&ssh-args=-J,x',
    'ssh-plain': 'SSH:%ff%2Cw%3a?port=22&hostname=&identity-file=%7e/%20k&ssh-debug-level=3',
    'sudo': 'sudo:%231000?sudo-args=-H&sudo-args&set_home=true&selinux-role=r&username',
    'accounts': 'su:alice?incorrect-prompts=no&password-prompt=word%3A,doas:_www,pkexec://root',
    'docker': 'docker?image=docker.io/library/debian:12&network=none&environment=A=1&pull=never',
    'podman': 'podman://web?address=unix:///run/podman.sock&tls-verify=false&podman-path=podman',
    'kubectl': 'kubectl://deploy/web?pod-namespace=shop&kubectl-args=--context=x&container=y',
    'programs': 'lxc://a,lxd://b,incus://c,jail://1,toolbox://d,distrobox://e,buildah://f',
    'self': 'self?argv=/bin/true&argv=,fork?on-fork=os:getpid&new-stack',
    'password': 'ssh://admin:hunter2@web1?password=hunter2',
    'text': 'ssh://bücher/ \n#\x7f?%00',
}

if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    for name, uri in URIS.items():
        with open(os.path.join(FOLDER, name), 'wb') as output:
            output.write(uri.encode())

#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* Says who and where it is at the end of each way: docker://web ssh://admin@web1,podman://shop */

import GLib from 'gi://GLib';
import Mitogen from 'gi://Mitogen?version=1.0';
import System from 'system';

async function main(router, uris) {
    const interaction = new Mitogen.TtyOperation();
    for (const uri of uris) {
        const context = await router.connect_uri(uri, {interaction});
        const name = await context.call('getpass:getuser');
        print(`${uri} is ${name} in ${await context.call('socket:gethostname')}`);
    }
}

const loop = new GLib.MainLoop(null, false);
let status = 0;
main(new Mitogen.Router(), ARGV).catch(error => {
    printerr(error.message);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);

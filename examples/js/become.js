#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* Logs in to a host, becomes root there, and asks in the terminal for what that needs. */

import GLib from 'gi://GLib';
import Mitogen from 'gi://Mitogen?version=1.0';
import System from 'system';

async function main(router, host) {
    const interaction = new Mitogen.TtyOperation();
    const there = await router.ssh({hostname: host, interaction});
    const root = await router.sudo({interaction}, {via: there});
    print(`${await root.call('getpass:getuser')} on ${host}`);
}

const loop = new GLib.MainLoop(null, false);
let status = 0;
main(new Mitogen.Router(), ARGV[0]).catch(error => {
    printerr(error.message);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);

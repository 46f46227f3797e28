// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The JavaScript override, against real children.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import Mitogen from 'gi://Mitogen?version=1.0';

const tests = [];
const test = (name, run) => tests.push({name, run});

// ---- Helpers ----

function format(value) {
    if (value instanceof Uint8Array)
        return `bytes(${value.join()})`;
    if (value instanceof Map)
        return `map(${[...value].map(format)})`;
    if (Array.isArray(value))
        return `[${value.map(format)}]`;
    if (typeof value === 'object' && value !== null)
        return `{${Object.entries(value).map(([key, item]) => `${key}:${format(item)}`)}}`;
    return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`;
}

function assert(condition, message = 'assertion') {
    if (!condition)
        throw new Error(`${message} failed`);
}

async function assertThrows(func) {
    await rejection((async () => func())());
}

function assertEqual(found, expected) {
    if (format(found) !== format(expected))
        throw new Error(`${format(found)} is not ${format(expected)}`);
}

async function rejection(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

function sleep(milliseconds) {
    return new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

async function until(condition) {
    for (let i = 0; i < 1000 && !condition(); i++)
        await sleep(10);
    assert(condition(), 'waiting');
}

function getResidentBytes() {
    const [, data] = GLib.file_get_contents('/proc/self/statm');
    return parseInt(new TextDecoder().decode(data).split(' ')[1]) * 4096;
}

function isRunning(pid) {
    try {
        const [, data] = GLib.file_get_contents(`/proc/${pid}/stat`);
        const state = new TextDecoder().decode(data).replace(/^.*\) /s, '')[0];
        return !'ZX'.includes(state);
    } catch {
        return false;
    }
}

/* Ends a collection that large values have begun: between its slices, GJS drops callbacks
 * of the main loop, and on a busy machine there are slices. */
const collect = () => System.gc();

// ---- Values ----

test('values there and back', async ({child}) => {
    for (const value of [
        null, true, false, 0, 1, -1, 1.5, -0, NaN, Infinity, 2 ** 53, 9007199254740993n,
        2n ** 63n, -(2n ** 63n), '', 'é漢𐍈', [], [1, 'a', [null]], [1, 2, 3, 4, 5, 6, 7, 8, 9],
        {}, {a: 1, b: {c: []}}, new Uint8Array([0, 1, 255]), new Uint8Array(),
    ])
        assertEqual(await child.call('copy:copy', [value]), value);
});

// Values of every kind at every place where the buffer they are written to may grow.
test('values of every length', async ({child}) => {
    const list = [1, -1, 2 ** 31, -(2 ** 40), 1.5, 'é', true, null, new Uint8Array([1, 2]), {a: [2n ** 63n]}];
    for (let size = 0; size < 300; size++) {
        const value = ['x'.repeat(size), ...list];
        assertEqual(Mitogen.unpack(Mitogen.pack(value)), value);
    }
    const value = [...Array(200).keys()].map(n => ['x'.repeat(n * n), ...list]);
    assertEqual(await child.call('copy:copy', [value]), value);
});

test('source that is minimized', () => {
    assertEqual(Mitogen.minimize_source('x = "€" # c\n'), 'x = "€"\n');
    let message;
    try {
        Mitogen.minimize_source('x\ny = (');
    } catch (error) {
        message = error.message;
    }
    assertEqual(message, 'This is no Python source: line 2: a bracket is never closed');
});

test('variants of every type', () => {
    for (const [type, value, expected] of [
        ['(ybnqiuxtd)', [1, true, -2, 3, -4, 5, -6, 7, 0.5]], ['(yx)', [1, 2]],
        ['((yx)y)', [[1, 2], 3]], ['a(ys)', [[1, 'a'], [2, 'bc'.repeat(200)]]],
        ['a(yx)', [[1, 2], [3, 4]]], ['aas', [['a'], [], ['b'.repeat(70000)]]], ['aas', [[]]],
        ['a{sas}', {a: ['b', 'c'], d: []}], ['mas', null], ['mas', []], ['ms', ''], ['mi', 5],
        ['a(smx)', [['a', null], ['b', 3]]], ['ad', [0.5, 1]], ['()', []], ['a()', [[], []]],
        ['a{yi}', {1: 2}, new Map([[1, 2]])], ['(sss)', ['a', 'b', 'c'.repeat(300)]],
        ['mv', null], ['(ous)', ['/a', 1, 'b']],
    ])
        assertEqual(Mitogen.unpack(new GLib.Variant(type, value)), expected ?? value);
});

test('values as Python sees them', async ({child}) => {
    for (const [value, seen] of [
        [undefined, 'None'], [1, '1'], [1.5, '1.5'], ['a', "'a'"], [[1], '[1]'],
        [{a: true}, "{'a': True}"], [new Uint8Array([97]), "b'a'"],
        [new GLib.Bytes(new Uint8Array([97])), "b'a'"], [2n ** 64n - 1n, '18446744073709551615'],
        [new GLib.Variant('(is)', [1, 'a']), "(1, 'a')"],
        [new GLib.Variant('a{ib}', {1: true}), '{1: True}'],
    ])
        assertEqual(await child.call('builtins:repr', [value]), seen);
});

test('results of other types', async ({child}) => {
    assertEqual(await child.call('builtins:dict', [[[1, 2], [3, [4]]]]), new Map([[1, 2], [3, [4]]]));
    assertEqual(await child.call('builtins:dict', [[[true, 2], ['a', 3]]]),
        new Map([[true, 2], ['a', 3]]));
    assertEqual(await child.call('builtins:tuple', [[1, 'a']]), [1, 'a']);
    assertEqual(await child.call('builtins:divmod', [7, 2]), [3, 1]);
});

test('values that are refused', async ({child}) => {
    for (const value of [new Date(), Symbol('x'), () => 0, 2n ** 64n, 'a\0', '\ud800', new Map()])
        assert(await rejection(child.call('copy:copy', [value])) instanceof TypeError);
    assert(await rejection(child.call('copy:copy', 5)) instanceof TypeError);
    assertEqual(await child.call('copy:copy', [5]), 5);
});

test('large values', async ({child}) => {
    const bytes = new Uint8Array(16 << 20).fill(7);
    const copying = child.call('copy:copy', [bytes]);
    collect();
    const found = await copying;
    assert(found.length === bytes.length && found.every(byte => byte === 7));
    const list = [...Array(20000).keys()];
    const listing = child.call('copy:copy', [list]);
    collect();
    assertEqual(await listing, list);
});

test('keyword arguments', async ({child}) => {
    assertEqual(await child.call('builtins:sorted', [[1, 3, 2]], {reverse: true}), [3, 2, 1]);
    assertEqual(await child.call('builtins:dict', [], {timeout: 1}), {timeout: 1});
});

test('contexts and senders as values', async ({router, child}) => {
    assert(await child.call('copy:copy', [child]) === child);
    const receiver = Mitogen.Receiver.new(router, 0, true, null);
    const sender = await child.call('copy:copy', [receiver.to_sender()]);
    assertEqual(sender.dst_handle, receiver.handle);
    sender.put({a: [1]});
    assertEqual(await receiver.get_data({timeout: 5000}), {a: [1]});
});

// ---- Errors ----

test('an exception', async ({child}) => {
    const error = await rejection(child.call('json:loads', ['{x']));
    assert(error instanceof Mitogen.CallError && error instanceof Error);
    assertEqual(error.type, 'json.decoder.JSONDecodeError');
    assert(error.message.startsWith('Expecting property name'));
    assert(error.traceback.includes('in raw_decode'));
    assert(error.matches(Mitogen.Error, Mitogen.Error.CALL));
    assert(`${error}`.startsWith('json.decoder.JSONDecodeError: Expecting'));
    assert(error.stack.includes('test-js.js'), 'stack of the caller');
});

test('an exception in a blocking call', ({child}) => {
    try {
        child.call_sync('json:loads', ['{x']);
    } catch (error) {
        assert(error instanceof Mitogen.CallError);
        return;
    }
    throw new Error('nothing was thrown');
});

test('a bad name', async ({child}) => {
    const error = await rejection(child.call('os.getpid'));
    assert(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT));
});

test('time is over', async ({child}) => {
    const error = await rejection(child.call('time:sleep', [0.3], null, {timeout: 30}));
    assert(error.matches(Mitogen.Error, Mitogen.Error.TIMED_OUT));
});

test('cancelling', async ({child}) => {
    const cancellable = new Gio.Cancellable();
    const waiting = rejection(child.call('time:sleep', [0.3], null, {cancellable}));
    await sleep(30);
    cancellable.cancel();
    assert((await waiting).matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED));
    await rejection(child.call('os:getpid', [], null, {cancellable}));
});

test('no such interpreter', async ({router}) => {
    const error = await rejection(router.local({pythonPath: '/no/such/python'}));
    assert(error instanceof GLib.Error && error.message.includes('/no/such/python'));
});

// ---- Many at once, receivers, selects ----

test('many calls at once', async ({child}) => {
    const numbers = [...Array(500).keys()];
    assertEqual(await Promise.all(numbers.map(n => child.call('copy:copy', [n]))), numbers);
});

test('a select', async ({child}) => {
    const select = Mitogen.Select.new(true);
    for (let n = 0; n < 5; n++)
        select.add(child.start_call('copy:copy', [n]));
    const found = [];
    for await (const message of select) {
        found.push(message.unpickle());
        assert(message.receiver.get_context() === child);
    }
    assertEqual(found.sort(), [0, 1, 2, 3, 4]);
});

test('a receiver', async ({router}) => {
    const receiver = Mitogen.Receiver.new(router, 0, true, null);
    const sender = receiver.to_sender();
    for (let n = 0; n < 3; n++)
        sender.put(n);
    const found = [];
    for await (const message of receiver) {
        found.push(message.unpickle());
        if (found.length === 3)
            receiver.close();
    }
    assertEqual(found, [0, 1, 2]);
});

test('the receiver of a call', async ({child}) => {
    const found = [];
    for await (const message of child.start_call('copy:copy', [5]))
        found.push(message.unpickle());
    assertEqual(found, [5]);
});

test('a flowing receiver', async ({router}) => {
    const receiver = Mitogen.Receiver.new(router, 0, true, null);
    const found = [];
    receiver.connect('message', (_, message) => found.push(message.unpickle()));
    receiver.flowing = true;
    [1, 2, 3].forEach(n => receiver.to_sender().put(n));
    await until(() => found.length === 3);
    assertEqual(found, [1, 2, 3]);
});

test('a call chain', async ({child}) => {
    const chain = new Mitogen.CallChain({context: child});
    const first = rejection(chain.call('builtins:int', ['x']));
    const second = rejection(chain.call('os:getpid'));
    assertEqual((await first).type, 'builtins.ValueError');
    assertEqual((await second).type, 'builtins.ValueError');
    chain.reset();
    assertEqual(await chain.call('builtins:len', ['ab']), 2);
});

test('a latch', () => {
    const latch = Mitogen.Latch.new();
    latch.put({a: [1]});
    assertEqual(latch.get(), {a: [1]});
});

// ---- Modules ----

test('a module of the program', async ({router}) => {
    router.responder.add_module('js_single', 'import js_pair.one\ndef f(n):\n    return js_pair.one.N + n\n');
    router.responder.add_module('js_pair', '');
    router.responder.add_module('js_pair.one', 'N = 40\n');
    const other = await router.local();
    assertEqual(await other.call('js_single:f', [2]), 42);
    const {sent, read} = router.responder.getStatistics();
    assert(sent >= 3 && read >= 3, `statistics of ${sent} and ${read}`);
    await other.shutdown();
});

test('a folder of modules', async ({router}) => {
    const folder = GLib.Dir.make_tmp('js-XXXXXX');
    const path = GLib.build_filenamev([folder, 'js_file.py']);
    GLib.file_set_contents(path, 'def f():\n    return __file__\ndef fail():\n    return 1 // 0  # here\n');
    router.responder.add_path(folder);
    const other = await router.local();
    assertEqual(await other.call('js_file:f'), `master:${path}`);
    const error = await rejection(other.call('js_file:fail'));
    assert(error.traceback.includes(`File "master:${path}", line 4, in fail\n    return 1 // 0  # here`));
    await other.shutdown();
    GLib.unlink(path);
    GLib.rmdir(folder);
});

test('preloading', async ({router}) => {
    router.responder.add_module('js_ahead', 'def f():\n    return 3\n');
    const other = await router.local();
    await other.preload(['js_ahead']);
    const {sent} = router.responder.getStatistics();
    assertEqual(await other.call('js_ahead:f'), 3);
    assertEqual(router.responder.getStatistics().sent, sent);
    const error = await rejection(other.preload(['js_nothing']));
    assert(error.matches(Mitogen.Error, Mitogen.Error.MODULE_NOT_FOUND));
    await other.shutdown();
});

test('a socket where a context is', async ({child}) => {
    const folder = GLib.Dir.make_tmp('js-XXXXXX');
    const path = GLib.build_filenamev([folder, 'socket']);
    const service = Gio.SocketService.new();
    service.add_address(Gio.UnixSocketAddress.new(path), Gio.SocketType.STREAM,
        Gio.SocketProtocol.DEFAULT, null);
    service.connect('incoming', (self, connection) => {
        connection.get_output_stream().write_all(new TextEncoder().encode('hello'), null);
        connection.close(null);
        return true;
    });
    const stream = await child.open_socket(path);
    assert(stream instanceof Gio.SocketConnection);
    const bytes = await new Promise((resolve, reject) => {
        stream.get_input_stream().read_bytes_async(5, 0, null, (input, result) => {
            try {
                resolve(input.read_bytes_finish(result));
            } catch (error) {
                reject(error);
            }
        });
    });
    assertEqual(new TextDecoder().decode(bytes.toArray()), 'hello');
    stream.close(null);
    child.open_socket_sync(path).close(null);
    service.stop();
    service.close();
    GLib.unlink(path);
    GLib.rmdir(folder);
    const error = await rejection(child.open_socket(path));
    assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
});

test('a function that finds modules', async ({router}) => {
    router.responder.setFindFunc(name => ({
        js_made: ['from . import up\nf = up.f\n', true],
        'js_made.up': 'def f():\n    return 9\n',
    })[name]);
    const other = await router.local();
    assertEqual(await other.call('js_made:f'), 9);
    router.responder.setFindFunc(null);
    await other.shutdown();
});

test('what cannot be added', ({router}) => {
    for (const add of [() => router.responder.add_path('/no/such/folder'),
        () => router.responder.add_resource('resource:///no/such/folder/'),
        () => router.responder.add_module('not a name', '')]) {
        let error = null;
        try {
            add();
        } catch (caught) {
            error = caught;
        }
        assert(error instanceof GLib.Error, 'error');
    }
});

// ---- Functions of this program ----

/* Has a child call a function. */
const callBack = (child, name, args = [], kwargs = {}) =>
    child.call('it_exports:call', [name, args, kwargs]);
const failBack = (child, name) => child.call('it_exports:call_fails', [name]);

test('a function that children call', async ({router, child}) => {
    const seen = [];
    router.exportFunction('app:echo', (...args) => {
        seen.push(args);
        return args[0];
    }, {policy: Mitogen.Policy.ANY});
    for (const value of [null, true, 1, -1.5, 2n ** 63n, 'é', '', [], [1, ['a']], {}, {a: [1]},
        new Uint8Array([0, 255])]) {
        assertEqual(await callBack(child, 'app:echo', [value]), value);
        assertEqual(seen.pop(), [value]);
    }
    assert(await callBack(child, 'app:echo', [child]) === child);
    assert(seen.pop()[0] === child);
    assertEqual(await callBack(child, 'app:echo', [1, 2], {a: 3, b: [4]}), 1);
    assertEqual(seen.pop(), [1, 2, {a: 3, b: [4]}]);
    assertEqual(await callBack(child, 'app:echo', [], {a: 3}), {a: 3});
    assertEqual(await callBack(child, 'app:echo'), null);
    assert(router.unexport_function('app:echo'));
});

test('a function that throws', async ({router, child}) => {
    class NoSuchThing extends Error {}
    for (const [error, start] of [
        [new TypeError('bad: é'), 'TypeError: bad: é\n'],
        [new NoSuchThing('two\nlines'), 'NoSuchThing: two\nlines\n'],
        [new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.EXISTS, 'text'),
            'GLib.Error: text (g-io-error-quark, 2)\n'],
        ['text', 'String: text\n'], [null, 'Error: null\n'], [undefined, 'Error: undefined\n'],
        [new Error('\0x'), 'Error: \\0x\n'], [new Error('x'.repeat(20000)), 'Error: xxx'],
        [await rejection(child.call('builtins:int', ['x'])), 'builtins.ValueError: invalid literal'],
    ]) {
        const throwIt = () => {
            throw error;
        };
        for (const func of [throwIt, () => Promise.reject(error)]) {
            router.exportFunction('app:fail', func, {policy: Mitogen.Policy.ANY});
            const text = await failBack(child, 'app:fail');
            assert(text.startsWith(start) && !text.includes('.js'), text);
            assert(router.unexport_function('app:fail'));
        }
    }
    router.exportFunction('app:date', () => new Date(), {policy: Mitogen.Policy.ANY});
    assert((await failBack(child, 'app:date')).startsWith('TypeError: A value of type Date cannot'));
    router.unexport_function('app:date');
});

test('a function that may not be called', async ({router, child}) => {
    let called = 0;
    router.exportFunction('app:parents', () => called++);
    assert((await failBack(child, 'app:parents')).includes('may not call “app:parents”'));
    assert((await failBack(child, 'app:unknown')).includes('No function “app:unknown”'));
    assertEqual(called, 0);
    assert(await rejection((async () => router.exportFunction('app:x', 5))()) instanceof TypeError);
    const error = await rejection((async () => router.exportFunction('app:parents', () => 0))());
    assert(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.EXISTS));
    assert(router.unexport_function('app:parents'));
    assert(!router.unexport_function('app:parents'));
});

test('a function that answers later', async ({router, child}) => {
    let settle = null;
    router.exportFunction('app:later', () => new Promise(resolve => (settle = resolve)),
        {policy: Mitogen.Policy.ANY});
    const called = callBack(child, 'app:later');
    await until(() => settle !== null);
    router.unexport_function('app:later');
    assert((await failBack(await router.local(), 'app:later')).includes('No function'));
    settle([1]);
    assertEqual(await called, [1]);
});

test('a function whose caller goes away', async ({router}) => {
    const child = await router.local();
    let settle = null;
    router.exportFunction('app:never', () => new Promise(resolve => (settle = resolve)),
        {policy: Mitogen.Policy.ANY});
    const called = rejection(callBack(child, 'app:never'));
    await until(() => settle !== null);
    await child.kill();
    assert((await called).matches(Mitogen.Error, Mitogen.Error.CHANNEL));
    settle('too late');
    router.unexport_function('app:never');
});

test('a function that gets the call', async ({router, child}) => {
    router.export_function('app:call', Mitogen.Policy.ANY, call => {
        call.return_value([call.get_function(), call.get_source_id(), call.args, call.kwargs]);
        call.return_value('ignored');
    });
    assertEqual(await callBack(child, 'app:call', [1, 'a'], {b: [2]}),
        ['app:call', child.id, [1, 'a'], {b: [2]}]);
    router.unexport_function('app:call');
});

test('a function while the program is blocked', async ({router, child}) => {
    let called = 0;
    router.exportFunction('app:blocked', () => ++called, {policy: Mitogen.Policy.ANY});
    const error = await rejection((async () => child.call_sync('it_exports:call',
        ['app:blocked', [], {}], null, {timeout: 200}))());
    assert(error.matches(Mitogen.Error, Mitogen.Error.TIMED_OUT));
    assertEqual(called, 0);
    assertEqual(await callBack(child, 'app:blocked'), 2);
    router.unexport_function('app:blocked');
});

test('garbage collection of functions', async ({router, child}) => {
    // What a WeakRef refers to, this version of GJS does not collect: so it must show in memory.
    const round = async () => {
        const held = new Uint8Array(4 << 20).fill(1);
        router.exportFunction('app:held', async data => {
            collect();
            return [held.length, data.length];
        }, {policy: Mitogen.Policy.ANY});
        const calling = callBack(child, 'app:held', [held]);
        collect();
        assertEqual(await calling, [held.length, held.length]);
        router.unexport_function('app:held');
        collect();
        // Its notice goes through the main loop.
        await sleep(1);
        collect();
    };
    await round();
    const before = getResidentBytes();
    for (let n = 0; n < 20; n++)
        await round();
    assert(getResidentBytes() - before < 40 << 20, 'memory');
});

// ---- Signals ----

test('output and log', async ({router, child}) => {
    const seen = [];
    const output = child.connect('output', (_, stream, line) => seen.push(`${stream} ${line}`));
    const log = router.connect('log', (_, context, level, logger, text) => {
        seen.push(`${context === child} ${level} ${logger} ${text.includes('careful: wet')}`);
    });
    await child.call('builtins:print', ['é', 1]);
    await child.call('logging:warning', ['careful: %s', 'wet']);
    await until(() => seen.length === 2);
    assertEqual(seen.sort(), ['stdout é 1', 'true 30 root true']);
    child.disconnect(output);
    GObject.signal_handler_disconnect(router, log);
});

test('disconnected', async ({router}) => {
    const child = await router.local();
    let seen = 0;
    child.connect('disconnected', (_, error) => {
        assert(error instanceof GLib.Error);
        seen++;
    });
    const waiting = rejection(child.call('time:sleep', [20]));
    GLib.spawn_command_line_sync(`kill -9 ${child.get_info().pid}`);
    assert((await waiting).matches(Mitogen.Error, Mitogen.Error.CHANNEL));
    await until(() => seen > 0);
    await sleep(50);
    assertEqual(seen, 1);
    assertEqual(child.state, Mitogen.ContextState.DISCONNECTED);
});

// ---- Life ----

test('options', async ({router}) => {
    const child = await router.local({remoteName: 'some-name', connectTimeout: 20000});
    const {pid} = child.get_info();
    const [, data] = GLib.file_get_contents(`/proc/${pid}/cmdline`);
    assert(new TextDecoder().decode(data).includes('mitogen:some-name'));
    await child.shutdown(true);
    await until(() => !isRunning(pid));
});

test('through another', async ({router}) => {
    const via = await router.local();
    const child = await router.local({}, {via});
    assert(child.get_via() === via);
    assertEqual(await child.call('os:getppid'), via.get_info().pid);
    const next = router.startLocal({}, {via: child});
    assertEqual(next.state, Mitogen.ContextState.CONNECTING);
    assertEqual(await next.call('os:getppid'), child.get_info().pid);
    const error = await rejection(router.local({pythonPath: '/no/such/python'}, {via}));
    assert(error.message.includes('/no/such/python'));
});

test('ways to other hosts and accounts', async ({router}) => {
    for (const way of ['ssh', 'sudo', 'su', 'doas', 'pkexec']) {
        const error = await rejection(router[way](
            {username: 'nobody', [`${way}Path`]: '/no/such/program',
                ...way === 'ssh' ? {hostname: 'far'} : {}}, {via: await router.local()}));
        assert(error.message.includes(way === 'ssh' ? 'ssh.far' : `${way}.nobody`), error.message);
        assert(error.message.includes('/no/such/program'), error.message);
    }
    assertEqual(router.startSudo({sudoPath: '/no/such/program'}).get_name(), 'sudo.root');
});

test('ways into containers', async ({router}) => {
    const paths = {docker: 'dockerPath', podman: 'podmanPath', buildah: 'buildahPath',
        lxc: 'lxcAttachPath', lxd: 'lxcPath', incus: 'incusPath', jail: 'jexecPath',
        toolbox: 'toolboxPath', distrobox: 'distroboxPath', kubectl: 'kubectlPath',
        machinectl: 'systemdRunPath', flatpak: 'flatpakPath', setns: 'dockerPath'};
    for (const [way, path] of Object.entries(paths)) {
        const where = way === 'kubectl' ? 'pod' : 'container';
        const error = await rejection(router[way]({[where]: 'web', [path]: '/no/such/program',
            ...way === 'setns' ? {kind: 'docker'} : {}}));
        assert(error.message.includes('/no/such/program'), error.message);
        assert(error.message.includes(`${way}.web`), error.message);
    }
    const context = router.startDocker({image: 'debian', dockerPath: '/no/such/program'});
    assertEqual(context.connection.image, 'debian');
    for (const connect of [() => router.chroot({directory: '/nonexistent'}),
        () => router.nspawn({directory: '/nonexistent'}),
        () => router.flatpakHost({flatpakSpawnPath: '/nonexistent'})])
        assert((await rejection(connect())).message.includes('/nonexistent'));
    const pulling = router.startDocker({image: 'debian', pull: 'never', dockerPath: '/nonexistent'});
    assertEqual(pulling.connection.pull, Mitogen.EnginePull.NEVER);
    await assertThrows(() => router.startDocker({image: 'debian', pull: 'perhaps'}));
});

test('ways as URIs', async ({router}) => {
    const local = 'local?python-path=/usr/bin/python3';
    const [ssh, sudo] = Mitogen.uri_parse('ssh://admin@web1,sudo:root');
    assertEqual(ssh.hostname, 'web1');
    ssh.port = 22;
    assertEqual(Mitogen.uri_format([ssh, sudo]), 'ssh://admin@web1:22,sudo:root');
    assertEqual(sudo.to_uri(), 'sudo:root');
    const child = await router.connect_uri(`${local},${local}`);
    assertEqual(await child.call('os:getppid'), child.get_via().get_info().pid);
    assertEqual(child.to_uri(), `${local},${local}`);
    assert((await router.connect_uri(local, {via: child})).get_via() === child);
    const error = await rejection(router.connect_uri('web1'));
    assert(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT));
});

test('checkHostKeys', async ({router}) => {
    const {ACCEPT, ENFORCE, IGNORE} = Mitogen.CheckHostKeys;
    const cases = [[true, ENFORCE], [false, IGNORE], ['accept', ACCEPT], ['enforce', ENFORCE],
        ['ignore', IGNORE], [ACCEPT, ACCEPT], [IGNORE, IGNORE]];
    for (const [checkHostKeys, meant] of cases) {
        const context = router.startSsh({hostname: 'h', sshPath: '/no/such/program', checkHostKeys});
        assertEqual(context.connection.checkHostKeys, meant);
    }
    await assertThrows(() => router.startSsh({hostname: 'h', checkHostKeys: 'yes'}));
});

test('fork', async ({router}) => {
    const via = await router.local();
    const child = await router.fork({onFork: 'os:getpid'}, {via});
    assert(child.get_via() === via);
    assertEqual(await child.call('os:getppid'), via.get_info().pid);
    const error = await rejection(router.fork({onFork: 'os:no_such_function'}, {via}));
    assert(error.message.includes('no_such_function'));
});

test('kill', async ({router}) => {
    const child = await router.local();
    const {pid} = child.get_info();
    await child.kill();
    assertEqual(child.state, Mitogen.ContextState.DISCONNECTED);
    await until(() => !isRunning(pid));
    await child.kill();
});

test('a connection of our own', async ({router}) => {
    const Shell = GObject.registerClass(class Shell extends Mitogen.Connection {
        vfunc_get_argv(via, pythonArgv) {
            return ['/bin/sh', '-c', 'exec "$@"', 'sh', ...pythonArgv];
        }

        vfunc_get_name() {
            return 'shell';
        }
    });
    const child = await router.connect_async(new Shell());
    assertEqual(child.name, 'shell');
    assertEqual(await child.call('builtins:len', ['ab']), 2);
    await child.shutdown();
});

test('garbage collection under way', async ({router}) => {
    for (let round = 0; round < 5; round++) {
        const child = await router.local();
        child.connect('output', () => {});
        const calls = [];
        for (let n = 0; n < 50; n++) {
            calls.push(child.call('time:sleep', [0.001]));
            child.start_call('os:getpid');
            child.call('builtins:print', ['x']).catch(() => {});
            if (n % 10 === 0)
                System.gc();
        }
        await Promise.all(calls);
        System.gc();
        child.shutdown(true).then(() => System.gc()).catch(logError);
    }
    System.gc();
    await sleep(100);
    System.gc();
});

test('routers that are dropped', async () => {
    const pids = [];
    for (let round = 0; round < 5; round++) {
        const router = new Mitogen.Router();
        const child = await router.local();
        pids.push(child.get_info().pid);
        child.call('time:sleep', [10]).catch(() => {});
        router.shutdown();
    }
    System.gc();
    await until(() => !pids.some(isRunning));
});

test('leaving without shutdown', async () => {
    const script = `
        const {Mitogen, GLib} = imports.gi;
        const router = new Mitogen.Router();
        const loop = new GLib.MainLoop(null, false);
        router.local().then(child => {
            print(child.get_info().pid);
            child.call('time:sleep', [30]).catch(() => {});
            loop.quit();
        });
        loop.run();`;
    const process = Gio.Subprocess.new(['gjs', '-c', script], Gio.SubprocessFlags.STDOUT_PIPE);
    const [, text] = process.communicate_utf8(null, null);
    assert(process.get_successful());
    await until(() => !isRunning(parseInt(text)));
});

test('the same program again', async () => {
    const script = `
        const {Mitogen, GLib} = imports.gi;
        Mitogen.init_child(router => {
            router.exportFunction('app:add', (a, b) => a + b);
            router.exportFunction('app:later', async value => [await value]);
        });
        const router = new Mitogen.Router();
        const loop = new GLib.MainLoop(null, false);
        router.connect_async(new Mitogen.SelfConnection()).then(async child => {
            print(await child.call('app:add', [20, 22]), await child.call('app:later', [5]),
                child.get_info().pid);
            loop.quit();
        });
        loop.run();`;
    const process = Gio.Subprocess.new(['gjs', '-c', script],
        Gio.SubprocessFlags.STDOUT_PIPE);
    const [, text] = process.communicate_utf8(null, null);
    assert(process.get_successful());
    const [sum, later, pid] = text.trim().split(' ');
    assertEqual([sum, later], ['42', '5']);
    await until(() => !isRunning(parseInt(pid)));
});

test('a tree that another program joins', async ({router, child}) => {
    const listener = Mitogen.UnixListener.new(router, null);
    const joined = await Mitogen.unix_connect(listener.path);
    assertEqual(joined.parent_id, 0);
    assertEqual(await joined.context_by_id(child.id, null).call('os:getpid'),
        await child.call('os:getpid'));
    let reason = null;
    joined.connect('disconnected', (_, error) => (reason = error));
    listener.close();
    const error = await rejection(Mitogen.unix_connect(listener.path));
    assert(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND));
    joined.shutdown();
    assert(joined.join(10000));
    await until(() => reason !== null);
});

// ---- Running them ----

async function runAll() {
    const router = new Mitogen.Router();
    const child = await router.local({remoteName: 'test'});
    let failures = 0;
    print(`1..${tests.length}`);
    for (const [index, {name, run}] of tests.entries()) {
        try {
            await run({router, child});
            print(`ok ${index + 1} ${name}`);
            collect();
        } catch (error) {
            failures++;
            print(`# ${error}\n# ${error.stack?.replaceAll('\n', '\n# ')}`);
            print(`not ok ${index + 1} ${name}`);
        }
    }
    router.shutdown();
    assert(router.join(10000), 'join');
    return failures;
}

const loop = new GLib.MainLoop(null, false);
let status = 1;
runAll().then(failures => (status = failures > 0 ? 1 : 0)).catch(logError)
    .finally(() => loop.quit());
loop.run();
System.exit(status);

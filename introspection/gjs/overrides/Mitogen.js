// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported _init */

// What gi://Mitogen and imports.gi.Mitogen add for JavaScript programs:
//
//   const child = await router.local({remoteName: 'worker'});
//   const names = await child.call('os:listdir', ['/']);
//
// Arguments and results are plain values. What the function raised is thrown as
// a Mitogen.CallError with type, message and traceback.

const {Gio, GLib, GObject} = imports.gi;

let Mitogen;

// ---- JavaScript to GVariant ----
//
// A value is pickled here, and the library makes a GVariant of that. GJS leaks a
// reference of every GVariant that its program makes with the functions of GLib, and
// takes microseconds for each; a 16 MiB argument would never be freed.

const Op = {
    PROTO: 0x80, STOP: 0x2e, NONE: 0x4e, TRUE: 0x88, FALSE: 0x89, INT: 0x4a, LONG: 0x8a,
    FLOAT: 0x47, TEXT: 0x58, BYTES: 0x42, LIST: 0x5d, APPENDS: 0x65, DICT: 0x7d,
    SETITEMS: 0x75, MARK: 0x28, TUPLE: 0x74,
};

const encoder = new TextEncoder();

class Pickle {
    constructor() {
        this._data = new Uint8Array(256);
        this._view = new DataView(this._data.buffer);
        this._size = 0;
        this._byte(Op.PROTO);
        this._byte(3);
    }

    /* Makes room for what is written next, perhaps in other objects than before. */
    _reserve(size) {
        if (this._size + size <= this._data.length)
            return;
        const data = new Uint8Array(Math.max(2 * this._data.length, this._size + size));
        data.set(this._data.subarray(0, this._size));
        this._data = data;
        this._view = new DataView(data.buffer);
    }

    _byte(value) {
        this._reserve(1);
        this._data[this._size++] = value;
    }

    _bytes(bytes) {
        this._reserve(bytes.length);
        this._data.set(bytes, this._size);
        this._size += bytes.length;
    }

    /* write(view, offset) writes that many bytes. */
    _word(size, write) {
        this._reserve(size);
        write(this._view, this._size);
        this._size += size;
    }

    _sized(opcode, bytes) {
        this._byte(opcode);
        this._word(4, (view, at) => view.setUint32(at, bytes.length, true));
        this._bytes(bytes);
    }

    _number(value) {
        if ((value | 0) === value && !Object.is(value, -0)) {
            this._byte(Op.INT);
            this._word(4, (view, at) => view.setInt32(at, value, true));
        } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
            this._integer(BigInt(value));
        } else {
            this._byte(Op.FLOAT);
            this._word(8, (view, at) => view.setFloat64(at, value, false));
        }
    }

    _integer(value) {
        if (value < -(2n ** 63n) || value >= 2n ** 64n)
            throw new TypeError('A BigInt of more than 64 bits cannot be sent: send it as a string');
        // One byte more than the number has, for its sign.
        this._byte(Op.LONG);
        this._byte(9);
        this._word(8, (view, at) => view.setBigUint64(at, BigInt.asUintN(64, value), true));
        this._byte(value < 0n ? 0xff : 0);
    }

    _text(value) {
        if (/[\0\p{Surrogate}]/u.test(value)) {
            throw new TypeError('A string with a NUL or half of a surrogate pair cannot be ' +
                'sent: send a Uint8Array');
        }
        this._sized(Op.TEXT, encoder.encode(value));
    }

    _items(items) {
        this._byte(Op.MARK);
        for (const item of items)
            this.add(item);
    }

    _list(value) {
        this._byte(Op.LIST);
        this._items(value);
        this._byte(Op.APPENDS);
    }

    dict(value) {
        this._byte(Op.DICT);
        this._items(Object.entries(value).flat(1));
        this._byte(Op.SETITEMS);
    }

    tuple(value) {
        this._items(value);
        this._byte(Op.TUPLE);
    }

    /* The opcodes between the beginning and the end of a pickle of its own. */
    _variant(value) {
        const bytes = Mitogen.Message.new_pickled(0, 0, value).get_bytes().toArray();
        this._bytes(bytes.subarray(2, -1));
    }

    _object(value) {
        if (value instanceof Uint8Array)
            this._sized(Op.BYTES, value);
        else if (Array.isArray(value))
            this._list(value);
        else if (isPlainObject(value))
            this.dict(value);
        else if (value instanceof GLib.Variant)
            this._variant(value);
        else if (value instanceof GLib.Bytes)
            this._sized(Op.BYTES, value.toArray());
        else if (value instanceof Mitogen.Context || value instanceof Mitogen.Sender)
            this._variant(value.to_variant());
        else
            throw new TypeError(`A value of type ${value.constructor?.name ?? 'object'} cannot be ` +
                'sent: send a plain object or an array');
    }

    add(value) {
        switch (typeof value) {
        case 'boolean':
            return this._byte(value ? Op.TRUE : Op.FALSE);
        case 'number':
            return this._number(value);
        case 'bigint':
            return this._integer(value);
        case 'string':
            return this._text(value);
        case 'undefined':
            return this._byte(Op.NONE);
        case 'object':
            return value === null ? this._byte(Op.NONE) : this._object(value);
        default:
            throw new TypeError(`A value of type ${typeof value} cannot be sent`);
        }
    }

    end() {
        this._byte(Op.STOP);
        const bytes = new GLib.Bytes(this._data.subarray(0, this._size));
        return unpickleVariant.call(Mitogen.Message.new(0, 0, bytes));
    }
}

// What Message.unpickle() is without the override.
let unpickleVariant;

function isPlainObject(value) {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
}

function pack(value) {
    if (value instanceof GLib.Variant)
        return value;
    const pickle = new Pickle();
    pickle.add(value);
    return pickle.end();
}

function packArgs(args) {
    if (args instanceof GLib.Variant || args === null || args === undefined)
        return args ?? null;
    if (!Array.isArray(args))
        throw new TypeError('Arguments are an array: for a single one, write [value]');
    const pickle = new Pickle();
    pickle.tuple(args);
    return pickle.end();
}

function packKwargs(kwargs) {
    if (kwargs instanceof GLib.Variant || kwargs === null || kwargs === undefined)
        return kwargs ?? null;
    const pickle = new Pickle();
    pickle.dict(kwargs);
    return pickle.end();
}

// ---- GVariant to JavaScript ----
//
// Decoded from the serialised form, for the same reason. A decoder has an alignment, a
// size (0: it varies), and read(start, end, input), which returns the value there.

const decoder = new TextDecoder();
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function align(offset, alignment) {
    return offset + alignment - 1 & -alignment;
}

function toNumber(integer) {
    const number = Number(integer);
    return Number.isSafeInteger(number) ? number : integer;
}

function fixed(size, get) {
    return {alignment: size, size, read: (start, _, {view}) => get(view, start)};
}

const LEAVES = {
    b: fixed(1, (view, at) => view.getUint8(at) !== 0),
    y: fixed(1, (view, at) => view.getUint8(at)),
    n: fixed(2, (view, at) => view.getInt16(at, LITTLE_ENDIAN)),
    q: fixed(2, (view, at) => view.getUint16(at, LITTLE_ENDIAN)),
    i: fixed(4, (view, at) => view.getInt32(at, LITTLE_ENDIAN)),
    u: fixed(4, (view, at) => view.getUint32(at, LITTLE_ENDIAN)),
    h: fixed(4, (view, at) => view.getInt32(at, LITTLE_ENDIAN)),
    x: fixed(8, (view, at) => toNumber(view.getBigInt64(at, LITTLE_ENDIAN))),
    t: fixed(8, (view, at) => toNumber(view.getBigUint64(at, LITTLE_ENDIAN))),
    d: fixed(8, (view, at) => view.getFloat64(at, LITTLE_ENDIAN)),
    s: {alignment: 1, size: 0, read: readText},
    o: {alignment: 1, size: 0, read: readText},
    g: {alignment: 1, size: 0, read: readText},
    v: {alignment: 8, size: 0, read: readVariant},
};

function readText(start, end, {data}) {
    return decoder.decode(data.subarray(start, end - 1));
}

// The type comes last, after a NUL that no type has.
function readVariant(start, end, input) {
    const split = input.data.lastIndexOf(0, end - 1);
    const type = String.fromCharCode(...input.data.subarray(split + 1, end));
    return getDecoder(type).read(start, split, input);
}

function getOffsetSize(size) {
    return size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
}

// Where an element ends is little-endian on every machine.
function readOffset({view}, at, size) {
    switch (size) {
    case 1:
        return view.getUint8(at);
    case 2:
        return view.getUint16(at, true);
    case 4:
        return view.getUint32(at, true);
    default:
        return Number(view.getBigUint64(at, true));
    }
}

function readFixedItems(element, start, end, input) {
    const items = [];
    for (let at = start; at < end; at += element.size)
        items.push(element.read(at, at + element.size, input));
    return items;
}

function readItems(element, start, end, input) {
    const items = [];
    if (start === end || element.size > 0)
        return readFixedItems(element, start, end, input);
    const width = getOffsetSize(end - start);
    let at = start;
    for (let offset = start + readOffset(input, end - width, width); offset < end; offset += width) {
        const itemEnd = start + readOffset(input, offset, width);
        items.push(element.read(at, itemEnd, input));
        at = align(itemEnd, element.alignment);
    }
    return items;
}

function readTuple(elements, start, end, input) {
    const width = getOffsetSize(end - start);
    let offset = end;
    let at = start;
    return elements.map((element, index) => {
        const itemStart = align(at, element.alignment);
        if (element.size > 0)
            at = itemStart + element.size;
        else if (index === elements.length - 1)
            at = offset;
        else
            at = start + readOffset(input, offset -= width, width);
        return element.read(itemStart, at, input);
    });
}

function splitTypes(types) {
    const parts = [];
    let depth = 0;
    let start = 0;
    for (let at = 0; at < types.length; at++) {
        depth += '({'.includes(types[at]) - ')}'.includes(types[at]);
        if (depth === 0 && !'am'.includes(types[at])) {
            parts.push(types.slice(start, at + 1));
            start = at + 1;
        }
    }
    return parts;
}

// What a tuple stands for, if it is led by the path of a context or sender.
function resolve(type, items, router) {
    if (router !== null && type === '(ous)' && items[0] === '/org/mitogen/Context')
        return router.context_by_id(items[1], items[2]);
    if (router !== null && type === '(ouu)' && items[0] === '/org/mitogen/Sender')
        return Mitogen.Sender.from_variant(router, new GLib.Variant(type, items));
    return items;
}

function getTupleSize(elements, alignment) {
    if (elements.some(element => element.size === 0))
        return 0;
    const end = elements.reduce((at, element) => align(at, element.alignment) + element.size, 0);
    return Math.max(1, align(end, alignment));
}

function makeTupleDecoder(type) {
    const elements = splitTypes(type.slice(1, -1)).map(getDecoder);
    const alignment = Math.max(1, ...elements.map(element => element.alignment));
    return {
        alignment,
        size: getTupleSize(elements, alignment),
        read: (start, end, input) =>
            resolve(type, readTuple(elements, start, end, input), input.router),
    };
}

// A dictionary with text keys is an object, any other one a Map.
function makeArrayDecoder(type) {
    const element = getDecoder(type.slice(1));
    const {alignment} = element;
    const read = (start, end, input) => readItems(element, start, end, input);
    // A copy: the program may write to it.
    if (type === 'ay')
        return {alignment, size: 0, read: (start, end, {data}) => data.slice(start, end)};
    if (type.startsWith('a{s'))
        return {alignment, size: 0, read: (...args) => Object.fromEntries(read(...args))};
    if (type.startsWith('a{') || type === 'a(vv)')
        return {alignment, size: 0, read: (...args) => new Map(read(...args))};
    return {alignment, size: 0, read};
}

function makeMaybeDecoder(type) {
    const {alignment, size, read} = getDecoder(type.slice(1));
    return {
        alignment,
        size: 0,
        // A zero byte follows what has no size of its own.
        read: (start, end, input) =>
            start === end ? null : read(start, size > 0 ? end : end - 1, input),
    };
}

function makeDecoder(type) {
    switch (type[0]) {
    case 'a':
        return makeArrayDecoder(type);
    case 'm':
        return makeMaybeDecoder(type);
    default:
        return makeTupleDecoder(type);
    }
}

// A child chooses the types it sends, so only so many of them are kept.
const MAX_DECODERS = 512;
const decoders = new Map();

function getDecoder(type) {
    const known = LEAVES[type] ?? decoders.get(type);
    if (known !== undefined)
        return known;
    const made = makeDecoder(type);
    if (decoders.size >= MAX_DECODERS)
        decoders.clear();
    decoders.set(type, made);
    return made;
}

function unpack(value, router) {
    const data = value.get_data_as_bytes().toArray();
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return getDecoder(value.get_type_string()).read(0, data.length, {data, view, router});
}

// ---- Errors ----

/** The called function raised an exception. */
class CallError extends Error {
    constructor(error) {
        super(Mitogen.Error.get_remote_message(error) ?? error.message);
        this.name = 'Mitogen.CallError';
        this.type = Mitogen.Error.get_remote_type(error);
        this.traceback = Mitogen.Error.get_remote_traceback(error);
        this.domain = error.domain;
        this.code = error.code;
    }

    matches(domain, code) {
        return GLib.Error.prototype.matches.call(
            new GLib.Error(this.domain, this.code, this.message), domain, code);
    }

    toString() {
        return [this.type, this.message].filter(part => part).join(': ');
    }
}

function isError(error, code) {
    return error instanceof GLib.Error && error.matches(Mitogen.Error, code);
}

// Runs a function of the library, and throws what a function there raised as such.
function translate(run) {
    try {
        return run();
    } catch (error) {
        throw isError(error, Mitogen.Error.CALL) ? new CallError(error) : error;
    }
}

// ---- Asynchronous operations ----

// Makes a promise of an operation: begin(callback), then finish(result).
function promise(object, begin, finish) {
    return new Promise((resolve, reject) => {
        // Where the error is created says more than where the main loop dispatched it.
        const {stack} = new Error();
        begin((_, result) => {
            try {
                resolve(translate(() => finish.call(object, result)));
            } catch (error) {
                if (error.stack !== undefined)
                    error.stack += `### Promise created here: ###\n${stack}`;
                reject(error);
            }
        });
    });
}

function routerOf(source) {
    return source?.dup_router() ?? null;
}

function overrideCalls(prototype, getRouter) {
    const {call, call_async: callAsync, call_finish: callFinish} = prototype;
    const {call_no_reply: callNoReply, start_call: startCall} = prototype;

    /* call (function, args, kwargs, {timeout, cancellable}): a promise */
    prototype.call = function (name, args = null, kwargs = null, options = {}) {
        const {timeout = -1, cancellable = null} = options;
        return promise(this, callback => callAsync.call(this, name, packArgs(args),
            packKwargs(kwargs), null, timeout, cancellable, callback),
        result => unpack(callFinish.call(this, result), getRouter(this)));
    };

    /* Blocks the main loop: for scripts that have none. */
    prototype.call_sync = function (name, args = null, kwargs = null, options = {}) {
        const {timeout = -1, cancellable = null} = options;
        return translate(() => unpack(call.call(this, name, packArgs(args),
            packKwargs(kwargs), null, timeout, cancellable), getRouter(this)));
    };

    prototype.call_no_reply = function (name, args = null, kwargs = null) {
        return callNoReply.call(this, name, packArgs(args), packKwargs(kwargs));
    };

    prototype.start_call = function (name, args = null, kwargs = null) {
        return startCall.call(this, name, packArgs(args), packKwargs(kwargs));
    };
}

function overrideMessage(prototype) {
    const {unpickle, reply} = prototype;

    unpickleVariant = unpickle;
    prototype.unpickle = function () {
        return translate(() => unpack(unpickle.call(this), routerOf(this.get_receiver())));
    };

    prototype.reply = function (value) {
        return reply.call(this, pack(value));
    };

    for (const name of ['dst_id', 'src_id', 'auth_id', 'handle', 'reply_to', 'receiver']) {
        Object.defineProperty(prototype, name, {
            configurable: true,
            get() {
                return this[`get_${name}`]();
            },
        });
    }
}

function overrideGet(prototype) {
    const {get, get_async: getAsync, get_finish: getFinish} = prototype;

    prototype.get = function ({timeout = -1, cancellable = null} = {}) {
        return promise(this, callback => getAsync.call(this, timeout, cancellable, callback),
            result => getFinish.call(this, result));
    };

    prototype.get_sync = function ({timeout = -1, cancellable = null} = {}) {
        return get.call(this, timeout, cancellable);
    };
}

function overrideReceiver(prototype) {
    overrideGet(prototype);

    prototype.get_data = async function (options = {}) {
        return (await this.get(options)).unpickle();
    };

    /* Ends when the receiver is closed or its peer is gone. */
    prototype[Symbol.asyncIterator] = async function* () {
        for (;;) {
            let message;
            try {
                message = await this.get();
            } catch (error) {
                if (isError(error, Mitogen.Error.CHANNEL))
                    return;
                throw error;
            }
            yield message;
        }
    };
}

function overrideSelect(prototype) {
    overrideGet(prototype);

    prototype[Symbol.asyncIterator] = async function* () {
        while (this.get_n_sources() > 0)
            yield await this.get();
    };
}

function overridePut(prototype) {
    const {put} = prototype;

    prototype.put = function (value = null) {
        return put.call(this, pack(value));
    };
}

function overrideLatch(prototype) {
    const {get} = prototype;

    overridePut(prototype);
    prototype.get = function (timeout = -1, block = true) {
        return unpack(get.call(this, timeout, block), null);
    };
}

function overrideContext(prototype) {
    const {shutdown_async: shutdownAsync, shutdown_finish: shutdownFinish} = prototype;
    const {kill_async: killAsync, kill_finish: killFinish} = prototype;
    const {send_await_async: sendAsync, send_await_finish: sendFinish} = prototype;

    overrideCalls(prototype, context => context.dup_router());

    prototype.get_info = function () {
        const info = this.dup_info();
        return info === null ? {} : unpack(info, null);
    };

    prototype.shutdown = function (wait = true, cancellable = null) {
        return promise(this, callback => shutdownAsync.call(this, wait, cancellable, callback),
            result => shutdownFinish.call(this, result));
    };

    prototype.kill = function (wait = true, cancellable = null) {
        return promise(this, callback => killAsync.call(this, wait, cancellable, callback),
            result => killFinish.call(this, result));
    };

    const {preload, preload_async: preloadAsync, preload_finish: preloadFinish} = prototype;

    /* preload (modules, {cancellable}): a promise */
    prototype.preload = function (modules, {cancellable = null} = {}) {
        return promise(this, callback => preloadAsync.call(this, modules, cancellable, callback),
            result => preloadFinish.call(this, result));
    };

    prototype.preload_sync = function (modules, {cancellable = null} = {}) {
        return preload.call(this, modules, cancellable);
    };

    const {open_socket: openSocket, open_socket_async: openSocketAsync} = prototype;
    const {open_socket_finish: openSocketFinish} = prototype;

    /* open_socket (path, {cancellable}): a promise of a Gio.IOStream */
    prototype.open_socket = function (path, {cancellable = null} = {}) {
        return promise(this, callback => openSocketAsync.call(this, path, cancellable, callback),
            result => openSocketFinish.call(this, result));
    };

    prototype.open_socket_sync = function (path, {cancellable = null} = {}) {
        return openSocket.call(this, path, cancellable);
    };

    prototype.send_await = function (message, {timeout = -1, cancellable = null} = {}) {
        return promise(this, callback => sendAsync.call(this, message, timeout, cancellable,
            callback), result => sendFinish.call(this, result));
    };
}

// ---- Functions of this program ----

// What a thrown value is called where the function was called: an exception has the name
// of its class, one that came from a call of another context the name that it had there.
function describeError(error) {
    const type = error instanceof CallError ? error.type : error?.constructor?.name;
    const message = error instanceof Error ? error.message : String(error);
    return [type?.replace(/[\s:]/g, '') || 'Error', message.replaceAll('\0', '\\0')];
}

function serve(call, func) {
    const fail = error => call.return_error(error);
    const answer = value => {
        try {
            call.return_value(value);
        } catch (error) {
            fail(error);
        }
    };
    try {
        const {args, kwargs} = call;
        if (Object.keys(kwargs).length > 0)
            args.push(kwargs);
        const value = func(...args);
        if (typeof value?.then === 'function')
            value.then(answer, fail);
        else
            answer(value);
    } catch (error) {
        fail(error);
    }
}

function overrideCall(prototype) {
    const {return_value: returnValue, return_error: returnError} = prototype;

    Object.defineProperty(prototype, 'args', {
        configurable: true,
        get() {
            return unpack(this.get_args(), this.dup_router());
        },
    });
    Object.defineProperty(prototype, 'kwargs', {
        configurable: true,
        get() {
            return unpack(this.get_kwargs(), this.dup_router());
        },
    });

    prototype.return_value = function (value = null) {
        return returnValue.call(this, pack(value));
    };

    prototype.return_error = function (error) {
        if (error instanceof GLib.Error)
            returnError.call(this, error);
        else
            this.return_exception(...describeError(error), null);
    };
}

function overrideExports(prototype) {
    const {export_function: exportFunction} = prototype;

    /* exportFunction (name, (…args) => value or promise, {policy}): keyword arguments, if
     * the caller gives any, are an object after the others */
    prototype.exportFunction = function (name, func, {policy = Mitogen.Policy.PARENTS} = {}) {
        if (typeof func !== 'function')
            throw new TypeError('What is exported must be a function');
        return exportFunction.call(this, name, policy, call => serve(call, func));
    };
}

// Each is the name of a class, and in camel case that of a method.
const ways = ['Ssh', 'Sudo', 'Su', 'Doas', 'Pkexec', 'Docker', 'Podman', 'Buildah', 'Kubectl', 'Lxc',
    'Lxd', 'Incus', 'Jail', 'Toolbox', 'Distrobox', 'Machinectl', 'Nspawn', 'Chroot', 'Setns', 'Flatpak',
    'FlatpakHost'];

function overrideRouter(prototype) {
    const {connect, connect_async: connectAsync, connect_finish: connectFinish} = prototype;

    prototype.connect_async = function (connection, via = null, cancellable = null, callback) {
        if (callback !== undefined)
            return connectAsync.call(this, connection, via, cancellable, callback);
        return promise(this, done => connectAsync.call(this, connection, via, cancellable, done),
            result => connectFinish.call(this, result));
    };

    /* A signal's name connects a handler, as for every other object. */
    prototype.connect = function (what, ...args) {
        if (typeof what === 'string')
            return GObject.Object.prototype.connect.call(this, what, ...args);
        const [via = null, cancellable = null] = args;
        return connect.call(this, what, via, cancellable);
    };

    const {connect_uri_async: connectUri, connect_uri_finish: connectUriFinish} = prototype;

    /* connect_uri ('ssh://admin@web1,sudo:root', {interaction, via, cancellable}): a promise */
    prototype.connect_uri = function (uri, options = {}) {
        const {interaction = null, via = null, cancellable = null} = options;
        return promise(this, done => connectUri.call(this, uri, interaction, via, cancellable, done),
            result => connectUriFinish.call(this, result));
    };

    const {start_connect: startConnect} = prototype;

    /* The context at once: what is called in it meanwhile rides along. */
    prototype.start_connect = function (connection, via = null) {
        return startConnect.call(this, connection, via);
    };

    prototype.startLocal = function (options = {}, {via = null} = {}) {
        return this.start_connect(makeConnection(Mitogen.LocalConnection, options), via);
    };

    /* local ({remoteName, pythonPath, …}, {via, cancellable}): a promise */
    prototype.local = function (options = {}, {via = null, cancellable = null} = {}) {
        return this.connect_async(makeConnection(Mitogen.LocalConnection, options),
            via, cancellable);
    };

    /* fork ({onFork, …}, {via, cancellable}): a promise of a copy of via */
    prototype.fork = function (options = {}, {via = null, cancellable = null} = {}) {
        return this.connect_async(makeConnection(Mitogen.ForkConnection, options),
            via, cancellable);
    };

    for (const name of ways) {
        const Connection = Mitogen[`${name}Connection`];
        const method = name[0].toLowerCase() + name.slice(1);

        /* ssh ({hostname, username, …}, {via, cancellable}), docker ({container, …}, …) and so on:
         * a promise */
        prototype[method] = function (options = {}, {via = null, cancellable = null} = {}) {
            return this.connect_async(makeConnection(Connection, options), via, cancellable);
        };

        prototype[`start${name}`] = function (options = {}, {via = null} = {}) {
            return this.start_connect(makeConnection(Connection, options), via);
        };
    }
}

// ---- Modules ----

function overrideResponder(prototype) {
    const {get_statistics: getStatistics, set_find_func: setFindFunc} = prototype;

    Object.defineProperty(Mitogen.Router.prototype, 'responder', {
        configurable: true,
        get() {
            return this.get_responder();
        },
    });

    prototype.getStatistics = function () {
        return unpack(getStatistics.call(this), null);
    };

    /* setFindFunc (name => source, [source, isPackage] or null) */
    prototype.setFindFunc = function (func) {
        if (func === null)
            return setFindFunc.call(this, null);
        return setFindFunc.call(this, (_, name) => {
            const found = func(name);
            return Array.isArray(found) ? found : [found ?? null, false];
        });
    };
}

function overrideUnixConnect() {
    const {unix_connect: connect, unix_connect_async: begin, unix_connect_finish: finish} = Mitogen;

    /* unix_connect (path, {cancellable}): a promise of a Router */
    Mitogen.unix_connect = (path, {cancellable = null} = {}) =>
        promise(null, callback => begin(path, cancellable, callback), result => finish(result));
    Mitogen.unix_connect_sync = (path, {cancellable = null} = {}) => connect(path, cancellable);
}

// Options that words stand for: the enumeration.
const choices = {checkHostKeys: 'CheckHostKeys', kind: 'SetnsKind', pull: 'EnginePull'};

/* The member that a word, or true or false, stands for. */
function findChoice(option, value) {
    const members = Object.entries(Mitogen[choices[option]])
        .filter(([, member]) => typeof member === 'number')
        .map(([name, member]) => [name.toLowerCase(), member]);
    const words = new Map(members);

    if (typeof value === 'boolean' && option === 'checkHostKeys')
        return words.get(value ? 'enforce' : 'ignore');
    if (typeof value === 'string' && !words.has(value))
        throw new RangeError(`${option} is '${value}', but not one of ${[...words.keys()].join(', ')}`);
    return words.get(value) ?? value;
}

function makeConnection(Connection, {pythonPath, ...given}) {
    const options = Object.fromEntries(Object.entries(given).map(([option, value]) =>
        [option, option in choices && value !== undefined ? findChoice(option, value) : value]));


    if (typeof pythonPath === 'string')
        pythonPath = [pythonPath];
    if (pythonPath !== undefined)
        options.pythonPath = pythonPath;
    return new Connection(options);
}

function _init() {
    Mitogen = this;

    overrideMessage(Mitogen.Message.prototype);
    overrideContext(Mitogen.Context.prototype);
    overrideCalls(Mitogen.CallChain.prototype, chain => chain.get_context().dup_router());
    overrideReceiver(Mitogen.Receiver.prototype);
    overrideSelect(Mitogen.Select.prototype);
    overridePut(Mitogen.Sender.prototype);
    overridePut(Mitogen.Channel.prototype);
    overrideLatch(Mitogen.Latch.prototype);
    overrideCall(Mitogen.Call.prototype);
    overrideRouter(Mitogen.Router.prototype);
    overrideExports(Mitogen.Router.prototype);
    overrideResponder(Mitogen.ModuleResponder.prototype);
    overrideUnixConnect();
    Mitogen.CallError = CallError;
    Mitogen.pack = pack;
    Mitogen.unpack = (value, router = null) => unpack(value, router);
}

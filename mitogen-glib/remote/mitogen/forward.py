# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: a context with children has what they ask for, or asks for it once. It comes with LOAD_MODULE after parent.py;
# most of it, and importer.py, on whose cache it builds, wait until the first child asks. No import statements here, see core_rest.py. All of
# it runs in the leader. doc/module-protocol.md says what goes over the wire.

core_start_importer = start_importer
forward_load_module = on_load_module


def forwarder(name=None, *args):
    """Call a function of what is below."""
    global later_pieces
    pieces, later_pieces = later_pieces, ()
    for piece in pieces:
        exec(piece, globals())
    if name:
        globals()[name](*args)


def start_importer():
    core_start_importer()
    forwarder()
    if on_entry not in importer.listeners:
        importer.listeners.append(on_entry)


def on_load_module(msg):
    """Until the importer is there, and tells of what comes."""
    forward_load_module(msg)
    if not importer and not msg.unpickle()[0]:
        forwarder("tell", msg.data)


router.add_handler(lambda msg: forwarder("on_get_module", msg), GET_MODULE, policy=from_neighbour)
router.add_handler(lambda msg: forwarder("on_forward_module", msg), FORWARD_MODULE, policy=has_parent_authority)
if importer:
    deferred.append(start_importer)  # when the rest is there
    wake()
# later

WANTED, AHEAD, ASKED = range(3)  # what a child and a module have to do with each other: asked for and not here yet; sent unasked; sent on request
MAX_WANTED = 10000  # by one child
MAX_MISSING = 10000
MAX_UNREAD = 1 << 20  # to a child that has more than that to read, no module is sent again


def on_entry(entry):
    if not entry.name:
        tell(entry.data)
    elif len(importer.missing) > MAX_MISSING:
        importer.missing = {}  # mostly what children have made up


def tell(data):
    """Settings are for all."""
    for stream in list(streams):
        hand(stream, data)


def hand(stream, data):
    stream.write((HEADER.pack(MAGIC, stream.remote_id, me, me, LOAD_MODULE, 0, len(data)), data), len(data))


def hand_missing(stream, name, reason):
    hand(stream, dumps((text(name), None, None, reason and text(reason), ()), 2))


def modules_of(stream):
    return stream.__dict__.setdefault("modules", {})


def provide(stream, name):
    """A module that is here, and in front of it what it needs, as far as that has not been sent."""
    states = modules_of(stream)
    seen = set()
    todo = [(name, 0)]
    while todo:
        name, complete = todo.pop()
        entry = importer.cache.get(name)
        if not entry or states.get(name, WANTED) != WANTED:
            continue
        if complete:
            states[name] = ASKED if name in states else AHEAD
            if len(entry.data) > limit:
                hand_missing(stream, name, u"message too large (max %d bytes)" % limit)
            else:
                hand(stream, entry.data)
        elif name not in seen:
            seen.add(name)
            todo.append((name, 1))
            parts = name.split(".")
            needed = [".".join(parts[:i]) for i in range(1, len(parts))] + list(entry.related)
            todo += [(other, 0) for other in reversed(needed)]


def ask(name, callback):
    """Have callback(entry) called: the module, or that it is missing."""
    start_importer()
    if name not in importer.cache and (name in importer.missing or not config["parent_ids"]):
        return callback(Entry(b"", name, None, None, importer.missing.get(name, u"the program is gone"), ()))
    importer.request(name, callback)


def on_get_module(msg):
    stream = msg.stream
    if msg.is_dead or stream is parent:
        return
    name = module_name(msg.data)
    states = modules_of(stream)
    if name is None:
        if not getattr(stream, "babbled", 0):
            stream.babbled = 1
            log(40, u"context %d asked for a module by what is no name: %r" % (stream.remote_id, msg.data[:100]))
        if msg.data and len(msg.data) <= 65536:
            hand_missing(stream, bytes(msg.data), u"that is not the name of a module")
        return
    state = states.get(name)
    if state == AHEAD:
        states[name] = ASKED  # the request and the module have crossed
    elif state == ASKED:
        if sum(map(len, list(stream.out))) < MAX_UNREAD:
            hand(stream, importer.cache[name].data)
    elif state is None:
        states[name] = WANTED
        stream.wanted = getattr(stream, "wanted", 0) + 1
        ask(name, lambda entry: answer(stream, entry))
        if crowded(parent):
            stream.stall(parent)
        if stream.wanted > MAX_WANTED:
            unwatch(stream.fd_in)


def module_name(data):
    try:
        data.decode("utf-8")
        if 0 < len(data) <= 1000 and b"\0" not in data and not [1 for part in data.split(b"\xed")[1:] if part[:1] >= b"\xa0"]:
            return native(data)  # 2.7 reads halves of surrogate pairs, too
    except UnicodeError:
        return None


def answer(stream, entry):
    stream.wanted -= 1
    if stream not in streams:
        return
    if stream.wanted == MAX_WANTED // 2:
        stream.resume()
    states = modules_of(stream)
    if entry.path is not None:
        provide(stream, entry.name)
    elif states.pop(entry.name, WANTED) == WANTED:
        hand_missing(stream, entry.name, entry.reason)


def on_forward_module(msg):
    """The master has a module sent to a context below, before that asks for it."""
    number, _, name = bytes(msg.data).partition(b"\0")
    number, name = int(number), module_name(name)
    stream = routes.get(number)

    def forward(entry):
        if entry.path is not None and stream in streams:
            provide(stream, name)
            if stream.remote_id != number:
                post(stream.remote_id, FORWARD_MODULE, 0, msg.data)
    if stream and name and not msg.is_dead:
        ask(name, forward)

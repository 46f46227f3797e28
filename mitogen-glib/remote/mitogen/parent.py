# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, part four: a context that has children of its own. It comes with LOAD_MODULE, before relay.py, and like the core's
# other parts it is executed at once in the globals of core_hot.py, where it replaces what a context without children does. No import
# statements here, see core_rest.py. All of it runs in the leader. doc/relay-protocol.md says what goes over the wire.

EXPECT_ROUTE = 202
MAX_EGRESS = 10000  # whoever talks to more contexts than that is told of the end of every one

streams = set()  # of children
expected = {}  # context id that may be announced -> the context that starts it
stalls = {}  # stream that is slow -> children whose input waits for it
core_flush = flush


def crowded(stream):
    """Is its queue long enough that whoever fills it should wait?"""
    return len(stream.out) > 64 or sum(map(len, list(stream.out))) > 65536


def flush(stream):
    core_flush(stream)
    if not stream.out:
        for other in stalls.pop(stream, ()):
            other.resume()


def incoming(stream, head, data):
    """A message that passed the check of its source, and is no call."""
    magic, dst, src, auth, handle, reply_to, size = head
    if dst != me:
        out = routes.get(dst)
        if stream is not parent:
            out = out or parent
            if len(stream.egress) < MAX_EGRESS:
                stream.egress.add(dst)
        if out and (not config["unidirectional"] or stream is parent or out is parent):
            out.write((HEADER.pack(*head), data), size)
            # The parent is never made to wait: what it has to say to others, and to this context, must come through.
            if out.out and stream is not parent and crowded(out):
                stream.stall(out)
            return
    msg = Message(dst_id=dst, src_id=src, auth_id=auth, handle=handle, reply_to=reply_to, data=bytes(data), enc=magic)
    if dst == me:
        router._invoke(msg, stream)
    elif out:
        refuse_message(msg, u"routing mode prevents forward of message from context %d to context %d via context %d"
                       % (stream.remote_id, out.remote_id, me))
    else:
        refuse_message(msg, u"no route to %d, my ID is %d" % (dst, me))
    if stream is not parent and crowded(stream):
        stream.stall(stream)  # whoever does not read its answers may not ask on


def attach(stream, number, name):
    """A child is there: nothing of it can have passed before this announcement."""
    stream.remote_id = number
    stream.ids = set()
    stream.egress = set()
    streams.add(stream)
    add_route(number, stream, (u"%d:%s" % (number, text(name))).encode("utf-8"))


def detach(stream):
    """A child is gone, and all that was behind it."""
    if stream in streams:
        streams.remove(stream)
        for number in sorted(stream.ids, reverse=True):
            del_route(number)


def add_route(number, stream, said):
    routes[number] = stream
    stream.ids.add(number)
    post(parent.remote_id, ADD_ROUTE, 0, said)


def del_route(number, up=True):
    """Forget the way to a context, and tell everybody who may be waiting for it."""
    stream = routes.pop(number, None)
    said = b"%d" % number
    if stream:
        stream.ids.discard(number)
        if up:
            post(parent.remote_id, DEL_ROUTE, 0, said)
    for other in list(streams):
        if other is not stream and (number in other.egress or len(other.egress) >= MAX_EGRESS):
            other.egress.discard(number)
            post(other.remote_id, DEL_ROUTE, 0, said)
    context = router._contexts.get(number)
    if context:
        router._on_disconnect(context)


def from_neighbour(msg, stream):
    msg.stream = stream
    return stream and msg.src_id == stream.remote_id


def target(msg):
    """The id that a message about a route names."""
    try:
        return -1 if msg.is_dead else int(bytes(msg.data).split(b":")[0])
    except ValueError:
        return -1


def on_add_route(msg):
    stream, number = msg.stream, target(msg)
    if stream is parent or routes.get(number) is stream:
        return
    if number in routes or number not in expected or routes.get(expected[number]) is not stream:
        if not getattr(stream, "stole", 0):
            stream.stole = 1
            log(40, u"context %d announced context %d, which is not expected there: refused" % (stream.remote_id, number))
        return post(stream.remote_id, DEL_ROUTE, 0, b"%d" % number)
    del expected[number]
    add_route(number, stream, msg.data)


def on_del_route(msg):
    stream, number = msg.stream, target(msg)
    owner = routes.get(number)
    if stream is not parent:
        if owner is stream and number != stream.remote_id:
            del_route(number)
    elif owner and owner.remote_id == number:
        owner.refused()  # above, nobody wants it
    else:
        del_route(number, False)
        if owner:
            post(owner.remote_id, DEL_ROUTE, 0, msg.data)


def on_expect_route(msg):
    if not msg.is_dead:
        number, via = msg.unpickle()
        expected[number] = via
        if via is None:
            del expected[number]


router.add_handler(on_add_route, ADD_ROUTE, policy=from_neighbour)
router.add_handler(on_del_route, DEL_ROUTE, policy=from_neighbour, overwrite=True)
router.add_handler(on_expect_route, EXPECT_ROUTE, policy=has_parent_authority)

# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: a context that leaves the tree with all that is below it, and lives on. The master sends this part to a context
# that asks for it, and before to the context that has started that one: both sides are here. No import statements here, see core_rest.py.


class Nowhere(Stream):
    """In place of the parent's stream: whoever asks for something up there is told that it is gone."""
    parent = True

    def write(self, parts, size):
        magic, dst, src, auth, handle, reply_to, size = HEADER.unpack_from(b"".join(parts[:2]))
        if reply_to and reply_to != IS_DEAD:
            said = (u"no route to %d: context %d has detached" % (dst, me)).encode()
            if src == me:
                deliver(reply_to, IS_DEAD, said)
            elif src in routes:
                post(src, reply_to, IS_DEAD, said)

    def lost(self):
        pass


def leave_tree(self):
    """ExternalContext.detach(): returns when the parent has let go. An error means that it has not."""
    if not config["parent_ids"]:
        raise Error("this context has no parent")
    try:
        os.setsid()
    except OSError:
        pass  # it leads its session already
    latch = Latch()

    def ignore():
        try:
            _signal.signal(_signal.SIGHUP, _signal.SIG_IGN)
        except ValueError:
            pass  # only the main thread can, and that is busy

    def on_answer(msg):
        if not msg.is_dead:
            unwatch(parent.fd_in)
            parent.lost = lambda: None  # its end is none of ours any more
        latch.put(msg)
    if get_ident() == main_thread:
        ignore()
    else:
        self.broker.defer(ignore)
    sys.stdout.flush()
    handle = router.add_handler(on_answer, persist=False, respondent=router.context_by_id(parent.remote_id))
    post(parent.remote_id, DETACHING, handle, b"")
    try:
        latch.get(60).unpickle()
    finally:
        router.del_handler(handle)
    end = now() + 1
    while parent.out and now() < end:
        try:
            latch.get(0.01)
        except TimeoutError:
            pass
    self.broker.defer_sync(cut)
    self.parent = self.master = None
    self.stream = parent


def cut():
    """The leader: here it ends."""
    global parent, trusted
    old, parent = parent, Nowhere(0, -1, -1)
    null = os.open(os.devnull, os.O_RDWR)
    with old.lock:
        old.out.clear()
        unwatch(old.fd_out)
        os.dup2(null, old.fd_out)  # and not closed: another thread may be about to write to it
    for fd in (null, old.fd_in):
        os.close(fd)
    (sys.modules.get("fcntl") or __import__("fcntl")).fcntl(old.fd_out, 2, 1)  # FD_CLOEXEC
    trusted = set([me])
    config["parent_ids"] = []
    sys.modules["mitogen"].__dict__.update(parent_id=None, parent_ids=[])
    for relay in list(globals().get("relays", {}).values()):
        if relay.key[0] not in routes and not relay.adopted:
            relay.stop()  # who asked for it has gone
    for number, context in list(router._contexts.items()):
        if number != me and number not in routes:
            router._on_disconnect(context)
    if importer:
        importer.cut_off()


def on_detaching(msg):
    """A child of this context wants to leave: its end is no longer the end of its process."""
    relay = msg.stream.relay

    def silent(pipe):
        if not pipe.number:
            relay.finish(None)
    relay.event("detached")
    relay.silent = silent
    msg.reply(None)
    # Somebody has to wait for it, when its time has come.
    _thread.start_new_thread(io_op, (os.waitpid, relay.pid, 0))


def is_child(msg, stream):
    msg.stream = stream
    return stream in globals().get("streams", ()) and msg.src_id == stream.remote_id and stream.relay.pid


ExternalContext.detach = leave_tree
router.add_handler(on_detaching, DETACHING, policy=is_child, overwrite=True)

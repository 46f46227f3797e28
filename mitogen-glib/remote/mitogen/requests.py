# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: code of a context asks the master for contexts below it. The master sends this part when one of the names that it
# adds to Router and Context is first asked for. No import statements here, see core_rest.py. doc/relay-protocol.md describes the request.

CONNECT_REQUEST = 203
METHODS = "local fork ssh sudo su doas pkexec docker podman buildah kubectl lxc lxd incus jail setns"

forks = globals().get("forks") or {}  # handle of a request -> (its receiver, on_fork, new_stack), for fork.py


def connect(self, method_name, **options):
    """A context made by that method, through this one."""
    Waiter()  # can this thread wait?
    via = options.pop("via", None)
    if not (via is None or isinstance(via, Context)):
        raise TypeError("via must be a Context, not %r" % (via,))
    if via and via.context_id != me:
        options["via"] = via.context_id  # for the master to decide
    fork = method_name == "fork" and "via" not in options
    hook, new_stack = options.pop("on_fork", None), options.pop("new_stack", False)
    said = dict((text(key), option(options[key])) for key in options if options[key] is not None)
    master = self.context_by_id(home)
    receiver = Receiver(self, persist=False, respondent=master)
    number = receiver.handle
    receiver.started = 0
    if fork:
        if not (hook is None or callable(hook)):
            raise TypeError("on_fork must be a function, not %r" % (hook,))
        forks[number] = receiver, hook, new_stack
        said[u"on_fork"] = number
    elif hook or new_stack:
        raise TypeError("on_fork and new_stack are for forks of this context")
    try:
        self.route(Message(dst_id=home, handle=CONNECT_REQUEST, reply_to=number, data=dumps((text(method_name), said), 2)))
        msg = await_context(receiver, said.get(u"connect_timeout", 30) + 10)
    except BaseException:
        # Should it be made all the same, nobody will know of it.
        self.add_handler(unwanted, number, False, master, overwrite=True)
        raise
    finally:
        if fork and not forks.pop(number, None) and not new_stack and not receiver.started:
            refuse_fork(receiver._latch)
        receiver._latch.close()
    number, name = msg.unpickle()
    context = self.context_by_id(number)
    context.name = name
    context.via = self.myself()
    return context


def option(value):
    if isinstance(value, (list, tuple)):
        return list(map(option, value))
    return text(value) if isinstance(value, str) else purify(value)


def await_context(receiver, timeout):
    global running
    end = now() + timeout
    while 1:
        try:
            item = receiver._latch.get(max(0, end - now()))
        except TimeoutError:
            raise TimeoutError("the master does not answer the request for a context")
        if isinstance(item, Message):
            return item
        # A fork that keeps the stack of this thread. In the new process this does not return.
        receiver.started = 1
        if get_ident() == main_thread:
            was, running = running, 0  # no KeyboardInterrupt in the middle
            relay_start(item)
            running = was
        else:
            relay_start(item)


def refuse_fork(latch):
    """A fork is being handed to this thread, which no longer waits for it."""
    while 1:
        item = latch.get(60)
        if not isinstance(item, Message):
            item.failure = 0, u"who asked for it does not wait any more"
            return defer(item.started)


def unwanted(msg):
    if not msg.is_dead:
        value = msg.unpickle(throw=False)
        if not isinstance(value, CallError):
            post(value[0], SHUTDOWN, 0, b"")


def add_method(name):
    def function(self, **options):
        return connect(self, name, **options)
    function.__name__ = name
    setattr(Router, name, function)


def shutdown(self, wait=False):
    """Ask a context below to leave."""
    latch = Latch()
    listen(self, "disconnect", latch.put)
    self.send(Message(handle=SHUTDOWN))
    if wait:
        latch.get()
    unlisten(self, "disconnect", latch.put)


list(map(add_method, METHODS.split()))
Router.connect = connect
Context.shutdown = shutdown

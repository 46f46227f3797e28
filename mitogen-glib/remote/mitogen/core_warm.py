# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, part two: what a child needs soon, or often, but not for its first answer: the helper, large messages, the end.
# Executed in the globals of core_hot.py, where it replaces the stand-ins. No import statements here, see core_rest.py.


def unwatch(fd):
    if ready.pop(fd, None):
        poller.unregister(fd)


def native(name):
    """A name in the text type of this interpreter."""
    if PY3:
        return name.decode() if type(name) is bytes else name
    return name if type(name) is bytes else str(name)


# Large messages, and full descriptors


roomy = []


def grow(stream, data):
    """A large frame: its memory grows as its data comes, not as its header says."""
    if PY3:
        if stream.need > 1000000 and not roomy:
            # Having freed one such block, glibc keeps others for the next time, and their pages need not be faulted in again, which takes
            # longer than all else about a large argument.
            roomy.append(len(bytes(33488896)))
        stream.body += data
    else:
        stream.body.append(data)
    stream.need -= len(data)
    if not stream.need:
        head, body = stream.head, stream.body
        stream.head = stream.body = None
        frame(stream, head, body if PY3 else b"".join(body))


def push(stream, parts):
    """Write what the descriptor takes, return what is left."""
    while parts:
        try:
            done = os.writev(stream.fd_out, parts) if PY3 else os.write(stream.fd_out, parts[0])
        except OSError as e:
            if e.errno == errno.EINTR:
                continue
            if e.errno == errno.EAGAIN:
                break
            stream.lost()
            return []
        while parts and done >= len(parts[0]):
            done -= len(parts.pop(0))
        if done:
            parts[0] = memoryview(parts[0])[done:]
    return parts


def drain(stream):
    """Under the stream's lock: write of the queue what goes."""
    try:
        while stream.out:
            left = push(stream, [stream.out.popleft() for _ in range(min(64, len(stream.out)))])
            if left:
                stream.out.extendleft(reversed(left))
                break
    except:
        stream.lost()  # half a frame may be out: nothing that follows would be understood


def push_slowly(stream, parts):
    """Under the stream's lock: the leader does what cannot be written now."""
    stream.out.extend(parts)
    drain(stream)
    if stream.out:
        dirty.append(stream)
        wake()


def enqueue(stream, parts):
    """M, called from user code: signal handlers there may raise anywhere, and so may the recursion limit. What goes into the queue in one
    step stays whole; the leader writes it, or M with its reply, or when it waits."""
    stream.out.extend(parts)
    dirty.append(stream)
    wake()


def flush(stream):
    """The leader: there is room again."""
    stream.lock.acquire()
    try:
        drain(stream)
        if not stream.out:
            unwatch(stream.fd_out)
    finally:
        stream.lock.release()
    if paused:
        resume_lines()


def plain(value):
    """Is it made of nothing but the types that the protocol has?"""
    todo = [value]
    seen = set()
    while todo:
        value = todo.pop()
        kind = type(value)
        if kind is dict:
            groups = list(value), list(value.values())
        elif kind is list or kind is tuple:
            groups = value,
        else:
            return False
        if id(value) not in seen:
            seen.add(id(value))
            for group in groups:
                if not SCALARS.issuperset(map(type, group)):
                    todo.extend([item for item in group if type(item) not in SCALARS])
    return True


# Modules


def find_missing(name, path, frame):
    """Nothing that Python's own library looks for to learn on what system it is, nor what is missing in a package that is here."""
    while frame.f_back and "<frozen " in frame.f_code.co_filename:
        frame = frame.f_back
    if type(path) is not list and not is_library(frame.f_code, name):
        return need_importer("find_late", name, path, frame)


def is_library(code, name):
    file = code.co_filename
    return file.startswith(os.path.dirname(getattr(os, "__file__", "?/"))) and "-packages/" not in file and (code.co_name == "<module>" or name in code.co_names)


# H


def wait_for_helper():
    """M: H is dormant, or about to be."""
    try:
        sem.release()
    except (_thread.error, RuntimeError):
        pass  # not locked: H has a token already


def pause(seconds):
    try:
        select.select((), (), (), seconds)
    except select.error:
        pass


def watch_over():
    """Take over whenever nobody has polled for a TICK; return when M has been polling by itself for two."""
    idle = 0
    while idle < 2:
        last = turns
        pause(TICK)
        if turns != last:
            idle = 0
        elif not lead.acquire(0):
            idle += 1
        else:
            while not want:
                turn(999)  # not for ever: a poll holds on to a descriptor that the call has closed
            lead.release()
            idle = 0
            pause(0.0005)  # let M have it


def sleep():
    """Dormant until M yields the lead again."""
    global watching
    gate.acquire()
    watching = 0
    free = lead.acquire(0)
    if free:  # M has left the poll in this moment
        lead.release()
        watching = 1
    gate.release()
    if not free:
        sem.acquire()


def stay():
    """H, from its second TICK on. While it is awake, a busy loop in pure Python has to yield sooner than it usually would."""
    try:
        while 1:
            interval = PY3 and sys.getswitchinterval()
            if interval > 0.0005:
                sys.setswitchinterval(0.0005)
            watch_over()
            if interval > 0.0005 and sys.getswitchinterval() < 0.0006:
                sys.setswitchinterval(interval)
            sleep()
    except:
        crashed()


# The end


def leave_fork():
    """A process that the code of a call has forked came back here: it has no business with the stream."""
    try:
        sys.stdout.flush()
    finally:
        e = sys.exc_info()[1]
        code = e.code if isinstance(e, SystemExit) else e and 1
        os._exit(code if isinstance(code, int) else 1 if code else 0)


def after_fork():
    """The other side must see the end of the context, not of what it forked."""
    for fd in set((wake_in, wake_out, parent.fd_in, parent.fd_out)).union(ready):
        try:
            os.close(fd)
        except OSError:
            pass


def flush_stdio(done):
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except Exception:
            pass
    done.append(1)
    wake()


def leave():
    """SHUTDOWN: what was printed still goes out, then the process ends, whatever it is doing. The flush has a thread of its own: the code
    of a call may hold the file's lock while it waits for us to read the pipe."""
    done = []
    try:
        _thread.start_new_thread(flush_stdio, (done,))
    except (_thread.error, RuntimeError):
        flush_stdio(done)
    end = time.time() + 2
    while not done and time.time() < end:
        turn(50)
    while turn(0) and time.time() < end:
        pass
    if loaded > 1:
        last_words()
    while parent.out and time.time() < end:
        turn(50)
    os._exit(0)

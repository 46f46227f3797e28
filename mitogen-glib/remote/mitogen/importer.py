# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: modules that the program has and this machine has not. It comes with LOAD_MODULE, stays compressed until the
# first import of something that is missing, and is then executed by the leader. No import statements here, see core_rest.py.
#
# Who imports waits for the leader, which alone sends requests and alone enters what comes: so each name is asked for once at a time, by however
# many threads. For forwarders: request(), cache and listeners of `importer`.

PATIENCE = 300  # seconds to wait for a module
HERE = "master:"  # before what the program calls the file: no such file is on this machine
QUIET = "find_spec", "find_loader"  # functions of the library that want None, not an error
# Never the program's: what systems and versions have that this one has not, and what could not work without its binary part.
NEVER = set("__builtin__ builtins thread msvcrt winreg _winreg _winapi nt org gi".split() + ["cStringIO"] * PY3)
STANDARD = getattr(sys, "stdlib_module_names", ())
core_on_load_module = on_load_module
core_find_early = find_early
core_describe = describe


def say(value):
    """Text in the type that names have here."""
    value = text(value)
    return value if PY3 else value.encode("utf-8")


class Entry(object):
    """What a LOAD_MODULE said: a module; or what is missing, then path is None; or the settings, then name is empty as well. data is the whole
    message as it came, source included."""
    reason = None
    has_source = False
    prepared = None

    def __init__(self, data, name, package, path, source, related):
        self.data = data
        self.name = say(name)
        self.package = None if package is None else frozenset(map(say, package))
        self.path = path if path is None else say(path)
        self.related = tuple(map(say, related))
        if path is None:
            self.reason = source and say(source)
        else:
            self.has_source = source is not None
            self.filename = HERE + self.path
            self.directory = self.filename.rpartition("/")[0] if source is not None else self.filename

    def source(self):
        """The bytes of the file."""
        data = Message(data=self.data).unpickle()[3]
        try:
            return zlib.decompress(data)
        except Exception as e:
            raise ImportError("the source of %s came damaged: %s" % (self.name, e))

    def code(self):
        """Compiled already, or now; it is not kept."""
        ready, self.prepared = self.prepared, None
        return ready or compile(self.source() if self.has_source else b"", self.filename, "exec", 0, 1)

    def prepare(self):
        try:
            self.prepared = self.code()
        except Exception:
            pass  # who imports it will see


if PY3:
    class Spec(sys.modules["_frozen_importlib"].ModuleSpec):
        cached = None  # there is no such file


class Importer(object):
    def __init__(self):
        self.cache = {}  # name -> Entry of a module
        self.missing = {}  # name -> the reason, or None
        self.waiting = {}  # name -> functions that want its entry
        self.listeners = []  # functions that want every entry: called by the leader
        self.epoch = 0  # when what is not there was last forgotten
        self.epochs = {}  # name of a package -> as of when its children are known
        self.asking = 0  # threads that wait for a module
        self.fresh = deque()  # what came meanwhile

    # The leader

    def request(self, name, callback):
        """The leader: have callback(entry) called, at once or when the entry has come. There is an answer to every request."""
        entry = self.cache.get(name)
        if entry:
            callback(entry)
        else:
            callbacks = self.waiting.setdefault(name, [])
            callbacks.append(callback)
            if len(callbacks) == 1:
                post(parent.remote_id, GET_MODULE, 0, text(name).encode("utf-8"))

    def enter(self, entry):
        name = entry.name
        if not name:
            set_overrides(entry.related)
            self.forget()
        elif entry.path is None:
            if len(self.missing) > 10000:
                self.missing = {}
            self.missing[name] = entry.reason
        else:
            self.cache[name] = entry
            self.epochs[name] = self.epoch
            if self.asking:
                self.fresh.append(entry)
            for other in entry.related:
                if other[:1] == "!":
                    self.missing.setdefault(other[1:], None)
            self.missing.pop(name, None)
        for function in self.waiting.pop(name, ()):
            guarded(function, entry)
        for function in self.listeners:
            guarded(function, entry)

    def give_up(self, name, callback):
        callbacks = self.waiting.get(name, [])
        if callback in callbacks:
            callbacks.remove(callback)
            if not callbacks:
                del self.waiting[name]  # whoever tries again asks again

    def cut_off(self):
        """No answer will come any more."""
        for name in list(self.waiting):
            self.enter(Entry(b"", name, None, None, u"the program is gone", ()))

    # Any thread

    def forget(self):
        """What was missing may be there now."""
        self.epoch += 1
        self.missing = {}

    def after_fork(self):
        """The new process: what the threads of the original were waiting for will not come here."""
        global main_lock, main_owner
        self.waiting.clear()
        main_lock = allocate_lock()
        main_owner = 0

    def find(self, name):
        """The entry of a module, or None."""
        entry = self.cache.get(name)
        if not entry and self.may_ask(name):
            entry = self.ask(name)
        return entry

    def may_ask(self, name):
        top = name.partition(".")[0]
        if name in self.missing or top in NEVER or top in STANDARD and not overridden(name) or len(name) > 1000 or "\0" in name:
            return False
        if busy == get_ident() or os.getpid() != pid or not config["parent_ids"]:
            return False
        head, _, tail = name.rpartition(".")
        package = self.cache.get(head)
        if package:
            # On 2.7 most names in packages are those of modules outside, which are looked for here first.
            known = self.epochs[head] == self.epoch or not PY3 and tail in sys.modules
            if package.package is None or not package.package.intersection((tail, "*")) and known:
                return False
        try:
            return text(name) == name.encode("utf-8").decode("utf-8") if PY3 else name.decode("utf-8") and True
        except UnicodeError:
            return False

    def ask(self, name):
        latch = Latch()
        router.broker.defer(self.request, name, latch.put)
        # The import system holds its lock while it looks for a module. Others should not have to wait for our answer, too.
        lock = PY3 and sys.modules["_imp"]
        try:
            if lock:
                lock.release_lock()
        except RuntimeError:
            lock = None
        self.asking += 1
        try:
            entry = self.wait(latch)
        except TimeoutError:
            router.broker.defer(self.give_up, name, latch.put)
            raise ImportError("no answer to the request for module %s in %d seconds" % (name, PATIENCE))
        finally:
            self.asking -= 1
            if not self.asking:
                self.fresh.clear()
            if lock:
                lock.acquire_lock()
        return None if entry.path is None else entry

    def wait(self, latch):
        """What a module needs comes before it. To compile that is most of the work of its import, and can be done meanwhile."""
        end = now() + PATIENCE
        delay = 0
        while 1:
            delay = min(delay * 2 or 0.002, 0.1)
            while self.fresh and latch.empty():
                delay = 0.002
                try:
                    self.fresh.popleft().prepare()
                except IndexError:
                    pass  # another thread was faster
            try:
                return latch.get(delay)
            except TimeoutError:
                if now() > end:
                    raise

    def spec(self, entry):
        if not PY3:
            return self
        made = Spec(entry.name, self, origin=entry.filename if entry.has_source else None, is_package=entry.package is not None)
        made.has_location = entry.has_source
        if entry.package is not None:
            made.submodule_search_locations.append(entry.directory)
        return made

    # The loader of all these modules

    def entry(self, name):
        try:
            return self.cache[name]
        except KeyError:
            raise ImportError("%s is no module that came from the program" % name)

    def is_package(self, name):
        return self.entry(name).package is not None

    def get_filename(self, name):
        return self.entry(name).filename

    def get_source(self, name):
        entry = self.entry(name)
        if not entry.has_source:
            return "" if PY3 else b""
        data = entry.source()
        if not PY3:
            return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            return sys.modules["_frozen_importlib_external"].decode_source(data)
        except (SyntaxError, UnicodeError) as e:
            raise ImportError("cannot decode the source of %s: %s" % (name, e))

    def get_code(self, name):
        return self.entry(name).code()

    def get_data(self, path):
        need_resources()
        return read_data(path)

    def get_resource_reader(self, name):
        need_resources()
        return Reader(name)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name if PY3 else module.__name__
        if name == "pbr":
            os.environ.setdefault("PBR_VERSION", "0.0.0")  # it would look for files of its own
        if self.entry(name).has_source:
            eval(self.get_code(name), module.__dict__)

    def load_module(self, name):
        """For 2.7."""
        name = native(name)
        entry = self.entry(name)
        old = sys.modules.get(name)
        module = sys.modules[name] = old or type(sys)(name)
        module.__loader__ = self
        module.__package__ = name if entry.package is not None else name.rpartition(".")[0]
        if entry.has_source:
            module.__file__ = entry.filename
        if entry.package is not None:
            module.__path__ = [entry.directory]
        try:
            self.exec_module(module)
        except BaseException:
            if not old:
                sys.modules.pop(name, None)
            raise
        return sys.modules[name]


def set_overrides(prefixes):
    global overrides
    overrides = prefixes


def overridden(name):
    return [prefix for prefix in overrides if (name + ".").startswith(prefix + ".")]


def on_load_module(msg):
    fields = msg.unpickle()
    if fields[2] == "":
        return core_on_load_module(msg)
    try:
        entry = Entry(msg.data, *fields)
    except Exception as e:
        entry = Entry(msg.data, fields[0], None, None, u"what came is no module: %s" % e, ())
    importer.enter(entry)


# Finders


def find_first(name):
    if name in hooks:
        return core_find_early(name)
    if name == STAND_IN:
        return stand_in(name)
    if name[:8] == "mitogen." or overridden(name):
        entry = importer.find(name)
        return entry and importer.spec(entry)


def find_early_spec(self, name, path=None, target=None):
    if not PY3 and sys.path[-1:] != [HERE]:
        # A path that somebody has added goes first.
        sys.path[:] = [entry for entry in sys.path if entry != HERE] + [HERE]
    return find_common(name, path) if name == COMMON else find_first(name)


def find_late(name, path, frame):
    if is_library(frame.f_code, name):
        return None
    head = name.rpartition(".")[0]
    # A package that is here is here with all it has, unless it is a namespace.
    if head and head != "mitogen" and type(path) is list and not [entry for entry in path if entry.startswith(HERE)]:
        return None
    if (name == "gi" and frame.f_globals.get("__loader__") is importer
            or (name == "gi.repository" or head == "gi.repository") and isinstance(sys.modules.get(head), StandIn)):
        return stand_in(name)
    entry = importer.cache.get(name)
    if not entry:
        made = find_behind(name, path)
        if made:
            return made
        try:
            entry = importer.find(name)
        except ImportError as e:
            return refuse_module(name, str(e))
    if entry:
        return importer.spec(entry)
    reason = importer.missing.get(name)
    if reason and frame.f_code.co_name not in QUIET:
        return refuse_module(name, "No module named %s: %s" % (name, reason))


def refuse_module(name, said):
    if PY3:
        raise ModuleNotFoundError(said, name=name)
    loader = StandInLoader()  # 2.7 would replace the text of what is raised here

    def load_module(name):
        raise ImportError(said)
    loader.load_module = load_module
    return loader


def find_behind(name, path):
    """Ask finders that others have put behind ours."""
    behind = []
    for finder in reversed(sys.meta_path if PY3 else ()):
        if type(finder) is LateFinder:
            for other in reversed(behind):
                made = other.find_spec(name, path)
                if made:
                    return made
        if hasattr(finder, "find_spec"):
            behind.append(finder)


def find_late_spec(self, name, path=None, target=None):
    frame = sys._getframe(1)
    while frame.f_back and ("<frozen importlib._" in frame.f_code.co_filename or frame.f_globals is globals()):
        frame = frame.f_back
    return find_late(name, path, frame)


def init_path(self, path=HERE):
    if not path.startswith(HERE):
        raise ImportError
    self.path = path


def iter_modules(self, prefix=""):
    need_resources()
    return modules_in(self.path, prefix)


def need_resources():
    try:
        fetch("mitogen.resources")
    except Error as e:
        raise IOError("cannot ask for data: %s" % e)


COMMON = "importlib._common"  # of 3.9, where files() asks no loader


def find_common(name, path):
    for finder in sys.meta_path:
        made = not isinstance(finder, EarlyFinder) and finder.find_spec(name, path)
        if made:
            inner = made.loader.exec_module

            def exec_module(module):
                inner(module)
                patch_common(module)
            made.loader.exec_module = exec_module
            return made


def patch_common(common):
    inner = getattr(common, "fallback_resources", None)

    def fallback_resources(spec):
        return importer.get_resource_reader(spec.name).files() if spec.loader is importer else inner(spec)
    if inner:
        common.fallback_resources = fallback_resources


# The program's script


main_lock = allocate_lock()
main_owner = main_here = 0


def find_in_main(module, name):
    """__main__ has no such name: now the script is needed, unless it is here."""
    global main_owner, main_here
    if not main_here and get_ident() not in (main_owner, busy):
        with main_lock:
            main_owner = get_ident()
            try:
                main_here = main_here or run_script(module)
            finally:
                main_owner = 0
        if name in module.__dict__:
            return module.__dict__[name]
    raise AttributeError("module __main__ has no attribute %s: %s" % (name, importer.missing.get("__main__") or "the part of the program's script before __name__ == '__main__' has none"))


def run_script(module):
    entry = importer.find("__main__")
    if entry:
        names = module.__dict__
        names.update(__file__=entry.filename, __loader__=importer)
        if PY3:
            names["__spec__"] = importer.spec(entry)  # multiprocessing would run the file, had this no name
        before = dict(names)
        try:
            eval(importer.get_code("__main__"), names)
        except BaseException:
            names.clear()
            names.update(before)
            raise
    return entry


# Stand-ins: the script imports at its top what its functions do not need here.


STAND_IN = "gi.repository.Mitogen"


class StandIn(type(sys)):
    def __getattr__(self, name):
        if name[:2] == "__" or self.__name__ in ("gi", "gi.repository"):
            raise AttributeError("%s, which is not installed on this machine, has no %s here" % (self.__name__, name))
        if self.__name__ == STAND_IN:
            raise AttributeError("Mitogen.%s exists in the program only, not in its contexts" % name)
        raise ImportError("%s is not installed on this machine: %s cannot be used" % (self.__name__, name))


class StandInLoader(object):
    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        if module.__name__ == "gi":
            module.require_version = module.require_versions = lambda *args: None
        elif module.__name__ == STAND_IN:
            module.main = decorate

    def load_module(self, name):
        module = sys.modules[name] = StandIn(name)
        module.__loader__ = self
        module.__path__ = [HERE + name]
        self.exec_module(module)
        return module


def decorate(function=None, *args, **kwargs):
    """In place of mitogen.main(), with or without its parentheses."""
    return function if callable(function) else lambda function: function


def stand_in(name):
    if not PY3:
        return StandInLoader()
    made = Spec(name, StandInLoader(), is_package=name.count(".") < 2)
    if name.count(".") < 2:
        made.submodule_search_locations.append(HERE + name)
    return made


def patch_gi(gi):
    inner = gi.require_version

    def require_version(namespace, version):
        if namespace != "Mitogen":
            inner(namespace, version)
    gi.require_version = require_version


# Tracebacks


MACHINERY = set("stub module_getattr find_attribute need_importer find_in_main run_script find find_missing find_early find_first find_early_spec "
                "find_late find_late_spec ask refuse_module spec entry source get_code code exec_module load_module".split())


class Shown(object):
    """One that is shown of the frames of a traceback, its code, and the line of source, if that came from the program."""

    def __init__(self, tb, following):
        code = tb.tb_frame.f_code
        self.tb_frame = self.f_code = self
        self.f_globals, self.co_filename, self.tb_lineno, self.tb_next = tb.tb_frame.f_globals, code.co_filename, tb.tb_lineno, following
        self.co_name = text(code.co_name) + source_line(tb)


def is_machinery(frame):
    code = frame.f_code
    return "<frozen importlib._" in code.co_filename or frame.f_globals is globals() and code.co_name in MACHINERY


def describe_shown(kind, value, tb):
    """As Python does, leave out how imports work, unless that itself failed."""
    frames = []
    while tb:
        frames.append(tb)
        tb = tb.tb_next
    if issubclass(kind, (ImportError, SyntaxError)) or frames and not is_machinery(frames[-1].tb_frame):
        frames = [made for made in frames if not is_machinery(made.tb_frame)]
    for made in reversed(frames):
        if made.tb_frame.f_code is not run.__code__:
            tb = Shown(made, tb)
    return core_describe(kind, value, tb)


shown = None, ()  # whose lines were last wanted, and these


def source_line(tb):
    global shown
    names = tb.tb_frame.f_globals
    try:
        entry = names.get("__loader__") is importer and importer.cache.get(names["__name__"])
        if entry and entry.filename == tb.tb_frame.f_code.co_filename:
            if shown[0] is not entry:
                shown = entry, entry.source().splitlines()
            return u"\n    " + text(shown[1][tb.tb_lineno - 1].strip()[:300])
    except Exception:
        pass  # then without
    return u""


# A module of the library whose names are those of a part.
FORK = b"from __future__ import absolute_import\nimport mitogen.core\nmitogen.core.fetch('mitogen.fork')\nfrom mitogen.core import on_fork\n"

importer = Importer()
for msg in [Message(data=dumps((u"mitogen.fork", None, u"mitogen/fork.py", zlib.compress(FORK), ()), 2))] + backlog:
    guarded(on_load_module, msg)
del backlog[:]
# From here on other threads come in.
describe = describe_shown
find_early = find_first
LateFinder.__init__ = init_path
LateFinder.path = HERE
LateFinder.iter_modules = iter_modules
EarlyFinder.find_spec = EarlyFinder.find_module = find_early_spec
LateFinder.find_spec = LateFinder.find_module = find_late_spec
LateFinder.invalidate_caches = lambda self: importer.forget()
if PY3:
    sys.path_hooks.append(LateFinder)
hooks["gi"] = patch_gi
if hasattr(sys.modules.get("gi"), "require_version"):
    patch_gi(sys.modules["gi"])
if COMMON in sys.modules:
    patch_common(sys.modules[COMMON])

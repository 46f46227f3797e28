# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: data files of packages that came from the program, for pkgutil and importlib.resources. The master sends it when
# importer.py first needs it. Every file and every list is asked for at home. No import statements here, see core_rest.py.


def ask_for_resource(package, name):
    """The bytes of a file, or the names in a directory, when name is empty or ends in a slash; None: there is none."""
    try:
        message = Message(handle=GET_RESOURCE, data=dumps((text(package), text(name)), 2))
        return router.context_by_id(home).send_await(message, PATIENCE)
    except Error as e:
        raise IOError("cannot read %s of package %s: %s" % (name or "the files", package, e))


def not_found(package, name):
    return IOError(errno.ENOENT, "No such file in package %s of the program" % package, name)


def read_data(path):
    """For pkgutil.get_data(): a path made of the __file__ of a module."""
    found = [entry for entry in list(importer.cache.values()) if entry.package is not None and path.startswith(entry.directory + "/")]
    if found:
        entry = max(found, key=lambda entry: len(entry.directory))
        name = path[len(entry.directory) + 1:]
        data = ask_for_resource(entry.name, name)
        if type(data) is bytes:
            return data
    raise not_found(found and entry.name, found and name or path)


def modules_in(path, prefix):
    for entry in list(importer.cache.values()):
        if entry.package is not None and entry.directory == path:
            names = sorted(entry.package)
            for name in names:
                child = entry.name + "." + name
                if importer.may_ask(child):
                    router.broker.defer(importer.request, child, lambda entry: None)
            for name in names:
                child = importer.find(entry.name + "." + name)
                if child and child.has_source:
                    yield prefix + name, child.package is not None


class Resource(object):
    """A file or directory: what importlib.resources calls a Traversable."""

    def __init__(self, package, path="", lists=None):
        self._package = package
        self._path = path  # without a slash at its end; empty: the package itself
        self._lists = {} if lists is None else lists  # of this tree: those that have been read

    @property
    def name(self):
        return (self._path or self._package.replace(".", "/")).rpartition("/")[2]

    def __repr__(self):
        return "Resource(%r, %r)" % (self._package, self._path)

    def _list(self, path):
        if path not in self._lists:
            names = ask_for_resource(self._package, path and path + "/")
            self._lists[path] = names if names is None else [say(name) for name in names]
        return self._lists[path]

    def iterdir(self):
        names = self._list(self._path)
        if names is None:
            raise NotADirectoryError(errno.ENOTDIR, "No directory", self._path)
        return iter([self.joinpath(name) for name in names])

    def _is(self, what):
        head, _, tail = self._path.rpartition("/")
        return tail + what in (self._list(head) or ())

    def is_dir(self):
        return self._is("/") if self._path else self._list("") is not None

    def is_file(self):
        return bool(self._path) and self._is("")

    def joinpath(self, *names):
        path = self._path
        for name in "/".join(map(os.fspath, names)).split("/"):
            if name == "..":
                raise ValueError("%s is outside of package %s" % (name, self._package))
            if name not in ("", "."):
                path = path and path + "/" + name or name
        return Resource(self._package, path, self._lists)

    def __truediv__(self, name):
        return self.joinpath(name)

    def read_bytes(self):
        data = ask_for_resource(self._package, self._path) if self._path else None
        if type(data) is not bytes:
            if self.is_dir():
                raise IsADirectoryError(errno.EISDIR, "Is a directory", self._path)
            raise not_found(self._package, self._path)
        return data

    def open(self, mode="r", *args, **kwargs):
        if mode not in ("r", "rt", "rb"):
            raise ValueError("mode %r: resources can only be read" % mode)
        file = BytesIO(self.read_bytes())
        return file if mode == "rb" else sys.modules["_io"].TextIOWrapper(file, *args, **kwargs)

    def read_text(self, encoding=None, errors=None):
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()


class Reader(object):
    """For importlib.resources."""

    def __init__(self, package):
        self.package = package
        for module in ("importlib.abc", "importlib.resources.abc"):
            names = vars(sys.modules.get(module, type))  # not getattr(): some versions warn of these names
            for kind, abstract in ((Reader, "ResourceReader"), (Reader, "TraversableResources"), (Resource, "Traversable")):
                if abstract in names:
                    names[abstract].register(kind)

    def files(self):
        return Resource(self.package)

    def open_resource(self, name):
        return self.files().joinpath(name).open("rb")

    def resource_path(self, name):
        raise not_found(self.package, name)  # on this machine; then a temporary file is made

    def is_resource(self, name):
        return self.files().joinpath(name).is_file()

    def contents(self):
        return iter([resource.name for resource in self.files().iterdir()])

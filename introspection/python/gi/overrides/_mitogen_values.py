# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Plain Python values to GVariants and back, for the Mitogen override.

Values that are received are decoded from their serialised form: asking
PyGObject for each element of a large list takes several times as long.
"""

import array
import functools
import struct

from gi.repository import GLib

_VARIANT = GLib.VariantType('v')
_NOTHING = GLib.Variant.new_maybe(_VARIANT, None)

# Lists shorter than this are not worth a look for elements of one type.
_MIN_UNIFORM = 8


# ---- Python to GVariant ----

def _pack_int(value):
    if -1 << 63 <= value < 1 << 63:
        return GLib.Variant.new_int64(value)
    if 0 <= value < 1 << 64:
        return GLib.Variant.new_uint64(value)
    raise TypeError('int %s has more than 64 bits: send it as str' % _shorten(value))


def _shorten(value):
    # A long int cannot even be printed on newer Pythons.
    return hex(value >> (value.bit_length() - 32)) + '…'


def _pack_str(value):
    # GLib would cut the text short, or abort, instead of refusing it.
    if '\0' in value:
        raise TypeError('str with a NUL character: send it as bytes')
    try:
        return GLib.Variant.new_string(value)
    except UnicodeEncodeError:
        raise TypeError('str with a lone surrogate: send it as bytes') from None


def _from_data(type_string, data):
    return GLib.Variant.new_from_bytes(
        GLib.VariantType(type_string), GLib.Bytes.new(data), True)


def _pack_bytes(value):
    return _from_data('ay', bytes(value))


def _pack_texts(value):
    if any('\0' in text for text in value):
        return None
    try:
        return GLib.Variant.new_strv(value)
    except UnicodeEncodeError:
        return None


def _pack_uniform(value):
    """Returns the list as an array of its only element type, or None."""
    kinds = set(map(type, value))
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    if kind is float:
        return _from_data('ad', array.array('d', value).tobytes())
    if kind is int:
        try:
            return _from_data('ax', array.array('q', value).tobytes())
        except OverflowError:
            return None
    if kind is bool:
        return _from_data('ab', bytes(value))
    return _pack_texts(value) if kind is str else None


def _pack_list(value):
    if len(value) >= _MIN_UNIFORM:
        uniform = _pack_uniform(value)
        if uniform is not None:
            return uniform
    return GLib.Variant.new_array(
        _VARIANT, [GLib.Variant.new_variant(pack(item)) for item in value])


def _pack_tuple(value):
    return GLib.Variant.new_tuple(*[pack(item) for item in value])


def _pack_key_type(keys):
    """Returns the GVariant type that all keys have, and its constructor."""
    if all(isinstance(key, str) for key in keys):
        return 's', _pack_str
    if all(isinstance(key, bool) for key in keys):
        return 'b', GLib.Variant.new_boolean
    if all(isinstance(key, float) for key in keys):
        return 'd', GLib.Variant.new_double
    if not all(isinstance(key, int) and not isinstance(key, bool) for key in keys):
        names = ', '.join(sorted({type(key).__name__ for key in keys}))
        raise TypeError('dict with keys of type %s: keys must be all str, all int, all '
                        'float or all bool; send a list of pairs' % names)
    if any(key >= 1 << 63 for key in keys) and all(0 <= key < 1 << 64 for key in keys):
        return 't', GLib.Variant.new_uint64
    if all(-1 << 63 <= key < 1 << 63 for key in keys):
        return 'x', GLib.Variant.new_int64
    raise TypeError('dict with int keys that do not fit into 64 bits together: '
                    'send a list of pairs')


def _pack_dict(value):
    key_type, pack_key = _pack_key_type(value)
    if not value:
        return GLib.Variant.new_array(GLib.VariantType('{sv}'), [])
    return GLib.Variant.new_array(GLib.VariantType('{%sv}' % key_type), [
        GLib.Variant.new_dict_entry(pack_key(key), GLib.Variant.new_variant(pack(item)))
        for key, item in value.items()])


_PACKERS = {
    type(None): lambda value: _NOTHING,
    bool: GLib.Variant.new_boolean,
    int: _pack_int,
    float: GLib.Variant.new_double,
    str: _pack_str,
    bytes: _pack_bytes,
    bytearray: _pack_bytes,
    memoryview: _pack_bytes,
    list: _pack_list,
    tuple: _pack_tuple,
    dict: _pack_dict,
    GLib.Variant: lambda value: value,
    GLib.Bytes: lambda value: GLib.Variant.new_from_bytes(
        GLib.VariantType('ay'), value, True),
}

# What to do instead, for types that people often try to send.
_ADVICE = {
    'set': 'send a list',
    'frozenset': 'send a list',
    'complex': 'send its parts as a tuple',
    'datetime': 'send its isoformat() or timestamp()',
    'date': 'send its isoformat()',
    'time': 'send its isoformat()',
    'timedelta': 'send its total_seconds()',
    'Decimal': 'send it as str',
    'PosixPath': 'send it as str',
    'UUID': 'send it as str',
    'range': 'send a list',
    'generator': 'send a list',
    'dict_keys': 'send a list',
    'dict_values': 'send a list',
    'function': 'send its name as str',
}


def register(kind, packer):
    """Has values of a type packed by a function of their own."""
    _PACKERS[kind] = packer


def pack(value):
    """Turns a plain Python value into a GVariant."""
    packer = _PACKERS.get(type(value))
    if packer is not None:
        return packer(value)
    for base in type(value).__mro__[1:]:
        if base in _PACKERS:
            return _PACKERS[base](value)
    name = type(value).__name__
    raise TypeError('a value of type %s cannot be sent: %s' % (
        name, _ADVICE.get(name, 'send its parts as a dict, tuple or list')))


def pack_args(args):
    return _pack_tuple(args) if args else None


def pack_kwargs(kwargs):
    return _pack_dict(kwargs) if kwargs else None


# ---- GVariant to Python ----
#
# A decoder is a tuple (alignment, size, decode): size is 0 where it varies, and
# decode(data, start, end, resolve) returns the value in data[start:end].

def _align(offset, alignment):
    return (offset + alignment - 1) & -alignment


def _fixed(code):
    unpack = struct.Struct('=' + code).unpack_from
    size = struct.calcsize('=' + code)
    return size, size, lambda data, start, end, resolve: unpack(data, start)[0]


def _decode_text(data, start, end, resolve):
    return data[start:end - 1].decode()


_TEXT = (1, 0, _decode_text)
_LEAVES = {
    'b': _fixed('?'), 'y': _fixed('B'), 'n': _fixed('h'), 'q': _fixed('H'),
    'i': _fixed('i'), 'u': _fixed('I'), 'h': _fixed('i'), 'x': _fixed('q'),
    't': _fixed('Q'), 'd': _fixed('d'), 's': _TEXT, 'o': _TEXT, 'g': _TEXT,
}
_ARRAY_CODES = {'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd'}
_SPECIAL = {'(ous)', '(ouu)'}


def _decode_variant(data, start, end, resolve):
    # The type comes last, after a NUL that no type string holds.
    split = data.rindex(b'\0', start, end)
    return _decoder(data[split + 1:end].decode())[2](data, start, split, resolve)


# Offsets are little-endian on every machine, unlike the values.
_OFFSET = {size: struct.Struct('<' + code) for size, code in zip((1, 2, 4, 8), 'BHIQ')}


def _offset_size(size):
    return 1 if size <= 0xff else 2 if size <= 0xffff else 4 if size <= 0xffffffff else 8


def _read_ends(data, start, end):
    """Returns where each element of a variable-size array ends."""
    width = _offset_size(end - start)
    first = start + _OFFSET[width].unpack_from(data, end - width)[0]
    return struct.unpack_from(
        '<%d%s' % ((end - first) // width, _OFFSET[width].format[-1]), data, first)


def _make_numbers(code):
    size = struct.calcsize('=' + code)

    def decode(data, start, end, resolve):
        return list(struct.unpack_from('=%d%s' % ((end - start) // size, code), data, start))
    return size, 0, decode


def _make_fixed_list(element):
    alignment, size, decode_item = element

    def decode(data, start, end, resolve):
        return [decode_item(data, at, at + size, resolve) for at in range(start, end, size)]
    return alignment, 0, decode


def _make_list(element):
    alignment, size, decode_item = element
    if size:
        return _make_fixed_list(element)

    def decode(data, start, end, resolve):
        if start == end:
            return []
        items = []
        at = start
        for item_end in _read_ends(data, start, end):
            items.append(decode_item(data, at, start + item_end, resolve))
            at = _align(start + item_end, alignment)
        return items
    return alignment, 0, decode


def _make_dict(element):
    alignment, _, decode_pairs = _make_list(element)

    def decode(data, start, end, resolve):
        return dict(decode_pairs(data, start, end, resolve))
    return alignment, 0, decode


def _make_maybe(element):
    alignment, size, decode_item = element

    def decode(data, start, end, resolve):
        if start == end:
            return None
        # A zero byte follows what has no size of its own.
        return decode_item(data, start, end if size else end - 1, resolve)
    return alignment, 0, decode


def _get_tuple_size(elements, alignment):
    size = 0
    for item_alignment, item_size, _ in elements:
        if not item_size:
            return 0
        size = _align(size, item_alignment) + item_size
    return _align(size, alignment) or 1


def _make_tuple(elements):
    alignment = max([element[0] for element in elements], default=1)

    def decode(data, start, end, resolve):
        width = _offset_size(end - start)
        offset_at = end
        items = []
        at = start
        for index, (item_alignment, size, decode_item) in enumerate(elements):
            at = _align(at, item_alignment)
            if size:
                item_end = at + size
            elif index == len(elements) - 1:
                item_end = offset_at
            else:
                offset_at -= width
                item_end = start + _OFFSET[width].unpack_from(data, offset_at)[0]
            items.append(decode_item(data, at, item_end, resolve))
            at = item_end
        return tuple(items)
    return alignment, _get_tuple_size(elements, alignment), decode


def _make_special(elements):
    """A tuple that may stand for an object, if its path says so."""
    alignment, size, decode_plain = _make_tuple(elements)

    def decode(data, start, end, resolve):
        return resolve(decode_plain(data, start, end, resolve))
    return alignment, size, decode


def _split_types(types):
    """Splits the types in a tuple."""
    parts = []
    start = depth = 0
    for at, code in enumerate(types):
        depth += (code in '({') - (code in ')}')
        if depth == 0 and code not in 'am':
            parts.append(types[start:at + 1])
            start = at + 1
    return parts


# A child chooses the types it sends, so only so many of them are kept.
@functools.lru_cache(maxsize=512)
def _decoder(type_string):
    code = type_string[0]
    if code in _LEAVES:
        return _LEAVES[code]
    if code == 'v':
        return 8, 0, _decode_variant
    if code in '({':
        elements = [_decoder(part) for part in _split_types(type_string[1:-1])]
        return (_make_special if type_string in _SPECIAL else _make_tuple)(elements)
    if code == 'm':
        return _make_maybe(_decoder(type_string[1:]))
    if type_string == 'ay':
        return 1, 0, lambda data, start, end, resolve: data[start:end]
    if type_string[1] == '{' or type_string == 'a(vv)':
        return _make_dict(_decoder(type_string[1:]))
    if type_string[1:] in _ARRAY_CODES:
        return _make_numbers(_ARRAY_CODES[type_string[1:]])
    return _make_list(_decoder(type_string[1:]))


_QUICK = {
    'x': GLib.Variant.get_int64,
    's': GLib.Variant.get_string,
    'b': GLib.Variant.get_boolean,
    'd': GLib.Variant.get_double,
}


def unpack(variant, resolve=lambda value: value):
    """Turns a GVariant into a plain Python value.

    resolve() gets each tuple that has the type of a context or sender, and
    returns what to put in its place.
    """
    type_string = variant.get_type_string()
    quick = _QUICK.get(type_string)
    if quick is not None:
        return quick(variant)
    data = variant.get_data_as_bytes().get_data() or b''
    return _decoder(type_string)[2](data, 0, len(data), resolve)

# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The map of syncmap/c.h for Python, by ctypes: bytes to bytes, for any number of threads.

ctypes lets other threads run while a call is in the library, and callbacks of range take the
interpreter back for themselves. Set SYNCMAP_LIBRARY to the shared library if the system does not find it.
"""

import ctypes
import os

OK, ABSENT, UNEQUAL, TOO_SMALL, NO_MEMORY, INVALID = 0, 1, 2, 3, -1, -2

_lib = ctypes.CDLL(os.environ.get("SYNCMAP_LIBRARY", "libsyncmap_c.so.0"))
_map, _bytes, _size, _status = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
_visitor = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, _size, ctypes.c_void_p, _size, ctypes.c_void_p
)
_result = [ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(_size)]


def _declare(name, result, *arguments):
    function = getattr(_lib, f"syncmap_{name}")
    function.restype, function.argtypes = result, arguments
    return function


_create = _declare("create", _map)
_destroy = _declare("destroy", None, _map)
_free = _declare("free", None, ctypes.c_void_p)
_load = _declare("load", _status, _map, _bytes, _size, *_result)
_store = _declare("store", _status, _map, _bytes, _size, _bytes, _size)
_load_or_store = _declare("load_or_store", _status, _map, _bytes, _size, _bytes, _size, *_result)
_load_and_erase = _declare("load_and_erase", _status, _map, _bytes, _size, *_result)
_erase = _declare("erase", _status, _map, _bytes, _size)
_swap = _declare("swap", _status, _map, _bytes, _size, _bytes, _size, *_result)
_compare_and_swap = _declare(
    "compare_and_swap", _status, _map, _bytes, _size, _bytes, _size, _bytes, _size
)
_compare_and_erase = _declare("compare_and_erase", _status, _map, _bytes, _size, _bytes, _size)
_range = _declare("range", _status, _map, _visitor, ctypes.c_void_p)
_clear = _declare("clear", _status, _map)
_length = _declare("size", _size, _map)
_text = _declare("status_text", ctypes.c_char_p, ctypes.c_int)
version = _declare("version", ctypes.c_char_p)().decode()


def _answer(status):
    """The status, if it is no error."""
    if status == NO_MEMORY:
        raise MemoryError("syncmap: " + _text(status).decode())
    if status < 0:
        raise ValueError("syncmap: " + _text(status).decode())
    return status


def _take(function, *arguments):
    """Calls a function that returns a value, and makes that Python's own; None if it is absent."""
    value, size = ctypes.c_void_p(), ctypes.c_size_t()
    if _answer(function(*arguments, ctypes.byref(value), ctypes.byref(size))) == ABSENT:
        return None
    try:
        return ctypes.string_at(value, size.value)
    finally:
        _free(value)


class Map:
    """Keys and values are bytes. Every method may be called by any thread at any time."""

    def __init__(self):
        self._map = _create()
        if self._map is None:
            raise MemoryError("syncmap: no memory for a map")

    def __del__(self):  # no other call can be running: it would hold a reference
        _destroy(getattr(self, "_map", None))

    def __len__(self):
        return _length(self._map)

    def load(self, key):
        """The value of the key, or None."""
        return _take(_load, self._map, key, len(key))

    def store(self, key, value):
        """Makes this the value of the key."""
        _answer(_store(self._map, key, len(key), value, len(value)))

    def load_or_store(self, key, value):
        """(The value that is there now, whether it was there before.)"""
        found = _take(_load_or_store, self._map, key, len(key), value, len(value))
        return (value, False) if found is None else (found, True)

    def load_and_erase(self, key):
        """Removes the key; returns its value, or None."""
        return _take(_load_and_erase, self._map, key, len(key))

    def erase(self, key):
        """Removes the key; returns whether it was there."""
        return _answer(_erase(self._map, key, len(key))) == OK

    def swap(self, key, value):
        """Makes this the value of the key; returns the one before, or None."""
        return _take(_swap, self._map, key, len(key), value, len(value))

    def compare_and_swap(self, key, expected, desired):
        """If the key has the expected value, makes the other its value; returns whether it did."""
        arguments = key, len(key), expected, len(expected), desired, len(desired)
        return _answer(_compare_and_swap(self._map, *arguments)) == OK

    def compare_and_erase(self, key, expected):
        """If the key has the expected value, removes it; returns whether it did."""
        return _answer(_compare_and_erase(self._map, key, len(key), expected, len(expected))) == OK

    def range(self, visit):
        """Calls visit(key, value) for the entries until it returns False. What it raises ends that."""
        raised = []

        @_visitor
        def show(key, key_size, value, value_size, _):
            try:
                entry = ctypes.string_at(key, key_size), ctypes.string_at(value, value_size)
                return visit(*entry) is not False
            except BaseException as error:  # must not leave a callback: see c.h
                raised.append(error)
                return False

        _answer(_range(self._map, show, None))
        if raised:
            raise raised[0]

    def clear(self):
        """Removes all entries, at one instant."""
        _answer(_clear(self._map))

# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The Python module of examples/python, which also shows that the C interface can be called from elsewhere."""

import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"))
import syncmap  # noqa: E402


class Python(unittest.TestCase):
    def setUp(self):
        self.map = syncmap.Map()

    def entries(self):
        found = {}
        self.map.range(lambda key, value: found.update({key: value}))
        return found

    def test_operations_answer_as_in_c(self):
        self.assertIsNone(self.map.load(b"a"))
        self.map.store(b"a", b"one")
        self.assertEqual(self.map.load(b"a"), b"one")
        self.assertEqual(self.map.load_or_store(b"a", b"two"), (b"one", True))
        self.assertEqual(self.map.load_or_store(b"b", b"two"), (b"two", False))
        self.assertEqual(self.map.swap(b"b", b"three"), b"two")
        self.assertIsNone(self.map.swap(b"c", b"four"))
        self.assertFalse(self.map.compare_and_swap(b"c", b"x", b"y"))
        self.assertTrue(self.map.compare_and_swap(b"c", b"four", b"five"))
        self.assertFalse(self.map.compare_and_erase(b"c", b"four"))
        self.assertTrue(self.map.compare_and_erase(b"c", b"five"))
        self.assertEqual(self.map.load_and_erase(b"b"), b"three")
        self.assertIsNone(self.map.load_and_erase(b"b"))
        self.assertTrue(self.map.erase(b"a"))
        self.assertFalse(self.map.erase(b"a"))
        self.assertEqual(len(self.map), 0)

    def test_any_bytes_come_back(self):
        for value in (b"", b"\0", b"a\0b", bytes(range(256)), b"x" * 100000):
            self.map.store(value, value)
            self.assertEqual(self.map.load(value), value)
        self.assertEqual(len(self.entries()), 5)

    def test_clear_empties_the_map(self):
        self.map.store(b"a", b"one")
        self.map.clear()
        self.assertEqual((len(self.map), self.entries()), (0, {}))

    def test_range_ends_when_it_is_told(self):
        for i in range(10):
            self.map.store(b"%d" % i, b"")
        seen = []
        self.map.range(lambda key, _: seen.append(key) or len(seen) < 3)
        self.assertEqual(len(seen), 3)

    def test_range_may_change_the_map(self):
        for i in range(100):
            self.map.store(b"%d" % i, b"x")
        self.map.range(lambda key, _: self.map.erase(key))
        self.assertEqual(len(self.map), 0)

    def test_what_a_visitor_raises_ends_range(self):
        self.map.store(b"a", b"one")
        with self.assertRaises(ZeroDivisionError):
            self.map.range(lambda *_: 1 / 0)

    def test_threads_share_a_map(self):
        won = []

        def claim():
            for i in range(1000):
                if not self.map.load_or_store(b"%d" % i, b"")[1]:
                    won.append(i)

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(won), list(range(1000)))


if __name__ == "__main__":
    unittest.main()

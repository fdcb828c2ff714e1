# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every kind of mutation is found in a small header, and changes what a program with it does."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutants import SWITCH, Finder, instrument  # noqa: E402

HEADER = """#pragma once
#include <mutex>
namespace some {
template <class T>
class counter {
 public:
  explicit counter(T first) : sum_(first + 2) {}
  // Adds what is allowed: less than 10, and not 7.
  T add(T more) {
    const std::lock_guard lock(mutex_);
    if (more >= 10 || more == 7) return sum_;
    const auto twice = [](T one) { return one * 2; };
    last_ = twice(more);
    publish(last_);
    return more < 5 ? sum_ : last_;
  }
  void publish(T all) { sum_ += all; }
  struct mutex {
    void lock() { ++locks; }
    void unlock() {}
    int locks = 0;
  };
  [[nodiscard]] int locks() const { return mutex_.locks; }

 private:
  static constexpr int unused = 1 + 1;
  T sum_;
  T last_ = 0;
  mutex mutex_;
};
}  // namespace some
"""
PROGRAM = """#include <cstdio>
#include <counter.hpp>
int main() {
  some::counter<int> one(1);
  for (int i = 0; i < 12; ++i) std::printf("%d ", one.add(i));
  std::printf("%d\\n", one.locks());
}
"""


class MutantsTest(unittest.TestCase):
    def setUp(self):
        self.found = Finder("counter.hpp", HEADER).all()

    def texts(self, kind):
        return [(one.before, one.after) for one in self.found if one.kind == kind]

    def test_finds_each_kind(self):
        self.assertEqual(self.texts("lock"), [("const std::lock_guard lock(mutex_);", "")])
        self.assertEqual(self.texts("leave"), [("return sum_;", "")])
        self.assertEqual(
            self.texts("statement"),
            [("last_ = twice(more);", ""), ("publish(last_);", ""), ("sum_ += all;", ""), ("++locks;", "")],
        )
        self.assertEqual(
            self.texts("swap"),
            [("last_ = twice(more); publish(last_);", "publish(last_); last_ = twice(more);")],
        )
        guard = "more >= 10 || more == 7"
        self.assertEqual(
            self.texts("condition"),
            [(guard, "false"), (guard, "true"), ("more < 5", "false"), ("more < 5", "true")],
        )
        self.assertEqual(self.texts("operand"), [(guard, "without more >= 10"), (guard, "without more == 7")])
        self.assertIn(("first + 2", "first - 2"), self.texts("operator"))
        self.assertIn(("one * 2", "one + 2"), self.texts("operator"))
        self.assertIn((guard, "more >= 10 && more == 7"), self.texts("operator"))
        self.assertIn(("first + 2", "first + 3"), self.texts("constant"))

    def test_leaves_constants_of_the_compiler_alone(self):
        self.assertFalse([one for one in self.found if "unused" in HEADER.split("\n")[one.line - 1]])

    def test_says_where(self):
        lines = HEADER.split("\n")
        for one in self.found:
            self.assertIn(one.before.split()[0], lines[one.line - 1], one)

    def test_each_mutation_changes_what_a_program_says(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "syncmap").mkdir()
            text, crossed = instrument(HEADER, list(enumerate(self.found)))
            self.assertFalse(crossed)
            (folder / "counter.hpp").write_text(text, encoding="utf-8")
            switch = SWITCH.replace("@COUNT@", str(len(self.found)))
            (folder / "syncmap/mutation.hpp").write_text(switch, encoding="utf-8")
            (folder / "main.cpp").write_text(PROGRAM, encoding="utf-8")
            program = folder / "program"
            subprocess.run(
                ["g++", "-std=c++20", "-w", f"-I{folder}", str(folder / "main.cpp"), "-o", str(program)],
                check=True,
            )

            def says(number):
                environment = {**os.environ, "SYNCMAP_MUTATION": str(number)}
                return subprocess.run(
                    [program], env=environment, capture_output=True, text=True, check=True
                ).stdout

            expected = says(-1)
            self.assertEqual(expected, "3 5 9 15 23 10 12 45 16 18 79 79 12\n")
            for number, one in enumerate(self.found):
                self.assertNotEqual(says(number), expected, one)


if __name__ == "__main__":
    unittest.main()

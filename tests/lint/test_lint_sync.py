# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from linting import LinterTest

HEAD = """\
// list.hpp -- a list.
//
//   S1 publish-node   release: push()   acquire: first()
//      Carries the node.
//   T1 announce-scan  light: push()     heavy: scan()
"""

BODY = """
#pragma once
std::atomic<node*> head_;
std::atomic<int> count_{0};
void push() {
  head_.store(fresh, std::memory_order_release);  // S1 release
  // T1: orders the store before the load
  // that follows.
  slot_.exchange(fresh,
                 std::memory_order_seq_cst);
  // relaxed (statistic): any value will do.
  count_.fetch_add(1, std::memory_order_relaxed);
}
void scan() {
  P::fence_heavy();  // T1
  head_.load(std::memory_order_acquire);  // S1 acquire
}
"""


class Sync(LinterTest):
    linter = "lint-sync.py"

    def with_code(self, code, head=HEAD):
        return {"detail/list.hpp": head + BODY + "void more() {\n" + code + "\n}\n"}

    def accepts(self, code):
        self.assert_accepts(self.with_code(code))

    def complains(self, code, *expected):
        self.assert_complains(self.with_code(code), *expected)

    def test_accepts_the_example(self):
        self.assert_accepts({"detail/list.hpp": HEAD + BODY})

    # order

    def test_order_is_never_left_out(self):
        self.complains("  head_.load();", "order: head_.load")
        self.complains("  count_.fetch_sub(1);", "order: fetch_sub")
        self.complains("  count_ = 1;", "order: operator")
        self.complains("  ++count_;", "order: operator")
        self.complains("  list->count_ += 2;", "order: operator")

    def test_order_of_a_failed_exchange_is_stated(self):
        self.complains(
            "  head_.compare_exchange_weak(a, b, std::memory_order_release);  // S1 release",
            "order: compare_exchange_weak does not state both",
        )

    def test_order_is_not_asked_of_a_pointer_to_an_atomic(self):
        self.accepts("  std::atomic<int>* at_;\n  at_ = &count_;\n  ++at_;")
        self.complains("  std::atomic<int>* at_;\n  at_->store(1);", "order: at_.store")

    def test_order_may_be_passed_on(self):
        self.accepts("  head_.load(order);")

    def test_order_is_not_asked_of_what_is_not_atomic(self):
        self.accepts("  map_.load(key);\n  map_.store(key, value);\n  total = 3;")

    # label

    def test_label_is_on_every_ordered_access(self):
        self.complains("  head_.load(std::memory_order_acquire);", "label: acquire")
        self.complains("  head_.store(x, std::memory_order_release);", "label: release")
        self.complains("  head_.load(std::memory_order_seq_cst);", "label: seq_cst")
        self.complains("  P::announce(slot, x);", "label: asymmetric fence")

    def test_label_has_the_side_of_the_order(self):
        self.complains(
            "  head_.load(std::memory_order_acquire);  // S1 release",
            "label: acquire access without",
            "label: `S<n> release` on an access that is not",
        )
        self.complains(
            "  // S1 release; relaxed (own)\n  head_.store(x, std::memory_order_relaxed);",
            "label: `S<n> release` on an access that is only relaxed",
        )

    def test_label_is_needed_for_both_sides_of_acq_rel(self):
        exchange = "  head_.exchange(x, std::memory_order_acq_rel);  // "
        self.complains(exchange + "S1 release", "label: acquire")
        self.accepts(exchange + "S1 acquire, S1 release")
        self.accepts(exchange + "S1 release/acquire")

    def test_label_without_a_side_is_prose(self):
        self.complains("  head_.load(std::memory_order_acquire);  // see S1", "label: acquire")

    def test_label_stands_in_the_statement_or_directly_above(self):
        call = (
            "head_.compare_exchange_weak(a, b,\n"
            "{}    std::memory_order_acquire,{}\n"
            "    std::memory_order_relaxed)"
        )
        above = "  // S1 acquire. Failure: relaxed (revalidated).\n"
        self.accepts(above + "  while (!" + call.format("", "") + ") {\n  }")
        self.accepts("  " + call.format("    // S1 acquire\n", "  // relaxed (revalidated)") + ";")
        load = "  head_.load(std::memory_order_acquire);"
        self.accepts("  // S1 acquire\n" + load)
        self.complains("  // S1 acquire\n  int other;\n" + load, "label: acquire")
        self.complains("  // S1 acquire\n\n" + load, "label: acquire")

    # reason

    def test_reason_is_on_every_relaxed_access(self):
        self.complains("  count_.load(std::memory_order_relaxed);", "list.hpp:24: reason: relaxed")

    def test_reason_is_from_the_list(self):
        load = "  count_.load(std::memory_order_relaxed);"
        for reason in ("own", "locked", "locked: mu_", "unpublished", "revalidated", "after S1"):
            self.accepts(f"  // relaxed ({reason}): because.\n{load}")
        for reason in ("fast", "owner", "after all"):
            self.complains(f"{load}  // relaxed ({reason})", f"reason: `{reason}`")

    def test_reason_is_on_no_other_access(self):
        self.complains(
            "  // S1 acquire, relaxed (own)\n  head_.load(std::memory_order_acquire);",
            "reason: `relaxed (...)` on an access that is not relaxed",
        )

    # declared

    def test_declared_is_what_is_mentioned(self):
        self.complains("  // S7 explains this.", "declared: list declares no S7")
        load = "  count_.load(std::memory_order_relaxed);"
        self.complains("  // relaxed (after S7)\n" + load, "declared: list declares no S7")

    def test_declared_once(self):
        files = {"detail/list.hpp": HEAD + "//   S1 other-edge  again\n" + BODY}
        self.assert_complains(files, "list.hpp:6: declared: S1 is declared twice")

    def test_declared_in_the_file_of_the_prefix(self):
        other = "#pragma once\nint f() { return x.load(std::memory_order_acquire); }  // {}\n"
        files = {"detail/list.hpp": HEAD + BODY}
        self.assert_accepts({**files, "map.hpp": other.replace("{}", "list:S1 acquire")})
        for prefix in ("list:S2", "lost:S1", "S1"):
            self.assert_complains(
                {**files, "map.hpp": other.replace("{}", prefix + " acquire")}, "declares no"
            )

    def test_declared_is_what_documents_mention(self):
        files = {"detail/list.hpp": HEAD + BODY}
        self.assert_accepts({**files, "../../docs/proof.md": "By `list:S1` and `list:T1`.\n"})
        files["../../docs/proof.md"] = "Well,\nby list:S3.\n"
        self.assert_complains(files, "proof.md:2: declared: list declares no S3")

    # used

    def test_used_on_both_sides(self):
        body = BODY.replace("acquire", "release")
        self.assert_complains({"detail/list.hpp": HEAD + body}, "list.hpp:3: used: S1 has no acq")
        body = BODY.replace("acquire);  // S1 acquire", "relaxed);  // relaxed (own)")
        self.assert_complains({"detail/list.hpp": HEAD + body}, "list.hpp:3: used: S1 has no acq")

    def test_used_on_both_sides_of_a_total_order(self):
        body = BODY.replace("  P::fence_heavy();  // T1\n", "")
        self.assert_complains({"detail/list.hpp": HEAD + body}, "list.hpp:5: used: T1 has no sec")

    def test_used_at_all(self):
        head = HEAD + "//   S2 forgotten  release: nobody\n//   T2 lonely-pair  too\n"
        missing = "S2 has no release", "S2 has no acquire", "T2 has no access"
        self.assert_complains({"detail/list.hpp": head + BODY}, *missing)

    def test_used_may_be_in_another_file(self):
        body = BODY.replace("acquire);  // S1 acquire", "relaxed);  // relaxed (own)")
        load = "x.load(std::memory_order_acquire);  // list:S1 acquire"
        other = f"#pragma once\nint f() {{\n  return {load}\n}}\n"
        self.assert_accepts({"detail/list.hpp": HEAD + body, "map.hpp": other})


if __name__ == "__main__":
    unittest.main()

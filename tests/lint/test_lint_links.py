# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from linting import LinterTest


class Links(LinterTest):
    linter = "lint-links.py"
    folder = "."

    def test_accepts_files_folders_and_other_sites(self):
        text = "[a](b/c.md) [b](b) [c](https://example.org/x#y) `[d](none)`\n```\n[e](none)\n```\n<!-- [f](none) -->\n"
        self.assert_accepts({"a.md": text, "b/c.md": "[up](../a.md)"})

    def test_refuses_a_file_that_is_not_there(self):
        self.assert_complains({"a.md": "\n[a](none.md)\n"}, "a.md:2: none.md leads nowhere")

    def test_refuses_to_leave_the_repository(self):
        self.assert_complains({"a.md": "[a](../../../etc/passwd)"}, "leads out of the repository")

    def test_accepts_the_anchors_of_headings(self):
        page = "# Go's own `map`, [twice](x.md)\n## Same\n## Same\n"
        links = "[a](x.md#gos-own-map-twice) [b](x.md#same) [c](x.md#same-1)"
        self.assert_accepts({"x.md": page, "a.md": links})

    def test_refuses_an_anchor_that_no_heading_has(self):
        self.assert_complains({"x.md": "# One\n```\n# two\n```\n", "a.md": "[a](x.md#two)"}, "no such heading")
        self.assert_complains({"a.md": "# One\n[a](#two)"}, "#two: no such heading")

    def test_looks_at_pages_of_html(self):
        page = '<p id="here"><a href="a.md">a</a><a href="#here">b</a><img src="none.svg"></p>'
        self.assert_complains({"a.md": "[a](x.html#here)", "x.html": page}, "x.html:1: none.svg leads nowhere")
        self.assert_complains({"a.md": "[a](x.html#there)", "x.html": "<p id='here'>"}, "no such heading")


if __name__ == "__main__":
    unittest.main()

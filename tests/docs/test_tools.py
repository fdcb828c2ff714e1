# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""What takes the code out of the pages, makes them doxygen's, and looks at the links of the site."""

import pathlib
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "docs"
sys.path.insert(0, str(TOOLS))

import code_blocks  # noqa: E402
import page  # noqa: E402
import site_links  # noqa: E402
import svg  # noqa: E402

HERE = pathlib.Path("docs/guide.md")


class Code(unittest.TestCase):
    def blocks(self, text):
        return [code for _, code in code_blocks.blocks_of("a.md", text)]

    def test_takes_blocks_of_cpp_and_says_where_they_stand(self):
        self.assertEqual(self.blocks("one\n\n```cpp\nint a;\n```\n```sh\nls\n```\n"), ['#line 4 "a.md"\nint a;\n'])

    def test_puts_a_block_into_its_frame(self):
        (code,) = self.blocks("<!-- code int main() { ... } -->\n```cpp\nf();\n```\n")
        self.assertEqual(code, '#line 1 "a.md"\nint main() { \n#line 3 "a.md"\nf();\n#line 1 "a.md"\n } \n')

    def test_leaves_out_what_is_said_to_be_of_others(self):
        self.assertEqual(self.blocks("<!-- code of Boost -->\n```cpp\nm.visit(k, f);\n```\n"), [])

    def test_refuses_frames_that_frame_nothing(self):
        for text in ("<!-- code f(); -->\n```cpp\ng();\n```\n", "<!-- code { ... } -->\n```sh\nls\n```\n"):
            with self.assertRaises(SystemExit):
                self.blocks(text)

    def test_refuses_other_names_of_the_language(self):
        with self.assertRaises(SystemExit):
            self.blocks("```c++\nint a;\n```\n")

    def test_takes_the_indentation_of_a_list_away(self):
        self.assertEqual(self.blocks("- a\n\n  ```cpp\n  int a;\n  ```\n"), ['#line 4 "a.md"\nint a;\n'])


class Page(unittest.TestCase):
    def convert(self, text):
        return page.convert(HERE, text)

    def test_names_headings_as_a_git_host_does(self):
        text = self.convert("# Guide\n## Go's `map`\n## Go's map\n")
        self.assertIn("# Guide {#guide}\n## Go's map {#guide-gos-map}\n## Go's map {#guide-gos-map-1}", text)

    def test_makes_references_of_links_to_pages(self):
        text = self.convert("# G\n[a](which_map.md) [b](migration/go.md#traps) [c](../README.md) [d](guarantees.md#guarantees)")
        self.assertIn("[a](@ref which_map) [b](@ref migration_go-traps) [c](@ref index) [d](@ref guarantees)", text)

    def test_lists_other_files_and_folders(self):
        text = self.convert("# G\n[a](../dev) [b](../tests/unit)\n\n[c]: ../LICENSE\n")
        self.assertIn("[a](source/dev.html) [b](source/tests/unit/index.html)\n\n[c]: source/LICENSE.html", text)

    def test_leaves_code_and_other_sites_alone(self):
        text = "# G {#guide}\n`[](auto)` ``[`` [x](https://example.org/a.md)\n```cpp\n# [a](b.md)\n<!-- c -->\n```\n"
        self.assertEqual(self.convert(text.replace(" {#guide}", "")), text)

    def test_drops_comments_and_keeps_the_lines(self):
        self.assertEqual(self.convert("<!-- a\nb -->\ntext"), "\n\ntext")


class Site(unittest.TestCase):
    def dead(self, **pages):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in pages.items():
                (pathlib.Path(folder) / name.replace("_", ".")).write_text(text, encoding="utf-8")
            return list(site_links.dead_links(pathlib.Path(folder)))

    def test_is_content_with_links_that_lead_somewhere(self):
        page_a = '<a href="b.html#x">b</a><a href="https://example.org">c</a><a href="#here" id="here">d</a>'
        self.assertEqual(self.dead(a_html=page_a, b_html='<p id="x">', nav_js='["a", "b.html#x", null]'), [])

    def test_finds_dead_links(self):
        found = self.dead(a_html='<a href="c.html"></a><a href="#b"></a><img src="d.svg">', nav_js='["e.html"]')
        self.assertEqual(found, ["a.html: #b: no such anchor", "a.html: c.html leads nowhere", "a.html: d.svg leads nowhere",
                                 "nav.js: e.html leads nowhere"])


class Pictures(unittest.TestCase):
    def test_refuses_text_that_does_not_fit(self):
        picture = svg.Picture("p", 100, 100, "title", "description")
        with self.assertRaises(AssertionError):
            picture.text(50, 50, "this is too long")
        with self.assertRaises(AssertionError):
            picture.box(0, 0, 60, 30, "too high for this")
        picture.box(0, 0, 60, 30, "fits")


if __name__ == "__main__":
    unittest.main()

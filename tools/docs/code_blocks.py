#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Makes one C++ source of all the C++ in Markdown pages, which is then compiled, and run.

The blocks of a page (```cpp) stand in one namespace, in their order: a later one may use what an earlier one has
declared. A block goes in as it is, or into a frame: an HTML comment just before it, which no reader sees,

    <!-- code int main() { ... expect(map.empty()); } -->

in which `...` stands for the block. A `main` in a block or a frame is run; `expect(condition)` ends the run if the
condition does not hold. The usual headers are there. `<!-- code of another library -->` before a block says that it is not
ours: it is not compiled.
"""

import argparse
import pathlib
import re

BLOCK = re.compile(r"(?:<!-- code (?P<frame>(?:(?!-->).)*)-->\n+)?^(?P<indent> *)```(?P<language>\S*)\n(?P<code>.*?)^ *```",
                   re.MULTILINE | re.DOTALL)
CPP = {"cpp", "c++", "cc", "cxx", "hpp"}
INCLUDE = re.compile(r"^ *#include.*\n", re.MULTILINE)
MAIN = re.compile(r"\bint main\(\) \{")

USUAL = """array atomic cstdint cstdlib functional iostream iterator memory memory_resource mutex optional shared_mutex string
string_view thread unordered_map utility vector syncmap/syncmap.hpp""".split()

HEAD = """// Made by tools/docs/code_blocks.py.
{includes}
namespace {{
void expect_at(bool holds, const char* what, const char* page, int line) {{
  if (holds) return;
  std::cerr << page << ':' << line << ": not so: " << what << '\\n';
  std::exit(1);
}}
template <class Program>
void run(const char* where, Program program) {{
  std::cout << "== " << where << std::endl;
  if constexpr (std::is_void_v<decltype(program())>) {{
    program();
  }} else {{
    if (program() != 0) std::exit(1);
  }}
}}
}}  // namespace
#define expect(condition) expect_at((condition), #condition, __FILE__, __LINE__)
"""


def blocks_of(path, text):
    """(line, code) of each block that is ours, the code with line marks; complaints go to `path:line: ...`."""
    for match in BLOCK.finditer(text):
        if match["language"] not in CPP:
            if match["frame"] is not None:
                raise SystemExit(f"{path}: a frame without a C++ block: {match['frame'].strip()[:60]}")
            continue
        line = text.count("\n", 0, match.start("code")) + 1
        if match["language"] != "cpp":
            raise SystemExit(f"{path}:{line}: write ```cpp")
        frame = match["frame"]
        if frame is not None and frame.startswith("of "):
            continue
        indent = len(match["indent"])
        code = "".join(each[indent:] for each in match["code"].splitlines(keepends=True))
        code = f'#line {line} "{path}"\n{code}'
        if frame is not None:
            first = text.count("\n", 0, match.start("frame")) + 1
            before, hole, after = frame.partition("...")
            if not hole:
                raise SystemExit(f"{path}:{line}: its frame has no `...`")
            after_line = first + before.count("\n")
            code = f'#line {first} "{path}"\n{before}\n{code}#line {after_line} "{path}"\n{after}\n'
        yield line, code


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    options = parser.parse_args()
    includes, body, programs, count = {f"#include <{name}>" for name in USUAL}, [], [], 0
    for page in options.pages:
        path = page.resolve().relative_to(options.root.resolve()).as_posix()
        space = "page_" + re.sub(r"\W", "_", path)
        parts = []
        for line, code in blocks_of(path, page.read_text(encoding="utf-8")):
            count += 1
            includes.update(each.strip() for each in INCLUDE.findall(code))
            code = INCLUDE.sub("\n", code)
            if MAIN.search(code):
                code = MAIN.sub(f"auto program_{line}() {{", code)
                programs.append((f"{path}:{line}", f"{space}::program_{line}"))
            parts.append(code)
        if parts:
            body.append(f"namespace {space} {{\n" + "\n".join(parts) + f"\n}}  // namespace {space}\n")
    calls = "".join(f'  run("{where}", {name});\n' for where, name in programs)
    source = HEAD.format(includes="\n".join(sorted(includes))) + "\n".join(body)
    source += f'#line 1 "the end"\nint main() {{\n{calls}  std::cout << "{count} blocks, {len(programs)} run\\n";\n}}\n'
    options.output.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()

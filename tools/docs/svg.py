# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""What the pictures of docs/story.md are drawn with: boxes, texts and arrows of one style, as an SVG.

Every text is measured before it is placed, and one that does not fit is an error, so that no picture has cut text
wherever a browser takes its font from."""

import html

INK, MUTED, FAINT = "#1f2933", "#52606d", "#9aa5b1"
# name: fill, line. Never the only sign of a meaning: the word stands there too.
COLOURS = {
    "plain": ("#ffffff", "#9aa5b1"),
    "read": ("#e0edff", "#1d5fc4"),
    "dirty": ("#fff1cf", "#b26a00"),
    "live": ("#dcf5e3", "#1a7f43"),
    "nil": ("#eef1f4", "#6b7785"),
    "expunged": ("#ffe3e0", "#c0392b"),
    "lock": ("#f3ecff", "#7446c4"),
}
SANS = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
MONO = "SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, Liberation Mono, monospace"
SIZE, LINE = 15, 20

# Thousandths of the size, of Helvetica: characters by their width.
WIDTHS = {222: "ijl", 278: " !,./:;I[]ft|", 333: "()-r`", 500: "ckvxyzsJ", 722: "wCDHNRU", 833: "mM", 944: "W",
          667: "ABEKPSVXY&", 778: "GOQ", 611: "FTZ", 584: "+<=>", 1000: "→—…"}
WIDTH = {char: width for width, chars in WIDTHS.items() for char in chars}
SAFETY = 1.06  # other fonts are wider than Helvetica


def measure(text, size=SIZE, bold=False, mono=False):
    if mono:
        return len(text) * 0.602 * size * 1.02
    return sum(WIDTH.get(char, 556) for char in text) * size / 1000 * SAFETY * (1.07 if bold else 1)


def wrap(text, width, **style):
    """Lines of `text` no wider than `width`; a newline in it is one."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and measure(longer, **style) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    for line in lines:
        assert measure(line, **style) <= width + 0.5, f"too wide for {width}: {line}"
    return lines


class Picture:
    """A white, rounded sheet, so that it can be read on light and on dark pages."""

    def __init__(self, name, width, height, title, description):
        self.name, self.width, self.height = name, width, height
        self.title, self.description = title, description
        self.parts = []

    def add(self, part):
        self.parts.append(part)

    def text(self, x, y, text, size=SIZE, bold=False, mono=False, colour=INK, anchor="start", italic=False):
        """One line; y is its baseline."""
        width = measure(text, size, bold, mono)
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        assert 8 <= left and left + width <= self.width - 8, f"{self.name}: out of the sheet: {text}"
        style = f' font-family="{MONO}"' if mono else ""
        style += ' font-weight="600"' if bold else ""
        style += ' font-style="italic"' if italic else ""
        style += f' font-size="{size}"' if size != SIZE else ""
        style += f' fill="{colour}"' if colour != INK else ""
        style += f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.add(f'<text x="{x:g}" y="{y:g}"{style}>{html.escape(text, quote=False)}</text>')

    def paragraph(self, x, y, width, text, anchor="start", line=LINE, **style):
        """Wrapped lines below each other, the first baseline at y; returns where the next would be."""
        measured = {key: value for key, value in style.items() if key in ("size", "bold", "mono")}
        for each in wrap(text, width, **measured):
            self.text(x, y, each, anchor=anchor, **style)
            y += line
        return y

    def frame(self, x, y, width, height, kind="plain", radius=8, dashed=False, stroke=1.6, fill=True):
        colour, border = COLOURS[kind]
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.add(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
                 f' fill="{colour if fill else "none"}" stroke="{border}" stroke-width="{stroke:g}"{dash}/>')

    def box(self, x, y, width, height, text, kind="plain", dashed=False, radius=8, **style):
        """A frame with wrapped text in its middle."""
        self.frame(x, y, width, height, kind, radius, dashed)
        measured = {key: value for key, value in style.items() if key in ("size", "bold", "mono")}
        size = style.get("size", SIZE)
        line = size + 5
        lines = wrap(text, width - min(16, width * 0.3), **measured)
        assert len(lines) * line <= height - 4, f"{self.name}: too high: {text}"
        at = y + height / 2 - (len(lines) - 1) * line / 2 + size * 0.35
        for each in lines:
            self.text(x + width / 2, round(at, 1), each, anchor="middle", **style)
            at += line

    def question(self, x, y, width, height, text):
        """A box with pointed sides: what is asked."""
        points = [(x + 16, y), (x + width - 16, y), (x + width, y + height / 2), (x + width - 16, y + height),
                  (x + 16, y + height), (x, y + height / 2)]
        self.add('<polygon points="' + " ".join(f"{a:g},{b:g}" for a, b in points) +
                 f'" fill="#ffffff" stroke="{INK}" stroke-width="1.6"/>')
        lines = wrap(text, width - 36, bold=True)
        assert len(lines) * LINE <= height - 4, f"{self.name}: too high: {text}"
        at = y + height / 2 - (len(lines) - 1) * LINE / 2 + SIZE * 0.35
        for each in lines:
            self.text(x + width / 2, round(at, 1), each, bold=True, anchor="middle")
            at += LINE

    def arrow(self, *points, colour=INK, dashed=False, stroke=1.8, head=True, bend=None):
        """Through the points; with `bend`, one curve from the first to the last by two control points."""
        if bend:
            (x0, y0), (x3, y3) = points
            (x1, y1), (x2, y2) = bend
            path = f"M{x0:g} {y0:g}C{x1:g} {y1:g} {x2:g} {y2:g} {x3:g} {y3:g}"
        else:
            path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        end = f' marker-end="url(#{self.marker(colour)})"' if head else ""
        self.add(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{stroke:g}"'
                 f' stroke-linejoin="round"{dash}{end}/>')

    @staticmethod
    def marker(colour):
        return "head-" + colour.lstrip("#")

    def svg(self):
        body = "\n".join(self.parts)
        colours = sorted({part.split("url(#head-")[1][:6] for part in self.parts if "url(#head-" in part})
        markers = "".join(
            f'<marker id="head-{one}" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="9" markerHeight="9"'
            f' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.8L9.5 5L0 9.2z" fill="#{one}"/></marker>'
            for one in colours)
        return (
            "<!-- SPDX-FileCopyrightText: The syncmap authors -->\n"
            "<!-- SPDX-License-Identifier: MIT -->\n"
            "<!-- Drawn by tools/docs/pictures.py. -->\n"
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' width="{self.width}" height="{self.height}" role="img" aria-labelledby="title desc"\n'
            f'  font-family="{SANS}" font-size="{SIZE}" fill="{INK}">\n'
            f'<title id="title">{html.escape(self.title, quote=False)}</title>\n'
            f'<desc id="desc">{html.escape(self.description, quote=False)}</desc>\n'
            f"<defs>{markers}</defs>\n"
            f'<rect x="0.75" y="0.75" width="{self.width - 1.5:g}" height="{self.height - 1.5:g}" rx="14"'
            ' fill="#ffffff" stroke="#d5dbe1" stroke-width="1.5"/>\n'
            f"{body}\n</svg>\n")

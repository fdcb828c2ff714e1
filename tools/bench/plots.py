# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The pictures of the report, as SVG. A map has the same colour and mark in all of them.

Sizes are in inches; a picture is 8.6 wide, which is the width of a README at 96 dots an inch.
"""

import io
import math
import re
import zlib

import matplotlib
import results
from matplotlib import colors, ticker
from matplotlib.figure import Figure

matplotlib.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 8.5, "axes.labelsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "axes.edgecolor": "#555555",
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#e4e4e4", "grid.linewidth": 0.6,
    "axes.axisbelow": True, "svg.fonttype": "none", "svg.hashsalt": "syncmap",
})

WIDTH = 8.6
# Name in a picture, colour, mark. Colours that can be told apart without red or green.
STYLES = {
    "syncmap::map": ("syncmap::map", "#0072b2", "o"),
    "syncmap::read_dirty_map": ("read_dirty_map", "#56b4e9", "s"),
    "boost::concurrent_flat_map": ("boost flat", "#d55e00", "^"),
    "boost::concurrent_node_map": ("boost node", "#882255", "v"),
    "libcuckoo::cuckoohash_map": ("libcuckoo", "#999933", "D"),
    "liburcu cds_lfht": ("liburcu", "#b5985a", "P"),
    "phmap::parallel_flat_hash_map": ("phmap", "#44aa99", "X"),
    "sharded absl flat": ("sharded absl", "#aa4499", "<"),
    "sharded boost flat": ("sharded boost", "#e69f00", ">"),
    "std::unordered_map + shared_mutex": ("std shared_mutex", "#777777", "p"),
    "std::unordered_map + mutex": ("std mutex", "#4d4d4d", "h"),
    "tbb::concurrent_hash_map": ("oneTBB", "#117733", "*"),
    "xenium::harris_michael_hash_map": ("xenium harris", "#cc6677", "8"),
    "xenium::vyukov_hash_map": ("xenium vyukov", "#8c510a", "d"),
    "absl::flat_hash_map": ("absl, no lock", "#6b6b6b", "1"),
    "boost::unordered_flat_map": ("boost, no lock", "#8a8a8a", "2"),
    "std::unordered_map": ("std, no lock", "#555555", "3"),
}
MORE_COLOURS = ("#332288", "#88ccee", "#ddaa33", "#661100", "#6699cc")
MORE_MARKS = ("H", "+", "x", "4", "|")

ABOUT = {
    "hit": "load, key is there", "miss": "load, key is not there", "visit": "read in place",
    "dependent": "hit after hit", "mix99": "99 % load, 1 % store", "mix90": "90/5/5 load/insert/erase",
    "mix50": "50/25/25 load/insert/erase", "insert": "from empty", "foreach": "visit all entries",
    "reserve_insert": "into a reserved map", "hot_write": "all store one key",
    "hot_update": "all change one key", "hot_read": "one stores a key, the others load it",
    "pause": "the slowest of all inserts from empty", "load_pause": "the slowest load while it grows",
    "memory": "bytes an entry",
}
PERCENTILES = (("p50", 0.3), ("p99", 2), ("p99.9", 3), ("p99.99", 4), ("max", 5))
GROWING = ("pause", "load_pause", "memory")


def styles(names):
    """{map: (label, colour, mark)} for all the maps of a report."""
    chosen, others = {}, sorted(name for name in names if name not in STYLES)
    for name in names:
        if name in STYLES:
            chosen[name] = STYLES[name]
        else:
            i = others.index(name) % len(MORE_COLOURS)
            chosen[name] = (name.rpartition("::")[2][:20], MORE_COLOURS[i], MORE_MARKS[i])
    return chosen


def choice_text(cell):
    return "" if cell.choice in ("", "uniform") else f", {cell.choice}"


def to_svg(figure, label):
    """The text of the picture; `label` is what a screen reader says, and tells pictures apart."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": label})
    svg = text.getvalue()
    svg = svg[svg.index("<svg"):]
    # In a page with several pictures their ids must differ.
    prefix = f"s{zlib.crc32(label.encode()):x}"
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", svg)
    # Not every reader has the font; Verdana is as wide.
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    svg = re.sub(r'(href="#|url\(#)', rf"\1{prefix}-", svg)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def dodge(places, gap, least, most):
    """Places as near to the given as can be, in their order, with at least `gap` between them and
    none below `least` or above `most`. If that is too little room, the gap is smaller."""
    gap = min(gap, (most - least) / max(len(places) - 1, 1))

    def centre(members):
        half = gap * (len(members) - 1) / 2
        mean = sum(places[i] for i in members) / len(members)
        return min(max(mean, least + half), most - half)

    blocks = []  # of neighbours that touch
    for i in sorted(range(len(places)), key=lambda i: places[i]):
        blocks.append([i])
        while len(blocks) > 1:
            below, above = blocks[-2:]
            room = gap * (len(below) + len(above)) / 2
            if centre(above) - centre(below) >= room * (1 - 1e-9):
                break
            blocks[-2:] = [below + above]
    moved = [0.0] * len(places)
    for members in blocks:
        for rank, i in enumerate(members):
            moved[i] = centre(members) + gap * (rank - (len(members) - 1) / 2)
    return moved


def label_lines(axes, lines, height):
    """Writes the name of each line beside its right end. lines: [(style, x, y)]; height: inches."""
    scale = axes.transData + axes.transAxes.inverted()
    ends = [scale.transform((x, y)) for _, x, y in lines]
    places = dodge([y for _, y in ends], 0.108 / height, 0.0, 1.0)
    for ((label, colour, _), _, _), (x, y), place in zip(lines, ends, places):
        axes.annotate(
            label, (x, y), (1.06, place), xycoords="axes fraction", textcoords="axes fraction",
            fontsize=6.5, color=colour, va="center", annotation_clip=False,
            fontweight="bold" if label == "syncmap::map" else "normal",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.4, "shrinkA": 0.5,
                        "shrinkB": 2.5, "relpos": (0, 0.5)})


def panels(count, columns=3, height=1.75, head=0.0):
    """(figure, axes, height) for that many panels, each with room for labels on its right; `head`
    is left free at the top."""
    rows = math.ceil(count / columns)
    cell = WIDTH / columns
    total = rows * (height + 0.72) + head
    figure = Figure(figsize=(WIDTH, total))
    for i in range(count):
        left = (i % columns) * cell + 0.5
        bottom = total - head - (i // columns + 1) * (height + 0.72) + 0.36
        yield figure, figure.add_axes(
            (left / WIDTH, bottom / total, (cell - 1.6) / WIDTH, height / total)), height


def draw(axes, points, style, **more):
    label, colour, mark = style
    ours = label == "syncmap::map"
    axes.plot(*zip(*points), color=colour, marker=mark, markersize=4.5 if ours else 3.5,
              linewidth=2.4 if ours else 1.1, zorder=5 if ours else 2, clip_on=False, **more)


# --- Throughput -------------------------------------------------------------------------------


def rate(cell, series):
    """Million operations a second of all threads that are measured."""
    threads = cell.threads - 1 if cell.workload == "hot_read" else cell.threads
    return threads * 1e3 / series.median()


def throughput(found, cells, style, label):
    """A panel for each workload, type, size and choice: a line for each map over the threads."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell.types, cell.entries, cell.choice, cell.workload), []).append(cell)
    if not groups:
        return None
    figure = None
    for (key, group), (figure, axes, height) in zip(groups.items(), panels(len(groups), head=0.16)):
        types, entries, _, workload = key
        axes.set_title(f"{workload}, {types}, {results.size_text(entries)}{choice_text(group[0])}",
                       loc="left", fontweight="bold", pad=14)
        axes.text(0, 1.035, ABOUT.get(workload, ""), transform=axes.transAxes, fontsize=7,
                  color="#555555")
        names = [name for name in style if any(name in found.cells[cell] for cell in group)]
        threads, ends, highest = sorted({cell.threads for cell in group}), [], 0
        for name in names:
            points = sorted((cell.threads, rate(cell, found.cells[cell][name]))
                            for cell in group if name in found.cells[cell])
            draw(axes, points, style[name])
            ends.append((style[name], *points[-1]))
            highest = max(highest, *(y for _, y in points))
        axes.set_xscale("log", base=2)
        axes.set_xticks(threads, [str(n) for n in threads])
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.set_xlim(threads[0] / 1.15, threads[-1] * 1.05)
        axes.set_ylim(0, highest * 1.04)
        axes.yaxis.set_major_locator(ticker.MaxNLocator(5))
        axes.set_xlabel("threads", labelpad=1)
        label_lines(axes, ends, height)
    figure.text(0.004, 1 - 0.03 / figure.get_figheight(),
                "Million operations a second, all threads together", va="top", fontsize=8)
    return to_svg(figure, label)


# --- Latency ----------------------------------------------------------------------------------


def time_text(us, _=None):
    for unit, factor in (("ns", 1e-3), ("µs", 1), ("ms", 1e3)):
        if us < 1e3 * factor:
            return f"{us / factor:.3g} {unit}"
    return f"{us / 1e6:.3g} s"


def latency(found, style, label):
    """A panel for each cell of pause and load_pause: percentiles, both axes logarithmic."""
    cells = [cell for cell in found.grid_cells() if cell.workload in ("pause", "load_pause")]
    if not cells:
        return None
    figure = None
    cells.sort(key=lambda cell: (cell.types, cell.entries, cell.workload != "pause", cell.threads))
    for cell, (figure, axes, height) in zip(cells, panels(len(cells), 2, 2.6)):
        what = "inserts from empty" if cell.workload == "pause" else "loads while one thread inserts"
        axes.set_title(f"{what}, {cell.types}, to {results.size_text(cell.entries)}, "
                       f"{cell.threads} thread{'s' if cell.threads > 1 else ''}",
                       loc="left", fontweight="bold", pad=6)
        ends = []
        for name in [name for name in style if name in found.cells[cell]]:
            series = found.cells[cell][name]
            points = [(x, series.median(measure)) for measure, x in PERCENTILES
                      if measure in series.measures and series.median(measure) > 0]
            if points:
                draw(axes, points, style[name])
                ends.append((style[name], *points[-1]))
        axes.set_yscale("log")
        axes.set_xlim(0.1, 5.1)
        axes.set_xticks([x for _, x in PERCENTILES], [name for name, _ in PERCENTILES])
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(time_text))
        axes.yaxis.set_minor_locator(ticker.NullLocator())
        label_lines(axes, ends, height)
    return to_svg(figure, label)


# --- Memory -----------------------------------------------------------------------------------


def memory(found, style, label):
    """Bytes for each entry over the entries, as asked for and as resident."""
    cells = [cell for cell in found.grid_cells() if cell.workload == "memory"]
    kinds = [(types, measure) for types in dict.fromkeys(cell.types for cell in cells)
             for measure in ("resident", "malloc")]
    if not kinds:
        return None
    figure = None
    for (types, measure), (figure, axes, height) in zip(kinds, panels(len(kinds), 2, 2.4)):
        mine = sorted((cell for cell in cells if cell.types == types), key=lambda c: c.entries)
        what = "resident" if measure == "resident" else "asked for from malloc"
        axes.set_title(f"bytes an entry, {types}, {what}", loc="left", fontweight="bold", pad=6)
        ends = []
        for name in [name for name in style if any(name in found.cells[cell] for cell in mine)]:
            points = [(cell.entries, found.cells[cell][name].median(measure)) for cell in mine
                      if name in found.cells[cell] and measure in found.cells[cell][name].measures]
            if points:
                draw(axes, points, style[name])
                ends.append((style[name], *points[-1]))
        sizes = [cell.entries for cell in mine]
        axes.set_xscale("log")
        axes.set_xticks(sizes, [results.size_text(size) for size in sizes])
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.set_xlim(sizes[0] / 1.2, sizes[-1] * 1.1)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(ticker.NullLocator())
        axes.set_xlabel("entries, mean while they double", labelpad=1)
        label_lines(axes, ends, height)
    return to_svg(figure, label)


# --- Heat map ---------------------------------------------------------------------------------

RED_TO_BLUE = colors.LinearSegmentedColormap.from_list(
    "lose_win", ["#b2182b", "#ef8a62", "#fddbc7", "#f7f7f7", "#d1e5f0", "#67a9cf", "#2166ac"])
CELL_WIDTH, CELL_HEIGHT = 0.48, 0.24
MOST_COLUMNS = int((WIDTH - 1.1) / CELL_WIDTH)
GROWING_TITLE = "while growing, and memory"


def ratio_text(ratio):
    """The ratio, marked if the runs do not show which is better."""
    value, sure = ratio
    text = f"{value:.1g}" if value < 0.095 else f"{value:.2f}" if value < 9.95 else f"{value:.0f}"
    return text + ("" if sure else "~")


def heat_panel(figure, place, title, grid):
    """One table of coloured cells. grid: {(row, column): (ratio, sure)}, a column is
    (entries, threads)."""
    order = list(ABOUT)
    rows = sorted({row for row, _ in grid}, key=lambda row: (
        order.index(row.split(",")[0]) if row.split(",")[0] in order else len(order), row))
    columns = sorted({column for _, column in grid})
    left, top = place  # inches
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, (top - len(rows) * CELL_HEIGHT) / height,
                            len(columns) * CELL_WIDTH / width, len(rows) * CELL_HEIGHT / height))
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0), xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    for y, row in enumerate(rows):
        axes.text(-0.12, y + 0.5, row, ha="right", va="center")
        for x, column in enumerate(columns):
            value = grid.get((row, column))
            if value is None:
                axes.add_patch(matplotlib.patches.Rectangle((x, y), 1, 1, fc="white", ec="white"))
                continue
            shade = 0.5 + math.log2(value[0]) / 4  # fourfold either way is the end of the scale
            colour = RED_TO_BLUE(min(max(shade, 0.0), 1.0))
            axes.add_patch(matplotlib.patches.Rectangle((x, y), 1, 1, fc=colour, ec="white"))
            dark = sum(c * w for c, w in zip(colour, (0.3, 0.59, 0.11))) < 0.5
            axes.text(x + 0.5, y + 0.5, ratio_text(value), ha="center", va="center",
                      fontsize=7.5, color="white" if dark else "black")
    for x, (_, threads) in enumerate(columns):
        axes.text(x + 0.5, -0.15, f"{threads}t", ha="center", va="bottom", fontsize=7)
    for size in sorted({size for size, _ in columns}):
        at = [x for x, column in enumerate(columns) if column[0] == size]
        axes.text((at[0] + at[-1] + 1) / 2, -0.85, results.size_text(size), ha="center",
                  va="bottom", fontsize=7.5)
        axes.plot([at[0] + 0.08, at[-1] + 0.92], [-0.78] * 2, color="#999999", linewidth=0.6,
                  clip_on=False)
    axes.text(0, -1.75, title, ha="left", va="bottom", fontweight="bold")


def narrow(grid):
    """The grid in parts that fit the width; the columns of a size stay together."""
    parts, columns = [], 0
    for size in sorted({size for _, (size, _) in grid}):
        mine = {key: value for key, value in grid.items() if key[1][0] == size}
        count = len({column for _, column in mine})
        if not parts or columns + count > MOST_COLUMNS:
            parts, columns = [*parts, {}], 0
        parts[-1].update(mine)
        columns += count
    return parts


def heat_map(found, kind, label, choices=(), subject=results.SUBJECT):
    """Panels by type, and one for what is measured while growing: times as good as the best."""
    grids = {}
    for cell in found.grid_cells():
        ratio = found.ratio(cell, kind, subject)
        if not ratio or (choices and cell.choice not in choices):
            continue
        growing = cell.workload in GROWING
        title = GROWING_TITLE if growing else cell.types + choice_text(cell)
        row = f"{cell.workload}, {cell.types}" if growing else cell.workload
        sure = found.distinct(cell, subject, kind)
        grids.setdefault(title, {})[(row, (cell.entries, cell.threads))] = (ratio[0], sure)
    if not grids:
        return None
    parts = [(title, part) for title in sorted(grids, key=lambda title: title == GROWING_TITLE)
             for part in narrow(grids[title])]
    places, left, top, line_height = [], 0.0, 0.0, 0.0
    for title, grid in parts:
        names = 0.15 + 0.062 * max(len(row) for row, _ in grid)
        width = names + CELL_WIDTH * len({column for _, column in grid})
        height = 0.62 + CELL_HEIGHT * len({row for row, _ in grid})
        if left and left + width > WIDTH:
            left, top, line_height = 0.0, top + line_height, 0.0
        places.append((title, grid, left + names, top + 0.55))
        left, line_height = left + width + 0.2, max(line_height, height + 0.12)
    total = top + line_height + 0.62
    figure = Figure(figsize=(WIDTH, total))
    best = {"peer": "the best other concurrent map",
            "floor": "the best map without synchronisation (and with one thread)"}[kind]
    figure.text(0.004, 1 - 0.06 / total, f"{subject}: how many times as good as {best}, in each cell",
                va="top", fontsize=9.5, fontweight="bold")
    text = ("Below 1, red: it loses. Above 1, blue: it wins. ~: within the spread of the runs, or they "
            "were disturbed. What is compared is the time of an operation;\npause: of the slowest; "
            "memory: the bytes asked for, an entry. Head of a column: entries, and threads (t).")
    figure.text(0.004, 1 - 0.26 / total, text, va="top", fontsize=7.5, linespacing=1.4)
    for title, grid, x, y in places:
        heat_panel(figure, (x, total - 0.62 - y), title, grid)
    return to_svg(figure, label)

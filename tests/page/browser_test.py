# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Drives docs/interactive/index.html in a headless Chromium, and compares what it shows with the traces."""

import json
import pathlib
import re
import unittest

import webdriver

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "interactive"

# What the page shows, as a reader would tell it.
SHOWN = """
return (() => {
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const text = (selector) => one(selector).innerText;
const isVisible = (selector) => one(selector).getClientRects().length > 0;
const table = (name) => {
  if (!isVisible("#" + name) || one("#" + name).classList.contains("none")) return null;
  return all(`#${name} .slot:not(.gap)`).map((slot) => [Number(slot.dataset.entry), slot.innerText]);
};
return {
  title: text("#title"),
  count: text("#count"),
  slider: Number(one("#slider").value),
  read: table("read"),
  dirty: table("dirty"),
  made: table("made"),
  retired: table("retired"),
  amended: text("#amended"),
  misses: text("#missesText"),
  bar: [all("#bar .on").length, all("#bar i").length],
  entries: all("#entries .entry").map((entry) => [Number(entry.dataset.entry), entry.innerText.trim().split(/\\s+/),
    entry.classList.item(1)]),
  mutex: text("#mutex"),
  size: text("#size"),
  operation: text("#operation"),
  text: text("#text"),
  stack: text("#stack"),
  arrows: all("#arrows path").length,
};
})();
"""

# What is marked as changed after a step of a kind; ID is the entry that differs.
MARKED = {
    "lock": ["#mutex .held.changed"],
    "unlock": ["#mutex .changed"],
    "amend": ["#amended .on.changed"],
    "promote": ["#read.changed", "#dirty.none.changed", "#amended .changed"],
    "miss": ["#bar .on.changed"],
    "add": ['#dirty .slot.changed[data-entry="ID"]', '#entries .changed[data-entry="ID"]'],
    "copy": ['#made .slot.changed[data-entry="ID"]'],
    "erase": ['#entries .nil.changed[data-entry="ID"]'],
    "replace": ['#entries .live.changed[data-entry="ID"]'],
    "revive": ['#entries .live.changed[data-entry="ID"]'],
    "expunge": ['#entries .expunged.changed[data-entry="ID"]'],
    "unexpunge": ['#entries .nil.changed[data-entry="ID"]'],
    "take back": ['#dirty .slot.changed[data-entry="ID"]'],
    "look": [".table.looked"],
    "word": ["#entries .looked"],
}

# To a story and a step, without the address: a page may not change that so often.
GO = """
const choose = (selector, kind, value) => {
  const one = document.querySelector(selector);
  one.value = value;
  one.dispatchEvent(new Event(kind));
};
const go = ([story, step]) => {
  choose("#choice", "change", story);
  choose("#slider", "input", step + 1);
};
"""

# Those pairs of a step and a selector that find nothing.
UNMARKED = GO + """
return arguments[0].filter(([place, selector]) => {
  go(place);
  return !document.querySelector(selector);
});
"""

# Whether anything is cut off, or leaves its box, at a part of the steps; draws them all in this order.
SPILLS = GO + """
const found = [];
for (const place of arguments[0]) {
  go(place);
  for (const one of document.querySelectorAll("body *")) {
    if (one.clientWidth === 0 || one.scrollWidth <= one.clientWidth + 1 || one.closest("svg, select, input")) continue;
    found.push(`${place} ${one.tagName}#${one.id}: ${one.scrollWidth} in ${one.clientWidth}`);
  }
  if (document.scrollingElement.scrollWidth > window.innerWidth) found.push(`${place} page`);
}
return found;
"""


def stories():
    text = (FOLDER / "traces.js").read_text(encoding="utf-8")
    return json.loads(text[text.index("= [") + 2 : text.rindex(";")])


def plain(text):
    return re.sub(r"[`*]", "", text)


def changed_entry(before, now):
    """The id of the entry whose word differs, or that a table has got; 0 if there is none."""
    for entry in now["entries"]:
        if entry not in before["entries"]:
            return entry["id"]
    for table in ("dirty", "made"):
        for entry in now[table] or []:
            if entry not in (before[table] or []):
                return entry
    return 0


def expected(story, number):
    """What the page has to show at this step."""
    step = story["steps"][number]
    now = step["now"]
    keys = {entry["id"]: entry["key"] for entry in now["entries"]}
    table = lambda ids: None if ids is None else [[i, keys[i]] for i in sorted(ids)]
    word = lambda entry: str(entry["value"]) if entry["word"] == "live" else entry["word"]
    two = any(operation["thread"] == 1 for operation in story["operations"])
    current = now["read"] or [], now["dirty"] or [], now["made"] or []
    retired = [i for i in (now["retired"] or [[]])[0] if i not in current[0] and i not in current[1]]
    result = {
        "title": plain(story["title"]),
        "count": f"{number + 1} / {len(story['steps'])}",
        "slider": number + 1,
        "read": table(now["read"]),
        "dirty": table(now["dirty"]),
        "made": table(now["made"]),
        "retired": table((now["retired"] or [None])[0]),
        "amended": "amended: yes" if now["amended"] else "amended: no",
        "entries": [[entry["id"], [entry["key"], word(entry)], entry["word"]] for entry in now["entries"]],
        "size": f"size() = {now['size']}",
        "arrows": sum(len(ids) for ids in current) + len(retired),
    }
    if now["dirty"] is not None:
        result["misses"] = f"misses {now['misses']} of {len(now['dirty'])}"
        result["bar"] = [now["misses"], len(now["dirty"])]
    elif now["made"] is None:
        result["misses"], result["bar"] = "none", [0, 0]
    holder = now["holder"]
    result["mutex"] = "mutex: free" if holder < 0 else f"mutex: held by {'AB'[holder]}" if two else "mutex: held"
    if step["operation"] >= 0:
        operation = story["operations"][step["operation"]]
        told = f"thread {'AB'[step['thread']]}" if two else ""
        back = f" → {operation['result']}" if step["kind"] == "return" and operation["result"] else ""
        result["operation"] = told + operation["call"] + back
        result["text"] = plain(step["text"])
    header = f" in {step['header']}" if step["header"] else ""
    result["stack"] = " › ".join(step["stack"]) + header
    return result


@unittest.skipUnless(webdriver.is_there(), "needs chromium and chromium-driver")
class Page(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stories = stories()
        cls.browser = webdriver.Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.go()

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])

    def go(self, anchor=""):
        self.browser.open("about:blank")
        self.browser.open((FOLDER / "index.html").as_uri() + anchor)

    def assert_shows(self, story, step):
        shown = self.browser.run(SHOWN)
        self.check(shown, story, step)
        return shown

    def check(self, shown, story, step):
        wanted = expected(self.stories[story], step)
        self.assertEqual({key: shown[key] for key in wanted}, wanted, f"story {story + 1}, step {step + 1}")

    def test_the_next_button_goes_through_every_step_of_every_story(self):
        walk = """const shown = [];
            const show = () => { SHOWN };
            for (;;) {
              shown.push(show());
              if (document.querySelector("#next").disabled) return shown;
              document.querySelector("#next").click();
            }""".replace("SHOWN", SHOWN)
        for number, story in enumerate(self.stories):
            self.browser.click(f"#stories > li:nth-child({number + 1}) > button")
            walked = self.browser.run(walk)
            self.assertEqual(len(walked), len(story["steps"]))
            for step, shown in enumerate(walked):
                self.check(shown, number, step)

    def test_what_a_step_changes_is_marked(self):
        wanted = []
        for number, story in enumerate(self.stories):
            for step, (before, now) in enumerate(zip(story["steps"], story["steps"][1:]), start=1):
                differs = str(changed_entry(before["now"], now["now"]))
                for mark in MARKED.get(now["kind"], []):
                    wanted.append([[number, step], mark.replace("ID", differs)])
        self.assertGreater(len(wanted), 100)
        self.assertEqual(self.browser.run(UNMARKED, wanted), [])

    def test_the_other_buttons_and_the_keys_go_where_they_say(self):
        last = len(self.stories[0]["steps"]) - 1
        for how, key, step in [
            ("#last", None, last), ("#back", None, last - 1), ("#first", None, 0), ("#next", None, 1),
            (None, ["right"], 2), (None, ["left"], 1), (None, ["end"], last), (None, ["home"], 0),
            (None, ["left"], 0),
        ]:
            if how:
                self.browser.click(how)
            else:
                self.browser.press(*key)
            self.assert_shows(0, step)

    def test_shift_and_an_arrow_go_to_the_next_operation_or_back(self):
        calls = [i for i, step in enumerate(self.stories[0]["steps"]) if step["kind"] == "call"]
        for call in calls[:3]:
            self.browser.press("shift", "right")
            self.assert_shows(0, call)
        self.browser.press("shift", "left")
        self.assert_shows(0, calls[1])

    def test_the_slider_goes_to_its_step_and_keeps_its_keys(self):
        self.browser.run("""const slider = document.querySelector("#slider");
            slider.value = 17; slider.dispatchEvent(new Event("input")); slider.focus();""")
        self.assert_shows(0, 16)
        self.browser.press("right")
        self.assert_shows(0, 17)
        self.browser.press("home")
        self.assert_shows(0, 0)

    def test_space_plays_until_it_is_pressed_again(self):
        self.browser.run("""window.ticks = [];
            window.setInterval = (f) => { window.ticks.push(f); return 1; };""")
        self.browser.press("space")
        self.browser.run("window.ticks[0](); window.ticks[0]();")
        self.assert_shows(0, 2)
        self.assertEqual(self.browser.run("return document.querySelector('#play').ariaLabel"), "Pause")
        self.browser.press("space")
        self.assertEqual(self.browser.run("return document.querySelector('#play').ariaLabel"), "Play")

    def test_a_link_leads_to_a_step_and_the_address_follows(self):
        self.go("#story=3&step=25")
        self.assert_shows(2, 24)
        self.browser.press("right")
        self.assert_shows(2, 25)
        self.assertTrue(self.browser.wait("return location.hash === '#story=3&step=26'"))
        self.browser.run("location.hash = '#story=2&step=4'")
        self.assertTrue(self.browser.wait("return document.querySelector('#count').innerText.startsWith('4 ')"))
        self.assert_shows(1, 3)
        for wrong, story, step in [("#story=99&step=99", len(self.stories) - 1, None), ("#story=x&step=-5", 0, 0)]:
            self.go(wrong)
            self.assert_shows(story, len(self.stories[story]["steps"]) - 1 if step is None else step)

    def test_an_operation_and_a_story_can_be_chosen(self):
        self.browser.click("#stories li li:nth-child(3) button")
        self.assert_shows(0, [step["operation"] for step in self.stories[0]["steps"]].index(2))
        self.browser.run("""const choice = document.querySelector("#choice");
            choice.value = 4; choice.dispatchEvent(new Event("change"));""")
        self.assert_shows(4, 0)

    def test_nothing_spills_on_narrow_and_wide_screens(self):
        self.addCleanup(self.browser.devtools, "Emulation.clearDeviceMetricsOverride")
        for width in (360, 400, 700, 1280):
            self.browser.devtools(
                "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
            )
            places = [
                [number, step]
                for number, story in enumerate(self.stories)
                for step in range(0, len(story["steps"]), 4)
            ]
            self.assertEqual(self.browser.run(SPILLS, places), [], f"{width} px")

    def test_it_follows_the_colours_and_the_motion_that_the_reader_prefers(self):
        look = """const style = getComputedStyle(document.body);
            return [style.backgroundColor, getComputedStyle(document.querySelector(".changed:not(g)")).animationName];"""
        self.addCleanup(self.browser.devtools, "Emulation.setEmulatedMedia", features=[])
        self.go("#story=1&step=9")
        looks = []
        for features in (("light", "no-preference"), ("dark", "reduce")):
            self.browser.devtools("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": features[0]},
                {"name": "prefers-reduced-motion", "value": features[1]},
            ])
            looks.append(self.browser.run(look))
        self.assertNotEqual(looks[0][0], looks[1][0])
        self.assertEqual([looks[0][1], looks[1][1]], ["changed", "none"])

    def test_every_control_has_a_name_and_nothing_comes_from_elsewhere(self):
        unnamed = self.browser.run("""return [...document.querySelectorAll("button, input, select, nav, section#stage")]
            .filter((one) => !(one.ariaLabel || one.innerText || one.closest("label"))).length""")
        self.assertEqual(unnamed, 0)
        for name in ("index.html", "page.css", "page.js", "traces.js"):
            text = (FOLDER / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            self.assertIsNone(re.search(r"https?:|url\(|@import|fetch\(", text), name)


if __name__ == "__main__":
    unittest.main()

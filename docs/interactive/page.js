// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Shows one step of one story (traces.js), and what has changed since the step before.
"use strict";

(() => {
  const stories = window.syncmapStories;
  const find = (id) => document.getElementById(id);
  const at = { story: 0, step: 0 };
  let player = 0;
  let address = 0;
  let redraw = () => {};  // the arrows, which have to follow their ends

  // --- small things

  // A new element with a class, and children: elements or texts.
  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };

  const namespace = "http://www.w3.org/2000/svg";
  const draws = (name, attributes, ...children) => {
    const element = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const lock = () => draws("svg", { class: "lock", viewBox: "0 0 12 16", role: "img", "aria-label": "took the mutex" },
    draws("path", { d: "M1.5 7h9v7h-9zM3.5 7V4.5a2.5 2.5 0 0 1 5 0V7" }));

  // `code` and *emphasis*.
  const marked = (text) => text.split(/(`[^`]*`|\*[^*]*\*)/).map((part) => {
    if (part.startsWith("`")) return make("code", "", part.slice(1, -1));
    if (part.startsWith("*")) return make("em", "", part.slice(1, -1));
    return part;
  });

  const described = (entry) => entry.word === "live" ? String(entry.value) : entry.word;
  const threadName = (thread) => "AB"[thread];
  const hasTwoThreads = (story) => story.operations.some((one) => one.thread === 1);

  // --- the drawing

  const entryOf = (state, id) => state.entries.find((one) => one.id === id);

  const drawTable = (box, ids, before, state, step) => {
    const operation = stories[at.story].operations[step.operation];
    const sought = operation ? operation.call.match(/\((\w)[,)]/)?.[1] : undefined;
    // Beside its entry; where a table lacks one that the other has, there is a gap.
    const rows = box.id === "retired" || !ids ? ids ?? [] : state.entries.map((one) => one.id);
    box.querySelector("ul").replaceChildren(...rows.map((id) => {
      if (!ids.includes(id)) return make("li", "slot gap");
      const slot = make("li", "slot", entryOf(state, id).key);
      slot.dataset.entry = id;
      if (before && !before.includes(id)) slot.classList.add("changed");
      const isFound = step.looksAt?.includes(box.id) && slot.textContent === sought;
      slot.classList.toggle("looked", Boolean(isFound));
      return slot;
    }));
    box.classList.toggle("looked", Boolean(step.looksAt?.includes(box.id)));
    box.classList.toggle("none", !ids);
  };

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // Restarts the animation of what has changed.
  const markChanged = (element, isChanged) => {
    element.classList.remove("changed");
    if (!isChanged) return;
    void element.offsetWidth;
    element.classList.add("changed");
  };

  const drawState = (step, before) => {
    const state = step.now;
    const was = before ?? state;

    // What became `read` or `dirty` keeps its slots: the table is marked, not each of them.
    const isPromoted = !same(was.read, state.read);
    drawTable(find("read"), state.read, isPromoted ? null : was.read, state, step);
    drawTable(find("dirty"), state.dirty, was.dirty, state, step);
    drawTable(find("made"), state.made, was.made, state, step);
    drawTable(find("retired"), state.retired[0] ?? null, null, state, step);
    find("made").hidden = !state.made;
    find("dirty").hidden = Boolean(state.made && !state.dirty);
    find("retired").hidden = state.retired.length === 0;
    markChanged(find("read"), isPromoted);
    markChanged(find("dirty"), Boolean(was.dirty) !== Boolean(state.dirty));
    markChanged(find("made"), !was.made && Boolean(state.made));

    const amended = make("span", state.amended ? "on" : "", `amended: ${state.amended ? "yes" : "no"}`);
    find("amended").replaceChildren(amended);
    markChanged(amended, was.amended !== state.amended);

    const limit = state.dirty ? state.dirty.length : 0;
    find("missesText").textContent = state.dirty ? `misses ${state.misses} of ${limit}` : "none";
    find("bar").replaceChildren(...Array.from({ length: limit }, (_, i) =>
      make("i", i < state.misses ? "on" : "")));
    const last = find("bar").children[state.misses - 1];
    if (last && state.misses > was.misses) markChanged(last, true);

    find("entries").replaceChildren(...state.entries.map((one) => {
      const element = make("li", `entry ${one.word}`, make("b", "", one.key), make("i", "", described(one)));
      element.dataset.entry = one.id;
      element.setAttribute("aria-label", `Entry of ${one.key}: ${one.word === "live" ? "live, " : ""}${described(one)}`);
      markChanged(element, !same(one, entryOf(was, one.id)));
      element.classList.toggle("looked", step.entry === one.id);
      return element;
    }));

    const held = state.holder >= 0;
    const twoThreads = hasTwoThreads(stories[at.story]);
    const mutex = make("span", held ? `held thread-${state.holder}` : "",
      held ? (twoThreads ? `mutex: held by ${threadName(state.holder)}` : "mutex: held") : "mutex: free");
    find("mutex").replaceChildren(mutex);
    markChanged(mutex, was.holder !== state.holder);
    find("size").textContent = `size() = ${state.size}`;
    drawArrows(was, state);
  };

  // From each slot to its entry.
  const drawArrows = (was, state) => {
    redraw = () => drawArrows(was, state);
    const svg = find("arrows");
    const frame = svg.getBoundingClientRect();
    const place = (element) => {
      const box = element.getBoundingClientRect();
      return { left: box.left - frame.left, right: box.right - frame.left, y: box.top - frame.top + box.height / 2 };
    };
    const arrows = [];
    for (const [name, isLeft] of [["read", true], ["retired", true], ["dirty", false], ["made", false]]) {
      const before = name === "retired" ? was.retired[0] : was[name];
      for (const slot of document.querySelectorAll(`#${name}:not([hidden]) [data-entry]`)) {
        const id = Number(slot.dataset.entry);
        if (name === "retired" && (state.read?.includes(id) || state.dirty?.includes(id))) continue;
        const from = place(slot);
        const to = place(document.querySelector(`#entries [data-entry="${slot.dataset.entry}"]`));
        const x1 = isLeft ? from.right : from.left;
        const x2 = isLeft ? to.left - 3 : to.right + 3;
        const bend = (x2 - x1) / 2;
        const head = isLeft ? -6 : 6;
        const isNew = before && !before.includes(id);
        const fades = name === "retired" || name === "made";
        const d = `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}` +
          `m${head} -4L${x2} ${to.y}l${head} 4`;
        arrows.push(draws("g", { class: (isNew ? "changed" : "") + (fades ? " fades" : "") },
          draws("path", { d }), draws("circle", { cx: x1, cy: from.y, r: 3 })));
      }
    }
    svg.replaceChildren(...arrows);
  };

  // --- the texts

  const drawCaption = (story, step) => {
    const operation = story.operations[step.operation];
    const line = find("operation");
    line.className = `thread-${step.thread}`;
    line.replaceChildren();
    if (operation) {
      if (hasTwoThreads(story)) line.append(make("span", "who", `thread ${threadName(step.thread)}`));
      line.append(operation.call);
      if (step.kind === "return" && operation.result) line.append(` → ${operation.result}`);
    } else {
      line.append("the beginning");
    }
    find("text").replaceChildren(...marked(operation ? step.text : "Press → or the blue button to go on."));

    const stack = find("stack");
    stack.replaceChildren();
    step.stack.forEach((name, i) => {
      if (i > 0) stack.append(" › ");
      stack.append(i + 1 === step.stack.length ? make("b", "", name) : name);
    });
    if (step.header) stack.append(make("span", "in", ` in ${step.header}`));
  };

  const firstStepOf = (story, operation) => story.steps.findIndex((one) => one.operation === operation);
  const isOver = (story, operation, step) =>
    story.steps.findIndex((one) => one.operation === operation && one.kind === "return") <= step;

  const drawStories = () => {
    find("stories").replaceChildren(...stories.map((story, number) => {
      const button = make("button", "", ...marked(story.title));
      button.addEventListener("click", () => go(number, 0));
      const item = make("li", "", button);
      if (number !== at.story) return item;
      button.setAttribute("aria-current", "true");
      const current = story.steps[at.step].operation;
      item.append(make("ol", "", ...story.operations.map((one, i) => {
        const isPast = isOver(story, i, at.step);
        const name = (hasTwoThreads(story) ? `${threadName(one.thread)}: ` : "") + one.call;
        const choose = make("button", isPast ? "past" : "", make("span", "", name));
        if (isPast && one.result) choose.append(make("span", "result", one.result));
        if (isPast && one.locks > 0) choose.append(lock());
        if (i === current) choose.setAttribute("aria-current", "step");
        choose.addEventListener("click", () => go(at.story, firstStepOf(story, i)));
        return make("li", "", choose);
      })));
      return item;
    }));
  };

  // --- going somewhere

  const draw = (before) => {
    const story = stories[at.story];
    const step = story.steps[at.step];
    find("choice").value = at.story;
    find("title").replaceChildren(...marked(story.title));
    find("about").replaceChildren(...marked(story.about));
    find("slider").max = story.steps.length;
    find("slider").value = at.step + 1;
    find("slider").setAttribute("aria-valuetext", `Step ${at.step + 1} of ${story.steps.length}`);
    find("count").textContent = `${at.step + 1} / ${story.steps.length}`;
    const isFirst = at.step === 0;
    const isLast = at.step + 1 === story.steps.length;
    find("first").disabled = find("back").disabled = isFirst;
    find("last").disabled = find("next").disabled = isLast;
    // So that nothing moves from step to step.
    find("stage").style.setProperty("--rows", Math.max(...story.steps.map((one) => one.now.entries.length)));
    find("stage").style.setProperty("--spare", story.steps.some((one) => one.now.retired.length) ? "92px" : "0px");
    drawStories();
    drawCaption(story, step);
    drawState(step, before);
  };

  const limit = (number, count) => Math.max(0, Math.min(count - 1, Number.isFinite(number) ? number : 0));

  const go = (story, step) => {
    const isInList = Boolean(document.activeElement?.closest("#stories"));
    at.story = limit(story, stories.length);
    at.step = limit(step, stories[at.story].steps.length);
    const before = at.step > 0 ? stories[at.story].steps[at.step - 1].now : null;
    draw(before);
    // The list is made anew: who was in it stays there.
    if (isInList) {
      const list = find("stories");
      (list.querySelector("[aria-current=step]") ?? list.querySelector("[aria-current]")).focus();
    }
    // When it comes to rest: browsers forbid a page to change its address often.
    clearTimeout(address);
    address = setTimeout(() => history.replaceState(null, "", `#story=${at.story + 1}&step=${at.step + 1}`), 300);
  };

  const goToHash = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    go(Number(wanted.get("story") ?? 1) - 1, Number(wanted.get("step") ?? 1) - 1);
  };

  // To where the operation of the step begins, or another.
  const goToOperation = (direction) => {
    const steps = stories[at.story].steps;
    let step = at.step + direction;
    while (step > 0 && step < steps.length - 1 && steps[step].kind !== "call") step += direction;
    go(at.story, step);
  };

  const stop = () => {
    clearInterval(player);
    player = 0;
    document.body.classList.remove("playing");
    find("play").setAttribute("aria-label", "Play");
  };
  const play = () => {
    if (player) return stop();
    if (at.step + 1 === stories[at.story].steps.length) go(at.story, 0);
    document.body.classList.add("playing");
    find("play").setAttribute("aria-label", "Pause");
    player = setInterval(() => {
      go(at.story, at.step + 1);
      if (at.step + 1 === stories[at.story].steps.length) stop();
    }, 1800);
  };

  const actions = {
    first: () => go(at.story, 0),
    back: () => go(at.story, at.step - 1),
    next: () => go(at.story, at.step + 1),
    last: () => go(at.story, stories[at.story].steps.length - 1),
  };
  for (const [id, action] of Object.entries(actions)) {
    find(id).addEventListener("click", () => {
      stop();
      action();
    });
  }
  find("play").addEventListener("click", play);
  find("slider").addEventListener("input", (event) => {
    stop();
    go(at.story, Number(event.target.value) - 1);
  });
  find("choice").append(...stories.map((story, number) => {
    const option = make("option", "", story.title.replaceAll("`", ""));
    option.value = number;
    return option;
  }));
  find("choice").addEventListener("change", (event) => go(Number(event.target.value), 0));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // These have keys of their own.
    const uses = event.target.closest("input, select") || (event.key === " " && event.target.closest("button"));
    if (uses) return;
    const keys = {
      ArrowLeft: event.shiftKey ? () => goToOperation(-1) : actions.back,
      ArrowRight: event.shiftKey ? () => goToOperation(1) : actions.next,
      Home: actions.first,
      End: actions.last,
      " ": play,
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    if (event.key !== " ") stop();
    action();
  });
  window.addEventListener("hashchange", goToHash);
  new ResizeObserver(() => redraw()).observe(find("stage"));
  goToHash();
})();

// The output of a run: it grows while it is written, words are found in it, long lines are wrapped.
// What jobs print becomes text nodes, never markup: a piece is [classes, text].
"use strict";

const MOST_PIECES = 20000; // in the page at once; the whole is in the download
const MOST_FOUND = 5000;
const CLASSES = /^[a-z0-9 -]*$/;
const NEAR = 40; // pixels from the end that count as being there
const WRAPS = "jobrunner.wraps";

function element(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

function remembered(name, usual) {
  try {
    return localStorage.getItem(name) ?? usual;
  } catch { // a browser that keeps nothing
    return usual;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch { /* then it is asked for anew */ }
}

class Log {
  constructor(pre) {
    this.pre = pre;
    this.waiting = [];
    this.isAtEnd = true;
    this.found = [];
    this.here = -1;
    this.build();
    this.wrap(remembered(WRAPS, "yes") === "yes");
    pre.addEventListener("scroll", () => this.scrolled(), { passive: true });
    if (pre.dataset.stream) {
      pre.scrollTop = pre.scrollHeight;
      this.follow(pre.dataset.stream);
    }
  }

  build() {
    this.field = element("input", {
      type: "search", placeholder: "Find in the output", "aria-label": "Find in the output", "data-find": "", spellcheck: "false",
    });
    this.count = element("span", { class: "found", role: "status" });
    this.before = element("button", { type: "button", class: "quiet", "aria-label": "Previous match" }, "↑");
    this.after = element("button", { type: "button", class: "quiet", "aria-label": "Next match" }, "↓");
    this.wraps = element("button", { type: "button", "aria-pressed": "false" }, "Wrap");
    this.ender = element("button", { type: "button", class: "to-end" }, this.pre.dataset.stream ? "Follow" : "To the end");
    const search = element("div", { class: "search" }, this.field);
    this.tools = element("div", { class: "log-tools" }, search, this.before, this.after, this.count, this.wraps, this.ender);
    this.pre.before(this.tools);
    this.field.addEventListener("input", () => this.find());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.find((this.field.value = ""));
      else return;
      event.preventDefault();
    });
    this.before.addEventListener("click", () => this.step(-1));
    this.after.addEventListener("click", () => this.step(1));
    this.wraps.addEventListener("click", () => {
      this.wrap(!this.pre.classList.contains("wraps"));
      remember(WRAPS, this.pre.classList.contains("wraps") ? "yes" : "no");
    });
    this.ender.addEventListener("click", () => {
      if (this.pre.dataset.stream && this.isAtEnd) this.isAtEnd = false;
      else this.toEnd();
      this.mark();
    });
    this.mark();
  }

  wrap(isWanted) {
    this.pre.classList.toggle("wraps", isWanted);
    this.wraps.setAttribute("aria-pressed", String(isWanted));
  }

  // -- Growing

  follow(address) {
    const from = new URL(address, location.href);
    from.searchParams.set("from", this.pre.dataset.end ?? "0");
    from.searchParams.set("encoding", "pieces");
    this.stream = new EventSource(from);
    this.stream.addEventListener("message", (event) => this.add(JSON.parse(event.data)));
    this.stream.addEventListener("cut", (event) => {
      this.add({ pieces: [["a-c", `\n… ${JSON.parse(event.data).bytes} bytes are gone …\n`]] });
    });
    this.stream.addEventListener("unreadable", (event) => {
      this.add({ pieces: [["a-c", JSON.parse(event.data).detail]] });
      this.end();
    });
    for (const name of ["attempt_end", "end"]) this.stream.addEventListener(name, () => this.end());
  }

  end() {
    this.stream.close();
    delete this.pre.dataset.stream;
    this.ender.textContent = "To the end";
    this.mark();
    document.dispatchEvent(new Event("jobrunner:changed"));
  }

  add({ pieces, text }) {
    this.waiting.push(...(pieces ?? [["", text ?? ""]]));
    if (this.waiting.length && !this.isDue) {
      this.isDue = true;
      requestAnimationFrame(() => this.write());
    }
  }

  write() {
    this.isDue = false;
    const fresh = document.createDocumentFragment();
    for (const [classes, text] of this.waiting) {
      const isStyled = classes && CLASSES.test(classes);
      fresh.append(isStyled ? element("span", { class: classes }, text) : text);
    }
    this.waiting = [];
    this.pre.append(fresh);
    for (let most = this.pre.childNodes.length - MOST_PIECES; most > 0; most--) this.pre.firstChild.remove();
    if (this.isAtEnd) this.toEnd();
    if (this.field.value) this.find(this.field.value, true);
  }

  toEnd() {
    this.isAtEnd = true;
    this.pre.scrollTop = this.pre.scrollHeight;
  }

  scrolled() {
    const isAtEnd = this.pre.scrollHeight - this.pre.scrollTop - this.pre.clientHeight < NEAR;
    if (isAtEnd === this.isAtEnd) return;
    this.isAtEnd = isAtEnd;
    this.mark();
  }

  mark() {
    if (this.pre.dataset.stream) this.ender.setAttribute("aria-pressed", String(this.isAtEnd));
    else this.ender.removeAttribute("aria-pressed");
  }

  // -- Finding

  find(words = this.field.value, isGrowing = false) {
    this.found = words ? [...this.ranges(words)] : [];
    this.here = isGrowing ? Math.min(this.here, this.found.length - 1) : -1;
    if (this.found.length && !isGrowing) this.step(1);
    else this.paint();
  }

  *ranges(words) {
    const walker = document.createTreeWalker(this.pre, NodeFilter.SHOW_TEXT);
    const nodes = [];
    const starts = [];
    let text = "";
    while (walker.nextNode()) {
      nodes.push(walker.currentNode);
      starts.push(text.length);
      text += walker.currentNode.data;
    }
    const place = (at) => {
      let [low, high] = [0, starts.length - 1];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (starts[middle] <= at) low = middle;
        else high = middle - 1;
      }
      return [nodes[low], at - starts[low]];
    };
    const wanted = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
    let left = MOST_FOUND;
    for (const { index, 0: { length } } of text.matchAll(wanted)) {
      const range = new Range();
      range.setStart(...place(index));
      const [node, offset] = place(index + length - 1);
      range.setEnd(node, offset + 1);
      yield range;
      if (!--left) return;
    }
  }

  step(by) {
    if (!this.found.length) return this.paint();
    this.here = (this.here + by + this.found.length) % this.found.length;
    const box = this.found[this.here].getBoundingClientRect();
    const frame = this.pre.getBoundingClientRect();
    this.isAtEnd = false;
    if (box.top < frame.top || box.bottom > frame.bottom) {
      this.pre.scrollTop += box.top - frame.top - this.pre.clientHeight / 2;
    }
    this.paint();
  }

  paint() {
    const [count, here] = [this.found.length, this.found[this.here]];
    const most = count === MOST_FOUND ? `${MOST_FOUND}+` : String(count);
    this.count.textContent = this.field.value ? (count ? `${this.here + 1} of ${most}` : "none") : "";
    if (globalThis.Highlight) {
      CSS.highlights.set("found", new Highlight(...this.found));
      CSS.highlights.set("here", new Highlight(...(here ? [here] : [])));
    } else if (here) {
      getSelection().removeAllRanges();
      getSelection().addRange(here);
    }
    this.mark();
  }
}

// The page of a run that has not begun gets its output later.
function begin() {
  for (const pre of document.querySelectorAll("pre[data-log]:not([data-known])")) {
    pre.dataset.known = "";
    new Log(pre);
  }
}

document.addEventListener("jobrunner:shown", begin);
begin();

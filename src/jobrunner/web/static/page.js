// What pages do beyond being pages: they stay fresh, times tick, keys work, questions are asked first.
// Everything here can be missing; markup comes from our own server alone, through templates that escape.
"use strict";

const SECOND = 1000;
const POLL = 5 * SECOND; // while no stream of events is open
const POLL_BESIDE_EVENTS = 20 * SECOND;
const PATIENCE = 15 * SECOND;
const base = document.body.dataset.base ?? "";
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

document.documentElement.classList.add("js");

function tell(text) {
  const live = one("#live");
  if (live && live.textContent !== text) live.textContent = text;
}

// -- Times, in the words that the server has for them ------------------------------------------------

let skew = 0; // of our clock against the server's, so that both say the same

function readClock(within) {
  const clock = one(".clock", within);
  if (clock) skew = Date.parse(clock.dateTime) - Date.now();
}

function age(seconds) {
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))}s`;
}

function short(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))}s`;
  const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [[unit, size], [lower, step]] = [units[first], units[first + 1]];
  const rest = Math.floor((seconds % size) / step);
  return `${Math.floor(seconds / size)}${unit} ${String(rest).padStart(2, "0")}${lower}`;
}

function coming(seconds) {
  if (seconds < 0) return `due ${age(-seconds)} ago`;
  return seconds < 1 ? "now" : `in ${short(seconds)}`;
}

function tickTimes() {
  const now = Date.now() + skew;
  for (const time of all("time[data-ago], time[data-lasting], time[data-coming]")) {
    const since = (now - Date.parse(time.dateTime)) / SECOND;
    let text;
    if ("ago" in time.dataset) text = `${age(since)} ago`;
    else if ("lasting" in time.dataset) text = short(since);
    else if (since > -86400) text = coming(-since); // what is farther away has its day
    else continue;
    if (time.textContent !== text) time.textContent = text;
  }
}

// -- Parts that stay fresh ---------------------------------------------------------------------------

const KEPT = new Set(["open", "hidden"]); // attributes that the visitor's doing sets
const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.row || "" : "");
const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

// Make `old` what `fresh` is, with as few changes as that takes: what has the focus, is typed in, opened or
// scrolled stays as it is.
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes]) {
    if (!KEPT.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.matches("textarea")) return;
  const keyed = new Map([...old.children].map((child) => [keyOf(child), child]));
  let next = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let found = key ? keyed.get(key) : next;
    if (found && !isAlike(found, wanted)) found = null;
    if (!found) {
      old.insertBefore(document.adoptNode(wanted), next);
    } else {
      if (found === next) next = next.nextSibling;
      else old.insertBefore(found, next);
      morph(found, wanted);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

let tag = "";
let isAsking = false;
let isOwed = false; // something changed while we were asking
let answeredAt = Date.now();

async function refresh() {
  if (document.hidden || one("dialog[open]")) return;
  if (isAsking) {
    isOwed = true;
    return;
  }
  isAsking = true;
  try {
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html", ...(tag && { "If-None-Match": tag }) },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.type === "opaqueredirect") return location.reload(); // signed out meanwhile
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(String(answer.status));
      tag = answer.headers.get("ETag") ?? "";
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
    answeredAt = Date.now();
    if (document.body.classList.contains("is-stale")) tell("");
    document.body.classList.remove("is-stale");
  } catch {
    if (Date.now() - answeredAt > 2 * PATIENCE) {
      document.body.classList.add("is-stale");
      tell("The server does not answer: what is shown may be old.");
    }
  } finally {
    isAsking = false;
    if (isOwed) {
      isOwed = false;
      setTimeout(refresh, SECOND);
    }
  }
}

function show(page) {
  readClock(page);
  if (document.title !== page.title) document.title = page.title;
  const [icon, newIcon] = [one("link[rel=icon]"), one("link[rel=icon]", page)];
  if (icon && newIcon && icon.getAttribute("href") !== newIcon.getAttribute("href")) icon.replaceWith(newIcon);
  const focused = document.activeElement;
  for (const part of all("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) morph(part, fresh);
  }
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  filterRows();
  tickTimes();
  document.dispatchEvent(new Event("jobrunner:shown"));
}

let events = null;
let polledAt = Date.now();

function watch() {
  if (document.hidden) {
    events?.close(); // a browser has few connections to spare for tabs that nobody sees
    events = null;
    return;
  }
  if (!events) {
    events = new EventSource(`${base}/api/v1/events`);
    events.addEventListener("change", refresh);
  }
}

function poll() {
  const wait = events?.readyState === EventSource.OPEN ? POLL_BESIDE_EVENTS : POLL;
  if (Date.now() - polledAt < wait) return;
  polledAt = Date.now();
  refresh();
}

// -- Rows: moving, and finding as one types ----------------------------------------------------------

const rows = () => all("[data-row]").filter((row) => !row.hidden);
const rowHere = () => document.activeElement?.closest("[data-row]");

function move(by) {
  const there = rows();
  const at = there.indexOf(rowHere());
  const next = there[at < 0 ? (by > 0 ? 0 : there.length - 1) : Math.min(Math.max(at + by, 0), there.length - 1)];
  const link = next && one("[data-open], a", next);
  link?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function filterRows() {
  const field = one("#q");
  const table = one("[data-rows]");
  if (!field || !table || field.value === field.defaultValue) {
    if (table) all("[data-row]", table).forEach((row) => (row.hidden = false));
    return;
  }
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all("[data-row]", table).filter((row) => {
    const text = (row.dataset.text ?? row.textContent).toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    return !row.hidden;
  });
  tell(`${found.length} on this page; Enter searches all jobs.`);
}

// -- Questions, copying, keys ------------------------------------------------------------------------

function ask(text, button) {
  const dialog = one("#confirm");
  if (!dialog?.showModal) return Promise.resolve(window.confirm(text));
  one("#confirm-text").textContent = text;
  one("#confirm-yes").textContent = button;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

const nameOf = (button) => button.textContent.trim().replace(/\s+/g, " ");

async function press(button, text) {
  if (!(await ask(text, button.firstChild?.textContent.trim() || "Yes"))) return;
  if (button.form) button.form.requestSubmit(button);
  else button.click();
}

async function copy(button) {
  const text = one("pre", button.parentElement)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch { // over plain http there is no clipboard
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  tell("Copied.");
}

const HABIT = "jobrunner.keys";

function habit(value) {
  try {
    if (value !== undefined) localStorage.setItem(HABIT, value);
    return localStorage.getItem(HABIT) !== "off";
  } catch { // a browser that keeps nothing
    return true;
  }
}

let isGoing = false; // after a `g`

function go(key) {
  isGoing = false;
  all("[data-go]").find((place) => place.dataset.go === key)?.click();
}

const here = () => rowHere() ?? one("main");

function order(name) {
  const button = one(`[data-key="${name}"]`, here());
  if (button?.matches("a")) button.click();
  else if (button) press(button, button.dataset.confirm ?? `${nameOf(button)}?`);
}

// Who is in an output searches there.
function findField(target) {
  const section = target.closest("section");
  return (section && one("[data-find]", section)) || one("#q");
}

const KEYS = {
  "/": (target) => findField(target)?.select(),
  "?": () => one("#keys")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  g: () => (isGoing = true),
  l: () => one("[data-logs]", here())?.click(),
  r: () => order("run"),
  p: () => order("pause"),
};

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (target.matches("input, textarea, select, [contenteditable]")) {
    if (key === "Escape" && target.id === "q") leaveSearch(target);
    return;
  }
  if (one("dialog[open]") || !habit()) return;
  if (isGoing) go(key);
  else if (Object.hasOwn(KEYS, key)) KEYS[key](target);
  else return;
  event.preventDefault();
}

function leaveSearch(field) {
  field.value = field.defaultValue;
  filterRows();
  field.blur();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  if (!button) return;
  if (button.matches("[data-help]")) one("#keys")?.showModal();
  else if (button.matches("[data-copy]")) copy(button);
  else if (button.matches("[data-confirm]") && event.isTrusted) {
    event.preventDefault();
    press(button, button.dataset.confirm);
  }
});
document.addEventListener("input", (event) => {
  if (event.target.id === "q") filterRows();
  if (event.target.matches("[data-keys]")) habit(event.target.checked ? "on" : "off");
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-filters]") && event.target.matches("select, [type=checkbox]")) form.requestSubmit();
});
all("[data-keys]").forEach((box) => (box.checked = habit()));
// What is typed into an editor is not lost by a slip.
const isTyped = (area) => area.value !== area.defaultValue && area.isConnected;
let isSent = false;
document.addEventListener("submit", () => (isSent = true));
window.addEventListener("beforeunload", (event) => {
  if (!isSent && all("textarea.code-area").some(isTyped)) event.preventDefault();
});

readClock(document);
setInterval(tickTimes, SECOND);
if ("refresh" in document.body.dataset && one("[data-live]")) {
  watch();
  setInterval(poll, SECOND);
  document.addEventListener("visibilitychange", () => {
    watch();
    refresh();
  });
  document.addEventListener("jobrunner:changed", refresh);
}

// The keyboard. An element that carries data-key="t" is what that key reaches: buttons and links are pressed, folds are
// opened, boxes get the focus. Single keys work outside of boxes only, never with Alt, and can be switched off.
(() => {
"use strict";
const PAUSE = 1000; // milliseconds within which the second key of "g i" must follow
const list = document.getElementById("keys");
const menu = document.getElementById("menu");
if (!list || !menu) return; // nobody is logged in
const isOn = (document.body.dataset.habits ?? "").split(" ").includes("keys");
let first = "";
let forget = 0;

const isBox = (element) => element.matches?.("input, textarea, select, [contenteditable]");
const isThere = (element) => !element.disabled && !element.closest("[inert]") && element.checkVisibility({ visibilityProperty: true });
const reachable = (selector) => [...document.querySelectorAll(selector)].filter(isThere);

function reach(element) {
  if (element.matches("details")) {
    element.open = true;
    (element.querySelector("input:not([type=hidden]), select, textarea, button") ?? element.querySelector("summary")).focus();
  } else if (element.matches("a, button, summary")) element.click();
  else element.focus();
}

// j and k walk through the rows of the list, from the one that is open or has the focus.
function walk(by) {
  const rows = reachable("[data-row]");
  const here = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const at = here >= 0 ? here : rows.findIndex((row) => row.matches("[aria-current]"));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next]?.focus();
}

function single(key) {
  const [was, both] = [first, `${first} ${key}`];
  first = "";
  if (was && document.querySelector(`[data-key="${CSS.escape(both)}"]`)) { reachable(`[data-key="${CSS.escape(both)}"]`).slice(0, 1).forEach(reach); return true; }
  if (key === "j" || key === "k") { walk(key === "j" ? 1 : -1); return true; }
  if (key === "?" || key === "？") { list.showModal(); return true; }
  if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
    first = key;
    clearTimeout(forget);
    forget = setTimeout(() => { first = ""; }, PAUSE);
    return true;
  }
  const [found] = reachable(`[data-key="${CSS.escape(key)}"]`);
  if (found) reach(found);
  return Boolean(found);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return offer();
  }
  if (event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (isBox(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!isOn || event.repeat && event.key !== "j" && event.key !== "k") return;
  if (event.key === "Enter" && document.activeElement !== document.body) return; // it presses what has the focus
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  if (single(key)) event.preventDefault();
});

// The menu: everything on this page that has a key, by name.
const needle = menu.querySelector("input");
const found = menu.querySelector("ul");
let offered = [];

function named(element) {
  const label = element.matches("details") ? element.querySelector("summary") : element.labels?.[0] ?? element;
  return (element.getAttribute("aria-label") || label.textContent).trim().replace(/\s+/g, " ");
}

function offer() {
  const seen = new Set();
  offered = reachable("[data-key]").filter((one) => !seen.has(one.dataset.key) && seen.add(one.dataset.key))
    .map((element) => ({ element, name: named(element) }));
  needle.value = "";
  narrow();
  menu.showModal();
  needle.focus();
}

function narrow() {
  const wanted = needle.value.trim().toLowerCase();
  const rows = offered.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ element, name }) => {
    const [row, button, key] = ["li", "button", "kbd"].map((tag) => document.createElement(tag));
    button.type = "button";
    button.textContent = name;
    key.textContent = element.dataset.key;
    button.append(" ", key);
    button.addEventListener("click", () => { menu.close(); reach(element); });
    row.append(button);
    return row;
  });
  found.replaceChildren(...rows);
  if (!rows.length) found.textContent = found.dataset.none;
}

needle.addEventListener("input", narrow);
menu.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const buttons = [...found.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "Enter" && event.target === needle) { event.preventDefault(); buttons[0]?.click(); }
  if (event.key === "ArrowDown") { event.preventDefault(); buttons[Math.min(at + 1, buttons.length - 1)]?.focus(); }
  if (event.key === "ArrowUp") { event.preventDefault(); (buttons[at - 1] ?? needle).focus(); }
});
})();

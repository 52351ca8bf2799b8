// The reply box: templates by "/", checks and segments while typing, drafts kept on the server. Without it the same
// page works with a list of templates, a button that keeps the draft, and the checks at sending.
(() => {
"use strict";
const box = document.getElementById("reply-text");
if (!box) return;
const form = box.form;
const CHECK_AFTER = 250; // milliseconds after the last key
const SAVE_AFTER = 1000;
const RETRY_AFTER = 5000;
const SLASHES = ["/", "／", "、"]; // one key, as different input methods have it
const UNTYPED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const byId = (id) => document.getElementById(id);
const typed = () => box.value.replace(UNTYPED, (c) => (c === "\n" || c === "\u200d" ? c : "")).trim();
const address = (what) => form.action.replace(/\/reply$/, `/${what}`);

// Segments, as the gateway counts them: see bot/core/segments.py, which also gives the alphabets.
const size = byId("segments");
const once = new Set(size.dataset.alphabet);
const twice = new Set(size.dataset.twice);

function measure(text) {
  const characters = [...text];
  const gsm = characters.every((c) => once.has(c) || twice.has(c));
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  const widths = characters.map((c) => (gsm ? (twice.has(c) ? 2 : 1) : c.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  let parts = 1;
  if (units > alone) {
    let room = joined;
    for (const width of widths) {
      if (width > room) { parts += 1; room = joined; }
      room -= width;
    }
  }
  return { units, parts, room: parts === 1 ? alone : parts * joined, encoding: gsm ? "GSM-7" : "UCS-2" };
}

function count() {
  const text = typed(), signature = box.dataset.signature;
  const { units, parts, room, encoding } = measure(text.startsWith(signature) ? text : signature + text);
  const words = parts === 1 ? size.dataset.one : size.dataset.many.replace("#", parts);
  size.textContent = `${units}/${room} · ${words} · ${encoding}`;
}

// Is it allowed? The server says so, by the rules that it asks again when the text is sent.
let asking = null;
async function check() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(address("check"), { method: "POST", body: new URLSearchParams(new FormData(form)), signal: asking.signal });
    if (![200, 409].includes(answer.status)) return;
    const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("checks");
    if (!list) return;
    if (byId("checks")?.outerHTML !== list.outerHTML) byId("checked").replaceChildren(list);
    askReason(list.dataset.verdict === "doubtful");
  } catch { /* the next key asks again */ }
}

function askReason(wanted) {
  const field = byId("reply-reason");
  byId("reason").hidden = !wanted;
  field.disabled = !wanted;
  field.required = wanted;
}

// Drafts: kept a second after the last key, and when the box is left.
const state = byId("draft-state");
let saved = state.textContent ? box.value : "";
let sent = false;
let later = 0;

function draft() {
  const data = new FormData(form);
  data.set("quiet", "yes");
  return new URLSearchParams(data);
}

async function save() {
  clearTimeout(later);
  if (sent || box.value === saved) return;
  const text = box.value;
  try {
    const answer = await fetch(address("draft"), { method: "POST", body: draft(), keepalive: true });
    if (!answer.ok) throw new Error(answer.status);
    saved = text;
    state.textContent = text.trim() ? state.dataset.saved : "";
  } catch {
    state.textContent = state.dataset.unsaved;
    later = setTimeout(save, RETRY_AFTER);
  }
}

function leave() {
  if (sent || box.value === saved) return;
  if (navigator.sendBeacon(address("draft"), draft())) saved = box.value;
}

let pending = 0;
function changed() {
  count();
  byId("reply-reason").required = false; // until these words are judged: a sending meanwhile is judged by the server
  clearTimeout(pending);
  clearTimeout(later);
  pending = setTimeout(check, CHECK_AFTER);
  later = setTimeout(save, SAVE_AFTER);
}

box.addEventListener("input", (event) => {
  if (!event.isComposing && SLASHES.includes(box.value)) { box.value = ""; openPicker(); }
  if (!box.value.trim()) form.elements.template.value = "";
  changed();
});
box.addEventListener("compositionend", () => { if (SLASHES.includes(box.value)) { box.value = ""; openPicker(); } });
box.addEventListener("blur", save);
window.addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
window.addEventListener("online", save);
form.addEventListener("submit", (event) => { sent = event.submitter?.id !== "keep-draft"; });
window.addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });

// What lies outside the box may change what is allowed: an opt-out, the hour, a colleague.
const gate = byId("may-send");
if (gate) new MutationObserver(check).observe(gate, { childList: true, subtree: true, characterData: true });
new MutationObserver(check).observe(box, { attributeFilter: ["disabled"] });

// Ctrl+Shift+Enter sends and goes on. Ctrl+Enter sends from wherever one reads, such as the customer's newest text.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  const inside = event.target === document.body || event.target === box || event.target.closest?.("#answer .said, #reply");
  if (!inside || box.disabled || (event.target === box && !event.shiftKey)) return; // in the box, data-submit sends
  event.preventDefault();
  form.requestSubmit(byId(event.shiftKey ? "send-next" : "send"));
});

// Templates: "/" in an empty box, or the button.
const picker = byId("picker");
const find = byId("picker-find");
let options = picker ? [...picker.querySelectorAll("[role=option]")] : [];
let active = 0;

function openPicker() {
  if (!picker) return;
  picker.hidden = false;
  find.value = "";
  filter();
  find.focus();
}

function closePicker() {
  picker.hidden = true;
  box.focus();
}

function shown() { return options.filter((one) => !one.hidden); }

function filter() {
  const words = find.value.trim().toLowerCase().split(/\s+/);
  for (const one of options) {
    const said = `${one.dataset.word} ${one.textContent}`.toLowerCase();
    one.hidden = !words.every((word) => said.includes(word));
  }
  byId("picker-none").hidden = shown().length > 0;
  mark(0);
}

function mark(place) {
  const list = shown();
  active = list.length ? (place + list.length) % list.length : 0;
  options.forEach((one) => one.setAttribute("aria-selected", String(one === list[active])));
  if (list[active]) { find.setAttribute("aria-activedescendant", list[active].id); list[active].scrollIntoView({ block: "nearest" }); }
  else find.removeAttribute("aria-activedescendant");
}

function choose(one) {
  if (!one) return;
  const text = one.querySelector(".words").textContent;
  const empty = !box.value.trim();
  if (empty) box.value = text;
  else box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  if (empty || !form.elements.template.value) form.elements.template.value = one.dataset.name;
  closePicker();
  changed();
}

if (picker) {
  byId("choose").hidden = true;
  byId("pick").hidden = false;
  byId("pick").addEventListener("click", openPicker);
  find.addEventListener("input", filter);
  find.addEventListener("blur", (event) => { if (!picker.contains(event.relatedTarget)) picker.hidden = true; });
  find.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(active + step);
    else if (event.key === "Enter") choose(shown()[active]);
    else if (event.key === "Escape") closePicker();
    else if (event.key === "Tab") { closePicker(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  picker.addEventListener("mousedown", (event) => {
    const one = event.target.closest("[role=option]");
    if (one) { event.preventDefault(); choose(one); }
  });
}
byId("keep-draft").hidden = true; // kept by itself from here on
count();
if (box.value !== saved) later = setTimeout(save, SAVE_AFTER);
})();

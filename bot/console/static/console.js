// Keeps what is on the page current. Without it every page still works: forms, links and a reload.
"use strict";
const LOCKED = [401, 403];
const READ_FIRST = 3000; // a new text counts as read, for the reply form, only after so many milliseconds
let stopped = false;

function period() {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  return parts.length ? Math.min(...parts.map((part) => Number(part.dataset.refresh))) * 1000 : 0;
}

// Fetch this page again and replace the parts that say so. Boxes that somebody types in are in none of them.
async function refresh() {
  if (document.hidden || stopped) return;
  try {
    const answer = await fetch(location.href.split("#")[0], { headers: { "X-Refresh": "1" }, redirect: "manual" });
    if (LOCKED.includes(answer.status)) return locked();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelectorAll("[data-refresh]").forEach((part) => {
      const next = fresh.getElementById(part.id);
      if (next) update(part, next);
      if (next && next.dataset.seen) showed(next.dataset.seen, next.dataset.after);
    });
  } catch { /* the server is away for a moment: the next round tries again */ }
}

// Change only what differs: a screen reader then reads out the new text alone, and nobody loses their place.
function update(part, next) {
  const shown = [...part.children];
  const wanted = [...next.children];
  wanted.forEach((child, place) => {
    const old = shown[place];
    if (!old) part.append(child);
    else if (old.outerHTML !== child.outerHTML && !old.contains(document.activeElement)) old.replaceWith(child);
  });
  shown.slice(wanted.length).forEach((child) => child.remove());
}

// The session ended. What was typed goes to the log-in page with the form, which keeps it and sends nothing.
function locked() {
  stopped = true;
  const box = document.querySelector("form.reply textarea");
  if (box && box.value.trim()) box.form.requestSubmit();
  else location.reload();
}

function showed(seen, after) {
  const form = document.querySelector("form.reply");
  if (!form || form.elements.seen.value === seen) return;
  setTimeout(() => { form.elements.seen.value = seen; form.elements.after.value = after; }, READ_FIRST);
}

// Ctrl+Enter sends; on the demonstration's phone Enter does. Never while an input method is composing a word.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest("textarea[data-submit]");
  if (!box || event.key !== "Enter" || event.isComposing || event.shiftKey) return;
  if (event.ctrlKey || event.metaKey || box.dataset.submit === "enter") {
    event.preventDefault();
    box.form.requestSubmit();
  }
});

// One click, one request. Disabled a moment later, so that the button's own value is still sent.
document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }), 0);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("button:disabled").forEach((button) => { button.disabled = false; });
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-go]")) event.target.form.requestSubmit();
});

if (period()) setInterval(refresh, period());
document.addEventListener("visibilitychange", refresh);

// Keeps what is on the page current. Without it every page still works: forms, links and a reload.
(() => {
"use strict";
const LOCKED = [401, 403];
const READ_FIRST = 3000; // a new text counts as read, for the reply form, only after so many milliseconds
const PATIENCE = 5000; // a stream that comes back within so many milliseconds was never away
const SELDOM = 6; // while the stream lives, pages are fetched so many times less often
let stopped = false;
let stream = null;
let lost = 0;
let fetching = false;
let again = false;

function period() {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  return parts.length ? Math.min(...parts.map((part) => Number(part.dataset.refresh))) * 1000 : 0;
}

// Fetch this page again and replace the parts that say so. Boxes that somebody types in are in none of them.
async function refresh() {
  if (document.hidden || stopped) return;
  if (fetching) { again = true; return; }
  fetching = true;
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
    closeComposer(fresh.getElementById("reply-text"));
  } catch { /* the server is away for a moment: the next round tries again */
  } finally {
    fetching = false;
    if (again) { again = false; refresh(); }
  }
}

// The moment that nothing may be sent any more (an opt-out, a colleague who took over), the open box says so too.
function closeComposer(wanted) {
  const box = document.getElementById("reply-text");
  if (!box) return;
  const closed = !wanted || wanted.disabled;
  box.disabled = closed;
  box.form.querySelectorAll("button").forEach((button) => { button.disabled = closed; });
}

// The stream says that something changed, never what: the page then fetches itself anew. It begins by saying so, so
// that a page which was cut off catches up. Hidden pages let go of theirs.
function listen() {
  const path = document.body.dataset.live;
  if (!path || stream || stopped || document.hidden) return;
  stream = new EventSource(path);
  stream.addEventListener("open", () => link("live"));
  stream.addEventListener("changed", (event) => {
    const told = JSON.parse(event.data);
    if (told.customer || told.lists) refresh();
  });
  stream.addEventListener("locked", locked);
  stream.addEventListener("error", () => {
    link("lost");
    if (stream && stream.readyState === EventSource.CLOSED) { // refused rather than cut off: ask again later
      hangUp();
      setTimeout(listen, PATIENCE);
    }
  });
}

function hangUp() {
  if (stream) stream.close();
  stream = null;
}

function link(state) {
  const shown = document.getElementById("link");
  clearTimeout(lost);
  if (!shown) return;
  const say = () => { shown.className = `link ${state}`; shown.textContent = shown.dataset[state]; };
  if (state === "lost") lost = setTimeout(say, PATIENCE);
  else if (shown.textContent !== shown.dataset.live) say();
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
  hangUp();
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

let rounds = 0;
if (period()) {
  setInterval(() => {
    const living = stream && stream.readyState === EventSource.OPEN;
    rounds += 1;
    if (!living || rounds % SELDOM === 0) refresh();
  }, period());
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hangUp();
  else { refresh(); listen(); }
});
listen();
})();

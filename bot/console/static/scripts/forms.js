// Forms: one click sends one request, a shortcut sends what is typed, nothing is sent into a dead line, and whatever
// goes wrong is said beside what was typed, which stays.
(() => {
"use strict";
const SLOW = 400; // milliseconds after which a page that loads says so
const LONGEST = 15000; // after which it no longer does: perhaps it was a file that was saved
const toast = document.getElementById("toast");
const say = (text) => {
  if (!toast || !text) return;
  const [words, close] = [document.createElement("span"), document.createElement("button")];
  words.textContent = text;
  close.type = "button";
  close.className = "quiet";
  close.textContent = toast.dataset.close;
  close.addEventListener("click", () => toast.replaceChildren());
  toast.replaceChildren(words, close);
};
document.addEventListener("toast", ({ detail }) => say(detail));
const isOffline = () => document.body.dataset.link === "offline" || !navigator.onLine;

// Ctrl+Enter sends; on the demonstration's phone Enter does. Never while an input method is composing a word.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest("textarea[data-submit]");
  if (!box || event.key !== "Enter" || event.isComposing || event.shiftKey) return;
  if (event.ctrlKey || event.metaKey || box.dataset.submit === "enter") {
    event.preventDefault();
    box.form.requestSubmit();
  }
});

// While the line is dead a form would lead to the browser's own error page, and take along what was typed.
document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog" || !isOffline()) return;
  event.preventDefault();
  event.stopPropagation();
  say(toast?.dataset.offline);
}, true);

// One click, one request. Disabled a moment later, so that the button's own value is still sent.
document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog") return;
  setTimeout(() => {
    if (event.defaultPrevented) return;
    event.submitter?.setAttribute("aria-busy", "true");
    event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    loads();
  }, 0);
});

let slow = 0;
function loads() {
  clearTimeout(slow);
  slow = setTimeout(() => { document.body.dataset.busy = ""; slow = setTimeout(idle, LONGEST); }, SLOW);
}
function idle() {
  clearTimeout(slow);
  delete document.body.dataset.busy;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.hasAttribute("download")) return;
  if (link.origin === location.origin && link.getAttribute("href")[0] !== "#") loads();
});
window.addEventListener("pageshow", (event) => {
  idle();
  if (!event.persisted) return;
  document.querySelectorAll("button[aria-busy]").forEach((button) => {
    button.removeAttribute("aria-busy");
    button.form?.querySelectorAll("button").forEach((one) => { one.disabled = false; });
  });
});

// Requests that htmx makes for a form or a link of a page; the page's own renewal is live.js's business.
const isOurs = (event) => !["parts", "stream"].includes(event.target.id);
document.addEventListener("htmx:before:request", (event) => { if (isOurs(event)) loads(); });
document.addEventListener("htmx:finally:request", (event) => { if (isOurs(event)) idle(); });
document.addEventListener("htmx:error", (event) => { if (isOurs(event)) say(toast?.dataset.offline); });
document.addEventListener("htmx:response:error", (event) => {
  if (!isOurs(event)) return;
  const said = new DOMParser().parseFromString(event.detail.ctx.text, "text/html").querySelector("[role=alert]:not(#toast)");
  say(said?.textContent.trim() || toast?.dataset.failed);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-go]")) event.target.form.requestSubmit();
});
})();

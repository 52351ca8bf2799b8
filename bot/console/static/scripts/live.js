// Keeps the page current. The stream says that something changed, never what; htmx then fetches the page once and
// morphs the parts that say data-refresh. Without script every page still works: forms, links and a reload.
(() => {
"use strict";
const PATIENCE = 5000; // a stream that comes back within so many milliseconds was never away
const SILENCE = 40000; // a stream that says nothing for so long, not even that it is there, is dead
const SELDOM = 6; // while the stream lives, pages are fetched so many times less often
const READ_FIRST = 3000; // a new text counts as read, for the reply form, only after so many milliseconds
const ALL = "1"; // what is fetched: the page, or its own customer alone
const OWN = "own";
const LISTS_LATER = 1000; // the lists follow a customer's own news after so many milliseconds
const PAINT_FIRST = 150; // the stream is opened so many milliseconds after the page: it is painted sooner alone
const stream = document.getElementById("stream");
const parts = document.getElementById("parts");
let connection = null; // of the stream, while it lives
let heard = 0; // when it said something last
let failed = false; // the page could not be fetched: it may miss something
let stopped = false; // the session is over
let first = 0; // timer of the first attempt
let slow = 0;
let later = 0;

function refresh(what = ALL) {
  if (!parts || document.hidden || stopped) return;
  parts.setAttribute("hx-headers", `X-Refresh:${what}`);
  htmx.trigger(parts, "refresh");
}

// News of this page's customer: the thread and the file at once, the lists with whatever else happened meanwhile.
function refreshOwn() {
  refresh(OWN);
  later ||= setTimeout(() => { later = 0; refresh(); }, LISTS_LATER);
}

function connect() {
  clearTimeout(first);
  if (stream && !document.hidden && !stopped) htmx.trigger(stream, "connect");
}

const shown = () => Number(document.querySelector("[data-version]")?.dataset.version ?? 0);

// ● live · ◌ reconnecting, once that takes a while · ✕ offline: the server cannot be reached at all
function show(state) {
  const line = document.getElementById("link");
  document.body.dataset.link = state;
  if (line) { line.className = `link ${state}`; line.textContent = line.dataset[state]; }
}

function link(state) {
  const now = document.body.dataset.link;
  if (state === "lost") { // the first of many attempts starts the clock, none sets it back
    if (!slow && now !== "lost" && now !== "offline") slow = setTimeout(() => { slow = 0; show("lost"); }, PATIENCE);
    return;
  }
  clearTimeout(slow);
  slow = 0;
  if (state !== now) show(state);
}

// What the server refused: 401, the session is over; 403, this may not be read any more.
function refused(status) {
  if (status === 401) locked();
  else if (status === 403) { stopped = true; location.reload(); }
}

// The session is over. What was typed goes to the log-in page with the form, which keeps it and sends nothing.
function locked() {
  stopped = true;
  if (!document.dispatchEvent(new CustomEvent("locked", { cancelable: true }))) return; // lock.js asks for the password
  const box = document.querySelector("form.reply textarea");
  if (box && box.value.trim()) box.form.requestSubmit();
  else location.reload();
}

// The moment that nothing may be sent any more (an opt-out, a colleague who took over), the open box says so too.
function closeComposer() {
  const box = document.getElementById("reply-text");
  const line = document.querySelector("[data-box]");
  if (!box || !line) return;
  const closed = line.dataset.box === "closed";
  box.disabled = closed;
  box.form.querySelectorAll("button").forEach((button) => { button.disabled = closed; });
}

// The reply form says what its writer has seen; what arrived this moment they have not read yet.
function seen() {
  const form = document.querySelector("form.reply");
  const texts = document.querySelector("[data-seen]");
  if (!form?.elements.seen || !texts || form.elements.seen.value === texts.dataset.seen) return;
  const { seen: count, after } = texts.dataset;
  setTimeout(() => { form.elements.seen.value = count; form.elements.after.value = after; }, READ_FIRST);
}

// After news of this customer only their newest texts are fetched: those before them stay as they are. False where more
// arrived than that.
function keepEarlier(fetched) {
  const first = fetched?.querySelector(":scope > [id]");
  if (!first) return true;
  const here = document.getElementById(first.id);
  if (!here) return false;
  while (fetched.firstChild !== first) fetched.firstChild.remove();
  for (let one = here.parentNode.firstChild; one !== here; one = one.nextSibling) first.before(one.cloneNode(true));
  return true;
}

if (parts) {
  parts.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    failed = ctx.response.status >= 400;
    if (failed) { event.preventDefault(); return refused(ctx.response.status); }
    const own = ctx.request.headers["X-Refresh"] === OWN;
    if (own && !tasks.every(({ fragment }) => keepEarlier(fragment.querySelector("#texts")))) {
      event.preventDefault();
      return refresh();
    }
    for (const task of tasks) task.fragment.querySelectorAll("[autofocus]").forEach((one) => one.removeAttribute("autofocus"));
  });
  parts.addEventListener("htmx:after:swap", () => {
    if (!connection) reached(); // the server answers, so what is typed may be sent
    seen();
    closeComposer();
    document.dispatchEvent(new CustomEvent("refreshed"));
  });
  parts.addEventListener("htmx:error", ({ detail }) => { failed = true; if (!connection && !detail.ctx?.response) link("offline"); });
  const marked = [...document.querySelectorAll("[data-refresh]")].map((part) => Number(part.dataset.refresh));
  let rounds = 0;
  if (marked.length) setInterval(() => { rounds += 1; if (!connection || rounds % SELDOM === 0) refresh(); }, Math.min(...marked) * 1000);
}

if (stream) {
  stream.addEventListener("htmx:sse:after:connection", ({ detail }) => {
    connection = detail.connection;
    heard = performance.now();
    link("live");
    if (failed) refresh();
    if (document.hidden) setTimeout(hangUp, 0); // hidden while it connected: nobody looks, so nobody listens
  });
  stream.addEventListener("htmx:sse:before:message", () => { heard = performance.now(); });
  stream.addEventListener("changed", ({ detail }) => {
    const told = JSON.parse(detail.data);
    const isNew = told.customer && (told.version === null || told.version > shown());
    if (told.lists) refresh();
    else if (isNew) refreshOwn();
  });
  stream.addEventListener("locked", locked);
  stream.addEventListener("htmx:sse:before:connection", ({ detail }) => { if (detail.connection.attempt > 0) lost(); });
  stream.addEventListener("htmx:sse:error", ({ detail }) => { lost(); refused(detail.status); });
  stream.addEventListener("htmx:sse:close", () => { lost(); setTimeout(connect, PATIENCE); });
  stream.addEventListener("htmx:error", away);
  stream.addEventListener("htmx:after:request", ({ detail: { ctx } }) => { away(); refused(ctx.response.status); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !connection) connect(); });
  window.addEventListener("offline", () => { hangUp(); lost(); link("offline"); });
  window.addEventListener("online", () => refresh());
  setInterval(() => { if (connection && performance.now() - heard > SILENCE) hangUp(); }, PATIENCE);
}

function reached() { if (document.body.dataset.link === "offline") show("lost"); }
function lost() { connection = null; link("lost"); }
function hangUp() { connection?.reader?.cancel(); } // it then connects again by itself, once the page is seen
function away() { lost(); setTimeout(connect, PATIENCE); } // the first attempt failed: nobody else tries again

// htmx is ready. What happens until the stream is open it tells at once, for it knows when the page was rendered.
document.addEventListener("htmx:after:process", () => { first = setTimeout(connect, PAINT_FIRST); }, { once: true });
window.addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); connect(); } });
document.addEventListener("unlocked", () => { stopped = false; refresh(); connect(); });
})();

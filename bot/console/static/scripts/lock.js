// The lock. The server decides when a session is locked; this shows it: a warning one minute before, then a dialog over
// the page, which keeps everything that was typed and goes away when the password was right.
(() => {
"use strict";
const box = document.getElementById("lock");
if (!box) return;
const form = document.getElementById("unlock");
const soon = document.getElementById("lock-soon");
const problem = document.getElementById("lock-problem");
const WARN = 60; // seconds before the lock
const TELL = 60; // seconds between two words to the server that somebody is there
const title = document.title;
let left = Number(box.dataset.left); // seconds without use that were left
let since = Date.now(); // when the server said so, on the clock that goes on while a machine sleeps
let usedAt = 0; // when something was typed or clicked last
let locked = false;
let asking = false;

const rest = () => left - (Date.now() - since) / 1000;

function told(answer) {
  if (answer.state !== "open") return lock(answer.state);
  left = answer.left;
  since = Date.now();
  soon.hidden = rest() > WARN;
  if (locked) unlock();
}

// Ask how the session stands; with `use` say that somebody is there. A server that is away leaves the page locked.
async function ask(use) {
  if (asking) return;
  asking = true;
  const options = use ? { method: "POST", body: new URLSearchParams({ csrf: form.elements.csrf.value }) } : { headers: { "X-Refresh": "1" } };
  try {
    const answer = await fetch("/session", options);
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) told(await answer.json());
    else if (answer.status === 401 || answer.status === 403) lock("locked");
  } catch { /* the next second asks again */
  } finally {
    asking = false;
    if (rest() <= 0 && !locked) lock("locked");
  }
}

function lock(state) {
  if (state === "over") return leave();
  if (locked) return;
  locked = true;
  soon.hidden = true;
  document.body.dataset.locked = "";
  document.title = box.dataset.title;
  box.showModal();
  form.elements.password.focus();
}

function unlock() {
  locked = false;
  delete document.body.dataset.locked;
  document.title = title;
  form.reset();
  problem.hidden = true;
  box.close();
  document.dispatchEvent(new CustomEvent("unlocked"));
}

// Twelve hours are over, or somebody ended this session: the log-in page keeps the reply that was being written.
function leave() {
  const reply = document.querySelector("form.reply textarea");
  locked = false;
  if (reply?.value.trim()) { reply.disabled = false; reply.form.submit(); }
  else location.reload();
}

function say(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const said = await answer.json();
    if (said.code) document.getElementById("lock-with-code").hidden = false;
    say(said.problem ?? "");
    if (!said.problem) return told(said);
    form.elements.password.select();
  } catch { say(problem.dataset.away); }
});
box.addEventListener("cancel", (event) => event.preventDefault());
box.addEventListener("close", () => { if (locked) box.showModal(); });
soon.querySelector("button").addEventListener("click", () => ask(true));
for (const kind of ["keydown", "pointerdown", "input", "wheel"]) {
  document.addEventListener(kind, () => { usedAt = Date.now(); }, { capture: true, passive: true });
}

// A form that is sent after the time is up would meet the log-in page: lock first, and keep it.
document.addEventListener("submit", (event) => {
  if (locked || rest() > 0 || box.contains(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(false);
}, true);
document.addEventListener("locked", (event) => { event.preventDefault(); ask(false); }); // the stream or a part said so
setInterval(() => {
  if (locked) return;
  if (rest() <= 0) return ask(false);
  soon.hidden = rest() > WARN;
  const now = Date.now();
  if (usedAt > since && now - usedAt < 2 * TELL * 1000 && now - since > TELL * 1000) ask(true);
}, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden && (locked || rest() <= WARN)) ask(false); });
})();

// Service clocks tick between two renewals of the page, from the deadlines that the server sent. Its clock counts, not
// this machine's; what each clock says is written as the server writes it.
(() => {
"use strict";
const EVERY = 5000; // milliseconds; minutes are shown
let heard = "";
let offset = 0;

// The largest two units, as the server says them.
function span(seconds, words) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const values = { d: Math.floor(minutes / 1440), h: Math.floor(minutes / 60) % 24, m: minutes % 60 };
  const form = values.d ? words.days : values.h ? words.hours : words.minutes;
  return form.replace(/\{(\w)\}/g, (_, unit) => values[unit]);
}

function tick() {
  const told = document.getElementById("clock-words");
  if (!told || document.hidden) return;
  if (told.dataset.now !== heard) {
    heard = told.dataset.now;
    offset = Date.parse(heard) - Date.now();
  }
  const now = Date.now() + offset;
  document.querySelectorAll("time[data-amber]").forEach((clock) => {
    const left = (Date.parse(clock.dateTime) - now) / 1000;
    const state = left <= 0 ? "late" : now >= Date.parse(clock.dataset.amber) ? "soon" : "calm";
    const words = (left >= 0 ? told.dataset.left : told.dataset.over).replace("{span}", span(left, told.dataset));
    if (clock.textContent !== words) clock.textContent = words;
    if (!clock.classList.contains(state)) clock.className = `due ${state}`;
  });
}

setInterval(tick, EVERY);
document.addEventListener("visibilitychange", tick);
})();

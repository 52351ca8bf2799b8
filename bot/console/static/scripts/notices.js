// Who waits is told by a count in the title, a dot on the icon and, if the person wants so, a sound and a desktop
// notice. One page of all that are open holds the stream of counts and tells the others; it names nobody.
(() => {
"use strict";
const AGAIN = 30000; // a refused stream is asked for again after so many milliseconds
const PAINT_FIRST = 150; // the first is opened so many milliseconds after the page: it is painted sooner alone
const LAST = "huixin-waiting";
const { habits = "" } = document.body.dataset;
const wants = new Set(habits.split(" "));
const from = document.getElementById("notices");

// A tone of our own making: two short notes, no file.
function sound() {
  const context = new AudioContext();
  [660, 880].forEach((pitch, place) => {
    const [tone, loudness, at] = [context.createOscillator(), context.createGain(), context.currentTime + place * 0.14];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.12, at);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.13);
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.14);
    if (place) tone.onended = () => { document.body.dataset.sounded = "yes"; context.close(); };
  });
}

function notify(count) {
  const notice = new Notification(from.dataset.title, { body: from.dataset.body + count, tag: "huixin" });
  notice.onclick = () => { window.focus(); notice.close(); };
}

if (from && "locks" in navigator && "BroadcastChannel" in window) {
  const channel = new BroadcastChannel("huixin");
  const title = document.title;
  const icon = document.querySelector("link[rel=icon]");
  const calm = icon.href;
  const show = (count) => {
    document.title = count ? `(${count}) ${title}` : title;
    icon.href = count ? from.dataset.dot : calm;
  };
  channel.addEventListener("message", ({ data }) => show(data));

  // A page that is looked at says so by a shared lock, which goes with it whatever becomes of it.
  let unseen = null;
  const look = () => {
    if (document.hidden) { unseen?.(); unseen = null; }
    else if (!unseen) navigator.locks.request("huixin-seen", { mode: "shared" }, () => new Promise((done) => { unseen = done; }));
  };
  document.addEventListener("visibilitychange", look);
  look();

  const told = async ({ data }) => {
    const { mine, queue } = JSON.parse(data);
    const count = wants.has("queue") ? mine + queue : mine;
    const last = localStorage.getItem(LAST);
    localStorage.setItem(LAST, String(count));
    show(count);
    channel.postMessage(count);
    if (last === null || count <= Number(last)) return;
    if (wants.has("sound")) sound();
    const isSeen = (await navigator.locks.query()).held.some((lock) => lock.name === "huixin-seen");
    if (wants.has("notices") && !isSeen && window.Notification?.permission === "granted") notify(count);
  };

  navigator.locks.request("huixin-notices", () => new Promise(() => {
    const listen = () => {
      const stream = new EventSource(from.dataset.path);
      stream.addEventListener("waiting", told);
      stream.addEventListener("locked", () => stream.close());
      stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN); });
    };
    setTimeout(listen, PAINT_FIRST);
  }));
}

// The buttons that try them out, on the page of settings.
document.querySelectorAll("[data-try]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (button.dataset.try === "sound") return sound();
    const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
    if (answer === "granted") notify(1);
    else document.dispatchEvent(new CustomEvent("toast", { detail: button.dataset.denied }));
  });
});
})();

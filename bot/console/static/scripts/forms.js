// Forms: one click sends one request, a shortcut sends what is typed, a choice may send itself.
(() => {
"use strict";
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
})();

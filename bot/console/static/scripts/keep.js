// What a person did on the page survives its renewal: what they typed, chose or unfolded is never morphed away.
(() => {
"use strict";
const typed = (box) => box.matches("input, textarea") && box.value !== box.defaultValue && box.type !== "hidden";

// What was shown in clear is masked again when the page is left, so that going back to it shows nothing.
window.addEventListener("pagehide", () => {
  document.querySelectorAll("[data-masked]").forEach((one) => { one.textContent = one.dataset.masked; });
});

htmx.registerExtension("keep", {
  // Whether a fold is open is the reader's business; so are the words in a field that somebody typed in.
  htmx_before_morph_attr: (element, { attrName }) =>
    !(attrName === "open" && element.matches("details, dialog")) && !(attrName === "value" && typed(element)),
  // A box with words of its own takes on what the server says of it, but not its text.
  htmx_before_morph_node: (element, { oldNode, newNode }) => {
    if (!oldNode.matches?.("textarea") || !typed(oldNode)) return true;
    oldNode.disabled = newNode.disabled;
    return false;
  },
});
})();

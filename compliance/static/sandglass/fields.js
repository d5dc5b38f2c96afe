"use strict";
// The search boxes that Django draws over some fields have no names of their own: give them the field's.

function nameBoxes() {
  for (const box of document.querySelectorAll(".select2-selection[role=combobox]:not([data-named])")) {
    const field = box.closest(".select2-container").previousElementSibling;
    const label = field && document.querySelector(`label[for="${field.id}"]`);
    if (!label) continue;
    label.id = label.id || `${field.id}_label`;
    box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") || ""}`);
    box.querySelector(".select2-selection__rendered").setAttribute("aria-labelledby", label.id);
    box.dataset.named = "yes";
  }
  for (const box of document.querySelectorAll(".select2-selection[aria-owns]")) {
    box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
  }
  for (const box of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    box.setAttribute("aria-label", "Search");
  }
  for (const list of document.querySelectorAll(".select2-results__options:not([aria-label])")) {
    list.setAttribute("aria-label", "Found");
  }
}

new MutationObserver(nameBoxes).observe(document.documentElement, {
  childList: true,
  subtree: true,
  attributeFilter: ["aria-owns"],
});

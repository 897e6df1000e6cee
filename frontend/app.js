// What JavaScript adds: everything on a page also works without it.
import { completeNames } from "./combobox.js";
import { Button, ErrorSummary, PasswordInput, SkipLink, createAll } from "./nhsuk-frontend.min.js";
import { keepSums } from "./sums.js";
import { fitRows } from "./tumors.js";

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
// Not the library's radios, checkboxes and file boxes: what they add breaks accessibility rules, and CSS shows what a
// chosen answer asks for.
for (const part of [Button, ErrorSummary, PasswordInput, SkipLink]) createAll(part);

completeNames();
for (const form of document.querySelectorAll("form[data-sums]")) keepSums(form, fitRows);

// A picture wider than its place opens at today, and the names of its lanes move along.
for (const region of document.querySelectorAll(".app-course")) {
  const names = region.querySelectorAll(".app-course__name");
  region.addEventListener("scroll", () => {
    const lift = region.scrollLeft > 0 ? -13 : 0;
    for (const name of names) name.setAttribute("transform", `translate(${region.scrollLeft} ${lift})`);
  });
  const today = region.querySelector(".app-course__today");
  if (today) {
    const left = today.getBoundingClientRect().left - region.getBoundingClientRect().left;
    region.scrollLeft = left - region.clientWidth * 0.7;
  }
}

// A printed page shows every proof: open what is folded, and fold it again afterwards.
const opened = [];
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    opened.push(part);
  }
});
window.addEventListener("afterprint", () => {
  for (const part of opened.splice(0)) part.open = false;
});

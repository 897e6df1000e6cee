// A tumor's row asks what its diagnosis needs as soon as it is named, and says what follows from the other words.
const isFilled = (box) => [...box.querySelectorAll("input, select, textarea")].some((each) => each.value);

function place(row, asked) {
  const folded = row.querySelector(".app-entry__fields");
  const end = row.querySelector(":scope > .app-entry__remark, :scope > .app-entry__more");
  for (const box of row.querySelectorAll("[data-box]")) {
    const wanted = asked.includes(box.dataset.box);
    const isFolded = folded.contains(box);
    // A box that is being typed in, or says something, never goes away.
    if (wanted !== isFolded || box.contains(document.activeElement) || (!wanted && isFilled(box))) continue;
    if (wanted) row.insertBefore(box, end);
    else folded.append(box);
  }
}

export function fitRows(panel, form) {
  for (const said of panel.querySelectorAll("[data-of]")) {
    const row = form.querySelector(`[data-tumor="${said.dataset.of}"]`);
    if (row) place(row, said.dataset.asked.split(" "));
    for (const each of said.children) {
      const option = form.querySelector(`select[name="${each.dataset.choice}"] option[value=""]`);
      if (option) option.textContent = each.textContent;
    }
  }
}

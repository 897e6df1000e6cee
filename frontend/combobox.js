// A box with a list of names becomes a combobox (WAI-ARIA, list autocomplete): a few letters, then Tab or Enter takes the
// first match, Escape keeps what was typed. Without this script the browser offers the same list by itself.
const MOST = 8;
const ENOUGH = 3;
const NO_MATCH = 9;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}/.+]+/gu, " ").trim();

function optionsOf(list) {
  return [...list.options].map((option) => {
    const others = (option.getAttribute("label") || "").split("; ").filter(Boolean);
    return { name: option.value, others, texts: [option.value, ...others].map(fold) };
  });
}

// The order in which the server looks names up too: the very name, its beginning, another name's, any word's, anywhere.
function rank(option, wanted) {
  const [name, ...others] = option.texts;
  if (option.texts.includes(wanted)) return 0;
  if (name.startsWith(wanted)) return 1;
  if (others.some((text) => text.startsWith(wanted))) return 2;
  const words = option.texts.flatMap((text) => text.split(" "));
  if (wanted.split(" ").every((part) => words.some((word) => word.startsWith(part)))) return 3;
  return option.texts.some((text) => text.includes(wanted)) ? 4 : NO_MATCH;
}

export function matches(options, typed) {
  const wanted = fold(typed);
  if (!wanted) return [];
  return options
    .map((option, place) => ({ option, place, rank: rank(option, wanted) }))
    .filter((found) => found.rank < NO_MATCH)
    .sort((one, other) => one.rank - other.rank || one.place - other.place)
    .slice(0, MOST);
}

const known = new Map();

function choices(list) {
  if (!known.has(list)) known.set(list, optionsOf(list));
  return known.get(list);
}

class Combobox {
  constructor(box, list) {
    this.box = box;
    this.list = list;
    this.found = [];
    this.active = -1;
    this.popup = this.makePopup();
    box.removeAttribute("list");
    const said = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.popup.id };
    for (const [name, value] of Object.entries(said)) box.setAttribute(name, value);
    box.addEventListener("input", () => this.search());
    box.addEventListener("keydown", (event) => this.press(event));
    box.addEventListener("blur", () => this.close());
  }

  makePopup() {
    const popup = document.createElement("ul");
    popup.id = `${this.box.id}-choices`;
    popup.className = "app-choices";
    popup.setAttribute("role", "listbox");
    popup.setAttribute("aria-label", this.box.labels?.[0]?.textContent.trim() || "");
    popup.hidden = true;
    const place = document.createElement("div");
    place.className = "app-choices__place";
    this.box.after(place);
    place.append(popup);
    // A press in the list must not take the focus from the box: losing it closes the list.
    popup.addEventListener("pointerdown", (event) => event.preventDefault());
    popup.addEventListener("click", (event) => {
      const chosen = event.target.closest("[role=option]");
      if (chosen) this.take(Number(chosen.dataset.place));
    });
    return popup;
  }

  // Of several names in one box, the one being typed.
  get typed() {
    const sign = this.box.dataset.several;
    return sign ? this.box.value.slice(this.box.value.lastIndexOf(sign) + 1) : this.box.value;
  }

  search() {
    this.found = matches(choices(this.list), this.typed);
    const first = this.found[0];
    const sure = first && (first.rank === 0 || this.typed.trim().length >= ENOUGH);
    this.show(this.found.length ? (sure ? 0 : -1) : null);
  }

  show(active) {
    if (active === null) return this.close();
    this.popup.replaceChildren(...this.found.map(({ option }, place) => this.line(option, place)));
    this.popup.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    return this.mark(active);
  }

  line(option, place) {
    const line = document.createElement("li");
    line.id = `${this.popup.id}-${place}`;
    line.dataset.place = place;
    line.setAttribute("role", "option");
    line.textContent = option.name;
    return line;
  }

  mark(active) {
    this.active = active;
    for (const [place, line] of [...this.popup.children].entries()) {
      line.setAttribute("aria-selected", String(place === active));
    }
    if (active < 0) this.box.removeAttribute("aria-activedescendant");
    else {
      this.box.setAttribute("aria-activedescendant", `${this.popup.id}-${active}`);
      this.popup.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  close() {
    this.popup.hidden = true;
    this.active = -1;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }

  press(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const acts = { ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1), Enter: () => this.enter(event) };
    if (event.key === "Tab") {
      if (!event.shiftKey && this.active >= 0) this.take(this.active);
    } else if (event.key === "Escape" && !this.popup.hidden) {
      event.preventDefault();
      this.close();
    } else if (acts[event.key]) {
      if (event.key !== "Enter") event.preventDefault();
      acts[event.key]();
    }
  }

  move(step) {
    if (this.popup.hidden) return this.search();
    const count = this.found.length;
    return this.mark((this.active + step + count) % count);
  }

  enter(event) {
    const act = this.box.dataset.act;
    if (this.active < 0 && !act) return;
    event.preventDefault();
    if (this.active >= 0) this.take(this.active);
    if (act && this.box.value.trim()) this.box.form.requestSubmit(this.box.form.querySelector(`button[value="${act}"]`));
  }

  take(place) {
    const before = this.box.value.slice(0, this.box.value.length - this.typed.length);
    this.box.value = (before ? `${before.trimEnd()} ` : "") + this.found[place].option.name;
    this.close();
    this.box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

export function completeNames(root = document) {
  for (const box of root.querySelectorAll("input[list]")) {
    const list = document.getElementById(box.getAttribute("list"));
    if (list) new Combobox(box, list);
  }
}

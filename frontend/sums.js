// What a form adds up to, asked of the server while somebody types: the page and the stored record use one arithmetic.
const PAUSE = 400;

export function keepSums(form, answered) {
  const panel = form.querySelector("#sums");
  let waiting;
  let asked;
  async function ask() {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.sums, { method: "POST", body: new FormData(form), signal: asked.signal });
      // Signed out or not allowed meanwhile: what stands stays, and saving will say so.
      if (answer.ok && !answer.redirected) {
        panel.innerHTML = await answer.text();
        answered(panel, form);
      }
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    }
  }
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  }
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

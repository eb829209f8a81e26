// A candidate's ranking or second take: order by drag or by button, sums, saves while one works, loses nothing offline.

import { autosave } from "./autosave.js";

const AGAIN_MS = 2000;
const form = document.getElementById("ranking") ?? document.getElementById("second-take");
const list = document.getElementById("requests");
const handIn = document.getElementById("hand-in");
document.documentElement.classList.add("has-script");

// -- what is on the page -----------------------------------------------------------------------------------------------

function put(found) {
  for (const key of found.order ?? []) {
    const item = list?.querySelector(`[data-key="${key}"]`);
    if (item) list.append(item);
  }
  for (const one of list?.children ?? []) {
    if (found.order && !found.order.includes(one.dataset.key)) list.append(one); // new since: it stands last
  }
  for (const box of form.querySelectorAll("[name=chosen]")) box.checked = found.chosen?.includes(box.value) ?? false;
  for (const text of form.querySelectorAll("textarea")) text.value = found[text.name]?.[0] ?? text.value;
}

function changed() {
  showPoints();
  saving.changed();
}

function showPoints() {
  if (!list) return;
  const chosen = [...list.children].filter((one) => one.querySelector("[name=chosen]").checked);
  const points = chosen.reduce((sum, one) => sum + Number(one.dataset.effort), 0);
  const budget = Number(form.dataset.budget);
  const words = document.getElementById("points");
  words.classList.toggle("is-over", points > budget);
  words.textContent = points > budget
    ? `${points} of ${budget} points: ${points - budget} too many. Take something out.`
    : `${points} of ${budget} points, ${budget - points} left`;
}

// -- the order ---------------------------------------------------------------------------------------------------------

function place(item, before) {
  list.insertBefore(item, before);
  const at = [...list.children].indexOf(item) + 1;
  document.getElementById("moved").textContent = `${item.dataset.title} is now ${at} of ${list.children.length}`;
  changed();
}

list?.addEventListener("click", (event) => {
  const button = event.target.closest("[name=move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  const up = button.value.startsWith("up:");
  const neighbour = up ? item.previousElementSibling : item.nextElementSibling;
  if (neighbour) place(item, up ? neighbour : neighbour.nextElementSibling);
  button.focus();
});

list?.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle) return;
  event.preventDefault();
  const item = handle.closest("li");
  item.classList.add("is-dragged");
  const follow = (move) => {
    if (move.clientY < 60) window.scrollBy(0, -20);
    if (move.clientY > window.innerHeight - 140) window.scrollBy(0, 20); // the foot covers the rest
    const over = document.elementFromPoint(move.clientX, move.clientY)?.closest("#requests > li");
    if (!over || over === item) return;
    const box = over.getBoundingClientRect();
    const before = move.clientY < box.top + box.height / 2 ? over : over.nextElementSibling;
    if (before !== item && before !== item.nextElementSibling) place(item, before);
  };
  const end = () => {
    item.classList.remove("is-dragged");
    document.removeEventListener("pointermove", follow);
  };
  document.addEventListener("pointermove", follow);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end, { once: true });
});

// -- handing in: everything is stored first, then one is asked once ----------------------------------------------------

handIn.addEventListener("click", async (event) => {
  event.preventDefault();
  await saving.send();
  if (saving.pending) {
    saving.status.textContent = `Not handed in. ${saving.status.textContent}`;
    return;
  }
  form.dataset.confirm = handIn.dataset.ask; // page.js asks
  form.requestSubmit(handIn);
});

// -- the new information arrives by itself after half the time -------------------------------------------------------------

if (form.dataset.newsInS) {
  const due = async () => {
    await saving.send();
    if (saving.pending || document.querySelector("dialog[open]")) setTimeout(due, AGAIN_MS);
    else location.reload();
  };
  setTimeout(due, 1000 * (Number(form.dataset.newsInS) + 1)); // by the server's clock: this device's may be wrong
}

// -- start -------------------------------------------------------------------------------------------------------------

form.addEventListener("input", showPoints);
const saving = autosave(form, { put });
showPoints();

// The draft of a rubric: saves while one writes, shows at once what it will look like, stores before each step.

import { autosave } from "./autosave.js";

const form = document.getElementById("draft");
const preview = document.getElementById("preview");
const dialog = document.getElementById("publish-dialog");
const publish = document.getElementById("publish");
let going = false; // stored and asked: let the browser send the form

document.documentElement.classList.add("has-script");

const keysOf = (fields) => JSON.stringify(Object.entries(fields).filter(([name]) => name.endsWith("-key")).map(String));

// autosave() may bring kept fields back before it returns, so this uses nothing of it.
function put(kept) {
  const here = {};
  for (const [name, value] of new FormData(form)) (here[name] ??= []).push(value);
  if (keysOf(here) !== keysOf(kept)) { showAsTyped(kept); return false; }
  for (const element of form.elements) {
    if (!element.name || element.type === "hidden" || element.type === "submit") continue;
    if (element.type === "checkbox") element.checked = element.name in kept;
    else element.value = kept[element.name]?.[0] ?? "";
  }
  return true;
}

// What was kept has other parts than the draft of today: the server shows it as it was typed, and asks which counts.
function showAsTyped(kept) {
  localStorage.removeItem(form.dataset.draft);
  const typed = document.createElement("form");
  typed.method = "post";
  typed.action = form.action;
  const token = form.elements.csrf_token.value;
  for (const [name, values] of Object.entries({ ...kept, csrf_token: [token] })) {
    for (const value of values) typed.append(Object.assign(document.createElement("textarea"), { name, value }));
  }
  typed.hidden = true;
  document.body.append(typed);
  typed.submit();
}

form.addEventListener("submit", async (event) => {
  if (going) return;
  event.preventDefault();
  const button = event.submitter;
  if (!button?.name && button !== publish) saving.changed(); // the plain Save after a conflict: what stands here counts
  await saving.send();
  if (saving.pending) {
    saving.status.textContent = `Not done yet. ${saving.status.textContent}`;
    return;
  }
  if (button === publish && preview.querySelector("[data-ready]")) dialog.showModal();
  else if (button === publish || button?.name) go(button);
});

function go(button) {
  going = true;
  setTimeout(() => form.requestSubmit(button)); // not inside a submit event: there a browser ignores it
}

dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-confirmed]").addEventListener("click", () => {
  dialog.close();
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "1" }));
  go(publish);
});

form.addEventListener("input", ({ target }) => {
  const title = target.name.endsWith("-name") && target.closest("details").querySelector("summary h3");
  if (title) title.textContent = target.value || "Without a name yet";
});

window.addEventListener("pageshow", (event) => { if (event.persisted) going = false; });

const saving = autosave(form, { put, saved: (answer) => { preview.innerHTML = answer.preview; } });

// One's own scorecard: saves while one writes, cites the transcript and one's notes, rates by key.

import { autosave } from "./autosave.js";

const form = document.getElementById("scorecard");
const citeFor = document.getElementById("cite-for");
const attributes = [...form.querySelectorAll("[data-attribute]")];

document.documentElement.classList.add("has-script");

// -- what is on the page -------------------------------------------------------------------------------------------

function lacksEvidence(attribute) {
  const value = attribute.querySelector("input[type=radio]:checked")?.value;
  const proven = attribute.querySelector("textarea").value.trim() || attribute.querySelector(".citations input:checked");
  return (value === "1" || value === "5") && !proven;
}

function showProgress() {
  const rated = attributes.filter((one) => one.querySelector("input[type=radio]:checked")).length;
  const missing = attributes.filter(lacksEvidence).length;
  for (const one of attributes) one.classList.toggle("lacks-evidence", lacksEvidence(one));
  const words = `${rated} of ${attributes.length} rated`;
  document.getElementById("progress").textContent = missing ? `${words}, evidence missing in ${missing}` : words;
  const last = document.getElementById("recommendation"); // a sample pitch asks for none
  if (last) last.disabled = rated < attributes.length;
  const cited = new Set([...form.querySelectorAll('.citations input[name^="cite-"]:checked')].map((one) => one.value));
  for (const one of document.querySelectorAll("[data-segment]")) {
    one.classList.toggle("is-cited", cited.has(one.dataset.segment));
  }
}

function put(found) {
  for (const radio of form.querySelectorAll("input[type=radio]")) {
    radio.checked = found[radio.name]?.[0] === radio.value;
  }
  for (const text of form.querySelectorAll("textarea")) text.value = found[text.name]?.[0] ?? "";
  for (const box of form.querySelectorAll(".citations input")) {
    box.checked = found[box.name]?.includes(box.value) ?? false;
  }
  for (const one of attributes) {
    for (const segment of found[`cite-${one.dataset.attribute}`] ?? []) cite(one.dataset.attribute, segment);
    for (const ms of found[`moment-${one.dataset.attribute}`] ?? []) citeMoment(one.dataset.attribute, ms);
  }
}

function changed() {
  showProgress();
  saving.changed();
}

// -- citing --------------------------------------------------------------------------------------------------------

function cite(key, segment) {
  const list = document.getElementById(`citations-${key}`);
  const known = list.querySelector(`input[name="cite-${key}"][value="${segment}"]`);
  if (known) {
    known.checked = true;
    return true;
  }
  const source = document.querySelector(`[data-segment="${segment}"]`);
  if (!source) return false;
  const words = ` “${source.querySelector(".segment-text").textContent}”`;
  list.append(citation(`cite-${key}`, segment, "", source.dataset.moment, words));
  return true;
}

function citeMoment(key, ms) {
  const list = document.getElementById(`citations-${key}`);
  const known = list.querySelector(`input[name="moment-${key}"][value="${ms}"]`);
  if (known) known.checked = true;
  else list.append(citation(`moment-${key}`, ms, "Moment ", clock(ms / 1000), ""));
}

function citation(name, value, before, at, after) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  label.className = "citation";
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", className: "form-check-input", name, value, checked: true });
  const words = document.createElement("span");
  words.className = "citation-words";
  const moment = document.createElement("span");
  moment.className = "moment";
  moment.textContent = at;
  words.append(before, moment, after);
  label.append(box, " ", words);
  item.append(label);
  return item;
}

// A moment as it is said: 3:12, 1:03:12 or 192 s. Returns milliseconds, NaN for what is none.
function readMoment(text) {
  if (!/^(\d{1,2}:)?(\d{1,3}:)?\d{1,5}$/.test(text)) return NaN;
  const parts = text.split(":").map(Number);
  return parts.slice(1).some((part) => part > 59) ? NaN : 1000 * parts.reduce((sum, part) => 60 * sum + part, 0);
}

function clock(seconds) {
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  return `${seconds < 3600 ? "" : `${Math.floor(seconds / 3600)}:`}${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}

function insertMoment(attribute) {
  const field = attribute.querySelector("[data-moment-at]");
  const player = document.getElementById("player");
  const isTyped = field.value.trim() !== "" || !player?.currentTime;
  const ms = isTyped ? readMoment(field.value.trim()) : Math.floor(player.currentTime) * 1000;
  attribute.querySelector(".moment-problem").textContent = Number.isNaN(ms) ? "Enter minutes and seconds, like 03:12." : "";
  if (Number.isNaN(ms)) return field.focus();
  citeMoment(attribute.dataset.attribute, ms);
  field.value = "";
  return changed();
}

document.getElementById("transcript").addEventListener("click", (event) => {
  const segment = event.target.closest("[data-segment]");
  if (!segment || !cite(citeFor.value, segment.dataset.segment)) return;
  const name = citeFor.selectedOptions[0].textContent;
  document.getElementById("cite-status").textContent = `Cited ${segment.dataset.moment} for ${name}.`;
  changed();
});

// A note of one's own goes into the evidence as words, with its moment: it can be shortened there.
document.getElementById("own-notes")?.addEventListener("click", (event) => {
  const note = event.target.closest("[data-note]");
  if (!note) return;
  const evidence = document.getElementById(`note-${citeFor.value}`);
  evidence.value = [evidence.value.trim(), note.dataset.note].filter(Boolean).join("\n").slice(0, evidence.maxLength);
  const name = citeFor.selectedOptions[0].textContent;
  document.getElementById("cite-status").textContent = `Added to the evidence for ${name}.`;
  changed();
});

form.addEventListener("focusin", (event) => {
  const attribute = event.target.closest("[data-attribute]");
  if (attribute && citeFor) citeFor.value = attribute.dataset.attribute;
});

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-insert-moment]")) return insertMoment(event.target.closest("[data-attribute]"));
  const button = event.target.closest("[data-cite-for]");
  if (!button) return;
  citeFor.value = button.dataset.citeFor;
  document.getElementById("transcript").scrollIntoView({ block: "start" });
  (document.querySelector(".segment") ?? citeFor).focus();
});

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-moment-at]")) return;
  event.preventDefault(); // and not the form with it
  insertMoment(event.target.closest("[data-attribute]"));
});

// Escape leads from the transcript back to the attribute one cites for.
document.getElementById("transcript").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && citeFor) document.getElementById(`note-${citeFor.value}`).focus();
});

// -- keys 1-5, and 0 or n for Not observed ---------------------------------------------------------------------------

form.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, select, [data-moment-at]")) return;
  const attribute = event.target.closest("[data-attribute]");
  const digit = event.key.toLowerCase() === "n" ? "0" : event.key;
  if (!attribute || !/^[0-5]$/.test(digit)) return;
  event.preventDefault();
  const radio = document.getElementById(`rating-${attribute.dataset.attribute}-${digit}`);
  radio.focus();
  radio.click();
});

// -- submitting: everything is stored first, then one is asked once ---------------------------------------------------

const dialog = document.getElementById("submit-dialog");
const submitButton = document.getElementById("submit-scorecard");

submitButton.addEventListener("click", async (event) => {
  event.preventDefault();
  await saving.send();
  if (saving.pending) {
    saving.status.textContent = `Not submitted. ${saving.status.textContent}`;
    return;
  }
  if (looksComplete()) dialog.showModal();
  else form.requestSubmit(submitButton); // the server says what is missing
});

function looksComplete() {
  const chosen = (name) => !form.querySelector(`[name=${name}]`) || form.querySelector(`[name=${name}]:checked`);
  const rated = (one) => one.querySelector("input[type=radio]:checked") && !lacksEvidence(one);
  return chosen("recommendation") && chosen("would_buy") && attributes.every(rated);
}

dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-confirmed]").addEventListener("click", () => {
  dialog.close();
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "1" }));
  form.requestSubmit(submitButton);
});

// -- start -----------------------------------------------------------------------------------------------------------

form.addEventListener("input", showProgress);
const saving = autosave(form, { put });
showProgress();

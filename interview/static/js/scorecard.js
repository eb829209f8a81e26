// One's own scorecard: saves while one writes, keeps what could not be sent, cites the transcript, rates by key.

const form = document.getElementById("scorecard");
const status = document.getElementById("save-status");
const conflict = document.getElementById("save-conflict");
const citeFor = document.getElementById("cite-for");
const attributes = [...form.querySelectorAll("[data-attribute]")];
const token = document.querySelector("meta[name=csrf-token]").content;
const PAUSE_MS = 700;
const RETRY_MS = [2000, 5000, 15000, 30000];

let draft = null; // what is not yet stored on the server: {fields, key, tried}; tried: keys of saves without an answer
let sending = null;
let timer = 0;
let failures = 0;
let stopped = false; // a conflict or a locked card: only the person can go on

document.documentElement.classList.add("has-script");

// -- what is on the page -------------------------------------------------------------------------------------------

function fields() {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrf_token" && name !== "confirmed") (found[name] ??= []).push(value);
  }
  return found;
}

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
  const cited = new Set([...form.querySelectorAll(".citations input:checked")].map((one) => one.value));
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
  }
}

// -- saving: kept on this device first, then sent; one request at a time -----------------------------------------------

function keep() {
  try {
    if (draft) localStorage.setItem(form.dataset.draft, JSON.stringify(draft));
    else localStorage.removeItem(form.dataset.draft);
  } catch { /* storage refused or full: the page still holds it */ }
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function changed() {
  showProgress();
  draft = { fields: fields(), key: newKey(), tried: draft?.tried ?? [] };
  keep();
  if (stopped) return;
  status.textContent = "Not saved yet";
  schedule(PAUSE_MS);
}

function schedule(delay) {
  clearTimeout(timer);
  timer = setTimeout(send, delay);
}

function send() {
  clearTimeout(timer);
  if (!sending) sending = sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  while (draft && !stopped) {
    const sent = draft;
    status.textContent = "Saving…";
    if (sent.tried[0] !== sent.key) sent.tried = [sent.key, ...sent.tried].slice(0, 20);
    keep();
    const answer = await request({ ...sent.fields, save_key: [sent.key, ...sent.tried.slice(1)] });
    if (!answer) {
      if (draft !== sent) draft.tried = sent.tried;
      return;
    }
    form.elements.edition.value = answer.edition;
    if (draft === sent) draft = null;
    else Object.assign(draft, { tried: [], fields: { ...draft.fields, edition: [String(answer.edition)] } });
    keep();
    const at = new Date(answer.saved_at).toLocaleTimeString(undefined, { timeStyle: "short" });
    status.textContent = draft ? "Not saved yet" : `Saved ${at}`;
  }
}

async function request(body) {
  let response;
  try {
    response = await fetch(form.action, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    return later("No connection. Kept on this device and sent as soon as there is one.");
  }
  if (response.ok) {
    failures = 0;
    return response.json();
  }
  const problem = await response.json().catch(() => ({}));
  if (response.status >= 500 || response.status === 429) {
    return later(`${problem.detail ?? "The server did not answer."} Kept on this device.`);
  }
  stopped = true;
  status.textContent = `${problem.detail ?? "This could not be saved."} It is kept on this device.`;
  if (problem.reason === "changed_elsewhere") {
    conflict.dataset.edition = problem.fields.edition;
    conflict.hidden = false;
  }
  return null;
}

function later(words) {
  status.textContent = words;
  schedule(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
  failures += 1;
  return null;
}

conflict.querySelector("[data-keep]").addEventListener("click", () => {
  form.elements.edition.value = conflict.dataset.edition;
  conflict.hidden = true;
  stopped = false;
  changed();
  send();
});
conflict.querySelector("[data-load]").addEventListener("click", () => {
  draft = null;
  keep();
  location.reload();
});

// -- citing --------------------------------------------------------------------------------------------------------

function cite(key, segment) {
  const list = document.getElementById(`citations-${key}`);
  const known = list.querySelector(`input[value="${segment}"]`);
  if (known) {
    known.checked = true;
    return true;
  }
  const source = document.querySelector(`[data-segment="${segment}"]`);
  if (!source) return false;
  const item = document.createElement("li");
  const label = document.createElement("label");
  label.className = "citation";
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", className: "form-check-input", name: `cite-${key}`, value: segment, checked: true });
  const words = document.createElement("span");
  words.className = "citation-words";
  const moment = document.createElement("span");
  moment.className = "moment";
  moment.textContent = source.dataset.moment;
  words.append(moment, ` “${source.querySelector(".segment-text").textContent}”`);
  label.append(box, " ", words);
  item.append(label);
  list.append(item);
  return true;
}

document.getElementById("transcript").addEventListener("click", (event) => {
  const segment = event.target.closest("[data-segment]");
  if (!segment || !cite(citeFor.value, segment.dataset.segment)) return;
  const name = citeFor.selectedOptions[0].textContent;
  document.getElementById("cite-status").textContent = `Cited ${segment.dataset.moment} for ${name}.`;
  changed();
});

form.addEventListener("focusin", (event) => {
  const attribute = event.target.closest("[data-attribute]");
  if (attribute && citeFor) citeFor.value = attribute.dataset.attribute;
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cite-for]");
  if (!button) return;
  citeFor.value = button.dataset.citeFor;
  document.getElementById("transcript").scrollIntoView({ block: "start" });
  (document.querySelector(".segment") ?? citeFor).focus();
});

// Escape leads from the transcript back to the attribute one cites for.
document.getElementById("transcript").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && citeFor) document.getElementById(`note-${citeFor.value}`).focus();
});

// -- keys 1-5, and 0 or n for Not observed ---------------------------------------------------------------------------

form.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, select")) return;
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
  await send();
  if (draft) {
    status.textContent = `Not submitted. ${status.textContent}`;
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

form.addEventListener("input", changed);
form.addEventListener("submit", () => { clearTimeout(timer); stopped = true; });
window.addEventListener("online", () => { failures = 0; if (draft) send(); });
document.addEventListener("visibilitychange", () => { if (document.hidden && draft) send(); });

try {
  draft = JSON.parse(localStorage.getItem(form.dataset.draft));
} catch { /* nothing readable was kept */ }
if (draft) {
  put(draft.fields);
  form.elements.edition.value = draft.fields.edition; // of what it was written on: a newer one is not its own to replace
  status.textContent = "What was kept on this device is back on the page.";
  send();
}
showProgress();

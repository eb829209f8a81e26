// A candidate's ranking or second take: order by drag or by button, sums, saves while one works, loses nothing offline.

const form = document.getElementById("ranking") ?? document.getElementById("second-take");
const list = document.getElementById("requests");
const status = document.getElementById("save-status");
const conflict = document.getElementById("save-conflict");
const handIn = document.getElementById("hand-in");
const token = document.querySelector("meta[name=csrf-token]").content;
const PAUSE_MS = 700;
const RETRY_MS = [2000, 5000, 15000, 30000];

let draft = null; // what is not yet stored on the server: {fields, key, tried}; tried: keys of saves without an answer
let sending = null;
let timer = 0;
let failures = 0;
let stopped = false; // a conflict, or handed in: only the person can go on

document.documentElement.classList.add("has-script");

// -- what is on the page -----------------------------------------------------------------------------------------------

function fields() {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrf_token" && name !== "round") (found[name] ??= []).push(value);
  }
  return found;
}

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

// -- saving: kept on this device first, then sent; one request at a time -------------------------------------------------

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
  showPoints();
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

// -- handing in: everything is stored first, then one is asked once ----------------------------------------------------

handIn.addEventListener("click", async (event) => {
  event.preventDefault();
  await send();
  if (draft) {
    status.textContent = `Not handed in. ${status.textContent}`;
    return;
  }
  form.dataset.confirm = handIn.dataset.ask; // page.js asks
  form.requestSubmit(handIn);
});

// -- the new information arrives by itself after half the time -------------------------------------------------------------

if (form.dataset.newsInS) {
  const due = async () => {
    await send();
    if (draft || document.querySelector("dialog[open]")) setTimeout(due, RETRY_MS[0]);
    else location.reload();
  };
  setTimeout(due, 1000 * (Number(form.dataset.newsInS) + 1)); // by the server's clock: this device's may be wrong
}

// -- start -------------------------------------------------------------------------------------------------------------

form.addEventListener("input", changed);
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
showPoints();

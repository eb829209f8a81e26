// Saves a form while one writes: kept on this device first, then sent whole, one request at a time, with the edition it
// was built on. What could not be sent comes back with the page; a newer edition of somebody else's is never overwritten.
// The form names data-draft (the key on this device) and holds the field `edition`; the page has #save-status and
// #save-conflict. put(fields) brings kept fields back to the page, or
// says false where it sends them on its own; saved(answer) hears each answer of the server.

const token = document.querySelector("meta[name=csrf-token]").content;
const PAUSE_MS = 700;
const RETRY_MS = [2000, 5000, 15000, 30000];

export function autosave(form, { put, saved = () => {} }) {
  const status = document.getElementById("save-status");
  const conflict = document.getElementById("save-conflict");
  let draft = null; // what is not yet stored on the server: {fields, key, tried}; tried: keys of saves without an answer
  let sending = null;
  let timer = 0;
  let failures = 0;
  let stopped = false; // a conflict or a locked page: only the person can go on

  function fields() {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (name !== "csrf_token" && name !== "confirmed") (found[name] ??= []).push(value);
    }
    return found;
  }

  function keep() {
    try {
      if (draft) localStorage.setItem(form.dataset.draft, JSON.stringify(draft));
      else localStorage.removeItem(form.dataset.draft);
    } catch { /* storage refused or full: the page still holds it */ }
  }

  function changed() {
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
      saved(answer);
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

  form.addEventListener("input", (event) => { if (event.target.name) changed(); });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || form.dataset.confirm) return; // page.js asks first, and may be told no
    clearTimeout(timer);
    stopped = true;
  });
  window.addEventListener("online", () => { failures = 0; if (draft) send(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && draft) send(); });

  try {
    draft = JSON.parse(localStorage.getItem(form.dataset.draft));
  } catch { /* nothing readable was kept */ }
  if (draft && put(draft.fields) === false) { // the page leaves, and takes what was kept along
    draft = null;
    stopped = true;
  } else if (draft) {
    form.elements.edition.value = draft.fields.edition; // of what it was written on: a newer one is not its own to replace
    status.textContent = "What was kept on this device is back on the page.";
    send();
  }

  return { changed, send, status, get pending() { return draft !== null; } };
}

/** Make a name that nobody else makes. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

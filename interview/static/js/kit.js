// A running interview: the timer ticks between looks at the server, presses are sent at once, one's own sheet saves itself.

import { autosave, newKey } from "./autosave.js";
import { showTimes } from "./page.js";

const live = document.getElementById("live");
const status = document.getElementById("live-status");
const sheet = document.getElementById("sheet");
const LOOK_MS = 2500;

let seenAt = Date.now(); // when what is shown was true
let etag = "";

document.documentElement.classList.add("has-script");

// -- the timer -----------------------------------------------------------------------------------------------------

const clock = (ms) => {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

function tick() {
  for (const one of live.querySelectorAll("[data-left-ms][data-running]")) {
    const left = Number(one.dataset.leftMs) - (Date.now() - seenAt);
    one.textContent = left < 0 ? `${clock(left)} over` : `${clock(left)} left`;
    one.closest("li").classList.toggle("is-over", left < 0);
  }
}

function moment() {
  const { momentMs, running, ahead } = document.getElementById("moment").dataset;
  if (ahead !== undefined) return null;
  return Number(momentMs) + (running === undefined ? 0 : Date.now() - seenAt);
}

// -- what all share ------------------------------------------------------------------------------------------------

function heading() {
  return document.getElementById("timer-title").textContent;
}

async function look() {
  let response;
  try {
    response = await fetch(live.dataset.url, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  } catch {
    status.textContent = "No connection: the timer goes on here, what the others do shows up when it is back.";
    return;
  }
  if (response.status === 200 && !response.redirected) {
    const before = heading();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = live.contains(document.activeElement) && document.activeElement.id;
    live.replaceChildren(...page.getElementById("live").childNodes);
    etag = response.headers.get("ETag") ?? "";
    seenAt = Date.now();
    showTimes(live);
    if (focused) (document.getElementById(focused) ?? live.querySelector(".timer-acts button"))?.focus();
    status.textContent = heading() === before ? "" : heading();
    tick();
  } else if (response.status === 304) {
    if (status.textContent.startsWith("No connection")) status.textContent = "";
  } else {
    status.textContent = "The server did not answer as it should. Reload the page; what you wrote is kept.";
  }
}

// A press is sent as the form it is; the answer would be this page again, so it is not followed.
async function press(form) {
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST", body: new FormData(form), redirect: "manual", headers: { Accept: "application/json" },
    });
  } catch {
    status.textContent = "No connection: that was not counted. Press again when it is back.";
    return;
  }
  if (response.type === "opaqueredirect") {
    if (form.id === "deviation") form.elements.words.value = "";
    await look();
    return;
  }
  const problem = await response.json().catch(() => ({}));
  await look();
  status.textContent = problem.detail ?? "That did not work. Reload the page.";
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target !== sheet) press(event.target);
});

setInterval(tick, 500);
setInterval(() => { if (!document.hidden) look(); }, LOOK_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
look();

// -- one's own sheet -----------------------------------------------------------------------------------------------

function addNote(key, at, words = "") {
  const row = document.getElementById("note-template").content.cloneNode(true);
  const [label, when, text] = ["label", "input", "textarea"].map((name) => row.querySelector(name));
  label.htmlFor = text.id = text.name = `note-${key}`;
  when.name = `moment-${key}`;
  when.value = at ?? "";
  if (at !== null) label.querySelector("[data-moment]").textContent = clock(at);
  text.value = words;
  document.getElementById("notes").append(row);
  return text;
}

function put(found) {
  for (const radio of sheet.querySelectorAll("input[type=radio]")) {
    if (found[radio.name]) radio.checked = found[radio.name][0] === radio.value;
  }
  for (const [name, [words]] of Object.entries(found)) {
    if (!name.startsWith("note-")) continue;
    const known = document.getElementById(name);
    const at = found[name.replace("note-", "moment-")]?.[0];
    if (known) known.value = words;
    else addNote(name.slice(5), at ? Number(at) : null, words);
  }
}

if (sheet) {
  autosave(sheet, { put });
  const begin = () => {
    const at = moment();
    addNote(newKey(), at === null ? null : Math.round(at)).focus();
  };
  document.getElementById("add-note").addEventListener("click", begin);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inNote = event.target.matches("#notes textarea");
    const next = inNote && event.key === "Enter" && !event.shiftKey;
    const first = event.key.toLowerCase() === "n" && !event.target.matches("textarea, select, input:not([type=radio])");
    if (!next && !first) return;
    event.preventDefault();
    if (!next || event.target.value.trim()) begin();
  });
}

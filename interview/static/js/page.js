// What every page does: times in the reader's zone, light/dark, error summary focus, ask before what hurts, copy.

const STYLES = {
  datetime: { dateStyle: "medium", timeStyle: "short" },
  date: { dateStyle: "medium" },
  time: { timeStyle: "short" },
};

export function showTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime][data-style]")) {
    const instant = new Date(element.dateTime);
    element.textContent = new Intl.DateTimeFormat(undefined, STYLES[element.dataset.style]).format(instant);
    element.title = instant.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  }
}

function switchTheme() {
  const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  document.documentElement.dataset.bsTheme = next;
  try { localStorage.setItem("theme", next); } catch { /* storage refused: only this page */ }
}

// Ask in a dialog before a form that hurts is sent.
function askFirst(form, pressed) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-label", "Please confirm");
  const words = document.createElement("p");
  words.textContent = form.dataset.confirm;
  const row = document.createElement("div");
  row.className = "d-flex gap-2 justify-content-end";
  const button = (text, look, act) => {
    const one = document.createElement("button");
    one.type = "button";
    one.className = `btn ${look}`;
    one.textContent = text;
    one.addEventListener("click", act);
    row.append(one);
    return one;
  };
  const submitter = pressed ?? form.querySelector("button[type=submit]");
  const cancel = button("Cancel", "btn-outline-secondary", () => dialog.close());
  button(submitter?.textContent.trim() || "Go on", "btn-primary", () => {
    dialog.close();
    delete form.dataset.confirm;
    form.requestSubmit(submitter);
  });
  dialog.append(words, row);
  dialog.addEventListener("close", () => { dialog.remove(); submitter?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm) {
    event.preventDefault();
    askFirst(form, event.submitter);
    return;
  }
  if (form.dataset.sent) { event.preventDefault(); return; } // a double click sends once
  if (form.method === "post" && !("live" in form.dataset)) {
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  }
});

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-switch],[data-copy]");
  if (!target) return;
  if (target.matches("[data-theme-switch]")) switchTheme();
  else {
    navigator.clipboard?.writeText(document.querySelector(target.dataset.copy).textContent.trim())
      .then(() => { target.textContent = "Copied"; });
  }
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});

showTimes();
document.querySelector(".error-summary")?.focus();
const zone = document.querySelector("input[name=time_zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A local date-time field that was filled in UTC by the server shows the reader's own time.
for (const field of document.querySelectorAll("input[type=datetime-local][data-utc]")) {
  const at = new Date(field.dataset.utc);
  field.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

// A page that waits for a worker asks how far it is, and loads itself anew when it is over.

const LOOK_MS = 2000;
const panel = document.querySelector("[data-wait]");
const words = panel.querySelector("[data-words]");

async function look() {
  let response;
  try {
    response = await fetch(panel.dataset.wait, { headers: { Accept: "application/json" } });
  } catch {
    words.textContent = "No connection. It goes on meanwhile.";
    return;
  }
  if (!response.ok) return;
  const found = await response.json();
  panel.querySelector("[data-seconds]").textContent = `${found.seconds} s so far.`;
  if (!found.is_open || String(found.number) !== panel.dataset.number) {
    location.reload();
  } else if (found.parts > 1) {
    words.textContent = `${found.done} of ${found.parts} parts answered.`;
  }
}

setInterval(() => { if (!document.hidden) look(); }, LOOK_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });

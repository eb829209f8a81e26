// Keeps a candidate's answers while they are given: each choice is sent at once, and again until the server has it.

const form = document.querySelector("#attempt");
const status = document.querySelector("#saved");
const token = document.querySelector('meta[name="csrf-token"]').content;
const RETRY_MS = 4000;
let waiting = {};
let sending = false;

async function send() {
  if (sending || Object.keys(waiting).length === 0) return;
  sending = true;
  const now = waiting;
  waiting = {};
  try {
    const answer = await fetch(form.dataset.autosave, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(now),
      keepalive: true,
    });
    if (answer.status >= 500) throw new Error(answer.status);
    status.textContent = answer.ok ? "Your answers are kept." : "This could not be kept. Please reload the page.";
  } catch {
    waiting = { ...now, ...waiting };
    status.textContent = "No connection. Your answers stay on this page and are sent again.";
    setTimeout(send, RETRY_MS);
    return;
  } finally {
    sending = false;
  }
  send();
}

// What was chosen before this script came, or was restored by the browser, counts too.
for (const radio of form.querySelectorAll(":checked")) if (!radio.defaultChecked) waiting[radio.name] = radio.value;
status.textContent = "Your answers are kept as you go."; // said by what keeps them: true only once it runs
send();

form.addEventListener("change", (event) => {
  if (event.target.type !== "radio") return;
  waiting[event.target.name] = event.target.value;
  send();
});
window.addEventListener("online", send);

// A plain link's page: the wait from the first opening, counted down. The server decides; a reload asks it anew.

const MARGIN_MS = 2000; // the server's clock begins when the opening reaches it

const section = document.querySelector("[data-link]");
const form = document.querySelector("[data-attest]");
const line = document.querySelector("[data-countdown]");
const button = form.querySelector("button");
let endsAt = section.dataset.leftS === undefined ? null : Date.now() + 1000 * Number(section.dataset.leftS);

function clockTime(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest}` : rest;
}

function tick() {
  const left = endsAt === null ? null : Math.ceil((endsAt - Date.now()) / 1000);
  const isOpen = left !== null && left <= 0;
  if (button.disabled && isOpen) document.querySelector("[data-announce]").textContent = "You can confirm now.";
  button.disabled = !isOpen;
  line.hidden = isOpen;
  if (left === null || isOpen) return;
  const time = document.createElement("strong");
  time.textContent = clockTime(left);
  line.replaceChildren("You can say so in ", time, ": that is how long the rest takes at double speed.");
}

document.querySelector("[data-open]").addEventListener("click", () => {
  endsAt ??= Date.now() + 1000 * Number(section.dataset.waitS) + MARGIN_MS;
  tick();
});
setInterval(tick, 1000);
tick();

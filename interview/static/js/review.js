// The review: a line, a mark or a clip jumps the player; the line that is spoken is marked; keys as in other players.
// #t=12.5 or #t=12.5,30 in the address plays from there, to there.

const player = document.getElementById("player");
const timeline = document.getElementById("timeline");
const at = document.getElementById("timeline-at");
const speed = document.getElementById("speed");
const captions = document.getElementById("captions");
const list = document.getElementById("lines");
const lines = [...document.querySelectorAll("button.line")].map((button) => ({
  button, start: Number(button.dataset.start), end: button.dataset.end ? Number(button.dataset.end) : null,
})).sort((a, b) => a.start - b.start);
const durationMs = Number(timeline.dataset.durationMs);
let until = null; // where a clip ends
let current = null;
let target = 0; // where the last jump went, in milliseconds

const clock = (ms) => {
  const seconds = Math.floor(ms / 1000);
  const lead = seconds >= 3600 ? `${Math.floor(seconds / 3600)}:` : "";
  return lead + [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
};

function jump(ms, { play = false, to = null } = {}) {
  until = to;
  target = Math.max(0, Math.min(ms, durationMs));
  player.currentTime = target / 1000;
  if (play) player.play().catch(() => {});
}

function showMoment() {
  const ms = player.currentTime * 1000;
  document.getElementById("now").textContent = clock(ms);
  at.style.left = `${durationMs ? Math.min(100, 100 * ms / durationMs) : 0}%`;
  if (until !== null && ms >= until) {
    player.pause();
    until = null;
  }
  const spoken = lines.findLast((line) => line.start <= ms + 50);
  if (spoken === current) return;
  current?.button.removeAttribute("aria-current");
  current = spoken ?? null;
  if (!current) return;
  current.button.setAttribute("aria-current", "true");
  if (!list.matches(":focus-within")) { // somebody who reads on their own is not moved about
    const line = current.button;
    list.scrollTop += line.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3;
  }
}

for (const mark of document.querySelectorAll(".mark")) {
  mark.style.left = `${durationMs ? 100 * Number(mark.dataset.at) / durationMs : 0}%`;
}

document.getElementById("review").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".line")) jump(Number(button.dataset.start), { play: true });
  else if (button?.matches(".mark")) jump(Number(button.dataset.at), { play: true });
  else if (button?.dataset.play) jump(Number(button.dataset.play), { play: true, to: Number(button.dataset.until) });
  else if (button?.dataset.now) {
    document.getElementById(button.dataset.now).value = `${clock(player.currentTime * 1000)}.${String(Math.floor(player.currentTime * 10) % 10)}`;
  } else if (!button && event.target.closest("#timeline")) {
    const box = timeline.getBoundingClientRect();
    jump(durationMs * (event.clientX - box.left) / box.width);
  }
});

function changeSpeed(step) {
  speed.selectedIndex = Math.max(0, Math.min(speed.options.length - 1, speed.selectedIndex + step));
  player.playbackRate = Number(speed.value);
}
speed.addEventListener("change", () => changeSpeed(0));

function switchCaptions() {
  const [track] = player.textTracks;
  if (!track) return;
  track.mode = track.mode === "showing" ? "hidden" : "showing";
  captions?.setAttribute("aria-pressed", String(track.mode === "showing"));
}
captions?.addEventListener("click", switchCaptions);

const toggle = () => (player.paused ? player.play().catch(() => {}) : player.pause());
const by = (seconds) => () => jump(1000 * (player.currentTime + seconds));
const KEYS = {
  " ": toggle, k: toggle, ArrowLeft: by(-5), ArrowRight: by(5), j: by(-10), l: by(10),
  "<": () => changeSpeed(-1), ">": () => changeSpeed(1), c: switchCaptions,
};

const keys = document.getElementById("keys"); // for whoever speaks to the computer, or strikes keys unawares
try {
  keys.checked = localStorage.getItem("review-keys") !== "off";
} catch { /* storage refused: it is asked for on every page */ }
keys.addEventListener("change", () => {
  try { localStorage.setItem("review-keys", keys.checked ? "on" : "off"); } catch { /* the same */ }
});

document.addEventListener("keydown", (event) => {
  if (!keys.checked || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === " " && event.target.closest("button, a, summary, video, audio")) return; // it presses what has the focus
  if (event.key.startsWith("Arrow") && event.target.closest("video, audio")) return; // the player's own
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

player.addEventListener("timeupdate", showMoment);
player.addEventListener("seeking", () => { if (Math.abs(1000 * player.currentTime - target) > 100) until = null; });
player.addEventListener("seeked", showMoment);
player.addEventListener("error", () => { document.getElementById("now").textContent = "This browser cannot play it"; });

const asked = /^#t=([\d.]+)(?:,([\d.]+))?$/.exec(location.hash);
if (asked) {
  const go = () => jump(1000 * Number(asked[1]), { to: asked[2] ? 1000 * Number(asked[2]) : null });
  if (player.readyState > 0) go(); else player.addEventListener("loadedmetadata", go, { once: true });
}

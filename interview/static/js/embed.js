// A player of YouTube, Vimeo or Wistia behind the part of <video> that watch.js uses. It is sampled: what it says of
// seeking and of played ranges is left aside, because its own samples are coarse; a jump beyond the clock is a seek.

import { Watching } from "./watch.js";

const SAMPLE_MS = 250;
const PATIENCE_MS = 15_000;
const CONFIG = {
  "youtube-video": { origin: location.origin },
  "vimeo-video": { dnt: true },
  "wistia-video": { doNotTrack: true },
};
const VIMEO_CODES = { PrivacyError: "private", PasswordError: "password", NotFoundError: "missing" };

class Sampled extends EventTarget {
  constructor(element) {
    super();
    this.element = element;
    this.timer = null;
    this.startAt = null; // players start playing when they are told a position too early, so it waits for the first play
    this.ended = false;
    const on = (name, act) => element.addEventListener(name, act);
    for (const name of ["loadedmetadata", "ratechange"]) on(name, () => this.tell(name));
    on("play", () => { this.ended = false; this.tell("play"); });
    on("playing", () => this.playing());
    on("pause", () => this.stop());
    on("ended", () => { this.tell("timeupdate"); this.stop(); this.ended = true; this.tell("ended"); });
  }

  tell(name) { this.dispatchEvent(new Event(name)); }

  playing() {
    this.ended = false;
    if (this.startAt !== null) {
      const position = this.startAt;
      this.startAt = null;
      if (Math.abs(this.element.currentTime - position) > 1) this.element.currentTime = position;
    }
    this.hasPlayed = true;
    this.timer ??= setInterval(() => this.tell("timeupdate"), SAMPLE_MS);
    this.tell("playing");
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.tell("pause");
  }

  get currentTime() { return this.startAt ?? (Number(this.element.currentTime) || 0); }
  set currentTime(position) {
    if (this.hasPlayed) this.element.currentTime = position;
    else this.startAt = position;
  }
  get paused() { return this.element.paused; }
  get seeking() { return false; }
  get played() { return null; }
  get readyState() { return this.element.readyState; }
  get muted() { return Boolean(this.element.muted); }
  get volume() { return this.element.volume; }
  get playbackRate() { return this.element.playbackRate || 1; }
  set playbackRate(rate) { this.element.playbackRate = rate; }
  async play() { await this.element.play(); }
  pause() { Promise.resolve(this.element.pause()).catch(() => {}); }
  focus() { this.element.shadowRoot?.querySelector("iframe")?.focus(); }
  scrollIntoView(options) { this.element.scrollIntoView(options); }
}

/** Says what went wrong, to the candidate and once to the team. */
class Troubles {
  constructor(element, durationMs) {
    this.element = element;
    this.durationMs = durationMs;
    this.told = JSON.parse(element.dataset.told);
    this.panel = document.querySelector("[data-trouble]");
    this.sent = new Set();
  }

  async fail(code) {
    const words = this.told[code] ?? this.told.player;
    if (this.sent.has(code)) return;
    this.panel.hidden = false;
    const line = this.panel.querySelector("[data-trouble-words]");
    line.textContent = words;
    document.querySelector("[data-loading]")?.remove();
    const isTold = await this.send({ code: this.told[code] ? code : "player" }, code);
    line.textContent = `${words} ${isTold ? "The team is told." : "Please tell the team with the button below."}`;
    this.panel.scrollIntoView({ block: "nearest" });
  }

  works() { this.panel.hidden = true; }

  /** The length is only compared: a film that was changed is reported, and watching goes on. */
  compare() {
    const found = Math.round(1000 * this.element.duration);
    const off = Math.abs(found - this.durationMs);
    if (!(found > 0) || !Number.isFinite(found) || this.sent.has("length")) return;
    if (off > 1000 && (off > 2000 || 100 * off > this.durationMs)) this.send({ code: "length", found_ms: found }, "length");
  }

  async send(body, key) {
    this.sent.add(key);
    try {
      const csrf = document.querySelector("meta[name=csrf-token]").content;
      const answer = await fetch(this.element.dataset.troubleUrl, {
        method: "POST", credentials: "same-origin", keepalive: true, body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      });
      return answer.ok;
    } catch { return false; }
  }
}

async function start(root, element) {
  const troubles = new Troubles(element, Number(root.dataset.durationMs));
  const kind = element.dataset.embed;
  let isLoaded = false;
  const patience = setTimeout(() => { if (!isLoaded) troubles.fail("blocked"); }, PATIENCE_MS);
  element.addEventListener("loadedmetadata", () => {
    isLoaded = true;
    clearTimeout(patience);
    document.querySelector("[data-loading]")?.remove();
    troubles.compare();
  });
  for (const name of ["durationchange", "playing"]) element.addEventListener(name, () => troubles.compare());
  element.addEventListener("playing", () => troubles.works());
  element.addEventListener("error", () => troubles.fail(kind === "youtube-video" ? String(element.error?.code) : "player"));
  window.addEventListener("error", (event) => { // its script was not let through
    if (event.target instanceof HTMLScriptElement && !event.target.src.startsWith(location.origin)) troubles.fail("blocked");
  }, true);
  document.querySelector("[data-says-age]").addEventListener("click", () => troubles.fail("age"));
  new Watching(root, new Sampled(element));
  element.config = CONFIG[kind];
  await import(kind);
  const looks = setInterval(() => {
    const frame = element.shadowRoot?.querySelector("iframe");
    if (frame) frame.title = element.title;
    if (!element.api) return;
    clearInterval(looks);
    if (kind !== "vimeo-video") return;
    element.api.on("error", ({ name, method }) => { if (VIMEO_CODES[name] || !method) troubles.fail(VIMEO_CODES[name] ?? "player"); });
    element.api.ready().catch((problem) => troubles.fail(VIMEO_CODES[problem?.name] ?? "player"));
  }, 100);
  setTimeout(() => clearInterval(looks), 2 * PATIENCE_MS);
}

const root = document.querySelector("[data-watch]");
const element = root?.querySelector("[data-embed]");
if (element) start(root, element);

// The player's tracker: reports what was played, keeps what is not acknowledged, draws what the server found.
// The server decides (docs/WATCHING.md); nothing here is believed beyond what its clock allows.

import { Checkpoint } from "./checkpoint.js";
import { load, otherWay, statusOf } from "./stream.js";

const MAX_PIECES = 16;
const JUMP_S = 0.75; // a larger difference between content and clock was a seek, whatever the events said
const REPAIR_S = 0.4; // `played` knows the last quarter of a second that timeupdate missed
const MAX_RATE = 2;
const HOLD_MS = 8000; // a slow line: the film waits for an answer where a question is to come, or would pass it for ever
const BEATS_AT_RATE = 0.8; // at double speed a beat is due a little oftener, so that no checkpoint is jumped over
const RETRY_MS = [2000, 4000, 8000, 16000, 30000, 60000];

const ms = (seconds) => Math.round(seconds * 1000);
const jittered = (wait) => wait * (0.75 + Math.random() / 2);

/** Unite touching pieces, so that hours offline still fit one beat; rates and clocks of joined pieces are merged. */
export function coalesce(pieces) {
  const out = [];
  for (const piece of [...pieces].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && piece[0] <= last[1]) {
      last[1] = Math.max(last[1], piece[1]);
      last[3] = Math.min(last[3], piece[3]);
      last[4] = Math.max(last[4], piece[4]);
    } else out.push([...piece]);
  }
  return out;
}

/** Cut a claimed piece to what the browser itself says was played, and repair its ends by it. */
export function confirmed(piece, played, rate) {
  const slack = ms(REPAIR_S * Math.max(1, rate));
  const parts = [];
  for (const [start, end] of played) {
    const from = Math.abs(start - piece[0]) <= slack ? start : Math.max(start, piece[0]);
    const to = end > piece[1] && end - piece[1] <= slack ? end : Math.min(end, piece[1]);
    if (to > from) parts.push([from, to, piece[2], piece[3], piece[4]]);
  }
  return parts;
}

/** Positions as people read them. */
export function clockTime(position) {
  const seconds = Math.floor(position / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest}` : rest;
}

/** What is not acknowledged yet, and where the player stood, kept in the browser until it is. */
class Store {
  constructor(key) { this.key = key; }
  load() {
    try {
      const { pieces, pos } = JSON.parse(localStorage.getItem(this.key));
      return { pieces: pieces.filter((piece) => Array.isArray(piece) && piece.length === 5), pos: Number(pos) || 0 };
    } catch { return { pieces: [], pos: 0 }; }
  }
  save(pieces, pos = 0) {
    try {
      if (pieces.length) localStorage.setItem(this.key, JSON.stringify({ pieces, pos }));
      else localStorage.removeItem(this.key);
    } catch { /* storage refused: what is queued lives as long as the page */ }
  }
}

class Tracker {
  constructor(video, durationMs) {
    this.video = video;
    this.durationMs = durationMs;
    this.pieces = [];
    this.open = null; // {from, rate, at}: content position in seconds and the clock when it began
    this.last = 0;
    this.lastAt = 0;
    this.clock = () => 0; // milliseconds since the lease was opened
  }

  begin() {
    if (this.open || this.video.paused || this.video.seeking) return;
    this.last = this.video.currentTime;
    this.lastAt = this.clock();
    this.open = { from: this.last, rate: this.video.playbackRate, at: this.lastAt };
  }

  update() {
    if (!this.open) { this.begin(); return; }
    if (this.video.seeking) return;
    const position = this.video.currentTime, at = this.clock();
    const expected = (this.open.rate * (at - this.lastAt)) / 1000;
    if (position < this.last - 0.05 || position - this.last > expected + JUMP_S) {
      this.close(this.last);
      this.begin();
      return;
    }
    this.last = position;
    this.lastAt = at;
  }

  close(end) {
    const open = this.open;
    this.open = null;
    if (!open || end <= open.from) return;
    const ranges = this.video.played; // a sampled player (embed.js) has none: then the samples are all there is
    const played = ranges && Array.from({ length: ranges.length }, (_, i) => [ms(ranges.start(i)), ms(ranges.end(i))]);
    const at = Math.round(this.clock());
    const claim = [ms(open.from), ms(end), Math.round(open.rate * 100), Math.min(Math.round(open.at), at), at];
    for (const part of played ? confirmed(claim, played, open.rate) : [claim]) {
      part[1] = Math.min(part[1], this.durationMs + 1000);
      if (part[1] > part[0]) this.pieces.push(part);
    }
  }

  /** Close what is being played at its last known position and go on: the pieces so far can be sent. */
  cut() {
    if (!this.open) return;
    this.update();
    if (!this.open) return;
    const at = this.last;
    this.close(at);
    this.begin();
    if (this.open) this.open.from = at;
  }

  take() {
    const taken = this.pieces;
    this.pieces = [];
    return taken;
  }
}

export class Watching {
  constructor(root, video = root.querySelector("video")) {
    this.root = root;
    this.video = video;
    this.durationMs = Number(root.dataset.durationMs);
    this.missing = JSON.parse(root.dataset.missing);
    this.store = new Store(root.dataset.key);
    this.tracker = new Tracker(this.video, this.durationMs);
    const kept = this.store.load();
    this.queue = kept.pieces.map(([from, to, rate]) => [from, to, rate, 0, 0]); // an earlier session's clock means nothing now
    this.resumeMs = kept.pieces.length ? kept.pos : Number(root.dataset.resumeMs); // what is queued here is ahead of the server
    const asked = /^#t=(\d+)$/.exec(location.hash); // "watch again from 04:10" links to a moment
    if (asked) this.resumeMs = Number(asked[1]) * 1000;
    this.pending = null; // the beat under way: sent again with the same content until it is acknowledged
    this.lease = null;
    this.seq = 0;
    this.beatMs = 10_000;
    this.sentAt = -Infinity;
    this.notBefore = 0;
    this.failures = 0;
    this.isBusy = false;
    this.isOver = false;
    this.isElsewhere = false;
    this.isReady = false;
    this.isPlaying = false;
    this.isLost = false; // the media stopped: why is being found out
    this.stoppedAt = -Infinity; // seconds
    this.mends = 0;
    this.mediaUrl = this.video.dataset?.stream ?? this.video.getAttribute?.("src");
    this.isDone = this.missing.length === 0;
    this.tracker.clock = () => (this.lease ? performance.now() - this.lease.at : 0);
    this.csrf = document.querySelector("meta[name=csrf-token]").content;
    this.unconfirmed = JSON.parse(root.dataset.unconfirmed);
    this.checkpoint = new Checkpoint(this.find("check"), {
      send: (id, answer) => this.post(`${this.leaseUrl("checkpoint")}/${id}`, { answer }),
      pause: () => this.video.pause(),
      goOn: (sentence = "", body = null) => this.goOn(sentence, body),
      ask: () => this.flush({ now: true, asking: true }),
      replay: (position, body) => {
        this.video.currentTime = position / 1000;
        this.goOn("Not quite. Here is the last minute once more; then comes another question.", body);
      },
    });
    this.listen();
    if (this.video.dataset?.stream) load(this.video, this.mediaUrl, this.resumeMs / 1000);
  }

  leaseUrl(what) { return this.root.dataset.beatUrl.replace("LEASE/beat", `${this.lease.id}/${what}`); }

  /** After a checkpoint: show where things stand and play on. */
  goOn(sentence, body) {
    if (body) this.drawChecks(body.checks, body.confirmed, this.unconfirmed);
    if (body?.done) this.draw(this.withoutMissing(this.missing), this.missing, body.pct, body.done);
    if (sentence) this.say(sentence);
    this.video.focus();
    if (!this.video.ended) this.video.play().catch(() => {});
    else this.flush({ now: true, asking: true });
  }

  find(name) { return this.root.querySelector(`[data-${name}]`); }

  listen() {
    const { video, tracker } = this;
    const on = (name, act) => video.addEventListener(name, act);
    on("play", () => { this.isPlaying = true; this.play(); });
    on("playing", () => tracker.begin());
    on("timeupdate", () => tracker.update());
    on("seeking", () => tracker.close(tracker.last));
    on("seeked", () => { tracker.last = video.currentTime; tracker.begin(); });
    on("waiting", () => { tracker.update(); tracker.close(tracker.last); });
    on("pause", () => {
      if (!video.error) this.isPlaying = false; // a browser pauses what it cannot load, and then says so
      if (!video.seeking) tracker.update();
      tracker.close(tracker.last);
      if (!video.ended) this.flush({ now: true });
    });
    on("ended", () => { tracker.close(this.durationMs / 1000); this.flush({ now: true, ended: true }); });
    on("ratechange", () => this.changeRate());
    on("error", () => this.lost());
    on("streamlost", () => this.lost());
    if (video.error) this.lost();
    on("loadedmetadata", () => this.ready());
    if (video.readyState >= 1) this.ready();
    this.find("continue").addEventListener("click", () => this.continueHere());
    this.find("jump").addEventListener("click", () => this.jump());
    this.find("speed").addEventListener("change", (event) => { video.playbackRate = Number(event.target.value); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.flush({ now: true }); });
    window.addEventListener("online", () => { this.notBefore = 0; this.flush({ now: true }); if (this.isLost) this.mend(); });
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("pageshow", (event) => { if (event.persisted) { tracker.begin(); this.flush({ now: true }); } });
    for (const button of document.querySelectorAll("[data-moment]")) {
      button.addEventListener("click", () => {
        video.currentTime = Number(button.dataset.moment) / 1000;
        video.play().catch(() => {});
        video.scrollIntoView({ block: "nearest" });
      });
    }
    setInterval(() => this.tick(), 1000); // timers run in hidden tabs, animation frames do not
  }

  ready() {
    this.isReady = true;
    if (this.resumeMs > 0 && this.video.currentTime === 0) this.video.currentTime = this.resumeMs / 1000;
    if (this.video.videoWidth === 0) this.say("Your browser plays only the sound of this film. Another browser may show it.");
  }

  // The media stopped. What was played is taken first, because loading anew forgets it.
  lost() {
    if (this.isLost || this.isOver) return;
    const { tracker, video } = this;
    const at = !this.isReady ? this.resumeMs / 1000 : tracker.open ? tracker.last : video.currentTime;
    if (Math.abs(at - this.stoppedAt) > 1) this.mends = 0; // it went on since
    this.stoppedAt = at;
    this.isLost = true;
    tracker.close(tracker.last);
    this.queue = coalesce([...this.queue, ...tracker.take()]);
    this.keep();
    this.mend();
  }

  /** Find out why, and go on at the same position: at a fresh address, in another way, or once there is a connection. */
  async mend() {
    if (!this.isLost || this.isMending || this.isOver || this.isElsewhere) return;
    this.isMending = true;
    clearTimeout(this.mendTimer);
    const status = await statusOf(this.mediaUrl), tries = this.mends;
    const isTried = this.isLost && await this.treat(status, tries); // a lease opened meanwhile may have mended it
    this.isMending = false;
    if (isTried) this.mend(); // it may have stopped again before this line
  }

  /** Do what the address's status asks for; say whether the film was loaded anew. */
  async treat(status, tries) {
    this.mends += 1;
    if (status === 200 && (tries === 0 || otherWay(this.video))) { await this.reload(); return true; }
    if (status === 403 && tries < 3) { await this.renew(); return false; }
    if (status === 401) this.say("Your session ended. Open your personal link again: what you watched here is kept and counted then.");
    else if (status === 404) this.say("This film cannot be loaded any more. Your checklist shows what is to be watched now.");
    else if (status === 200 || status === 403) {
      const parts = "stream" in this.video.dataset ? "the segments of the film, or they cannot be loaded" : "the film";
      this.say(`This browser cannot play ${parts}. Another browser may; nothing you watched is lost.`);
    } else {
      this.say("The film could not be loaded. It goes on by itself as soon as the server answers; nothing you watched is lost.");
      this.mendLater();
    }
    return false;
  }

  mendLater() {
    this.mendTimer = setTimeout(() => this.mend(), jittered(RETRY_MS[Math.min(this.mends, RETRY_MS.length) - 1]));
  }

  /** The address became too old (a laptop that slept): a new lease brings another one. */
  async renew() {
    while (this.isBusy) await new Promise((resolve) => { setTimeout(resolve, 100); });
    if (this.isElsewhere || this.isOver) return;
    this.requeue();
    this.lease = null;
    await this.openLease();
    if (this.isLost) this.mendLater();
  }

  async reload() {
    const { video, stoppedAt: at } = this;
    this.isLost = false;
    this.resumeMs = ms(at);
    const wishes = this.isPlaying || !video.paused; // the browser tells of a play() later than it does it
    if (wishes) video.addEventListener("canplay", () => video.play().catch(() => {}), { once: true });
    await load(video, this.mediaUrl, at);
    if (video.readyState === 0) video.currentTime = at; // beats meanwhile tell this position
    this.quiet();
  }

  /** What was under way joins the queue again; an earlier lease's clock means nothing to the next one. */
  requeue() {
    this.queue = coalesce([...this.queue, ...(this.pending?.segs ?? [])]).map(([from, to, rate]) => [from, to, rate, 0, 0]);
    this.pending = null;
  }

  changeRate() {
    const { video, tracker } = this;
    if (video.playbackRate > MAX_RATE) { video.playbackRate = MAX_RATE; return; }
    tracker.update();
    tracker.close(tracker.last);
    tracker.begin();
    const choice = this.find("speed");
    if ([...choice.options].some((one) => Number(one.value) === video.playbackRate)) {
      choice.value = [...choice.options].find((one) => Number(one.value) === video.playbackRate).value;
    }
  }

  // The lease is open before anything plays, so that the server's clock is never behind the player's.
  async play() {
    if (this.isElsewhere) { this.video.pause(); this.find("continue").focus(); return; }
    if (this.checkpoint.isOpen) { this.video.pause(); this.checkpoint.focus(); return; }
    if (this.lease || this.isOver) return;
    this.video.pause();
    await this.openLease();
    if (!this.isOver && !this.isElsewhere) this.video.play().catch(() => {});
  }

  /** Open a lease; whoever asks while one is being opened waits for the same. */
  openLease() {
    this.opening ??= this.openNow().finally(() => { this.opening = null; });
    return this.opening;
  }

  async openNow() {
    try {
      const answer = await this.post(this.root.dataset.leaseUrl, { version: Number(this.root.dataset.version) });
      if (answer.status === 201) {
        const body = await answer.json();
        this.lease = { id: body.lease, at: performance.now() };
        this.seq = 0;
        this.beatMs = body.beat_ms;
        this.isElsewhere = false;
        this.find("continue").hidden = true;
        this.quiet();
        this.drawChecks(body.checks, body.confirmed, body.unconfirmed);
        this.draw(body.covered, body.missing, body.pct, body.done);
        this.mediaUrl = body.media;
        if (this.isLost) await this.reload();
      } else await this.refused(answer, { opening: true });
    } catch {
      this.say("No connection. You can go on: what you watch is kept in this browser and counted later.");
    } finally {
      this.lease ??= { id: null, at: performance.now() }; // playing goes on without one; the next beat asks again
    }
  }

  async continueHere() {
    this.lease = null;
    this.isElsewhere = false;
    if (this.isLost) { await this.openLease(); return; }
    await this.video.play().catch(() => {});
  }

  /** Go to the next missing part, from the last one round to the first; the part being played counts as on its way. */
  jump() {
    const now = ms(this.video.currentTime);
    const wanted = this.missing.length ? this.missing : this.unconfirmed;
    const next = wanted.find(([start]) => start > now) ?? wanted[0];
    if (!next) return;
    this.video.currentTime = next[0] / 1000;
    this.video.play().catch(() => {});
    this.video.focus();
  }

  tick() {
    const due = performance.now() - this.sentAt >= this.beatMs / Math.max(1, this.video.playbackRate * BEATS_AT_RATE);
    if (due && (!this.video.paused || this.queue.length || this.pending)) this.flush({});
    const isWaiting = this.isBusy && performance.now() - this.sentAt > HOLD_MS;
    if (isWaiting && !this.video.paused && this.isUnconfirmed(ms(this.video.currentTime))) this.hold();
  }

  isUnconfirmed(position) { return this.unconfirmed.some(([start, end]) => start <= position && position < end); }

  hold() {
    this.isHeld = true;
    this.video.pause();
    this.say("The line is slow and a question is to come here: the film waits for it.");
  }

  letGo() {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (!this.checkpoint.isOpen && !this.isElsewhere && !this.isOver) this.video.play().catch(() => {});
  }

  collect() {
    this.tracker.cut();
    this.queue = coalesce([...this.queue, ...this.tracker.take()]);
    this.keep();
  }

  keep() { this.store.save([...this.queue, ...(this.pending?.segs ?? [])], ms(this.video.currentTime)); }

  beat(pieces, state) {
    this.seq += 1;
    return {
      v: 1, seq: this.seq, segs: pieces, pos: Math.min(ms(this.video.currentTime), this.durationMs), state,
      mono: Math.max(0, Math.round(this.tracker.clock())), hid: document.hidden ? 1 : 0,
      mut: this.video.muted || this.video.volume === 0 ? 1 : 0, qn: this.queue.length,
    };
  }

  state(ended) {
    if (ended || this.video.ended) return "ended";
    if (this.video.paused) return "paused";
    return this.video.readyState < 3 ? "buffering" : "playing";
  }

  async flush({ now = false, ended = false, asking = false }) {
    if (this.isOver || this.isElsewhere) return;
    this.collect();
    if (this.isBusy) { this.again = { ended: ended || this.again?.ended, asking: asking || this.again?.asking }; return; }
    if (performance.now() < this.notBefore && !(now && this.failures === 0)) return;
    if (!this.lease?.id) {
      if (!this.queue.length) return;
      await this.openLease();
      if (!this.lease?.id) { this.wait(); return; }
    }
    if (!this.pending) {
      if (!this.queue.length && this.video.paused && !ended && !asking) return;
      this.pending = this.beat(this.queue.slice(0, MAX_PIECES), this.state(ended));
      this.queue = this.queue.slice(MAX_PIECES);
      this.keep();
    }
    this.isBusy = true;
    this.sentAt = performance.now();
    try {
      await this.answered(await this.post(this.root.dataset.beatUrl.replace("LEASE", this.lease.id), this.pending));
    } catch { this.wait(); } finally { this.isBusy = false; this.letGo(); }
    if (this.again && this.failures === 0) {
      const { ended: late, asking: still } = this.again;
      this.again = null;
      await this.flush({ now: true, ended: late, asking: still });
    } else if (this.queue.length >= MAX_PIECES && this.failures === 0) this.sentAt = performance.now() - this.beatMs + 1500;
  }

  async answered(answer) {
    if (answer.status === 200 || answer.status === 409) {
      const body = await answer.json();
      if (body.reason === "superseded") this.tookOver();
      this.failures = 0;
      const pieces = this.pending.segs;
      this.pending = null;
      if (body.reason === "seq_conflict") { this.queue = coalesce([...this.queue, ...pieces]); this.keep(); return; }
      for (const [from, to] of body.short) {
        const [, , rate, start, end] = pieces.find((piece) => piece[0] <= from && from < piece[1]) ?? [0, 0, 100, 0, 0];
        this.queue.push([from, to, rate, start, end]);
      }
      this.queue = coalesce(this.queue);
      this.keep();
      if (!this.isElsewhere && navigator.onLine) this.quiet();
      this.drawChecks(body.checks, body.confirmed, body.unconfirmed);
      this.draw(this.withoutMissing(body.missing), body.missing, body.pct, body.done);
      if (body.checkpoint && !this.isElsewhere) this.checkpoint.show(body.checkpoint);
    } else await this.refused(answer);
  }

  // Everything the server can refuse with; what was played is kept in each case but the last.
  async refused(answer, { opening = false } = {}) {
    const body = await answer.json().catch(() => ({}));
    if (answer.status === 429) { this.wait(1000 * Number(answer.headers.get("Retry-After") || 2)); return; }
    if (answer.status >= 500) { this.wait(); return; }
    if (answer.status === 401 || answer.status === 403) {
      this.say("Your session ended. Open your personal link again: what you watched here is kept and counted then.");
      this.wait(60_000);
    } else if (answer.status === 404 && opening) {
      this.over("This material is not available any more. Your checklist shows what is to be watched now.");
    } else if (answer.status === 404 || body.reason === "mono") {
      this.requeue();
      this.lease = { id: null, at: performance.now() };
      this.wait();
    } else if (answer.status === 410) {
      this.over(body.detail || "This material was replaced. Your checklist shows what is to be watched now.");
    } else {
      this.pending = null; // the server will never take this beat; later ones it will
      this.keep();
    }
  }

  wait(least = 0) {
    const pause = Math.max(least, jittered(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]));
    this.failures += 1;
    this.notBefore = performance.now() + pause;
    if (this.failures > 1) this.say("No connection to the server at the moment. Go on: what you watch is kept and counted later.");
  }

  over(sentence) {
    this.isOver = true;
    this.queue = [];
    this.pending = null;
    this.store.save([]);
    this.say(sentence);
  }

  tookOver() {
    this.isElsewhere = true;
    this.checkpoint.close();
    this.video.pause();
    this.tracker.close(this.tracker.last);
    this.find("continue").hidden = false;
    this.say("You went on watching on another device or in another tab. What was played here is counted.");
  }

  leave() {
    this.collect();
    this.tracker.close(this.tracker.last);
    if (!this.lease?.id || this.isOver || this.isElsewhere) return;
    const url = this.root.dataset.beatUrl.replace("LEASE", this.lease.id);
    const send = (beat) => navigator.sendBeacon(url, new Blob([JSON.stringify({ ...beat, csrf: this.csrf })], { type: "text/plain" }));
    if (this.pending) send(this.pending);
    // What the beacon carries stays queued: should it be lost, the next visit sends it again, and twice costs nothing.
    if (this.queue.length) send(this.beat(this.queue.slice(0, MAX_PIECES), "paused"));
  }

  post(url, body) {
    return fetch(url, {
      method: "POST", credentials: "same-origin", keepalive: true, body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
    });
  }

  withoutMissing(missing) {
    const covered = [];
    let edge = 0;
    for (const [start, end] of [...missing, [this.durationMs, this.durationMs]]) {
      if (start > edge) covered.push([edge, start]);
      edge = end;
    }
    return covered;
  }

  draw(covered, missing, pct, done) {
    this.missing = missing;
    const svg = this.find("coverage");
    for (const old of svg.querySelectorAll(".coverage-done")) old.remove();
    for (const [start, end] of covered) {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of [["class", "coverage-done"], ["x", start], ["width", end - start], ["height", 10]]) rect.setAttribute(name, value);
      svg.append(rect);
    }
    this.find("pct").textContent = `${pct} %`;
    const words = missing.slice(0, 3).map(([start, end]) => `${clockTime(start)}–${clockTime(end)}`).join(", ");
    const more = missing.length > 3 ? ` and ${missing.length - 3} more part${missing.length > 4 ? "s" : ""}` : "";
    this.find("missing-words").textContent = done ? "This counts as watched. You can watch any part again."
      : missing.length ? `Still missing: ${words}${more}.` : this.checkWords();
    this.find("jump").hidden = done;
    if (done && !this.isDone) this.say("Done: this counts as watched.");
    this.isDone = done;
  }

  checkWords() {
    const [next] = this.unconfirmed;
    return next ? `A question was passed without an answer: play ${clockTime(next[0])}–${clockTime(next[1])} again, and it comes.`
      : "A question is still open: it comes while you watch.";
  }

  drawChecks(checks, confirmed, unconfirmed) {
    this.unconfirmed = unconfirmed;
    this.find("checks").textContent = checks ? `Questions on the way: ${confirmed} of ${checks} answered.` : "";
  }

  /** Nothing is the matter with the line; what is the matter with the film stays said. */
  quiet() { if (!this.isLost) this.say(""); }

  say(sentence) {
    const line = this.find("status");
    if (line.textContent !== sentence) line.textContent = sentence;
  }
}

const root = document.querySelector("[data-watch]");
if (root?.querySelector("video")) new Watching(root);

// Reading the transcript: tells the server which section is open and when it was read; the server decides what counts.

import { Checkpoint } from "./checkpoint.js";

const AGAIN_MS = 5000;

class Reading {
  constructor(root) {
    this.root = root;
    this.csrf = document.querySelector("meta[name=csrf-token]").content;
    this.sections = [...root.querySelectorAll("[data-section]")];
    this.lease = null;
    this.at = null;
    for (const [number, section] of this.sections.entries()) {
      section.querySelector("[data-open]").addEventListener("click", () => this.open(this.at === number ? null : number));
      section.querySelector("[data-next]").addEventListener("click", () => this.read(number));
    }
    this.find("continue").addEventListener("click", () => { this.lease = null; this.find("continue").hidden = true; this.open(this.at ?? 0); });
    this.checkpoint = new Checkpoint(this.find("check"), {
      send: (id, answer) => this.post(root.dataset.checkpointUrl.replace("LEASE", this.lease).replace("ISSUE", id), { answer }),
      pause: () => {},
      goOn: (sentence = "", body = null) => this.goOn(sentence, body),
      ask: () => this.tell(this.at, {}),
      replay: (position, body) => {
        const back = this.sections.findLastIndex((one) => Number(one.dataset.from) <= position);
        this.goOn("Not quite. Read the last part once more; then comes another question.", body);
        this.open(back);
      },
    });
  }

  find(name) { return this.root.querySelector(`[data-${name}]`); }

  post(url, body) {
    return fetch(url, {
      method: "POST", credentials: "same-origin", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
    });
  }

  say(sentence) { this.find("status").textContent = sentence; }

  async open(number) {
    this.at = number;
    for (const [other, section] of this.sections.entries()) {
      section.querySelector("[data-open]").setAttribute("aria-expanded", String(other === number));
      section.querySelector(".section-body").hidden = other !== number;
    }
    if (number !== null) await this.tell(number, {});
  }

  /** Ask for the credit of what was read; a little later where it is too early; then show the next section. */
  async read(number) {
    const told = await this.tell(number, { read: true });
    if (!told) return;
    if (this.checkpoint.isOpen) { this.after = number + 1; return; }
    this.next(number + 1);
  }

  next(number) {
    if (number >= this.sections.length) return;
    this.open(number);
    this.sections[number].querySelector("[data-open]").focus();
  }

  goOn(sentence, body) {
    if (body) this.draw(body);
    if (sentence) this.say(body?.done ? "Done: this counts as watched." : sentence);
    const next = this.after;
    this.after = undefined;
    if (next !== undefined) this.next(next);
    else this.sections[this.at ?? 0].querySelector("[data-open]").focus();
  }

  async tell(number, body) {
    try {
      if (!this.lease && !(await this.begin())) return null;
      const answer = await this.post(this.root.dataset.sectionUrl.replace("LEASE", this.lease).replace(/0$/, number), body);
      const told = await answer.json().catch(() => ({}));
      if (answer.status === 200) { this.answered(number, told); return told; }
      if (told.reason === "too_early") {
        this.say(`A moment more: ${Math.ceil(told.remaining_ms / 1000)} s.`);
        await new Promise((resolve) => setTimeout(resolve, told.remaining_ms + 50));
        return this.at === number ? this.tell(number, body) : null;
      }
      if (told.reason === "superseded") { this.find("continue").hidden = false; this.say(told.detail); return null; }
      if (answer.status === 404) { this.lease = null; this.say("Please open the section again."); return null; }
      if (answer.status === 429 || answer.status >= 500) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get("Retry-After") || 2)));
        return this.tell(number, body);
      }
      this.say(told.detail || "Your session ended. Open your personal link again: what you read is kept.");
    } catch { this.say("No connection at the moment. Stay on this section and try again: nothing is lost."); }
    return null;
  }

  async begin() {
    const answer = await this.post(this.root.dataset.leaseUrl, { way: "read", version: Number(this.root.dataset.version) });
    const body = await answer.json().catch(() => ({}));
    if (answer.status !== 201) { this.say(body.detail || "This cannot be read any more. Your checklist shows what there is."); return false; }
    this.lease = body.lease;
    this.draw(body);
    return true;
  }

  answered(number, told) {
    this.draw(told);
    clearTimeout(this.later);
    if (told.short.length && !told.done) {
      this.say("You read faster than double speed. The rest is counted in a moment.");
      this.later = setTimeout(() => { if (this.at !== null) this.tell(this.at, {}); }, AGAIN_MS);
    } else this.say(told.done ? "Done: this counts as watched." : "");
    if (told.checkpoint) this.checkpoint.show(told.checkpoint);
  }

  draw(told) {
    this.find("pct").textContent = `${told.pct} %`;
    this.find("checks").textContent = told.checks ? `Questions on the way: ${told.confirmed} of ${told.checks} answered.` : "";
    for (const section of told.covered ? this.sections : []) {
      const [from, to] = [Number(section.dataset.from), Number(section.dataset.to)];
      const isRead = told.covered.some(([start, end]) => start <= from && to <= end);
      const isOpen = (told.unconfirmed ?? []).some(([start, end]) => start < to && from < end);
      section.classList.toggle("is-read", isRead);
      if (isRead) section.querySelector("[data-mark]").textContent = isOpen && !told.done ? "read, a question is open: read it again" : "read";
    }
  }
}

const root = document.querySelector("[data-reading]");
if (root) new Reading(root);

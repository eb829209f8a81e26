// A checkpoint beside the player: it asks, the server judges. The film waits; nothing is ever laid over it.

const two = (number) => String(number).padStart(2, "0");

export class Checkpoint {
  /** `send` posts an answer to the server, `pause` and `goOn` move the player, `ask` asks the server for what is due. */
  constructor(panel, { send, pause, goOn, ask, replay }) {
    Object.assign(this, { panel, send, pause, goOn, ask, replay });
    this.shown = null;
    this.before = ""; // what to say with the next one
    this.form = panel.querySelector("form");
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.answer(); });
    this.find("later").addEventListener("click", () => { this.close(); this.goOn(); });
    this.find("again").addEventListener("click", () => { this.close(); this.ask(); });
  }

  find(name) { return this.panel.querySelector(`[data-check-${name}]`); }

  get isOpen() { return !this.panel.hidden; }

  focus() { (this.shown ? this.find("title") : this.find("again")).focus(); }

  /** Show what the server asks; the same question again changes nothing that was chosen. */
  show(checkpoint) {
    if (this.shown?.id === checkpoint.id && this.isOpen) return;
    this.pause();
    this.shown = checkpoint;
    this.find("title").textContent = checkpoint.kind === "question" ? "A question about the last minutes" : "Are you still there?";
    this.find("prompt").textContent = checkpoint.prompt;
    const options = this.find("options");
    options.replaceChildren(...checkpoint.options.map((text, place) => {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "answer", value: text, required: true, id: `check-${place}` });
      radio.className = "form-check-input";
      label.className = "check-option";
      label.append(radio, ` ${text}`);
      return label;
    }));
    this.form.hidden = false;
    this.find("again").hidden = true;
    this.note(this.before);
    this.before = "";
    this.panel.hidden = false;
    this.focus();
    clearInterval(this.clock);
    if (checkpoint.ttl_s === null) { this.find("left").textContent = "Take the time you need."; return; }
    const until = performance.now() + checkpoint.ttl_s * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      this.find("left").textContent = `${Math.floor(left / 60)}:${two(left % 60)} left. If it runs out, nothing is lost: it comes again.`;
      if (!left) this.expired();
    };
    tick();
    this.clock = setInterval(tick, 1000);
  }

  expired() {
    clearInterval(this.clock);
    this.shown = null;
    this.form.hidden = true;
    this.find("again").hidden = false;
    this.find("left").textContent = "";
    this.note("The time for this one is over. Nothing is lost.");
  }

  async answer() {
    const chosen = new FormData(this.form).get("answer");
    if (chosen === null || !this.shown || this.isBusy) return;
    this.isBusy = true;
    try {
      const answer = await this.send(this.shown.id, chosen);
      const body = await answer.json().catch(() => ({}));
      if (answer.status === 200) this.judged(body);
      else if (answer.status === 410) this.expired();
      else if (answer.status >= 500) this.note("The server did not answer. Try again in a moment.");
      else { this.close(); this.goOn(body.detail); }
    } catch {
      this.note("No connection at the moment. Your answer was not sent: try again in a moment.");
    } finally { this.isBusy = false; }
  }

  judged(body) {
    this.close();
    if (body.right) this.goOn("Right, thank you.", body);
    else if (body.replay_ms !== null) this.replay(body.replay_ms, body);
    else { this.before = "That was another word. Here is a new one."; this.ask(); }
  }

  close() {
    clearInterval(this.clock);
    this.shown = null;
    this.panel.hidden = true;
  }

  note(sentence) { this.find("note").textContent = sentence; }
}

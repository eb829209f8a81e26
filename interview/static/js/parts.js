// Sends a part of a recording so that nothing is lost: what the recorder gave is kept on this device (IndexedDB) until
// the server has all of it and the hashes agree; appended at the offset the server names, asked for again after any error.
// A source says size(), isEnded() and read(offset, count); Kept is one in IndexedDB, Chosen is a file of the person's.

import { sha256 } from "../vendor/hashes/sha2.js";

const token = document.querySelector("meta[name=csrf-token]").content;
const CHUNK_BYTES = 1_000_000;
const RETRY_MS = [300, 700, 1500, 3000, 5000];
const DATABASE = "pitchproof-recordings";

// -- what is kept on this device -----------------------------------------------------------------------------------

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("parts", { keyPath: "name" });
      request.result.createObjectStore("chunks", { keyPath: ["name", "offset"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function store(mode, ...names) {
  const transaction = (await database()).transaction(names, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "QuotaExceededError"));
  });
  done.catch(() => {}); // whoever waits for it hears it; nobody else need
  return [...names.map((name) => transaction.objectStore(name)), done];
}

const ofPart = (name) => IDBKeyRange.bound([name, 0], [name, Infinity]);

/** Return what is kept on this device: [{name, section, owner, bytes, ended, lengthMs}]. */
export async function keptParts(owner) {
  try {
    const [parts] = await store("readonly", "parts");
    return (await promised(parts.getAll())).filter((part) => part.owner === owner);
  } catch {
    return []; // no storage here: then nothing was kept
  }
}

/** A recording as the recorder gives it: each piece is on this device before it is sent. */
export class Kept {
  constructor(facts) {
    this.facts = facts;
    this.memory = new Map(); // offset -> bytes, of what this device has no room for
    this.isVolatile = false;
  }

  static async begin(facts) {
    const made = new Kept({ bytes: 0, ended: false, lengthMs: 0, ...facts });
    await made.#write();
    return made;
  }

  size() { return this.facts.bytes; }

  isEnded() { return this.facts.ended; }

  async add(bytes, lengthMs) {
    const offset = this.facts.bytes;
    this.facts.bytes += bytes.byteLength;
    this.facts.lengthMs = lengthMs;
    await this.#write({ name: this.facts.name, offset, bytes });
  }

  async end() {
    this.facts.ended = true;
    await this.#write();
  }

  async #write(chunk) {
    try {
      const [parts, chunks, done] = await store("readwrite", "parts", "chunks");
      parts.put({ ...this.facts });
      if (chunk) chunks.put(chunk);
      await done;
    } catch {
      this.isVolatile = true; // full or refused: kept in memory, and said on the page
      if (chunk) this.memory.set(chunk.offset, chunk.bytes);
    }
  }

  /** Return up to `count` bytes from an offset on; empty where there are none yet. */
  async read(offset, count) {
    for (const [at, bytes] of this.memory) {
      if (at <= offset && offset < at + bytes.byteLength) return bytes.slice(offset - at, offset - at + count);
    }
    const [chunks] = await store("readonly", "chunks");
    const range = IDBKeyRange.bound([this.facts.name, 0], [this.facts.name, offset]);
    const found = (await promised(chunks.openCursor(range, "prev")))?.value;
    if (!found || offset >= found.offset + found.bytes.byteLength) return new ArrayBuffer(0);
    return found.bytes.slice(offset - found.offset, offset - found.offset + count);
  }

  /** Return all of it that is on this device, as a file. */
  async blob() {
    const pieces = [];
    for (let at = 0; at < this.facts.bytes; at += pieces.at(-1).byteLength) {
      pieces.push(await this.read(at, CHUNK_BYTES));
      if (!pieces.at(-1).byteLength) break;
    }
    return new Blob(pieces, { type: this.facts.type });
  }

  async forget() {
    this.memory.clear();
    try {
      const [parts, chunks, done] = await store("readwrite", "parts", "chunks");
      parts.delete(this.facts.name);
      chunks.delete(ofPart(this.facts.name));
      await done;
    } catch { /* it is offered once more with the next visit, and the server says that it has it */ }
  }
}

/** A file that the person chose. */
export class Chosen {
  constructor(file) {
    this.file = file;
    this.facts = { lengthMs: 0 };
  }

  /** Return the name it is known by: chosen again, it goes on. */
  static nameOf(file) {
    const told = new TextEncoder().encode(`${file.name}|${file.size}|${file.lastModified}`);
    return `file-${[...sha256(told)].slice(0, 16).map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }

  size() { return this.file.size; }

  isEnded() { return true; }

  async read(offset, count) {
    try {
      return await this.file.slice(offset, offset + count).arrayBuffer();
    } catch {
      throw new Refused(0, { detail: "The file was moved or changed since it was chosen. Choose it again." });
    }
  }

  async forget() { /* it is the person's */ }
}

// -- sending it ----------------------------------------------------------------------------------------------------

/** What the server said no to, in its words; `reason` is for the page. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? "The server did not take this.");
    this.status = status;
    this.reason = problem.reason ?? "";
    this.fields = problem.fields ?? {};
  }
}

async function ask(url, options = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token, ...options.headers };
  const response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...options, headers });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Refused(response.status, problem);
}

const json = (method, body) => ({ method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/** Sends one part to its end. `told` is what the server is told of it; `notice({sent, size, state})` hears how it goes. */
export class Sender {
  constructor(base, source, told, notice = () => {}) {
    Object.assign(this, { base, source, told, notice });
    this.sent = 0;
    this.id = null;
    this.failures = 0;
    this.wake = () => {};
    this.done = this.#run();
    this.done.catch(() => {});
    addEventListener("online", () => { this.failures = 0; this.wake(); });
  }

  /** Say that there is more to send, or that it ended. */
  nudge() { this.wake(); }

  async #run() {
    for (;;) {
      try {
        if (this.id === null) this.#take(await ask(this.base, json("POST", this.told)));
        const answer = await this.#step();
        this.failures = 0;
        if (answer) return answer;
      } catch (problem) {
        if (problem instanceof Refused && !this.#canGoOn(problem)) {
          this.#tell("refused", problem);
          throw problem;
        }
        if (!["offset", "busy", "hash", "finished"].includes(problem.reason)) this.#tell("waiting", problem);
        await this.#sleep(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]);
        this.failures += 1;
        await this.#askOffset();
      }
    }
  }

  /** Send the next piece, or close the part, or wait for more; returns the server's last word at the end. */
  async #step() {
    if (this.isFinished) return this.#close();
    const [size, isEnded] = [this.source.size(), this.source.isEnded()];
    const piece = this.sent < size ? await this.source.read(this.sent, CHUNK_BYTES) : null;
    if (piece?.byteLength) {
      const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(this.sent) };
      const answer = await ask(`${this.base}/${this.id}`, { method: "PATCH", body: piece, headers });
      this.sent = answer.offset;
      this.#tell("sending");
      return null;
    }
    if (isEnded && piece) throw gone();
    if (isEnded) return this.#close();
    await this.#sleep(60_000); // until there is more
    return null;
  }

  async #close() {
    this.#tell("checking");
    // a device without room kept less than it sent: then the server's is the recording
    const hash = this.sent > this.source.size() ? null : this.hash ??= await hashOf(this.source);
    const told = { sha256: hash, size_bytes: this.source.size(), length_ms: Math.round(this.source.facts.lengthMs) };
    const answer = await ask(`${this.base}/${this.id}/finish`, json("POST", told));
    if (hash && answer.sha256 !== hash) throw new Refused(409, { detail: "The server keeps something else under this name." });
    await this.source.forget();
    this.sent = this.source.size();
    this.#tell("done");
    return answer;
  }

  #canGoOn(problem) {
    if (problem.reason === "hash") this.wrongHashes = (this.wrongHashes ?? 0) + 1;
    if (this.wrongHashes > 3) return false;
    return problem.status >= 500 || problem.status === 429
      || ["offset", "busy", "hash", "finished", "arriving"].includes(problem.reason);
  }

  async #askOffset() {
    if (this.id === null) return;
    try {
      this.#take(await ask(`${this.base}/${this.id}`));
    } catch { /* no connection yet: the next round asks again */ }
  }

  #take(answer) {
    this.id = answer.id;
    this.sent = answer.offset;
    this.isFinished = answer.finished;
    this.#tell("sending");
  }

  #tell(state, problem) {
    this.notice({ sent: this.sent, size: this.source.size(), state, problem, id: this.id });
  }

  #sleep(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

const gone = () => new Refused(0, { detail: "A piece of this recording is not on this device any more." });

/** Return the SHA-256 of a source, read piece by piece. */
export async function hashOf(source) {
  const hash = sha256.create();
  for (let offset = 0; offset < source.size();) {
    const piece = new Uint8Array(await source.read(offset, CHUNK_BYTES));
    if (!piece.byteLength) throw gone();
    hash.update(piece);
    offset += piece.byteLength;
  }
  return [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Close a part whose rest is lost with another browser, with what arrived of it. */
export function closeAsItIs(base, id) {
  return ask(`${base}/${id}/finish`, json("POST", { sha256: null, size_bytes: 0, length_ms: 0 }));
}

/** Return a size in words. */
export function inWords(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

// The upload of a recording as a file: appended piece by piece, so that it goes on where it stopped when the same file is
// chosen again, after whatever happened.

import { Chosen, Sender, inWords } from "./parts.js";

const form = document.getElementById("upload");
const field = document.getElementById("file");
const bar = form.querySelector("progress");
const words = document.getElementById("upload-status");
const problem = document.getElementById("upload-problem");
let sending = false;

function start() {
  const [file] = field.files;
  if (!file || sending) return;
  complain("");
  if (!file.size) return complain("The file is empty. Choose another one.");
  if (file.size > Number(form.dataset.limit)) {
    return complain(`The file is ${inWords(file.size)}; at most ${inWords(Number(form.dataset.limit))} can be sent. Export it smaller, or cut it.`);
  }
  sending = true;
  field.disabled = true;
  bar.hidden = false;
  const told = { name: Chosen.nameOf(file), way: "uploaded", file_name: file.name, size_bytes: file.size };
  new Sender(form.dataset.parts, new Chosen(file), told, show).done.then(() => location.reload(), (why) => {
    sending = false;
    field.disabled = false;
    field.value = "";
    bar.hidden = true;
    words.textContent = "";
    complain(why.message);
  });
}

function show({ sent, size, state, problem: why }) {
  bar.max = size;
  bar.value = sent;
  const told = {
    sending: `${inWords(sent)} of ${inWords(size)} sent (${Math.floor(100 * sent / size)} %)`,
    checking: "Checking that all has arrived…",
    done: "All has arrived.",
    waiting: `${why?.status ? why.message : "No connection."} It goes on by itself: leave this page open, or come back and choose the same file again.`,
  };
  words.textContent = told[state] ?? "";
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

field.addEventListener("change", start);
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });

// The recorder of a pitch: choose and test camera, microphone or screen, practise (never leaves this page), record section
// by section. What is recorded goes through parts.js, so that a dead network, a killed tab or a restart loses nothing.

import { Kept, Sender, closeAsItIs, inWords, keptParts } from "./parts.js";
import { newKey } from "./autosave.js";

const page = document.getElementById("recorder");
const PARTS = page.dataset.parts;
const OWNER = page.dataset.owner;
const CONSENT = page.dataset.consent; // when the yes was given: what was recorded under an earlier one is not sent
const PRACTICE_MS = 30_000;
const PIECE_MS = 1000;
const DOUBLE_CLICK_MS = 500;
const TYPES = {
  video: ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4"],
  audio: ["audio/webm;codecs=opus", "audio/webm", "audio/mp4"],
};
const $ = (id) => document.getElementById(id);
const live = $("live");
const status = $("recorder-status");
const problem = $("recorder-problem");

let stream = null;
let sources = []; // every stream that was opened, to be switched off
let meter = null; // {context, frame}
let run = null; // the recording under way
let shown = null; // the run that the buttons are for
let elsewhere = false; // the recorder is open in another tab
const sending = new Map(); // name of a part -> its section
const stuck = new Map(); // name of a part that the server refused -> {kept, words}

const clock = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
};

function say(words) { status.textContent = words; }

function complain(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

// -- camera, microphone, screen --------------------------------------------------------------------------------------

const REFUSALS = {
  NotAllowedError: "The browser was not allowed to use {what}. Allow it in the address bar (the camera or lock symbol), then turn it on again. Or upload a file, or write your pitch: all count the same.",
  NotFoundError: "No {what} was found. Plug one in and turn it on again, or choose “Sound alone”, or upload a file.",
  NotReadableError: "Another program is using {what}. Close it (a meeting, perhaps), then turn it on again.",
  OverconstrainedError: "The {what} that was chosen is not there any more. Choose another one.",
};

function refusalOf(error, what) {
  return (REFUSALS[error.name] ?? "The browser could not start {what}. Try another browser, or upload a file.").replace("{what}", what);
}

const chosenKind = () => page.querySelector("input[name=source]:checked").value;

async function turnOn() {
  complain("");
  turnOff();
  const kind = chosenKind();
  const microphone = { audio: { deviceId: $("microphone").value || undefined, echoCancellation: true, noiseSuppression: true } };
  let what = "the microphone";
  try {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      return complain("This browser cannot record. Use a current Chrome, Edge, Firefox or Safari, upload a file, or write your pitch.");
    }
    const tracks = [];
    if (kind === "screen") {
      what = "the screen";
      const screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 }, audio: true });
      sources.push(screen);
      tracks.push(...screen.getVideoTracks());
      what = "the microphone";
      const voice = await navigator.mediaDevices.getUserMedia(microphone);
      sources.push(voice);
      tracks.push(...mixed([screen, voice]));
    } else {
      what = kind === "camera" ? "camera and microphone" : "the microphone";
      const video = { deviceId: $("camera").value || undefined, width: { ideal: 1280 }, height: { ideal: 720 } };
      const found = await navigator.mediaDevices.getUserMedia(kind === "camera" ? { ...microphone, video } : microphone);
      sources.push(found);
      tracks.push(...found.getTracks());
    }
    stream = new MediaStream(tracks);
  } catch (error) {
    turnOff();
    return complain(refusalOf(error, what));
  }
  for (const one of sources.flatMap((source) => source.getTracks())) one.addEventListener("ended", lost);
  live.srcObject = stream;
  live.hidden = !stream.getVideoTracks().length;
  live.play().catch(() => {});
  measure();
  await listDevices();
  show();
  say("It is on. Speak a sentence: the level should move. Nothing is recorded yet.");
}

/** Return one sound track of several streams. */
function mixed(streams) {
  const heard = streams.filter((one) => one.getAudioTracks().length);
  if (heard.length < 2) return heard.flatMap((one) => one.getAudioTracks());
  const context = new AudioContext();
  const into = context.createMediaStreamDestination();
  for (const one of heard) context.createMediaStreamSource(one).connect(into);
  sources.push({ getTracks: () => [{ stop: () => context.close(), addEventListener() {} }] });
  return into.stream.getAudioTracks();
}

function turnOff() {
  for (const track of sources.flatMap((source) => source.getTracks())) {
    track.removeEventListener?.("ended", lost);
    track.stop();
  }
  if (meter) {
    cancelAnimationFrame(meter.frame);
    meter.context.close();
  }
  [stream, sources, meter] = [null, [], null];
  live.srcObject = null;
}

function lost() {
  const was = run;
  turnOff();
  show();
  complain(was
    ? "Camera, microphone or screen stopped. What was recorded is kept: turn it on again and go on with this section."
    : "Camera, microphone or screen stopped. Turn it on again.");
  was?.stop();
}

async function listDevices() {
  const found = await navigator.mediaDevices.enumerateDevices();
  for (const [id, kind, words] of [["camera", "videoinput", "Camera"], ["microphone", "audioinput", "Microphone"]]) {
    const chosen = $(id).value;
    const options = found.filter((one) => one.kind === kind && one.deviceId);
    $(id).replaceChildren(new Option("The usual one", ""), ...options.map((one, at) => new Option(one.label || `${words} ${at + 1}`, one.deviceId)));
    $(id).value = chosen;
  }
}

function measure() {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  if (stream.getAudioTracks().length) context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  let heardAt = performance.now();
  meter = { context, frame: 0 };
  const look = () => {
    analyser.getFloatTimeDomainData(wave);
    const loudness = Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length);
    const level = loudness ? Math.max(0, Math.min(1, (20 * Math.log10(loudness) + 60) / 60)) : 0;
    $("level").value = level;
    if (level > 0.1) heardAt = performance.now();
    $("level-words").textContent = performance.now() - heardAt > 4000 ? "Nothing is heard: check the microphone." : level > 0.95 ? "Very loud: move back a little." : "Heard.";
    meter.frame = requestAnimationFrame(look);
  };
  look();
}

const typeFor = () => TYPES[stream.getVideoTracks().length ? "video" : "audio"].find((type) => MediaRecorder.isTypeSupported(type));

function newRecorder() {
  return new MediaRecorder(stream, {
    mimeType: typeFor(),
    videoBitsPerSecond: 1_500_000,
    audioBitsPerSecond: 64_000,
    videoKeyFrameIntervalDuration: 2000, // so that it can be sought in
  });
}

// -- practising ------------------------------------------------------------------------------------------------------

function practise() {
  if (run) return;
  const pieces = [];
  const recorder = newRecorder();
  const timer = setTimeout(() => recorder.stop(), PRACTICE_MS);
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = () => {
    clearTimeout(timer);
    run = null;
    const playback = $("practice");
    if (playback.src) URL.revokeObjectURL(playback.src);
    playback.src = URL.createObjectURL(new Blob(pieces, { type: recorder.mimeType }));
    playback.hidden = false;
    say("This was your practice. It is only on this page, and gone when you leave it.");
    show();
  };
  recorder.start();
  run = { isPractice: true, stop: () => recorder.state !== "inactive" && recorder.stop() };
  say(`Practice, at most ${PRACTICE_MS / 1000} s. Nothing of it is sent or kept.`);
  show();
}

// -- thinking and recording ------------------------------------------------------------------------------------------

function begin(section, again) {
  if (run) return;
  complain("");
  const card = cardOf(section);
  const think = again || card.dataset.lengthMs === "0" ? Number(card.dataset.thinkS) : 0;
  let hasBegun = false;
  const startsAt = performance.now() + think * 1000;
  run = { section, stop: () => { clearInterval(timer); run = null; show(); say(""); }, startNow: () => go() };
  const go = () => {
    if (hasBegun) return;
    hasBegun = true;
    clearInterval(timer);
    record(section, again).catch((error) => {
      run = null;
      show();
      complain(`The recording did not start: ${error.message}`);
    });
  };
  const timer = setInterval(() => {
    const left = startsAt - performance.now();
    $("time").textContent = clock(left + 999);
    if (left <= 0) go();
  }, 200);
  if (!think) return go();
  run.isThinking = true;
  say("Time to think. Recording starts by itself when it is over.");
  show();
}

async function record(section, again) {
  const card = cardOf(section);
  const before = again ? 0 : Number(card.dataset.lengthMs);
  const longest = Number(card.dataset.longestMs);
  const told = { name: `rec-${newKey()}`, way: "recorded", section, again };
  const kept = await Kept.begin({ name: told.name, owner: OWNER, consent: CONSENT, section, told, type: typeFor() });
  const recorder = newRecorder();
  const spent = stopwatch();
  let storing = Promise.resolve();
  const sender = send(kept, told);
  recorder.ondataavailable = (event) => {
    if (!event.data.size) return;
    const length = spent();
    storing = storing.then(async () => {
      await kept.add(await event.data.arrayBuffer(), length);
      sender.nudge();
      if (kept.isVolatile) complain("This device has no room left for the recording. It is held in this page: leave it open until all is sent.");
    });
  };
  recorder.onstart = () => spent(false); // a busy device takes a moment: what is not recorded is not counted
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.onerror = () => complain("The browser stopped recording. What was recorded is kept: go on with this section.");
  const timer = setInterval(() => {
    const at = before + spent();
    $("time").textContent = clock(at);
    $("time-left").textContent = `${clock(longest - at)} left`;
    if (at >= longest) {
      say("The time of this section is over.");
      run?.stop();
    }
  }, 200);
  run = {
    section,
    name: told.name,
    isRecording: true,
    stop: () => recorder.state !== "inactive" && recorder.stop(),
    pause: () => {
      const pauses = recorder.state === "recording";
      if (pauses) recorder.pause(); else recorder.resume();
      spent(pauses);
      run.isPaused = pauses;
      say(pauses ? "Paused. You can leave this page and go on later." : "Recording.");
      show();
    },
  };
  recorder.start(PIECE_MS);
  say("Recording.");
  show();
  await stopped;
  clearInterval(timer);
  await storing;
  await kept.end();
  sender.nudge();
  run = null;
  show();
  say(stuck.has(told.name) ? "" : "Recorded. The rest is on its way.");
}

/** Return a function that says the milliseconds counted so far; told false it counts, told true it stops. */
function stopwatch() {
  let sum = 0;
  let since = null;
  return (pause) => {
    const now = performance.now();
    if (since !== null) sum += now - since;
    if (pause === true) since = null;
    else if (pause === false || since !== null) since = now;
    return sum;
  };
}

// -- sending ---------------------------------------------------------------------------------------------------------

function send(kept, told) {
  const sender = new Sender(PARTS, kept, told, (how) => showSending(kept.facts.section, how));
  sending.set(told.name, kept.facts.section);
  sender.done.then(
    async () => {
      sending.delete(told.name);
      await refresh();
      if (!sending.size && !stuck.size && !run) say("All is sent and checked: what arrived is what you recorded.");
    },
    async (why) => {
      sending.delete(told.name);
      stuck.set(told.name, { kept, words: why.message });
      if (run?.name === told.name) {
        run.stop(); // what follows could not be sent either
        complain(`The recording was stopped. ${why.message}`);
      }
      await refresh();
    },
  );
  return sender;
}

function showSending(section, { sent, size, state, problem: why }) {
  const card = cardOf(section);
  if (!card) return;
  const line = card.querySelector("[data-sending]");
  line.hidden = state === "done";
  const bar = line.querySelector("progress");
  bar.max = Math.max(1, size);
  bar.value = sent;
  const told = { sending: `${inWords(sent)} of ${inWords(size)} sent`, checking: "Checking that all has arrived…", done: "All is sent." };
  const waiting = `${why?.status ? why.message : "No connection."} What you record is kept on this device and sent as soon as possible.`;
  line.querySelector("[data-words]").textContent = told[state] ?? waiting;
  line.dataset.state = state;
}

/** Bring the sections as the server knows them now. */
async function refresh() {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) {
      if (!run && !sending.size && !stuck.size) location.reload();
      return show();
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sections");
    $("sections").replaceWith(document.importNode(fresh, true));
  } catch { /* no connection: the next time */ }
  show();
}

async function recover() {
  for (const facts of await keptParts(OWNER)) {
    const kept = new Kept(facts);
    await kept.end();
    if (!facts.bytes || (facts.consent ?? CONSENT) !== CONSENT) { await kept.forget(); continue; }
    say("The recording was interrupted. What was recorded is on this device and is being sent: nothing is lost.");
    send(kept, facts.told);
  }
  show();
}

// -- the page --------------------------------------------------------------------------------------------------------

const sectionOf = (element) => Number(element.closest("[data-section]").dataset.section);
const stuckOf = (section) => [...stuck.values()].find(({ kept }) => kept.facts.section === section);

async function save(kept) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await kept.blob());
  link.download = `pitch-section-${kept.facts.section + 1}.${kept.facts.type?.includes("mp4") ? "mp4" : "webm"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const cardOf = (section) => document.querySelector(`[data-section="${section}"]`);

/** Keep the second click of a double click from a button that has just come under the pointer. */
function restButtons() {
  shown = run;
  const buttons = [$("pause"), $("stop")];
  for (const button of buttons) button.disabled = true;
  setTimeout(() => { for (const button of buttons) button.disabled = false; }, DOUBLE_CLICK_MS);
}

function show() {
  const isOn = stream !== null;
  const busy = run !== null;
  if (run !== shown) restButtons();
  $("turn-on").textContent = isOn ? "Use what I chose" : "Turn on";
  $("turn-on").disabled = busy;
  for (const field of page.querySelectorAll("#setup input, #setup select")) field.disabled = busy;
  $("devices").hidden = chosenKind() === "screen" && !isOn;
  $("camera-field").hidden = chosenKind() !== "camera";
  $("monitor").hidden = !isOn && !busy;
  $("practise").hidden = !isOn || busy;
  $("start-now").hidden = !run?.isThinking;
  $("pause").hidden = !run?.isRecording;
  $("pause-words").textContent = run?.isPaused ? "Go on" : "Pause";
  $("stop").hidden = !busy;
  $("stop-words").textContent = run?.isThinking ? "Cancel" : "Stop";
  $("red").hidden = !run?.isRecording || Boolean(run?.isPaused);
  $("clock").hidden = !run || Boolean(run.isPractice);
  if (!run?.isRecording) $("time-left").textContent = "";
  for (const card of document.querySelectorAll("[data-section]")) {
    const section = Number(card.dataset.section);
    const isSending = [...sending.values()].includes(section);
    card.classList.toggle("is-under-way", run?.section === section);
    for (const button of card.querySelectorAll("[data-begin]")) button.disabled = !isOn || busy || isSending;
    for (const hint of card.querySelectorAll("[data-first]")) hint.hidden = isOn || busy;
    if (!isSending) card.querySelector("[data-sending]").hidden = true;
    for (const leftover of card.querySelectorAll("[data-unfinished]")) {
      leftover.hidden = isSending || elsewhere || stuck.has(leftover.dataset.unfinished);
    }
    const refused = stuckOf(section);
    card.querySelector("[data-stuck]").hidden = !refused;
    if (!refused) continue;
    card.querySelector("[data-why]").textContent = `${refused.words} What you recorded is kept on this device, but cannot be sent.`;
    card.querySelector("[data-discard]").dataset.confirm = "Discard this recording? It is only on this device, and gone then.";
  }
  const handIn = $("hand-in");
  if (handIn) handIn.disabled = busy || elsewhere || sending.size > 0 || handIn.dataset.ready !== "yes";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.begin) begin(sectionOf(button), button.dataset.begin === "again");
  else if ("save" in button.dataset) save(stuckOf(sectionOf(button)).kept);
  else if (button.dataset.asItIs) {
    closeAsItIs(PARTS, button.dataset.asItIs).then(refresh, (error) => complain(error.message));
  }
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-discard]") || event.target.dataset.confirm) return; // page.js asks first
  event.preventDefault();
  const { kept } = stuckOf(sectionOf(event.target));
  await kept.forget();
  stuck.delete(kept.facts.name);
  show();
});
$("turn-on").addEventListener("click", turnOn);
$("practise").addEventListener("click", practise);
$("start-now").addEventListener("click", () => run?.startNow?.());
$("pause").addEventListener("click", () => run?.pause?.());
$("stop").addEventListener("click", () => run?.stop());
for (const radio of page.querySelectorAll("input[name=source]")) radio.addEventListener("change", () => { turnOff(); show(); });
window.addEventListener("beforeunload", (event) => { if (run?.isRecording) event.preventDefault(); });
window.addEventListener("pagehide", () => turnOff());

if (navigator.locks) {
  navigator.locks.request(`pitch-recorder-${OWNER}`, { ifAvailable: true }, (lock) => {
    if (lock) {
      recover();
      return new Promise(() => {}); // held until the page is gone, however it goes
    }
    elsewhere = true;
    $("setup").hidden = true;
    show();
    complain("The recorder is open in another tab of this browser. Go on there, or close it and reload this page.");
    return null;
  });
} else recover();
show();

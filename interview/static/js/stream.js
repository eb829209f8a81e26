// Loads a film into a <video>: whole, or in segments (HLS) by the browser itself or by hls.js where it cannot.
// Knows nothing of what is recorded. What cannot go on is told by the event "streamlost"; who listens decides.

const HLS = "application/vnd.apple.mpegurl";
const engines = new WeakMap(); // video -> the hls.js that feeds it
const loads = new WeakMap(); // video -> its newest load, which an earlier one that still waits for the library gives way to
const tried = new WeakSet(); // videos whose browser said it could play segments and could not

/** Load the film at an address, from a position in seconds on; what was loaded before is let go. */
export async function load(video, url, at = 0) {
  engines.get(video)?.destroy();
  engines.delete(video);
  const turn = {};
  loads.set(video, turn);
  if (!("stream" in video.dataset)) { video.src = url; return; }
  if (video.canPlayType(HLS) && !tried.has(video)) { video.src = url; return; }
  try {
    const Hls = await library(video.dataset.library);
    if (loads.get(video) !== turn) return;
    if (!Hls.isSupported()) throw new Error("no MediaSource");
    feed(video, new Hls({ enableWorker: false, startPosition: at, backBufferLength: 90 }), Hls, url); // workers need blob: scripts
  } catch { lost(video); }
}

/** Say whether another way to play this video is left after the browser's own failed, and take it from now on. */
export function otherWay(video) {
  if (!("stream" in video.dataset) || engines.has(video) || tried.has(video) || !("MediaSource" in window)) return false;
  tried.add(video);
  return true;
}

/** Ask the server about an address: its status, or 0 where no answer came. */
export async function statusOf(url) {
  try { return (await fetch(url, { method: "HEAD", credentials: "same-origin", cache: "no-store" })).status; } catch { return 0; }
}

function feed(video, hls, Hls, url) {
  let repairedAt = -Infinity;
  engines.set(video, hls);
  hls.on(Hls.Events.ERROR, (_, problem) => {
    const status = problem.response?.code ?? 0;
    const isRefused = status >= 400 && status < 500; // asking again, as it would, changes nothing
    if (engines.get(video) !== hls || !(problem.fatal || isRefused)) return;
    if (isRefused) hls.stopLoad();
    if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - repairedAt > 5000) {
      repairedAt = performance.now();
      hls.recoverMediaError();
    } else lost(video);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
}

function lost(video) { video.dispatchEvent(new Event("streamlost")); }

/** Fetch hls.js from our own server, once, and only on a page that needs it. */
function library(url) {
  return new Promise((resolve, reject) => {
    if (window.Hls) { resolve(window.Hls); return; }
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve(window.Hls));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

/** The team's page: play it, and say what is the matter when that fails. */
function show(video) {
  const line = document.querySelector("[data-stream-status]");
  const url = video.dataset.stream;
  const failed = async () => {
    const at = video.currentTime, status = await statusOf(url);
    if (status === 200 && otherWay(video)) { load(video, url, at); return; }
    line.textContent = status === 200 ? "This browser cannot play the segments of this film. Another browser may."
      : status === 403 ? "This page is older than six hours: load it again to go on."
      : status === 0 ? "The film's segments could not be loaded: there is no connection. Load the page again to go on."
      : "The film's segments could not be loaded. Load the page again; should that not help, replace the film.";
  };
  video.addEventListener("error", failed);
  video.addEventListener("streamlost", failed);
  load(video, url);
}

for (const video of document.querySelectorAll("video[data-stream]")) if (!video.closest("[data-watch]")) show(video);

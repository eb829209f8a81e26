// A stand-in for https://fast.wistia.com/assets/external/E-v1.js: a <video> in the page, as Wistia's player makes one.
window.Wistia = {};
window._wq = {
  push({ id, onReady, options }) {
    window.fakeOptions = options;
    const video = document.createElement("video");
    video.muted = true;
    video.src = "https://embed-ssl.wistia.com/film.webm";
    document.getElementById(id).append(video);
    window.fake = video;
    onReady({ elem: () => video, duration: () => video.duration, play: () => video.play(), bigPlayButtonEnabled() {}, releaseChromeless() {}, requestChromeless() {} });
  },
};

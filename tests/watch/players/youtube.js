// A stand-in for https://www.youtube.com/iframe_api: a player with a clock of its own. FAKE is written before it.
window.YT = {
  PlayerState: { UNSTARTED: -1, ENDED: 0, PLAYING: 1, PAUSED: 2, BUFFERING: 3, CUED: 5 },
  Player: class {
    constructor(frame, { events }) {
      Object.assign(this, { frame, at: 0, since: null, rate: 1, state: 5, listeners: {} });
      window.fake = this;
      if (FAKE.silent) return;
      setTimeout(() => events.onReady({}), 30);
      if (FAKE.error) setTimeout(() => events.onError({ data: FAKE.error }), 120);
      setInterval(() => { if (this.state === 1 && this.getCurrentTime() >= FAKE.duration) this.to(0); }, 20);
    }
    addEventListener(name, act) { this.listeners[name] = act; }
    to(state) {
      this.at = this.getCurrentTime();
      this.since = state === 1 ? performance.now() : null;
      this.state = state;
      this.listeners.onStateChange?.({ data: state });
    }
    playVideo() { if (this.state === 1) return; this.to(3); setTimeout(() => { if (this.state === 3) this.to(1); }, 60); }
    pauseVideo() { if ([1, 3].includes(this.state)) this.to(2); }
    seekTo(position) { this.at = position; if (this.since !== null) this.since = performance.now(); }
    getCurrentTime() { return Math.min(FAKE.duration, this.at + (this.since === null ? 0 : (this.rate * (performance.now() - this.since)) / 1000)); }
    setPlaybackRate(rate) { this.at = this.getCurrentTime(); if (this.since !== null) this.since = performance.now(); this.rate = rate; this.listeners.onPlaybackRateChange?.({ data: rate }); }
    getPlaybackRate() { return this.rate; }
    getPlayerState() { return this.state; }
    getDuration() { return FAKE.duration; }
    getVideoLoadedFraction() { return 1; }
    getOption() { return []; }
    setOption() {}
    getVolume() { return 100; }
    setVolume() {}
    isMuted() { return false; }
    mute() {}
    unMute() {}
  },
};
window.onYouTubeIframeAPIReady?.();

// What the audio element plays from: the MP3, or, while there is none, the playlist of what is made already.

import type { ArticleAudio } from "./article";

/** What `/player-hls.js` exports; it is fetched only for audio that is being made. */
interface Hls {
  readonly attach: (element: HTMLAudioElement, address: string) => () => void;
}

/** Have `element` load the audio. Returns what lets go of it again. */
export async function load(element: HTMLAudioElement, audio: ArticleAudio, base: string): Promise<() => void> {
  if (audio.url !== "" || audio.hls === "") {
    element.src = audio.url;
    return () => undefined;
  }
  // Chromium says that it plays HLS, and fails at segments of MP3: hls.js wherever it can work, the browser elsewhere.
  if (!("MediaSource" in window || "ManagedMediaSource" in window)) {
    element.src = audio.hls;
    return () => undefined;
  }
  const module = `${base}/player-hls.js`;
  const { attach } = (await import(module)) as Hls;
  return attach(element, audio.hls);
}

// Seconds by which two elements are at the same moment, to an ear; milliseconds until one that was moved has gone on;
// how often it is moved.
const APART = 0.04;
const SETTLED = 120;
const TRIES = 8;

/**
 * Have another element go on with an MP3 at the moment and speed of `playing`; resolves when it does. It plays along
 * unheard until both are at the same moment, since how long it takes to get there is known only afterwards.
 */
export async function goOn(playing: HTMLAudioElement, url: string): Promise<HTMLAudioElement> {
  const element = new Audio();
  element.preload = "auto";
  element.preservesPitch = true;
  element.src = url;
  const ready = (kind: string): Promise<unknown> =>
    new Promise((done, fail) => {
      element.addEventListener(kind, done, { once: true });
      element.addEventListener("error", () => fail(new Error("no audio")), { once: true });
    });
  await ready("canplay");
  element.currentTime = playing.currentTime;
  element.playbackRate = playing.playbackRate;
  await ready("canplay");
  if (!playing.paused) {
    element.muted = true;
    await element.play();
    for (let late = 0, tries = 0; tries < TRIES && !playing.paused; tries += 1) {
      await new Promise((done) => setTimeout(done, SETTLED));
      const apart = playing.currentTime - element.currentTime;
      if (Math.abs(apart) < APART) break;
      late += apart;
      element.currentTime = playing.currentTime + late;
      await ready("seeked");
    }
    element.muted = false;
    // Whoever paused meanwhile wants it so. A browser that lets nothing begin by itself leaves what plays as it is.
    if (playing.paused) {
      element.pause();
      element.currentTime = playing.currentTime;
    } else if (element.paused) throw new Error("not allowed");
  }
  playing.pause();
  return element;
}

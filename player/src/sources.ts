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

/** Have another element go on with an MP3 at the moment and speed of `playing`; resolves when it does. */
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
    element.currentTime = playing.currentTime;
    await element.play();
  }
  playing.pause();
  return element;
}

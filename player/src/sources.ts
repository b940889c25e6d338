// What the audio element plays from: the MP3, or, while there is none, the playlist of what is made already.

import type { ArticleAudio } from "./article";

/** What `/player-hls.js` exports; it is fetched only for audio that is being made. */
interface Hls {
  readonly attach: (element: HTMLAudioElement, address: string) => () => void;
}

/** Has an element load the audio. Returns what lets go of it again. */
export type Load = (element: HTMLAudioElement) => () => void;

/** Return what loads the audio, when what that needs is there: by then its element may be another's. */
export async function loader(audio: ArticleAudio, base: string): Promise<Load> {
  const plainly = (address: string): Load => (element) => {
    element.src = address;
    return () => undefined;
  };
  if (audio.url !== "" || audio.hls === "") return plainly(audio.url);
  // Chromium says that it plays HLS, and fails at segments of MP3: hls.js wherever it can work, the browser elsewhere.
  if (!("MediaSource" in window || "ManagedMediaSource" in window)) return plainly(audio.hls);
  const module = `${base}/player-hls.js`;
  const { attach } = (await import(module)) as Hls;
  return (element) => attach(element, audio.hls);
}

// Seconds by which two elements are at the same moment, to an ear; milliseconds until one that was moved has gone on;
// how often it is moved; milliseconds that a browser has for each of its steps, after which the net is taken to stall.
const APART = 0.04;
const SETTLED = 120;
const TRIES = 8;
const PATIENCE = 20_000;

/**
 * Have another element play an MP3 along with `playing`, unheard; resolves when both are at the same moment. It plays
 * along since how long it takes to get there is known only afterwards. Touches `playing` in no way, which may have come
 * to play something else meanwhile: `handOver` is for whoever knows that it has not. Rejects where the MP3 does not come.
 */
export async function goOn(playing: HTMLAudioElement, url: string): Promise<HTMLAudioElement> {
  const element = new Audio();
  element.preload = "auto";
  element.preservesPitch = true;
  element.src = url;
  const inTime = <Done>(step: Promise<Done>): Promise<Done> =>
    Promise.race([step, new Promise<never>((_, fail) => setTimeout(() => fail(new Error("too late")), PATIENCE))]);
  const ready = (kind: string): Promise<unknown> =>
    inTime(new Promise((done, fail) => {
      element.addEventListener(kind, done, { once: true });
      element.addEventListener("error", () => fail(new Error("no audio")), { once: true });
    }));
  try {
    await ready("canplay");
    element.currentTime = playing.currentTime;
    element.playbackRate = playing.playbackRate;
    await ready("canplay");
    if (playing.paused) return element;
    element.muted = true;
    await inTime(element.play());
    for (let late = 0, tries = 0; tries < TRIES && !playing.paused; tries += 1) {
      element.playbackRate = playing.playbackRate;
      await new Promise((done) => setTimeout(done, SETTLED));
      const apart = playing.currentTime - element.currentTime;
      if (Math.abs(apart) < APART) break;
      late += apart;
      element.currentTime = playing.currentTime + late;
      await ready("seeked");
    }
    return element;
  } catch (error) {
    drop(element);
    throw error;
  }
}

/** Have `element`, of `goOn`, be heard in place of `playing`, at its speed. Throws where the browser does not let it. */
export function handOver(playing: HTMLAudioElement, element: HTMLAudioElement): void {
  element.playbackRate = playing.playbackRate;
  element.muted = false;
  // Whoever paused meanwhile wants it so. A browser that lets nothing begin by itself leaves what plays as it is.
  if (playing.paused) {
    element.pause();
    element.currentTime = playing.currentTime;
  } else if (element.paused) throw new Error("not allowed");
  playing.pause();
}

/** Have an element fall silent and fetch nothing more. */
export function drop(element: HTMLAudioElement): void {
  element.pause();
  element.removeAttribute("src");
  element.load();
}

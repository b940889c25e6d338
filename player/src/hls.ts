// `/player-hls.js`: plays an HLS playlist where a browser does not by itself. Fetched only for audio that is being made.

import Hls from "hls.js/light";

// Milliseconds before trying again what the network did not give.
const AGAIN = 1_000;

/** Have `element` play a playlist from its beginning; nothing is fetched of the audio before it is to be played. */
export function attach(element: HTMLAudioElement, address: string): () => void {
  if (!Hls.isSupported()) throw new Error("no HLS here");
  // Without a worker and without tracks for tags, which a strict policy of the page would refuse; without catching up, as
  // nothing is missed.
  const hls = new Hls({
    enableWorker: false,
    enableID3MetadataCues: false,
    enableEmsgMetadataCues: false,
    enableDateRangeMetadataCues: false,
    autoStartLoad: false,
    startPosition: 0,
    maxLiveSyncPlaybackRate: 1,
  });
  let timer = 0;
  // Whoever never got the playlist asks for that first.
  const load = (): void => {
    if (hls.levels.length === 0) hls.loadSource(address);
    if (hls.levels.length > 0 || !element.paused) hls.startLoad(element.currentTime);
  };
  let lost = false;
  const start = (): void => {
    if (lost) load();
    else hls.startLoad(element.currentTime);
    lost = false;
  };
  const startAtPlay = (): void => element.addEventListener("play", start, { once: true });
  hls.on(Hls.Events.ERROR, (_event, told) => {
    if (!told.fatal) return;
    if (told.type === Hls.ErrorTypes.MEDIA_ERROR) return hls.recoverMediaError();
    // What is gone is asked for no more, unless its listener presses play again.
    if (told.response?.code === 404 || told.response?.code === 410) {
      lost = true;
      return startAtPlay();
    }
    timer = window.setTimeout(load, AGAIN);
  });
  hls.loadSource(address);
  hls.attachMedia(element);
  startAtPlay();
  return () => {
    clearTimeout(timer);
    element.removeEventListener("play", start);
    hls.destroy();
  };
}

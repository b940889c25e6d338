// The keys of keyboards and headsets, and the lock screen (Media Session). One player has them at a time.

import type { ArticleAudio } from "./article";

export interface Keys {
  readonly play: () => void;
  readonly pause: () => void;
  readonly move: (seconds: number) => void;
  readonly seek: (seconds: number) => void;
  readonly next: (() => void) | null;
}

/** Name what plays, and hand its keys to `keys`. */
export function take(audio: ArticleAudio, keys: Keys): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (session === undefined) return;
  session.metadata = new MediaMetadata({
    title: audio.title,
    artist: audio.byline || audio.show,
    album: audio.show,
    artwork: audio.artwork === "" ? [] : [{ src: audio.artwork, type: "image/jpeg" }],
  });
  handle(session, {
    play: keys.play,
    pause: keys.pause,
    seekbackward: ({ seekOffset }) => keys.move(-(seekOffset ?? 15)),
    seekforward: ({ seekOffset }) => keys.move(seekOffset ?? 15),
    seekto: ({ seekTime }) => keys.seek(seekTime ?? 0),
    nexttrack: keys.next,
  });
}

/** Have neither a name nor keys: nothing plays that they could move. */
export function release(): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (session === undefined) return;
  session.metadata = null;
  session.playbackState = "none";
  handle(session, {});
}

const ACTIONS = ["play", "pause", "seekbackward", "seekforward", "seekto", "nexttrack"] as const;

function handle(session: MediaSession, handlers: Partial<Record<(typeof ACTIONS)[number], MediaSessionActionHandler | null>>): void {
  for (const action of ACTIONS) {
    try {
      session.setActionHandler(action, handlers[action] ?? null);
    } catch {
      // An action that this browser does not know.
    }
  }
}

/** Tell where it is. */
export function tell(element: HTMLMediaElement): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (session === undefined || !Number.isFinite(element.duration) || element.duration <= 0) return;
  session.playbackState = element.paused ? "paused" : "playing";
  session.setPositionState({
    duration: element.duration,
    playbackRate: element.playbackRate,
    position: Math.min(element.currentTime, element.duration),
  });
}

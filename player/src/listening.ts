// Listening: what plays, where it is, the hands and keys that move it, and what is kept and told of it. Fetches nothing.

import type { ArticleAudio } from "./article";
import { floor, type PlayerState } from "./face";
import * as lockscreen from "./lockscreen";
import { keep, storage } from "./memory";
import { Opening } from "./opening";
import type { Plays } from "./plays";
import { drop } from "./sources";
import type { PanelName } from "./view";

// Seconds that a button, an arrow and a page key move.
const JUMP = 15;
const STEP = 5;

export abstract class Listening extends Opening {
  protected element = new Audio();
  protected letGo: () => void = () => undefined;
  protected news: ArticleAudio | null = null;
  protected plays: Plays | null = null;
  protected life = new AbortController();
  protected frame = 0;
  protected wanted = false;
  protected quarter = 0;
  protected last = 0;
  // The article of the queue, by number, that waits for an answer; null for none.
  protected ahead: number | null = null;
  // Whether the player is on screen; it is told of each article's card in turn.
  protected readonly watching = new IntersectionObserver((entries) => {
    this.seen = entries.at(-1)?.isIntersecting ?? true;
    this.showMini();
  });

  abstract next(): Promise<void>;
  abstract unlock(address: string, article?: string): void;
  protected abstract fail(): void;
  protected abstract retry(): Promise<void>;
  protected abstract waitForNet(): void;
  /** Say no more of what is over; what its listener was offered before is offered still. */
  protected abstract calm(): void;

  /** Seconds. */
  get currentTime(): number { return this.element.readyState > 0 ? this.element.currentTime : this.start; }
  set currentTime(seconds: number) { this.seek(seconds); }
  get duration(): number {
    const { duration, seekable } = this.element;
    // What is still being made is as long as it can be heard.
    return this.audio?.duration || (Number.isFinite(duration) ? duration : seekable.length > 0 ? seekable.end(seekable.length - 1) : 0);
  }
  get paused(): boolean { return this.element.paused; }
  /** Whether what is at hand cannot be played as it stands. */
  protected get isBroken(): boolean { return this.audio !== null && (this.element.error !== null || this.state === "failed" || this.state === "offline"); }
  get state(): PlayerState { return (this.getAttribute("state") ?? "loading") as PlayerState; }
  /** Play from where it stands; before it has loaded, as soon as it has. */
  async play(): Promise<void> {
    this.wanted = true;
    if (this.isBroken) return this.retry();
    await this.sound();
  }

  protected async sound(): Promise<void> {
    if (this.audio === null || this.state === "making") return;
    try {
      await this.element.play();
    } catch (error) {
      // The browser wants a tap first, or something else came in between: neither is a fault of the audio.
      if ((error as DOMException).name === "NotAllowedError") this.wanted = false;
    }
  }

  pause(): void {
    this.wanted = false;
    this.element.pause();
  }

  /** Go to a moment, in seconds. */
  seek(seconds: number): void {
    const whole = this.duration || Infinity;
    const to = Math.min(Math.max(0, seconds), Math.max(0, whole - 0.05));
    const from = this.currentTime;
    this.plays?.moved(from, to);
    this.last = to;
    this.start = to;
    if (this.element.readyState > 0) this.element.currentTime = to;
    this.quarter = Math.min(3, Math.floor((4 * to) / whole));
    this.show(true);
    this.tell("seek", { from, to });
  }

  protected watch(element: HTMLAudioElement): void {
    const on = (kind: string, act: () => void): void =>
      element.addEventListener(kind, () => { if (element === this.element) act(); }, { signal: this.life.signal });
    on("loadedmetadata", () => {
      // Of what is being made it may be less that can be heard.
      if (this.start > 0) element.currentTime = Math.min(this.start, this.duration || Infinity);
      element.playbackRate = Number(this.view.speed.value);
      this.show(true);
    });
    on("play", () => this.began());
    on("pause", () => this.stopped());
    on("timeupdate", () => this.advanced());
    on("seeked", () => this.show(true));
    on("durationchange", () => this.show(true));
    on("waiting", () => { this.view.play.setAttribute("aria-busy", "true"); if (!navigator.onLine) this.waitForNet(); });
    on("playing", () => { this.view.play.removeAttribute("aria-busy"); this.calm(); this.tick(); });
    on("ended", () => this.finished());
    on("error", () => { if (element.getAttribute("src") !== null) this.fail(); });
  }

  protected began(): void {
    if (floor.heard !== null && floor.heard !== this) floor.heard.pause();
    floor.heard = this;
    this.begun = true;
    // Heard once more from its beginning, it is told of once more.
    if (this.quarter === 4) this.quarter = 0;
    this.ahead = null;
    this.dismissed = false;
    this.toState("playing");
    this.last = this.currentTime;
    this.plays?.begin(this.currentTime);
    this.takeKeys();
    lockscreen.tell(this.element);
    this.tell("play", { at: this.currentTime });
  }

  /** Have the lock screen's keys, if it is this player that is heard. */
  protected takeKeys(): void {
    if (this.audio === null || floor.heard !== this) return;
    const next = this.number + 1 < this.articles.length ? (): void => void this.next() : null;
    lockscreen.take(this.audio, {
      play: () => void this.play(), pause: () => this.pause(), move: (by) => this.seek(this.currentTime + by), seek: (to) => this.seek(to), next,
    });
  }

  /** Fall silent before other audio, or none, is at hand: what plays is told of, and nothing of it stays with the element. */
  protected hush(): void {
    if (!this.element.paused) { this.element.pause(); this.stopped(); }
    this.plays?.end(this.currentTime);
    this.letGo();
    this.letGo = () => undefined;
    drop(this.element);
  }

  protected stopped(): void {
    cancelAnimationFrame(this.frame);
    this.plays?.end(this.currentTime, this.element.ended);
    this.remember();
    if (this.state === "playing") this.toState(this.element.ended ? "ended" : "paused");
    lockscreen.tell(this.element);
    if (!this.element.ended) this.tell("pause", { at: this.currentTime });
  }

  protected finished(): void {
    this.start = 0;
    this.forget();
    if (this.quarter < 4) { this.quarter = 4; this.tell("progress", { quarter: 4 }); }
    this.toState("ended");
    if (this.audio?.access === "preview") this.offer();
    this.tell("ended", { article: this.article });
    if (this.number + 1 < this.articles.length) void this.next();
  }

  /** Tell the page that its reader hears a preview; a page that knows better answers by `detail.unlock(address)`. */
  protected locked(): void {
    const { article } = this;
    this.tell("locked", { whole: this.audio?.whole ?? 0, unlock: (address: string) => this.unlock(address, article) });
  }

  /** At the end of a preview: that there is more, and how to come to it. */
  private offer(): void {
    const join = this.getAttribute("join") ?? "";
    this.notice(this.words.rest, join === "" ? "" : this.words.join, () => { location.href = new URL(join, location.href).href; });
    this.locked();
  }

  protected advanced(): void {
    const now = this.element.currentTime;
    if (!this.element.paused) {
      this.plays?.progress(now);
      const quarter = Math.floor((4 * now) / (this.duration || Infinity));
      // Only what was listened into counts as reached, not what was jumped over.
      if (quarter > this.quarter && quarter < 4 && now - this.last < 5) { this.quarter = quarter; this.tell("progress", { quarter }); }
      if (Math.floor(now / 10) !== Math.floor(this.last / 10)) { this.remember(); lockscreen.tell(this.element); }
    }
    this.last = now;
    this.show(false);
  }

  /** Words light up between the browser's own four looks a second. */
  protected tick(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.reading !== null && !this.view.panels.transcript.hidden) this.reading.show(this.element.currentTime);
      if (!this.element.paused) this.tick();
    });
  }

  protected get mayRemember(): ReturnType<typeof storage> { return this.hasAttribute("remember") ? storage() : null; }
  protected remember(): void {
    const store = this.mayRemember;
    if (store === null || this.audio === null || !this.begun || this.element.ended) return;
    keep(store, this.article, this.currentTime, this.audio.revision, Date.now());
  }

  protected leave(): void {
    if (!this.element.paused) this.plays?.progress(this.currentTime);
    this.plays?.flush();
    this.remember();
  }

  protected wire(): void {
    const { view: shown } = this;
    const toggle = (): void => void (this.element.paused ? this.play() : this.pause());
    const on = (target: EventTarget, kind: string, act: (event: Event) => void): void => target.addEventListener(kind, act);
    on(shown.play, "click", toggle);
    on(shown.miniPlay, "click", toggle);
    // The first bytes are on their way before a finger or a mouse has pressed.
    const warm = (): void => { if (this.audio !== null && !this.begun) this.element.preload = "auto"; };
    on(shown.play, "pointerenter", warm);
    on(shown.play, "focus", warm);
    on(shown.back, "click", () => this.seek(this.currentTime - JUMP));
    on(shown.forward, "click", () => this.seek(this.currentTime + JUMP));
    on(shown.next, "click", () => void this.next());
    on(shown.speed, "change", () => { this.element.playbackRate = Number(shown.speed.value); lockscreen.tell(this.element); });
    on(shown.slider, "pointerdown", () => { this.sliding = true; });
    on(shown.slider, "input", () => { this.sliding = true; this.showTime(Number(shown.slider.value), true); });
    on(shown.slider, "change", () => { this.sliding = false; this.seek(Number(shown.slider.value)); });
    // Whatever ends holding it without a change; a browser tells of that only after the pointer was let go.
    const release = (): void => { if (this.sliding) { this.sliding = false; this.show(true); } };
    for (const kind of ["pointerup", "pointercancel", "contextmenu", "blur"]) on(shown.slider, kind, () => void setTimeout(release));
    on(shown.miniClose, "click", () => { this.pause(); this.dismissed = true; this.showMini(); shown.play.focus(); });
    on(shown.section, "keydown", (event) => this.key(event as KeyboardEvent));
    for (const name of Object.keys(shown.toggles) as PanelName[]) on(shown.toggles[name], "click", () => this.togglePanel(name));
    this.watching.disconnect();
    this.watching.observe(shown.card);
  }

  protected key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const now = this.currentTime;
    // A page's own form may stand in the slot.
    const typing = target.matches("select, textarea, input:not([type=range], [type=checkbox])") || target.isContentEditable;
    const sliding = target === this.view.slider;
    // Where one reads from the right, the slider's end is on the left.
    const right = getComputedStyle(target).direction === "rtl" ? -STEP : STEP;
    const slides: Record<string, number> = sliding
      ? { ArrowLeft: now - right, ArrowDown: now - STEP, ArrowRight: now + right, ArrowUp: now + STEP, PageDown: now - JUMP, PageUp: now + JUMP, Home: 0, End: this.duration }
      : {};
    const moves: Record<string, number> = typing ? slides : { ...slides, j: now - JUMP, l: now + JUMP };
    const to = moves[event.key];
    if (to !== undefined) this.seek(to);
    else if ((event.key === "k" && !typing) || (event.key === " " && sliding)) void (this.element.paused ? this.play() : this.pause());
    else if (event.key === "Escape") return this.closePanels();
    else return;
    event.preventDefault();
  }

  /** Nobody is to be brought back to where they stopped in this article. */
  protected forget(): void {
    const store = this.mayRemember;
    if (store !== null) keep(store, this.article, 0, "", Date.now());
  }
}

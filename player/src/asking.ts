// Asking: from an article to its audio: a queue, signed addresses, what there is of an article and where it begins. What becomes
// of it afterwards is in looking.ts, how it plays in listening.ts; the element's own life, and its attributes, in player.ts.

import type { ArticleAudio } from "./article";
import { momentOf } from "./clock";
import { floor } from "./face";
import { baseFor, find, type Found } from "./fetching";
import { Listening } from "./listening";
import * as lockscreen from "./lockscreen";
import { recall } from "./memory";
import { Plays } from "./plays";
import { loader } from "./sources";

// Milliseconds between two looks: for audio that is being made, that is to come, and for news of what plays.
export const LOOK_MAKING = 5_000;
export const LOOK_SOON = 60_000;
export const LOOK_NEWS = 300_000;

// Seconds from either end within which nobody wants to be brought back to where they stopped.
const EDGE = 5;

// Seconds; what is being made has no length yet.
const lengthOf = (audio: ArticleAudio): number => audio.duration || Infinity;

export abstract class Asking extends Listening {
  // Raised by each other article, and by each wish for one.
  protected asked = 0;
  protected going = 0;
  // Signed addresses, by article.
  protected opened = new Map<string, string>();
  protected timer = 0;

  /** Let its reader hear all of an article, by default of the one at hand: by the signed address of its audio JSON. */
  unlock(address: string, article: string = this.article): void {
    this.opened.set(article, address);
    // What is being asked for is asked for anew by whoever asks.
    const asking = this.audio === null && this.state === "loading";
    if (article === this.article && !asking && this.isConnected) void this.exchange();
  }

  /** Play the next article of the queue. */
  async next(): Promise<void> { await this.go(this.number + 1, true); }

  protected abstract look(): Promise<void>;

  protected get base(): string { return baseFor(this.getAttribute("base")); }
  protected get article(): string { return this.articles[this.number] ?? ""; }

  protected reset(): void {
    this.audio = this.news = this.reading = this.plays = this.ahead = null;
    this.begun = this.wanted = this.dismissed = this.sliding = false;
    this.start = this.quarter = this.last = 0;
  }

  /** Have nothing at hand, and leave nothing with the page or the lock screen. */
  protected vanish(): void {
    this.hush();
    this.reset();
    if (floor.heard === this) {
      floor.heard = null;
      lockscreen.release();
    }
    this.showMini();
  }

  /** Go to the first article from `number` on that has audio. What is at hand stays until one is found. */
  protected async go(number: number, playing: boolean): Promise<void> {
    if (number >= this.articles.length && number > 0) return;
    const going = ++this.going;
    this.ahead = null;
    this.wanted ||= playing;
    for (let at = number; ; ) {
      const found = await this.ask(false, this.articles[at]);
      if (going !== this.going) return;
      if (found === null) continue;
      const last = at + 1 >= this.articles.length;
      const passed = found.kind === "none" ? playing || !this.hasAttribute("soon") : found.kind === "retracted" && playing;
      if (passed && !last) { at += 1; continue; }
      if (this.audio !== null && (passed || found.kind === "away")) return this.stay(found.kind === "away" ? at : null);
      await this.change(at, found);
      if (going === this.going) this.tell("article", { article: this.article });
      return;
    }
  }

  /** Let what is at hand be; `ahead`: which article is gone to when something answers. */
  private stay(ahead: number | null): void {
    this.wanted = !this.element.paused;
    this.ahead = ahead;
    if (ahead !== null) this.notice(navigator.onLine ? this.words.failed : this.words.offline, this.words.again, () => void this.retry());
  }

  private async change(number: number, found: Found): Promise<void> {
    this.remember();
    if (this.audio !== null) {
      const { wanted } = this;
      this.hush();
      this.reset();
      this.wanted = wanted;
      this.notice("");
    }
    this.asked += 1;
    this.number = number;
    await this.meet(found);
  }

  /** What there is of an article; null where meanwhile it is another one that is at hand, or another address that opens it. */
  protected async ask(fresh: boolean, article: string = this.article): Promise<Found | null> {
    const { asked } = this;
    const signed = this.opened.get(article);
    const still = (): boolean => asked === this.asked && signed === this.opened.get(article);
    // Until the end of the page's script, which may set more.
    await null;
    const found = still() ? await find(this.base, article, fresh, signed) : null;
    return still() ? found : null;
  }

  /** Play what has just been unlocked from where the preview was, or the other way round. */
  private async exchange(): Promise<void> {
    const found = await this.ask(true);
    if (found === null) return;
    // As when looking: what nobody answers for takes nothing away.
    if (this.audio !== null && (found.kind === "away" || found.kind === "none")) return this.lookAgain(LOOK_SOON);
    if (this.audio === null || found.kind !== "audio") return this.meet(found);
    // The same MP3 by another address is of use where it broke off.
    if (found.audio.revision === this.audio.revision && !this.isBroken) return this.lookAgain();
    await this.goOnWith(found.audio, !this.element.paused);
  }

  /** Play other audio of the article from the same moment on. */
  protected async goOnWith(audio: ArticleAudio, playing: boolean): Promise<void> {
    this.plays?.end(this.currentTime);
    this.start = Math.min(this.currentTime, Math.max(0, lengthOf(audio) - EDGE));
    this.wanted = playing;
    this.notice("");
    await this.adopt(audio);
  }

  /** Show what was found. */
  protected async meet(found: Found): Promise<void> {
    clearTimeout(this.timer);
    if (found.kind === "audio") return this.adopt(found.audio);
    if (found.kind === "retracted") return this.withdraw();
    if (found.kind === "none") {
      const soon = this.hasAttribute("soon");
      this.toState(soon ? "soon" : "none");
      this.message(soon ? this.words.soon : "");
      if (soon) this.lookAgain(LOOK_SOON);
      return;
    }
    this.toState("offline");
    // What the page holds for browsers without scripts may play where we could not even ask.
    this.message(this.words.failed, () => void this.retry());
    this.view.fallback.hidden = this.querySelector("audio") === null;
  }

  private async adopt(audio: ArticleAudio): Promise<void> {
    this.audio = audio;
    this.news = null;
    this.reading = null;
    this.view.fallback.hidden = true;
    if (audio.state === "making") this.lookAgain(LOOK_MAKING);
    if (audio.state === "making" && audio.hls === "") {
      this.toState("making");
      this.message(this.words.making);
      return;
    }
    this.message(null);
    this.plays = this.counter(audio);
    this.start = this.placeToStart(audio);
    const saving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
    this.element.preload = saving ? "none" : "metadata";
    this.letGo();
    this.letGo = () => undefined;
    try {
      const attach = await loader(audio, this.base);
      // Meanwhile the element may be another article's, or other audio's.
      if (audio !== this.audio) return;
      this.letGo = attach(this.element);
    } catch {
      if (audio === this.audio) this.fail();
      return;
    }
    this.dress(audio);
    this.toState("ready");
    this.show(true);
    if (audio.state === "ready") this.lookAgain(LOOK_NEWS);
    if (audio.access === "preview") this.locked();
    if (this.wanted) await this.sound();
  }

  protected counter(audio: ArticleAudio): Plays | null {
    const to = this.getAttribute("events") ?? audio.plays;
    if (to === "" || to === "off") return null;
    const there = new URL(to, this.base).href;
    // The same MP3 that is asked for again, as at a new address, is the same listening.
    return this.plays?.isOf(there, this.article, audio.revision) ? this.plays : new Plays(there, this.article, audio.revision);
  }

  private placeToStart(audio: ArticleAudio): number {
    const whole = lengthOf(audio);
    if (this.start > 0) return Math.min(this.start, whole);
    const moment = momentOf(location.hash);
    if (moment !== null && this.meant(moment.article)) return Math.min(moment.seconds, whole);
    const place = this.mayRemember ? recall(this.mayRemember, this.article, Date.now()) : null;
    return place !== null && place.at > EDGE && place.at < whole - EDGE ? place.at : 0;
  }

  private meant(article: string): boolean {
    return article === "" ? this.number === 0 && document.querySelector("briefcast-player") === (this as Element) : article === this.article;
  }

  protected follow(): void {
    const moment = momentOf(location.hash);
    if (moment !== null && this.audio !== null && this.meant(moment.article)) this.seek(moment.seconds);
  }

  protected lookAgain(after = this.audio === null ? LOOK_SOON : this.audio.state === "making" ? LOOK_MAKING : LOOK_NEWS): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), after);
  }

  private withdraw(): void {
    this.vanish();
    this.forget();
    this.toState("retracted");
    this.message(this.words.retracted);
  }
}

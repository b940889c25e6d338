// Asking: from an article to its audio, and what becomes of that: a queue, corrections, signed addresses, withdrawal, a net that
// goes. How it plays is in listening.ts; the element's own life, and its attributes, in player.ts.

import type { ArticleAudio } from "./article";
import { momentOf } from "./clock";
import { baseFor, find, type Found } from "./fetching";
import { Listening } from "./listening";
import { recall } from "./memory";
import { Plays } from "./plays";
import { drop, goOn, handOver, load } from "./sources";

// Milliseconds between two looks: for audio that is being made, that is to come, and for news of what plays.
const LOOK_MAKING = 5_000;
const LOOK_SOON = 60_000;
const LOOK_NEWS = 300_000;

// Milliseconds within which audio that broke off twice is told of, not asked for anew.
const RENEW = 30_000;

// Seconds from either end within which nobody wants to be brought back to where they stopped.
const EDGE = 5;

export abstract class Asking extends Listening {
  protected letGo: () => void = () => undefined;
  protected asked = 0;
  // Signed addresses, by article.
  protected opened = new Map<string, string>();
  protected timer = 0;
  private renewed = -Infinity;
  // The article, by `asked`, that is being handed to its MP3; 0 for none.
  private taking = 0;

  /** Let its reader hear all of an article, by default of the one at hand: by the signed address of its audio JSON. */
  unlock(address: string, article: string = this.article): void {
    this.opened.set(article, address);
    if (article === this.article && this.state !== "loading") void this.exchange();
  }

  /** Play the next article of the queue. */
  async next(): Promise<void> { await this.go(this.number + 1, true); }

  protected get base(): string { return baseFor(this.getAttribute("base")); }
  protected get article(): string { return this.articles[this.number] ?? ""; }

  protected reset(): void {
    this.audio = this.news = this.reading = this.plays = null;
    this.begun = this.wanted = this.dismissed = this.sliding = false;
    this.start = this.quarter = this.last = 0;
  }

  protected async go(number: number, playing: boolean): Promise<void> {
    if (number >= this.articles.length && number > 0) return;
    this.remember();
    this.plays?.end(this.currentTime);
    const asked = ++this.asked;
    this.number = number;
    if (number > 0 || playing) { this.element.pause(); this.reset(); }
    this.wanted ||= playing;
    const found = await this.ask(false);
    if (asked !== this.asked) return;
    const passed = playing ? found.kind !== "audio" : found.kind === "none" && !this.hasAttribute("soon");
    if (passed && number + 1 < this.articles.length) return this.go(number + 1, this.wanted);
    await this.meet(found);
    this.tell("article", { article: this.article });
  }

  private ask(fresh: boolean): Promise<Found> {
    return find(this.base, this.article, fresh, this.opened.get(this.article));
  }

  /** Play what has just been unlocked from where the preview was, or the other way round. */
  private async exchange(): Promise<void> {
    const asked = this.asked;
    const found = await this.ask(true);
    if (asked !== this.asked) return;
    if (this.audio === null || found.kind !== "audio") return this.meet(found);
    if (found.audio.revision === this.audio.revision) return;
    this.plays?.end(this.currentTime);
    this.start = Math.min(this.currentTime, Math.max(0, found.audio.duration - EDGE));
    this.wanted = !this.element.paused;
    this.notice("");
    await this.adopt(found.audio);
  }

  /** Show what was found. */
  private async meet(found: Found): Promise<void> {
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
    try {
      this.letGo = await load(this.element, audio, this.base);
    } catch {
      return this.fail();
    }
    this.dress(audio);
    this.toState("ready");
    this.show(true);
    if (audio.state === "ready") this.lookAgain(LOOK_NEWS);
    if (audio.access === "preview") this.locked();
    if (this.wanted) await this.play();
  }

  private counter(audio: ArticleAudio): Plays | null {
    const to = this.getAttribute("events") ?? audio.plays;
    if (to === "" || to === "off") return null;
    const there = new URL(to, this.base).href;
    // The same MP3 that is asked for again, as at a new address, is the same listening.
    return this.plays?.isOf(there, this.article, audio.revision) ? this.plays : new Plays(there, this.article, audio.revision);
  }

  private placeToStart(audio: ArticleAudio): number {
    if (this.start > 0) return Math.min(this.start, audio.duration);
    const moment = momentOf(location.hash);
    if (moment !== null && this.meant(moment.article)) return Math.min(moment.seconds, audio.duration);
    const place = this.mayRemember ? recall(this.mayRemember, this.article, Date.now()) : null;
    return place !== null && place.at > EDGE && place.at < audio.duration - EDGE ? place.at : 0;
  }

  private meant(article: string): boolean {
    return article === "" ? this.number === 0 && document.querySelector("briefcast-player") === (this as Element) : article === this.article;
  }

  protected follow(): void {
    const moment = momentOf(location.hash);
    if (moment !== null && this.audio !== null && this.meant(moment.article)) this.seek(moment.seconds);
  }

  // ---- looking again

  private lookAgain(after: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), after);
  }

  protected async look(): Promise<void> {
    if (this.state === "loading" || this.state === "retracted") return;
    if (document.visibilityState === "hidden" && this.element.paused) return this.lookAgain(LOOK_SOON);
    const asked = this.asked;
    const found = await this.ask(true);
    if (asked !== this.asked) return;
    const { audio } = this;
    if (found.kind === "away") { if (audio !== null) this.lookAgain(LOOK_NEWS); return; }
    if (audio === null || found.kind !== "audio") {
      // Files that go while somebody listens, as when a server is renewed, take nothing away from them.
      if (found.kind === "none" && audio !== null) return this.lookAgain(LOOK_NEWS);
      return this.meet(found);
    }
    if (audio.access === "members" && found.audio.access === "preview" && this.begun) {
      // The address has ended. What has been loaded plays on, and the page may bring another one.
      this.locked();
      return this.lookAgain(LOOK_NEWS);
    }
    if (found.audio.revision === audio.revision) return this.lookAgain(audio.state === "making" ? LOOK_MAKING : LOOK_NEWS);
    if (audio.state === "making" && this.begun) return this.takeOver(found.audio);
    if (!this.begun) return this.meet(found);
    this.news = found.audio;
    this.notice(this.words.updated, this.words.playUpdated, () => void this.renew());
    this.tell("updated", { article: this.article });
  }

  private async renew(): Promise<void> {
    if (this.news === null) return;
    this.plays?.end(this.currentTime);
    const { news } = this;
    this.start = Math.min(this.currentTime, Math.max(0, news.duration - EDGE));
    this.wanted = true;
    this.notice("");
    this.view.play.focus();
    await this.adopt(news);
  }

  /** From what was heard while it was made to the MP3, at the same moment. */
  private async takeOver(audio: ArticleAudio): Promise<void> {
    const { asked, audio: from } = this;
    if (this.taking === asked) return this.lookAgain(LOOK_MAKING);
    this.taking = asked;
    // Meanwhile another article may play, or other audio of this one: by the same element, which is theirs then.
    const still = (): boolean => asked === this.asked && from === this.audio && this.begun;
    let element: HTMLAudioElement | null = null;
    try {
      element = await goOn(this.element, audio.url);
      if (!still()) return drop(element);
      handOver(this.element, element);
      this.letGo();
      this.letGo = () => undefined;
      this.element = element;
      this.watch(element);
      this.audio = audio;
      this.plays?.end(this.currentTime);
      this.plays = this.counter(audio);
      if (!this.paused) this.plays?.begin(this.currentTime);
      this.dress(audio);
      this.show(true);
      this.lookAgain(LOOK_NEWS);
    } catch {
      if (element !== null && element !== this.element) drop(element);
      if (still()) this.lookAgain(LOOK_MAKING);
    } finally {
      if (this.taking === asked) this.taking = 0;
    }
  }

  // ---- what goes wrong

  private withdraw(): void {
    this.element.pause();
    this.element.removeAttribute("src");
    this.forget();
    this.begun = false;
    this.toState("retracted");
    this.message(this.words.retracted);
    this.showMini();
  }

  protected fail(): void {
    const resume = this.currentTime;
    const { error } = this.element;
    this.start = resume;
    this.plays?.end(resume);
    this.tell("error", { code: error?.code ?? 0 });
    if (this.begun && navigator.onLine && performance.now() - this.renewed > RENEW) return void this.revive(error);
    this.broken(error);
  }

  /** Ask once for where the audio is now: addresses end while one listens, as a member's at a bucket do. */
  private async revive(error: MediaError | null): Promise<void> {
    this.renewed = performance.now();
    this.wanted = this.state === "playing";
    const asked = this.asked;
    const found = await this.ask(true);
    if (asked !== this.asked) return;
    if (found.kind === "audio" || found.kind === "retracted") return this.meet(found);
    this.broken(error);
  }

  private broken(error: MediaError | null): void {
    if (!navigator.onLine || error?.code === MediaError.MEDIA_ERR_NETWORK) return this.waitForNet();
    this.toState("failed");
    this.notice(this.words.failed, this.words.again, () => void this.retry());
  }

  protected waitForNet(): void {
    if (this.audio === null || (this.element.paused && this.element.error === null)) return;
    if (this.element.error !== null) this.toState("offline");
    this.notice(this.words.offline, this.words.again, () => void this.retry());
  }

  protected async retry(): Promise<void> {
    this.notice("");
    if (this.audio === null) {
      if (this.state === "offline") { this.toState("loading"); await this.go(this.number, this.wanted); }
      return;
    }
    if (this.element.error === null) return;
    this.start = this.currentTime || this.start;
    await this.meet(await this.ask(true));
  }
}

// Looking again: what becomes of audio that is at hand: a correction, the MP3 of what was heard while it was made, a net that goes,
// audio that breaks off. Asking for it is in asking.ts.

import type { ArticleAudio } from "./article";
import { Asking, LOOK_MAKING, LOOK_NEWS, LOOK_SOON } from "./asking";
import { drop, goOn, handOver } from "./sources";

// Milliseconds within which audio that broke off twice is told of, not asked for anew.
const RENEW = 30_000;

export abstract class Looking extends Asking {
  private renewed = -Infinity;
  // The article, by `asked`, that is being handed to its MP3; 0 for none.
  private taking = 0;

  protected async look(): Promise<void> {
    if (this.state === "loading" || this.state === "retracted") return;
    if (document.visibilityState === "hidden" && this.element.paused) return this.lookAgain(LOOK_SOON);
    const found = await this.ask(true);
    if (found === null) return;
    const { audio } = this;
    // Files that go while somebody listens, as when a server is renewed, take nothing away from them.
    const unheard = audio?.state === "making" && !this.begun;
    if (found.kind === "away" || (found.kind === "none" && audio !== null && !unheard)) return this.lookAgain();
    if (found.kind === "none" && audio !== null) {
      // What was being made is not made any more: there is nothing to press play for.
      this.vanish();
      await this.meet(found);
      return this.lookAgain(LOOK_SOON);
    }
    if (audio === null || found.kind !== "audio") return this.meet(found);
    if (audio.access === "members" && found.audio.access === "preview" && this.begun) {
      // The address has ended. What has been loaded plays on, and the page may bring another one.
      this.locked();
      return this.lookAgain();
    }
    // A story that is corrected while it is made is made anew, at another address.
    if (found.audio.revision === audio.revision && found.audio.hls === audio.hls) return this.lookAgain();
    if (audio.state === "making" && found.audio.state === "ready" && this.begun) return this.takeOver(found.audio);
    if (!this.begun) return this.meet(found);
    // What an address opens that nobody answered for when it came.
    if (audio.access === "preview" && found.audio.access === "members") return this.goOnWith(found.audio, !this.element.paused);
    // It may yet be withdrawn, or corrected again.
    this.lookAgain();
    const told = this.news?.revision === found.audio.revision && this.news.hls === found.audio.hls;
    this.news = found.audio;
    if (told) return;
    this.calm();
    this.tell("updated", { article: this.article });
  }

  protected calm(): void {
    const { notice } = this.view;
    if (this.news === null) {
      // At the end of a preview stands what its listener may do then.
      if (this.state !== "ended" || this.audio?.access !== "preview") this.notice("");
    } else if (notice.hidden || notice.firstChild?.textContent !== this.words.updated) {
      this.notice(this.words.updated, this.words.playUpdated, () => { if (this.news !== null) void this.goOnWith(this.news, true); });
    }
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
    const found = await this.ask(true);
    if (found === null) return;
    if (found.kind === "audio" || found.kind === "retracted") return this.meet(found);
    this.broken(error);
  }

  private broken(error: MediaError | null): void {
    const away = !navigator.onLine || error?.code === MediaError.MEDIA_ERR_NETWORK;
    this.toState(away ? "offline" : "failed");
    this.notice(away ? this.words.offline : this.words.failed, this.words.again, () => void this.retry());
  }

  protected waitForNet(): void {
    if (this.audio === null || (this.element.paused && this.element.error === null)) return;
    if (this.element.error !== null) this.toState("offline");
    this.notice(this.words.offline, this.words.again, () => void this.retry());
  }

  protected async retry(): Promise<void> {
    if (this.audio === null || this.isBroken || this.ahead !== null) this.notice("");
    else this.calm();
    if (this.ahead !== null) return this.go(this.ahead, true);
    if (this.audio === null) {
      if (this.state === "offline") { this.toState("loading"); await this.go(this.number, this.wanted); }
      return;
    }
    if (!this.isBroken) return;
    this.start = this.currentTime || this.start;
    const found = await this.ask(true);
    if (found !== null) await this.meet(found);
  }
}

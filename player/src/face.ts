// The player's face: where it is, what state it is in, what it says. Plays and fetches nothing.

import type { ArticleAudio } from "./article";
import { clock } from "./clock";
import { make, setIcon } from "./elements";
import { spoken, type Texts } from "./texts";
import type { View } from "./view";

export type PlayerState =
  | "loading" | "none" | "soon" | "making" | "ready" | "playing" | "paused" | "ended" | "retracted" | "offline" | "failed";

/** The player that is heard; another one that begins stops it. */
export const floor: { heard: Face | null } = { heard: null };

export abstract class Face extends HTMLElement {
  protected view!: View;
  protected words!: Texts;
  protected language = "en";
  protected audio: ArticleAudio | null = null;
  protected articles: string[] = [];
  protected number = 0;
  protected begun = false;
  protected seen = true;
  protected dismissed = false;

  abstract get currentTime(): number;
  abstract get duration(): number;
  abstract pause(): void;
  protected abstract get article(): string;

  /** What stands above the time. */
  protected get heading(): string { return this.audio?.access === "preview" ? this.words.rest : this.words.listen; }

  protected showTime(now: number, told: boolean): void {
    const { slider, time, miniTime, miniBar } = this.view;
    const whole = this.duration;
    slider.max = String(whole || 1);
    slider.value = String(now);
    const done = `${whole > 0 ? Math.min(100, (100 * now) / whole) : 0}%`;
    slider.style.setProperty("--done", done);
    miniBar.style.setProperty("--done", done);
    const kind = this.audio?.access === "preview" ? `${this.words.preview} ` : "";
    const text = `${kind}${clock(now)} / ${clock(whole)}`;
    if (time.textContent === text && slider.hasAttribute("aria-valuetext") && !told) return;
    time.textContent = miniTime.textContent = text;
    if (told) slider.setAttribute("aria-valuetext", `${spoken(this.words, this.language, now)} ${this.words.of} ${spoken(this.words, this.language, whole)}`);
  }

  /** Show a part or hide it; whoever stands in what goes with the keyboard comes to the play button, or to `to`. */
  protected reveal(part: HTMLElement, shown: boolean, to: HTMLElement = this.view.play): void {
    const held = part.contains(this.shadowRoot?.activeElement ?? null);
    part.hidden = !shown;
    if (held && !shown) to.focus({ preventScroll: true });
  }

  protected showMini(): void {
    const { mini } = this.view;
    const shown = this.begun && !this.seen && !this.dismissed && floor.heard === this && !this.hasAttribute("no-mini");
    if (mini.hidden === !shown) return;
    this.reveal(mini, shown);
    // What is focused must not come to lie behind the bar.
    document.documentElement.style.setProperty("scroll-padding-bottom", shown ? `${mini.offsetHeight}px` : "");
  }

  protected toState(state: PlayerState): void {
    if (this.getAttribute("state") !== state) {
      this.setAttribute("state", state);
      this.tell("state", { state });
    }
    const playing = state === "playing";
    // Nobody waits for what does not play.
    if (!playing) this.view.play.removeAttribute("aria-busy");
    for (const control of [this.view.play, this.view.miniPlay]) {
      const name = playing ? this.words.pause : this.words.play;
      control.setAttribute("aria-label", name);
      control.title = name;
      setIcon(control, playing ? "pause" : "play");
    }
    if (playing && this.articles.length === 1) this.view.label.textContent = this.heading;
    this.showMini();
  }

  /** Show a sentence in place of the player; null: the player, "": neither. */
  protected message(sentence: string | null, again: (() => void) | null = null): void {
    const { card, plain, section } = this.view;
    // A sentence alone is no landmark to go to.
    if (sentence === null) section.removeAttribute("role");
    else section.setAttribute("role", "group");
    if (!sentence) {
      card.hidden = sentence !== null;
      return this.reveal(plain, false);
    }
    const line = make("p", { tabindex: -1 }, sentence);
    let held: HTMLElement = line;
    if (again !== null) {
      held = make("button", { type: "button", class: "action", part: "button" }, this.words.again);
      held.addEventListener("click", again);
      line.append(held);
    }
    const focused = plain.contains(this.shadowRoot?.activeElement ?? null);
    plain.replaceChildren(line);
    plain.hidden = false;
    if (focused) held.focus({ preventScroll: true });
    this.reveal(card, false, held);
    this.say(sentence);
  }

  protected notice(sentence: string, action = "", act: () => void = () => undefined): void {
    const { notice } = this.view;
    // Its button goes, too, where another sentence takes the place.
    this.reveal(notice, false);
    if (sentence === "") return;
    const button = make("button", { type: "button", class: "action", part: "button" }, action);
    button.addEventListener("click", act);
    notice.replaceChildren(make("span", {}, sentence), ...(action === "" ? [] : [button]));
    notice.hidden = false;
    this.say(sentence);
  }

  protected say(sentence: string): void { this.view.status.textContent = sentence; }

  protected tell(name: string, detail: Record<string, unknown>): void {
    const told = { ...detail, article: this.article, revision: this.audio?.revision ?? "" };
    this.dispatchEvent(new CustomEvent(`briefcast-${name}`, { bubbles: true, composed: true, detail: told }));
  }
}

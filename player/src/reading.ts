// The transcript beside the audio: every word lights up as it is said, and leads to its moment. Plays nothing.

import { lastBefore, type Passage, type Word } from "./article";
import { clock } from "./clock";
import { make } from "./elements";

// Milliseconds for which the text stays where a reader has scrolled it.
const READER_SCROLLS = 5000;

// Milliseconds within which the text comes to where it is brought; no browser takes longer to scroll smoothly.
const ITSELF_SCROLLS = 1000;

export class Reading {
  readonly element: HTMLElement;
  private readonly words: Word[] = [];
  private readonly spans: HTMLElement[] = [];
  private now = -1;
  private scrolled = 0;
  // Until when the text is moving by itself.
  private moving = 0;

  /** `taken` may take a tapped word for something else than a wish to go there. */
  constructor(
    passages: readonly Passage[], name: string, jump: string, seek: (seconds: number) => void,
    taken: (word: Word) => boolean = () => false,
  ) {
    // A region that scrolls must be reachable by keyboard.
    this.element = make("div", { class: "words", part: "transcript", tabindex: 0, role: "region", "aria-label": name });
    for (const passage of passages) this.element.append(this.passage(passage, jump, seek));
    this.element.addEventListener("click", (event) => {
      const number = this.spans.indexOf(event.target as HTMLElement);
      const word = this.words[number];
      // Whoever marks text to copy it is not sent anywhere.
      if (word !== undefined && document.getSelection()?.isCollapsed !== false && !taken(word)) seek(word.start);
    });
    for (const kind of ["wheel", "touchmove", "keydown"]) {
      this.element.addEventListener(kind, () => (this.scrolled = Date.now()), { passive: true });
    }
    // A scrollbar that is dragged tells of nothing but that the text has moved; a press upon it, of the box itself.
    this.element.addEventListener("pointerdown", (event) => { if (event.target === this.element) this.moving = 0; });
    this.element.addEventListener("scroll", () => { if (Date.now() > this.moving) this.scrolled = Date.now(); }, { passive: true });
  }

  private passage(passage: Passage, jump: string, seek: (seconds: number) => void): HTMLElement {
    const paragraph = make("p");
    for (const word of passage.words) {
      const span = make("span", { class: "word" }, word.text);
      this.words.push(word);
      this.spans.push(span);
      paragraph.append(span, " ");
    }
    const stamp = make("button", { type: "button", class: "stamp", part: "stamp", "aria-label": `${jump} ${clock(passage.start)}` }, clock(passage.start));
    stamp.addEventListener("click", () => seek(passage.start));
    return make("div", { class: `passage ${/^[a-z_]+$/.test(passage.role) ? `as-${passage.role}` : ""}` }, stamp, paragraph);
  }

  /** The word that is said, or was said last. */
  get said(): Word | undefined { return this.words[this.now]; }

  /** Light up what is said at `seconds`. */
  show(seconds: number): void {
    const found = lastBefore(this.words, seconds);
    if (found === this.now) return;
    this.spans[this.now]?.classList.remove("now");
    const span = this.spans[found];
    span?.classList.add("now");
    this.now = found;
    if (span !== undefined && Date.now() - this.scrolled > READER_SCROLLS) this.bring(span);
  }

  private bring(span: HTMLElement): void {
    // Only the text's own box moves: the page stays where its reader is.
    const top = span.offsetTop - this.element.scrollTop;
    const room = this.element.clientHeight;
    if (top > room * 0.15 && top < room * 0.7) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.moving = Date.now() + ITSELF_SCROLLS;
    this.element.scrollTo({ top: span.offsetTop - room / 3, behavior: calm ? "auto" : "smooth" });
  }
}

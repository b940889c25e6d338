// <briefcast-player article="source:id">: one article's audio, or a queue of them, from loading to the last second.
// What it asks for is in asking.ts, what becomes of that in looking.ts, how it plays in listening.ts, what it opens in
// opening.ts, its face in face.ts, its parts in view.ts.

import { Looking } from "./looking";
import { style } from "./style";
import { languageOf, tagOf, TEXTS, type Texts, textsFor } from "./texts";
import { type View, view } from "./view";

export class BriefcastPlayer extends Looking {
  static readonly observedAttributes = ["article", "playlist", "lang", "base", "signed"];
  /** Texts by language, for pages to add to. */
  static readonly texts = TEXTS;

  private own: Partial<Texts> = {};
  // What scripts have put at the end of the queue.
  private added: string[] = [];

  constructor() {
    super();
    style(this.attachShadow({ mode: "open" }));
    this.element.preservesPitch = true;
  }

  connectedCallback(): void {
    this.life = new AbortController();
    const { signal } = this.life;
    this.watch(this.element);
    addEventListener("online", () => void this.retry(), { signal });
    addEventListener("offline", () => this.waitForNet(), { signal });
    addEventListener("hashchange", () => this.follow(), { signal });
    addEventListener("pagehide", () => this.leave(), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.look();
      else this.remember();
    }, { signal });
    this.open();
  }

  disconnectedCallback(): void {
    this.life.abort();
    this.close();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after || this.view === undefined) return;
    // Several that a page sets one after the other are one question: asking waits for the end of its script.
    if (name === "signed") { this.unlock(after ?? "", this.articles[0]); return; }
    if (name === "article" || name === "playlist") this.added = [];
    this.close();
    this.open();
  }

  // ---- what pages may use

  /** Texts of this player alone. */
  get texts(): Partial<Texts> { return this.own; }
  set texts(own: Partial<Texts>) {
    this.own = own;
    if (this.isConnected) { this.close(); this.open(); }
  }

  /** The signed address of the first article's audio JSON, which its members' site gave; empty for none. */
  get signed(): string { return this.getAttribute("signed") ?? ""; }
  set signed(address: string) { this.setAttribute("signed", address); }

  /** Add an article to the end of the queue. */
  enqueue(article: string): void {
    this.added.push(article);
    if (!this.isConnected) return;
    this.articles.push(article);
    this.showQueue();
    this.takeKeys();
  }

  // ---- from the attribute to the audio

  private open(): void {
    const page = this.closestLanguage();
    const speed = (this.view as View | undefined)?.speed.value;
    // A page that brings words of its own brings those of its language.
    this.language = Object.keys(this.own).length > 0 ? page : languageOf(page);
    this.words = textsFor(page, this.own);
    this.view = view(this.words, this.language);
    if (speed !== undefined) this.view.speed.value = speed;
    this.shadowRoot?.replaceChildren(this.view.section);
    this.wire();
    const listed = (this.getAttribute("playlist") ?? "").split(/[\s,]+/);
    this.articles = [...new Set([this.getAttribute("article") ?? "", ...listed, ...this.added])].filter((one) => one !== "");
    const signed = this.getAttribute("signed");
    if (signed !== null && this.articles[0] !== undefined) this.opened.set(this.articles[0], signed);
    this.toState("loading");
    void this.go(0, false);
  }

  private close(): void {
    this.remember();
    clearTimeout(this.timer);
    this.asked += 1;
    this.going += 1;
    this.vanish();
    this.watching.disconnect();
  }

  private closestLanguage(): string {
    for (let at: Element | null = this as Element; at !== null; ) {
      const found: Element | null = at.closest("[lang]");
      if (found !== null) return tagOf(found.getAttribute("lang") ?? "");
      const root = at.getRootNode();
      at = root instanceof ShadowRoot ? root.host : null;
    }
    return "en";
  }
}

// What the player opens and shows of its article: panels, queue, transcript. Plays nothing.

import { type ArticleAudio, downloadOf, fileName, type Listed, readTranscript } from "./article";
import { clock } from "./clock";
import { make } from "./elements";
import { Face } from "./face";
import { findListed } from "./fetching";
import { fillMade, fillRows, fillShare, markChapter, markRow } from "./panels";
import { Reading } from "./reading";
import { type Moment, Reporting, type Told } from "./report";
import type { PanelName, View } from "./view";

export abstract class Opening extends Face {
  protected reading: Reading | null = null;
  // Seconds at which it will begin.
  protected start = 0;
  // Whether somebody holds the slider, which then is where they move it.
  protected sliding = false;
  // What the queue shows, by article; null of those without audio.
  private readonly listed = new Map<string, Listed | null>();
  private named = 0;

  abstract play(): Promise<void>;
  abstract seek(seconds: number): void;
  protected abstract get base(): string;
  protected abstract go(number: number, playing: boolean): Promise<void>;

  protected closePanels(): void {
    for (const [name, panel] of Object.entries(this.view.panels) as [PanelName, HTMLElement][]) {
      if (!panel.hidden) { this.togglePanel(name); this.view.toggles[name].focus(); }
    }
  }

  protected togglePanel(name: PanelName): void {
    const opening = this.view.panels[name].hidden;
    for (const [other, panel] of Object.entries(this.view.panels) as [PanelName, HTMLElement][]) {
      const open = other === name && opening;
      panel.hidden = !open;
      this.view.toggles[other].setAttribute("aria-expanded", String(open));
    }
    if (!opening || this.audio === null) return;
    if (name === "transcript") void this.read(this.audio);
    if (name === "queue") void this.nameQueue();
    if (name === "share") this.share(this.audio);
    this.show(true);
  }

  private share(audio: ArticleAudio): void {
    const panel = this.view.panels.share;
    const held = panel.contains(this.shadowRoot?.activeElement ?? null);
    // Without its name a link is of the page's first player, which one inside a shadow root never is.
    const first = document.querySelectorAll("briefcast-player").length === 1 && document.querySelector("briefcast-player") === (this as Element);
    const page = this.page(audio);
    // On another page, as that of a story whose frame this is, another player may be the first.
    const here = new URL(page).pathname === location.pathname && new URL(page).host === location.host;
    fillShare(panel, this.words, page, first && here && this.number === 0 ? "" : this.article, audio.title, this.currentTime, (what) => this.say(what));
    panel.dataset["article"] = this.article;
    if (held) panel.querySelector("input")?.focus({ preventScroll: true });
  }

  protected page(audio: ArticleAudio): string {
    // A page that plays by a signed address may be opened by a secret of its own, as our frame is: it is told to nobody.
    const own = this.hasAttribute("signed") ? audio.link || `${this.base}/embed/${this.article.replace(":", "/")}` : location.href;
    const canonical = document.querySelector<HTMLLinkElement>("link[rel=canonical]")?.href ?? own;
    return new URL(this.getAttribute("page") ?? (this.number > 0 && audio.link !== "" ? audio.link : canonical), location.href).href;
  }

  protected async read(audio: ArticleAudio): Promise<void> {
    const panel = this.view.panels.transcript;
    if (this.reading !== null && panel.contains(this.reading.element)) return;
    panel.replaceChildren(make("p", {}, this.words.loading));
    try {
      const answer = await fetch(audio.transcript, { credentials: "omit" });
      if (!answer.ok) throw new Error(answer.statusText);
      const passages = readTranscript(await answer.json());
      if (audio !== this.audio) return;
      const reporting = this.reporting(audio);
      const go = (to: number): void => { this.seek(to); void this.play(); };
      this.reading = new Reading(passages, this.words.transcript, this.words.jump, go, (word) => {
        if (reporting?.isOpen === true) reporting.choose(word.text, word.start);
        return reporting?.isOpen === true;
      });
      // Pages may put something of their own after the text; else words are reported to the newsroom, where it asks for that.
      panel.replaceChildren(this.reading.element, make("slot", { name: "report" }, ...(reporting === null ? [] : [reporting.element])));
      this.reading.show(this.currentTime);
    } catch {
      if (audio !== this.audio) return;
      const link = make("a", { href: audio.page || audio.transcript, target: "_blank", rel: "noopener" }, this.words.transcript);
      panel.replaceChildren(make("p", {}, `${this.words.noText} `, link));
    }
  }

  private reporting(audio: ArticleAudio): Reporting | null {
    const to = this.getAttribute("reports") ?? audio.reports;
    if (to === "" || to === "off") return null;
    const send = async (word: string, at_s: number): Promise<boolean> => {
      const told: Told = { article: audio.article, revision: audio.revision, word, at_s };
      try {
        // As text, so that browsers send it without asking the server first.
        const answer = await fetch(new URL(to, this.base), { method: "POST", body: JSON.stringify(told), credentials: "omit" });
        return answer.ok;
      } catch {
        return false;
      }
    };
    const last = (): Moment => ({ word: this.reading?.said?.text ?? "", at: this.reading?.said?.start ?? 0 });
    return new Reporting(this.words, last, send, (what) => this.say(what));
  }

  /** Show what does not change while it plays. */
  protected dress(audio: ArticleAudio): void {
    const { view: shown, words } = this;
    shown.section.setAttribute("aria-label", `${words.player}: ${audio.title}`);
    shown.card.classList.remove("waiting");
    shown.label.textContent = this.articles.length > 1 ? audio.title : this.start > 0 && !this.begun ? `${words.resume} ${clock(this.start)}` : this.heading;
    shown.label.lang = this.articles.length > 1 ? audio.language : this.language;
    shown.disclosure.textContent = audio.disclosure;
    shown.disclosure.lang = audio.language;
    const name = fileName(audio.title);
    shown.download.href = downloadOf(audio.url, name);
    shown.download.download = `${name}.mp3`;
    shown.download.hidden = audio.url === "";
    shown.miniTitle.textContent = audio.title;
    shown.miniTitle.lang = audio.language;
    for (const [name, there] of [["chapters", audio.chapters.length > 1], ["transcript", audio.transcript !== ""]] as const) {
      this.reveal(shown.toggles[name], there);
      if (there) continue;
      // What the article before had stands open for nothing, and could not be closed.
      this.reveal(shown.panels[name], false);
      shown.toggles[name].setAttribute("aria-expanded", "false");
    }
    fillRows(shown.panels.chapters, "chapter", audio.chapters.map(({ title, start }) => ({
      key: String(start), when: clock(start), title, choose: (): void => { this.seek(start); void this.play(); },
    })));
    shown.panels.transcript.lang = shown.panels.chapters.lang = audio.language;
    fillMade(shown.panels.made, words, audio, this.language);
    this.showQueue();
    if (!shown.panels.transcript.hidden) void this.read(audio);
    if (!shown.panels.share.hidden && shown.panels.share.dataset["article"] !== this.article) this.share(audio);
  }

  protected showQueue(): void {
    const several = this.articles.length > 1;
    this.view.toggles.queue.hidden = !several;
    this.reveal(this.view.next, this.number + 1 < this.articles.length);
    if (several && !this.view.panels.queue.hidden) void this.nameQueue();
  }

  /** Fill the queue: with what is known at once, and with the titles when they come, all of them in one answer. */
  private async nameQueue(): Promise<void> {
    const asked = ++this.named;
    this.fillQueue();
    const found = await findListed(this.base, this.articles);
    if (asked !== this.named) return;
    found.forEach((one, article) => this.listed.set(article, one));
    this.fillQueue();
  }

  private fillQueue(): void {
    const { audio } = this;
    // Of the one at hand the player knows more than everybody is told.
    if (audio !== null) this.listed.set(this.article, audio);
    const rows = this.articles.map((article, number) => ({ number, one: this.listed.get(article), article }))
      // Those without audio are passed over when it plays, too.
      .filter(({ one, number }) => one !== null || number === this.number);
    fillRows(this.view.panels.queue, "queued", rows.map(({ number, one, article }) => ({
      key: article, when: one ? clock(one.duration) : "–", title: one?.title || article, choose: (): void => void this.go(number, true),
    })));
    markRow(this.view.panels.queue, rows.findIndex(({ number }) => number === this.number));
  }

  /** Show where it is; `told`: to screen readers as well, who would not stop talking if each second were. */
  protected show(told: boolean): void {
    // A page's script may move it before it stands on the page.
    if ((this.view as View | undefined) === undefined) return;
    const now = this.currentTime;
    if (!this.sliding) this.showTime(now, told || this.shadowRoot?.activeElement !== this.view.slider);
    if (this.audio === null) return;
    if (!this.view.panels.chapters.hidden) markChapter(this.view.panels.chapters, this.audio, now);
    if (!this.view.panels.transcript.hidden) this.reading?.show(now);
  }
}

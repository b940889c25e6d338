// Telling the newsroom of a word that was said wrongly: a button below the transcript, then one field and one button.
// Whoever sees the words taps the one that was wrong; for others the word said last stands in the field already.

import { make } from "./elements";
import type { Texts } from "./texts";

// Characters of a word, as the newsroom's server takes it.
const LONGEST = 64;

const EDGES = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** Return a word without what stands around it. */
export const bare = (word: string): string => word.replace(EDGES, "").slice(0, LONGEST);

export interface Told {
  readonly article: string;
  readonly revision: string;
  readonly word: string;
  readonly at_s: number;
}

export interface Moment {
  readonly word: string;
  /** Seconds. */
  readonly at: number;
}

export class Reporting {
  readonly element: HTMLElement;
  private readonly open: HTMLButtonElement;
  private readonly form: HTMLFormElement;
  private readonly field: HTMLInputElement;
  private readonly outcome = make("p", { class: "hint" });
  private at = 0;

  constructor(
    texts: Texts,
    last: () => Moment,
    private readonly send: (word: string, at: number) => Promise<boolean>,
    private readonly say: (what: string) => void,
  ) {
    this.open = make("button", { type: "button", class: "plainly", part: "button report", "aria-expanded": "false" }, texts.report);
    this.field = make("input", { type: "text", required: true, maxlength: LONGEST, autocapitalize: "none", part: "report-word" });
    const cancel = make("button", { type: "button", class: "action", part: "button" }, texts.close);
    this.form = make(
      "form", { class: "report", hidden: true }, make("label", { class: "field" }, texts.reportWord, this.field),
      make("button", { type: "submit", class: "action", part: "button" }, texts.reportSend), cancel,
      make("p", { class: "hint" }, texts.reportHint),
    );
    this.element = make("div", {}, this.open, this.form, this.outcome);
    this.open.addEventListener("click", () => {
      const { word, at } = last();
      this.field.value = bare(word);
      this.at = at;
      this.outcome.textContent = "";
      this.show(true);
      this.field.select();
    });
    cancel.addEventListener("click", () => this.show(false));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(texts);
    });
  }

  /** Whether a tap on a word means that it was wrong. */
  get isOpen(): boolean { return !this.form.hidden; }

  /** Put a word into the field. */
  choose(word: string, at: number): void {
    this.field.value = bare(word);
    this.at = at;
  }

  private show(open: boolean): void {
    this.form.hidden = !open;
    this.open.hidden = open;
    this.open.setAttribute("aria-expanded", String(open));
    (open ? this.field : this.open).focus();
  }

  private async submit(texts: Texts): Promise<void> {
    const word = bare(this.field.value);
    if (word === "") return this.field.focus();
    const taken = await this.send(word, this.at);
    const outcome = taken ? texts.reported : texts.failedToTell;
    this.outcome.textContent = outcome;
    this.say(outcome);
    if (taken) this.show(false);
  }
}

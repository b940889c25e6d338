// What opens below the player: chapters, the queue, sharing, how the audio was made. Fills them; opens nothing.

import { type ArticleAudio, lastBefore } from "./article";
import { addressAt, clock } from "./clock";
import { make } from "./elements";
import type { Texts } from "./texts";

export interface Row {
  /** What tells it from the panel's other rows. */
  readonly key: string;
  readonly when: string;
  readonly title: string;
  readonly choose: () => void;
}

/** Fill a panel with rows to choose from; whoever stands on a row with the keyboard stays on it. */
export function fillRows(panel: HTMLElement, part: string, rows: readonly Row[]): void {
  const focused = (panel.getRootNode() as ShadowRoot | Document).activeElement as HTMLElement | null;
  const stoodOn = panel.contains(focused) ? focused?.dataset["key"] : undefined;
  const items = rows.map(({ key, when, title, choose }) => {
    const button = make("button", { type: "button", part, "data-key": key }, make("span", { class: "when" }, when), make("span", {}, title));
    button.addEventListener("click", choose);
    return make("li", {}, button);
  });
  // Lists without bullets are no lists to some screen readers unless they say so.
  panel.replaceChildren(make("ol", { class: "rows", role: "list" }, ...items));
  if (stoodOn !== undefined) [...panel.querySelectorAll<HTMLElement>(".rows button")].find((one) => one.dataset["key"] === stoodOn)?.focus({ preventScroll: true });
}

/** Mark the row that plays. */
export function markRow(panel: HTMLElement, number: number): void {
  panel.querySelectorAll(".rows button").forEach((button, index) => {
    if (index === number) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

/** Mark the chapter that plays at `seconds`. */
export function markChapter(panel: HTMLElement, audio: ArticleAudio, seconds: number): void {
  markRow(panel, lastBefore(audio.chapters, seconds + 0.05));
}

/** Fill the panel that shares `page`, at a moment or as a whole. `at` gives the moment when it is opened. */
export function fillShare(
  panel: HTMLElement, texts: Texts, page: string, article: string, title: string, at: number, say: (what: string) => void,
): void {
  const field = make("input", { type: "text", readonly: true, "aria-label": texts.link, part: "share-link" });
  const box = make("input", { type: "checkbox", checked: at >= 1 });
  const address = (): string => addressAt(page, box.checked ? at : null, article);
  field.addEventListener("focus", () => field.select());
  const copy = make("button", { type: "button", class: "action", part: "button copy" }, texts.copy);
  const show = (): void => { field.value = address(); copy.textContent = texts.copy; };
  box.addEventListener("change", show);
  show();
  copy.addEventListener("click", () => {
    const done = (): void => { copy.textContent = texts.copied; say(texts.copied); };
    // Where the clipboard is refused (a frame, no HTTPS) the link is marked, to be copied by hand.
    if (navigator.clipboard === undefined) field.focus();
    else navigator.clipboard.writeText(address()).then(done, () => field.focus());
  });
  const parts: Node[] = [
    make("span", { class: "field" }, field),
    make("label", { class: "at" }, box, `${texts.startAt} ${clock(at)}`),
    copy,
  ];
  if ("share" in navigator) {
    const more = make("button", { type: "button", class: "action", part: "button" }, `${texts.share}…`);
    more.addEventListener("click", () => void navigator.share({ title, url: address() }).catch(() => undefined));
    parts.push(more);
  }
  panel.replaceChildren(make("div", { class: "share" }, ...parts));
}

/** Fill the panel that says how the audio was made, from what its content credentials hold. */
export function fillMade(panel: HTMLElement, texts: Texts, audio: ArticleAudio, language: string): void {
  const list = make("dl");
  const add = (term: string, ...what: (string | Node)[]): void => {
    if (what.some((one) => one !== "")) list.append(make("dt", {}, term), make("dd", {}, ...what));
  };
  add(texts.ai, audio.disclosure);
  if (audio.made !== null) {
    const engines = audio.made.engines.join(", ");
    add(texts.voice, audio.made.voices.join(", ") + (engines === "" ? "" : ` (${engines})`));
    add(texts.kind, audio.made.sourceType.startsWith("composite") ? texts.composite : texts.synthetic);
  }
  const moment = new Date(audio.updated || audio.published);
  if (!Number.isNaN(moment.getTime())) {
    const shown = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(moment);
    add(texts.madeOn, make("time", { datetime: moment.toISOString() }, shown));
  }
  if (audio.made?.signed === true) add(texts.credentials, texts.signed);
  panel.replaceChildren(list);
}

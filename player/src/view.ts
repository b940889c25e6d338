// The player's parts as they stand on the page: makes them, names them, and knows nothing of what plays.

import { button, icon, make } from "./elements";
import type { Texts } from "./texts";

export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

export type PanelName = "chapters" | "transcript" | "share" | "queue" | "made";

export interface View {
  readonly section: HTMLElement;
  readonly card: HTMLElement;
  readonly play: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly time: HTMLElement;
  readonly slider: HTMLInputElement;
  readonly back: HTMLButtonElement;
  readonly forward: HTMLButtonElement;
  readonly speed: HTMLSelectElement;
  readonly next: HTMLButtonElement;
  readonly download: HTMLAnchorElement;
  readonly toggles: Readonly<Record<PanelName, HTMLButtonElement>>;
  readonly panels: Readonly<Record<PanelName, HTMLElement>>;
  readonly disclosure: HTMLElement;
  readonly notice: HTMLElement;
  readonly status: HTMLElement;
  readonly plain: HTMLElement;
  readonly mini: HTMLElement;
  readonly miniPlay: HTMLButtonElement;
  readonly miniTitle: HTMLElement;
  readonly miniTime: HTMLElement;
  readonly miniBar: HTMLElement;
  readonly miniClose: HTMLButtonElement;
  readonly fallback: HTMLElement;
}

const PANELS: readonly PanelName[] = ["chapters", "transcript", "share", "queue", "made"];

/** Return an empty player that says `texts`, which are of `language`. */
export function view(texts: Texts, language: string): View {
  const play = button("play", texts.play, "play", true);
  const slider = make("input", {
    type: "range", part: "slider", min: 0, max: 1, step: "any", value: 0, "aria-label": texts.position,
  });
  const back = button("jump back", texts.back, "back", true);
  const forward = button("jump forward", texts.forward, "forward", true);
  const speed = make("select", { "aria-label": texts.speed, part: "speed", title: texts.speed });
  const numbers = new Intl.NumberFormat(language);
  for (const rate of SPEEDS) speed.append(make("option", { value: rate, selected: rate === 1 }, `${numbers.format(rate)}×`));
  const next = button("next", texts.next, "next", true);
  const download = make("a", { class: "download wide", part: "button download", download: true, target: "_blank", rel: "noopener" }, icon("download"), make("span", {}, texts.download));
  const toggles = {
    chapters: button("wide chapters", texts.chapters, "chapters"),
    transcript: button("wide transcript", texts.transcript, "transcript"),
    share: button("wide share", texts.share, "share"),
    queue: button("wide queue", texts.queue, "queue"),
    made: button("made", texts.made, "next"),
  };
  const panels = Object.fromEntries(
    PANELS.map((name) => [name, make("div", { class: "panel", part: `panel ${name}-panel`, id: name, role: "group", "aria-label": texts[name], hidden: true })]),
  ) as unknown as Record<PanelName, HTMLElement>;
  for (const name of PANELS) {
    toggles[name].setAttribute("aria-expanded", "false");
    toggles[name].setAttribute("aria-controls", name);
  }
  for (const control of [next, toggles.chapters, toggles.transcript, toggles.queue]) control.hidden = true;
  const label = make("span", { class: "label", part: "label" }, texts.listen);
  const time = make("span", { class: "time", part: "time" }, "0:00 / 0:00");
  // Unseen until the article's own sentence is known; it takes the room that that will need.
  const words = make("span", { part: "disclosure-text" }, texts.disclosure);
  const disclosure = make("div", { class: "disclosure", part: "disclosure" }, make("span", {}, make("span", { class: "badge", part: "badge" }, texts.ai), words), toggles.made);
  const notice = make("div", { class: "notice", part: "notice", hidden: true });
  const status = make("div", { class: "quiet", role: "status" });
  const card = make(
    "div", { class: "card waiting", part: "card" }, notice, play,
    make("div", { class: "head", part: "head" }, label, time),
    make("div", { class: "rail" }, slider),
    make(
      "div", { class: "tools", part: "tools" }, back, forward,
      make("span", { class: "speed" }, speed), next, make("span", { class: "spacer" }),
      toggles.chapters, toggles.transcript, toggles.queue, toggles.share, download,
    ),
    disclosure,
    ...PANELS.map((name) => panels[name]),
  );
  const plain = make("div", { class: "plain", part: "message", hidden: true });
  const miniPlay = button("play", texts.play, "play", true);
  const miniTitle = make("span", { class: "title", part: "mini-title" });
  const miniTime = make("span", { class: "time" });
  const miniBar = make("span", { class: "bar" });
  const miniClose = button("close", texts.close, "close", true);
  const mini = make("div", { class: "mini", part: "mini", role: "group", "aria-label": texts.miniPlayer, hidden: true }, miniBar, miniPlay, miniTitle, make("span", { class: "badge" }, texts.ai), miniTime, miniClose);
  // What stands inside the element is for pages without scripts; it is shown again where nothing else plays.
  const fallback = make("div", { hidden: true }, make("slot"));
  const section = make("section", { lang: language, "aria-label": texts.player, part: "player" }, make("div", { class: "frame" }, card), plain, fallback, status, mini);
  return {
    section, card, play, label, time, slider, back, forward, speed, next, download, toggles, panels,
    disclosure: words, notice, status, plain, mini, miniPlay, miniTitle, miniTime, miniBar, miniClose, fallback,
  };
}

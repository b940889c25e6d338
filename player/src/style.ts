// How the player looks. Adopted as a constructed sheet, which a strict policy lets through without 'unsafe-inline'.

const CSS = `
:host {
  --ground: var(--briefcast-ground, #ffffff);
  --ink: var(--briefcast-ink, #16202a);
  --soft: var(--briefcast-soft, #56636f);
  --line: var(--briefcast-line, #d9dfe5);
  --edge: var(--briefcast-edge, #818c96);
  --accent: var(--briefcast-accent, #0b5a78);
  --on-accent: var(--briefcast-on-accent, #ffffff);
  --mark: var(--briefcast-mark, #cfe8f3);
  --hover: color-mix(in srgb, var(--ink) 7%, transparent);
  --round: var(--briefcast-radius, 0.875rem);
  display: block;
  color: var(--ink);
  font: 400 1rem/1.4 var(--briefcast-font, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif);
  text-align: start;
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --ground: var(--briefcast-ground, light-dark(#ffffff, #171d24));
    --ink: var(--briefcast-ink, light-dark(#16202a, #eef2f5));
    --soft: var(--briefcast-soft, light-dark(#56636f, #a5b1bc));
    --line: var(--briefcast-line, light-dark(#d9dfe5, #323c47));
    --edge: var(--briefcast-edge, light-dark(#818c96, #71808d));
    --accent: var(--briefcast-accent, light-dark(#0b5a78, #7cc4e0));
    --on-accent: var(--briefcast-on-accent, light-dark(#ffffff, #0d1a22));
    --mark: var(--briefcast-mark, light-dark(#cfe8f3, #17506a));
  }
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
/* Not the element itself: in older browsers the mini player would be held inside it. */
.frame { container-type: inline-size; }
.card {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr);
  gap: 0.125rem 0.875rem;
  align-items: center;
  align-content: start;
  /* Of one height before and after it has loaded, so that the page below stays where it is. */
  min-height: 11.25rem;
  padding: 0.875rem 1rem 0.75rem;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: var(--round);
}
button, select, .download {
  font: inherit;
  font-size: 0.8125rem;
  color: var(--ink);
  background: none;
  border: 0;
  border-radius: 0.5rem;
  cursor: pointer;
  -webkit-tap-highlight-color: transparent;
}
svg { width: 1.25rem; height: 1.25rem; fill: currentColor; flex: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.play {
  grid-row: span 2;
  display: grid;
  place-items: center;
  width: 3.5rem;
  height: 3.5rem;
  color: var(--on-accent);
  background: var(--accent);
  border-radius: 50%;
  transition: transform 0.12s;
}
.play svg { width: 1.75rem; height: 1.75rem; }
.play:hover { transform: scale(1.05); }
.play:active { transform: scale(0.96); }
.play[aria-busy="true"] { animation: wait 1.2s ease-in-out infinite; }
@keyframes wait { 50% { opacity: 0.55; } }
.head { display: flex; justify-content: space-between; align-items: baseline; gap: 0 0.75rem; min-width: 0; }
.label { font-weight: 650; overflow-wrap: anywhere; }
.time { color: var(--soft); font-size: 0.8125rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.label, .disclosure > span, .notice > span, .plain p, .title, .rows span, .passage p, dd { unicode-bidi: plaintext; }
.time, .when { direction: ltr; unicode-bidi: isolate; }
.rail { position: relative; height: 1.5rem; }
.rail input {
  -webkit-appearance: none;
  appearance: none;
  display: block;
  width: 100%;
  height: 1.5rem;
  margin: 0;
  background: none;
  cursor: pointer;
  border-radius: 0.5rem;
  touch-action: pan-y;
}
.rail input::-webkit-slider-runnable-track {
  height: 0.375rem;
  border-radius: 1rem;
  background: linear-gradient(to right, var(--accent) var(--done, 0%), var(--edge) var(--done, 0%));
}
.rail input::-webkit-slider-thumb {
  -webkit-appearance: none;
  width: 1rem;
  height: 1rem;
  margin-top: -0.3125rem;
  border-radius: 50%;
  background: var(--accent);
  border: 2px solid var(--ground);
  box-shadow: 0 0 0 1px var(--accent);
}
.rail input::-moz-range-track { height: 0.375rem; border-radius: 1rem; background: var(--edge); }
.rail input::-moz-range-progress { height: 0.375rem; border-radius: 1rem; background: var(--accent); }
.rail input::-moz-range-thumb { width: 0.75rem; height: 0.75rem; border-radius: 50%; background: var(--accent); border: 2px solid var(--ground); }
:host(:dir(rtl)) .rail input::-webkit-slider-runnable-track { background: linear-gradient(to left, var(--accent) var(--done, 0%), var(--edge) var(--done, 0%)); }
.tools { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: 0.125rem; margin: 0.25rem -0.5rem 0; }
.tools > button, .tools > .download, .tools > .speed {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 0.375rem;
  min-width: 2.75rem;
  min-height: 2.75rem;
  padding: 0 0.5rem;
  text-decoration: none;
}
.tools > button:hover, .download:hover, .speed:hover, .rows button:hover, .panel .action:hover { background: var(--hover); }
[aria-expanded="true"] { background: var(--hover); color: var(--accent); }
.jump { position: relative; }
.jump::after { content: "15"; position: absolute; top: 58%; left: 50%; transform: translate(-50%, -50%); font-size: 0.5rem; font-weight: 750; }
.jump svg { width: 1.75rem; height: 1.75rem; }
.speed { position: relative; padding: 0; border-radius: 0.5rem; }
.speed select { appearance: none; min-width: 3.25rem; min-height: 2.125rem; border: 1px solid var(--line); padding: 0 0.25rem; text-align: center; text-align-last: center; font-weight: 650; font-variant-numeric: tabular-nums; }
.speed option { color: #16202a; background: #ffffff; }
.spacer { flex: 1; }
.disclosure { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.125rem 0.75rem; min-height: 2rem; margin-top: 0.375rem; padding-top: 0.375rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.8125rem; }
.badge { margin-inline-end: 0.375rem; padding: 0 0.3125rem; border: 1px solid currentColor; border-radius: 0.25rem; color: var(--accent); font-size: 0.6875rem; font-weight: 700; }
.made { min-height: 1.75rem; padding: 0 0.25rem; margin: 0 -0.25rem; color: var(--soft); text-decoration: underline; text-underline-offset: 0.15em; }
.made:hover { color: var(--ink); }
.made svg { display: none; }
.notice { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; margin: 0 0 0.5rem; padding: 0.375rem 0.75rem; border-inline-start: 3px solid var(--accent); background: var(--hover); border-radius: 0.25rem; font-size: 0.875rem; }
.action { min-height: 2.25rem; padding: 0 0.75rem; border: 1px solid var(--edge); font-weight: 650; }
.panel { grid-column: 1 / -1; margin-top: 0.375rem; padding-top: 0.625rem; border-top: 1px solid var(--line); font-size: 0.9375rem; }
.rows { margin: 0; padding: 0; list-style: none; max-height: 17rem; overflow: auto; }
.rows button { display: flex; gap: 0.75rem; width: 100%; min-height: 2.5rem; padding: 0.375rem 0.5rem; align-items: baseline; font-size: 0.9375rem; text-align: start; overflow-wrap: anywhere; }
.rows .when { color: var(--soft); font-size: 0.8125rem; font-variant-numeric: tabular-nums; min-width: 2.75rem; }
.rows [aria-current="true"] { font-weight: 650; color: var(--accent); }
.words { position: relative; max-height: 20rem; overflow: auto; overscroll-behavior: contain; padding-inline-end: 0.5rem; line-height: 1.6; overflow-wrap: anywhere; }
.passage { display: grid; grid-template-columns: 3rem minmax(0, 1fr); align-items: baseline; margin: 0 0 0.5rem; }
.passage p { margin: 0; }
.passage.as-headline p, .passage.as-heading p { font-weight: 650; }
.passage.as-quote p { padding-inline-start: 0.75rem; border-inline-start: 3px solid var(--line); }
.stamp { justify-self: start; min-width: 2.5rem; min-height: 1.75rem; padding: 0 0.25rem; margin-inline-start: -0.25rem; color: var(--soft); font-size: 0.75rem; font-variant-numeric: tabular-nums; }
.stamp:hover { color: var(--accent); background: var(--hover); }
.word { border-radius: 0.2rem; cursor: pointer; }
.word:hover { background: var(--hover); }
.word.now { background: var(--mark); box-shadow: 0 0 0 0.125rem var(--mark); }
.plainly { min-height: 2.25rem; margin: 0.25rem 0 0 -0.25rem; padding: 0 0.25rem; color: var(--soft); text-decoration: underline; text-underline-offset: 0.15em; text-align: start; }
.plainly:hover { color: var(--ink); }
.report { display: flex; flex-wrap: wrap; gap: 0.375rem 0.5rem; align-items: end; margin-top: 0.5rem; font-size: 0.8125rem; }
.report .field { flex: 1 1 12rem; min-width: 0; }
.hint { flex-basis: 100%; margin: 0; color: var(--soft); font-size: 0.8125rem; }
.report input { display: block; width: 100%; min-height: 2.25rem; padding: 0 0.5rem; font: inherit; font-size: 0.9375rem; color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: 0.5rem; }
.share { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.share .field { flex: 1 1 14rem; min-width: 0; }
.share input[type="text"] { width: 100%; min-height: 2.25rem; padding: 0 0.5rem; font: inherit; font-size: 0.8125rem; color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: 0.5rem; }
.share .at { display: inline-flex; align-items: center; gap: 0.375rem; min-height: 2.25rem; font-size: 0.875rem; }
.share .at input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); }
dl { display: grid; grid-template-columns: fit-content(10rem) minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0; font-size: 0.875rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.plain { padding: 0.875rem 1rem; background: var(--ground); border: 1px solid var(--line); border-radius: var(--round); }
.plain p { margin: 0; display: flex; gap: 0.75rem; align-items: center; flex-wrap: wrap; }
.mini {
  position: fixed;
  inset: auto 0 0;
  z-index: var(--briefcast-mini-layer, 1000);
  display: flex;
  align-items: center;
  gap: 0.75rem;
  padding: 0.5rem max(1rem, env(safe-area-inset-right)) calc(0.5rem + env(safe-area-inset-bottom)) max(1rem, env(safe-area-inset-left));
  color: var(--ink);
  background: var(--ground);
  border-top: 1px solid var(--line);
  box-shadow: 0 -0.25rem 1.25rem rgb(0 0 0 / 0.14);
  animation: rise 0.18s ease-out;
}
@keyframes rise { from { transform: translateY(100%); } }
.mini .play { width: 2.75rem; height: 2.75rem; flex: none; }
.mini .play svg { width: 1.375rem; height: 1.375rem; }
.mini .title { flex: 1; min-width: 0; font-size: 0.875rem; font-weight: 650; line-height: 1.25; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.mini button:not(.play) { display: inline-flex; align-items: center; justify-content: center; min-width: 2.75rem; min-height: 2.75rem; flex: none; }
.mini .badge { flex: none; margin: 0; }
.mini .bar { position: absolute; inset: -2px 0 auto; height: 3px; background: linear-gradient(to right, var(--accent) var(--done, 0%), var(--line) var(--done, 0%)); }
:host(:dir(rtl)) .mini .bar { background: linear-gradient(to left, var(--accent) var(--done, 0%), var(--line) var(--done, 0%)); }
.card.waiting .time, .card.waiting .tools, .card.waiting .disclosure > * { visibility: hidden; }
@container (max-width: 34rem) {
  .tools .wide > span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .head { gap: 0 0.5rem; }
  .label { font-size: 0.9375rem; }
  .time { font-size: 0.75rem; }
  .card { min-height: 13rem; }
  .tools { gap: 0; flex-wrap: nowrap; }
  .tools > * { flex: 0 1 auto; }
  :host([playlist]) .tools { flex-wrap: wrap; }
  :host([playlist]) .card { min-height: 17rem; }
  .disclosure { min-height: 3.5rem; align-content: flex-start; }
}
@container (max-width: 20rem) {
  .card { padding: 0.75rem; min-height: 17rem; }
  .tools { flex-wrap: wrap; min-height: 5.5rem; align-content: flex-start; }
  .spacer { flex-basis: 100%; }
  .head { flex-wrap: wrap; }
  .passage, dl { grid-template-columns: minmax(0, 1fr); }
  dd { margin-bottom: 0.25rem; }
}
@media (max-width: 30rem) { .mini .time { display: none; } }
@media (prefers-reduced-motion: reduce) { *, .mini { animation: none !important; transition: none !important; } }
@media (forced-colors: active) {
  .play, .action, .tools > button { border: 1px solid ButtonText; }
  .word.now { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .rail input::-webkit-slider-runnable-track { background: CanvasText; }
  .mini .bar { background: CanvasText; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** Style a shadow root; every player shares one sheet. */
export function style(root: ShadowRoot): void {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  root.adoptedStyleSheets = [sheet];
}

// Making elements, without markup in strings: pages with Trusted Types or a strict policy refuse that.

type Attributes = Readonly<Record<string, string | boolean | number>>;

/** Return a new element with attributes (true: empty, false: absent) and children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

// Paths in a square of 24.
const PATHS = {
  play: "M7 4.6v14.8c0 .8.9 1.3 1.6.8l11-7.4a1 1 0 0 0 0-1.6l-11-7.4c-.7-.5-1.6 0-1.6.8z",
  pause: "M7 4h3.2a.8.8 0 0 1 .8.8v14.4a.8.8 0 0 1-.8.8H7a.8.8 0 0 1-.8-.8V4.8A.8.8 0 0 1 7 4zm6.8 0H17a.8.8 0 0 1 .8.8v14.4a.8.8 0 0 1-.8.8h-3.2a.8.8 0 0 1-.8-.8V4.8a.8.8 0 0 1 .8-.8z",
  back: "M12 4V1L7 5.5 12 10V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-9z",
  forward: "M12 4V1l5 4.5L12 10V7a6 6 0 1 0 6 6h2a8 8 0 1 1-8-9z",
  chapters: "M4 5h2v2H4zm4 0h12v2H8zM4 11h2v2H4zm4 0h12v2H8zM4 17h2v2H4zm4 0h12v2H8z",
  transcript: "M5 3h14a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zm1 2v14h12V5zm2 3h8v2H8zm0 4h8v2H8zm0 4h5v2H8z",
  share: "M12 2l5 5-1.4 1.4L13 5.8V15h-2V5.8L8.4 8.4 7 7zM5 11h3v2H6v7h12v-7h-2v-2h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1z",
  download: "M11 3h2v9.2l3.6-3.6L18 10l-6 6-6-6 1.4-1.4 3.6 3.6zM4 19h16v2H4z",
  queue: "M3 5h13v2H3zm0 5h13v2H3zm0 5h8v2H3zm12-1l6 4-6 4z",
  next: "M5 5l10 7-10 7zm11 0h2.5v14H16z",
  close: "M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
} as const;

export type Icon = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** Return a picture that screen readers pass over. */
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Put another picture into a button. */
export function setIcon(button: Element, name: Icon): void {
  button.querySelector("svg path")?.setAttribute("d", PATHS[name]);
}

/** Return a button with a picture and, unless `bare`, its name beside it. */
export function button(part: string, name: string, picture: Icon, bare = false): HTMLButtonElement {
  const made = make("button", { type: "button", part: `button ${part}`, class: part }, icon(picture));
  if (bare) {
    made.setAttribute("aria-label", name);
    made.title = name;
  } else made.append(make("span", {}, name));
  return made;
}

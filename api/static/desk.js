// The desk's own script: moments in the reader's time, editing, listening, words and keys. Every page works without it. What
// becomes of what was typed is in typed.js.

import { changed } from "./typed.js";

const moments = (root) => {
  for (const time of root.querySelectorAll("time[datetime]:not([data-told])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent;
    time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    time.dataset.told = "";
  }
};
moments(document);
document.addEventListener("htmx:load", (event) => moments(event.target));

// A second press of the same button would do the same thing twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  form.dataset.sent = "";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A time is typed as the reader's clock has it, and sent as everybody's.
document.addEventListener("submit", (event) => {
  const names = event.target.dataset.local?.split(",");
  if (!names) return;
  const typed = new Date(event.target.elements[names[0]].value);
  if (!Number.isNaN(typed.getTime())) event.target.elements[names[1]].value = typed.toISOString();
});

// What is refused is told where the answer would have stood. Of lists that keep themselves up to date the next tells.
const keepsItself = (element) => element.matches("[hx-trigger^=every]");
const refusal = '<p class="fault" role="alert">It could not be done. Try again.</p>';
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, target } = event.detail;
  const ours = xhr.responseText.startsWith('<div class="fault"');
  if (xhr.status >= 400 && !keepsItself(requestConfig.elt)) {
    event.detail.shouldSwap = true;
    if (!ours) event.detail.serverResponse = refusal;
  }
  // Nor is a time that somebody sets taken from under their hands.
  const field = target.contains(document.activeElement) && document.activeElement.matches("input, textarea, summary");
  if (keepsItself(requestConfig.elt) && (field || [...target.querySelectorAll("input, textarea")].some(changed)))
    event.detail.shouldSwap = false;
});
document.addEventListener("htmx:sendError", (event) => {
  const { requestConfig, target } = event.detail;
  if (!keepsItself(requestConfig.elt)) target.innerHTML = refusal;
});

// What is opened for editing takes the keyboard; Escape and "Leave it" close it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.classList.contains("editing")) event.target.querySelector("textarea, select")?.focus();
});
const close = (editing) => {
  const row = editing.closest("[data-row]");
  editing.replaceChildren();
  row?.querySelector("[data-edit]")?.focus();
};
document.addEventListener("click", (event) => {
  const leaving = event.target.closest("[data-leave]");
  const editing = leaving?.closest(".editing");
  if (!editing) return;
  event.preventDefault();
  close(editing);
});
document.addEventListener("keydown", (event) => {
  const editing = event.key === "Escape" && event.target.closest(".editing");
  if (editing) close(editing);
});

// One player for all the stretches of a page: pressing another button stops the first.
const player = new Audio();
let until = 0;
let button = null;
const stopped = () => {
  button?.removeAttribute("aria-pressed");
  button = null;
};
player.addEventListener("timeupdate", () => {
  if (player.currentTime >= until) player.pause();
});
player.addEventListener("pause", () => {
  if (!player.ended) stopped();
});
let then = [];
player.addEventListener("ended", () => {
  const next = then.shift();
  if (!next) return stopped();
  player.src = next;
  player.play().catch(stopped);
});
document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-play]");
  if (!pressed) return;
  event.preventDefault();
  const again = pressed === button;
  player.pause();
  stopped();
  if (again) return;
  const [from, to] = pressed.dataset.play.split(",").map(Number);
  const address = pressed.href.split("#")[0];
  if (player.src !== address) player.src = address;
  then = pressed.dataset.then ? pressed.dataset.then.split(" ") : [];
  button = pressed;
  button.setAttribute("aria-pressed", "true");
  until = to || Number.POSITIVE_INFINITY;
  const begin = () => {
    player.currentTime = from || 0;
    player.play().catch(stopped);
  };
  if (player.readyState >= 1) begin();
  else player.addEventListener("loadedmetadata", begin, { once: true });
});

// A sound file is sent as it is: no form can do that without packing it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.upload === undefined) return;
  event.preventDefault();
  const said = form.querySelector(".said");
  const query = new URLSearchParams({ name: form.elements.name.value, part: form.elements.part.value });
  said.textContent = "Sending…";
  const file = form.elements.file.files[0];
  const headers = { "X-CSRF-Token": form.dataset.csrf, "HX-Request": "true", "Content-Type": "application/octet-stream" };
  try {
    const answer = await fetch(`${form.action}?${query}`, { method: "POST", body: file, headers });
    if (answer.ok) location.assign(`${form.action}?told=jingle_uploaded`);
    else said.textContent = new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim();
  } catch {
    said.textContent = "It could not be sent. Try again.";
  }
  delete form.dataset.sent;
});

for (const copier of document.querySelectorAll("[data-copy]")) {
  copier.hidden = false;
  copier.addEventListener("click", async () => {
    await navigator.clipboard.writeText(copier.dataset.copy);
    copier.textContent = "Copied";
  });
}

// A file's text goes into the field that is sent: what is sent is what one sees.
for (const part of document.querySelectorAll("[data-with-script]")) part.hidden = false;
document.addEventListener("change", async (event) => {
  const into = event.target.dataset?.readInto;
  const file = event.target.files?.[0];
  if (into !== undefined && file !== undefined) document.getElementById(into).value = await file.text();
});

// A word of a story's text leads to where one says how it is said: pressed, selected, or by the key w.
const textOf = (node) => (node?.nodeType === 1 ? node : node?.parentElement)?.closest("[data-words] :is(.written, .spoken)");
const addressOf = (text, word) =>
  `${text.closest("[data-words]").dataset.words}&written=${encodeURIComponent(word.trim().replace(/['’]s$/, "").slice(0, 100))}`;
const wordsOf = (text) => [...text.matchAll(/[\p{L}\p{M}\p{N}]+(?:[-'’.][\p{L}\p{M}\p{N}]+)*/gu)];
const caretAt = (x, y) => {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return [position.offsetNode, position.offset];
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? [range.startContainer, range.startOffset] : [null, 0];
};
const wordAt = (event) => {
  const text = textOf(event.target);
  // What is not of the story's own words: "as written", "left out".
  if (!text || event.target.closest("a, button, .soft, strong")) return "";
  const marked = event.target.closest("[data-written]");
  if (marked) return marked.dataset.written;
  const [node, offset] = caretAt(event.clientX, event.clientY);
  if (node?.nodeType !== Node.TEXT_NODE || !text.contains(node)) return "";
  const found = wordsOf(node.data).find((word) => word.index <= offset && offset <= word.index + word[0].length);
  if (!found) return "";
  // A press beside a line finds its end: it counts only on the word.
  const range = new Range();
  range.setStart(node, found.index);
  range.setEnd(node, found.index + found[0].length);
  const { clientX: x, clientY: y } = event;
  const on = [...range.getClientRects()].some((box) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom);
  return on ? found[0] : "";
};
const offer = document.createElement("a");
offer.className = "button offer";
const offered = (text, word) => {
  offer.href = addressOf(text, word);
  offer.textContent = `How “${word.trim()}” is said`;
  // Below the whole line: beside the text it would push apart what is written and what is said.
  text.parentElement.querySelector(".buttons").after(offer);
};
const typed = () =>
  document.querySelector(".editing form") !== null || [...document.querySelectorAll("textarea, input")].some(changed);
let pressing = 0;
document.addEventListener("click", (event) => {
  clearTimeout(pressing);
  const word = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey ? wordAt(event) : "";
  if (!word) return;
  const text = textOf(event.target);
  // A second press selects; and what is being edited, or was typed anywhere, is not left for a slip of the finger.
  pressing = setTimeout(() => {
    if (!getSelection().isCollapsed) return;
    if (typed()) offered(text, word);
    else location.assign(addressOf(text, word));
  }, 300);
});
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  const word = selection.toString().replace(/\s+/g, " ").trim();
  const text = textOf(selection.anchorNode);
  if (word && word.length <= 100 && text && text === textOf(selection.focusNode)) offered(text, word);
  else if (!offer.contains(document.activeElement) && !typed()) offer.remove();
});
// By the keyboard the written words become links, until Escape.
const openWords = (text) => {
  const plain = text?.textContent;
  if (!text?.closest("[data-words]") || text.querySelector("a")) return text?.querySelector("a")?.focus();
  let done = 0;
  const parts = wordsOf(plain).flatMap((word) => {
    const link = Object.assign(document.createElement("a"), { href: addressOf(text, word[0]), textContent: word[0] });
    const before = plain.slice(done, word.index);
    done = word.index + word[0].length;
    return [before, link];
  });
  text.replaceChildren(...parts, plain.slice(done));
  text.querySelector("a")?.focus();
};
document.addEventListener("keydown", (event) => {
  const text = event.target.closest?.("[data-words] .written");
  if (!text || event.target === text) return;
  const links = [...text.querySelectorAll("a")];
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by) links[Math.max(0, Math.min(links.length - 1, links.indexOf(event.target) + by))].focus();
  else if (event.key === "Escape") {
    text.closest("[data-row]").focus();
    text.textContent = text.textContent;
  } else return;
  event.preventDefault();
});

const shortcuts = document.getElementById("shortcuts");
const writing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
const step = (by) => {
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))]?.focus();
};
for (const opener of document.querySelectorAll("[data-shortcuts]")) {
  opener.hidden = false;
  opener.addEventListener("click", () => shortcuts?.showModal());
}
let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const key = before === "g" ? `g${event.key}` : event.key;
  before = event.key;
  const row = event.target.closest("[data-row]");
  const doing = {
    "?": () => shortcuts?.showModal(),
    "/": () => document.getElementById("search")?.focus(),
    gd: () => document.querySelector("header .name")?.click(),
    gw: () => document.querySelector("nav a[href='/desk/lexicon']")?.click(),
    ga: () => document.querySelector("nav a[href='/desk/audience']")?.click(),
    j: () => step(1),
    k: () => step(-1),
    e: () => row?.querySelector("[data-edit]")?.click(),
    w: () => openWords(row?.querySelector(".written")),
  }[key];
  if (doing) {
    event.preventDefault();
    doing();
  } else if (event.key === "Enter" && row === event.target) {
    (row.querySelector("[data-open]") ?? row.querySelector("[data-play]"))?.click();
  }
});

// The desk's own script: moments in the reader's time, and keys. Every page works without it.
"use strict";

(() => {
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
  player.addEventListener("pause", stopped);
  player.addEventListener("ended", stopped);
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

  const shortcuts = document.getElementById("shortcuts");
  const writing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const step = (by) => {
    const all = rows();
    const here = all.findIndex((row) => row.contains(document.activeElement));
    all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))]?.focus();
  };
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
      j: () => step(1),
      k: () => step(-1),
      e: () => row?.querySelector("[data-edit]")?.click(),
    }[key];
    if (doing) {
      event.preventDefault();
      doing();
    } else if (event.key === "Enter" && row === event.target) {
      row.querySelector("[data-open]")?.click();
    }
  });
})();

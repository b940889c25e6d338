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

  // A confirmed form asks first; without a script the page it leads to is the same.
  document.addEventListener("submit", (event) => {
    const words = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (words && !window.confirm(words)) event.preventDefault();
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

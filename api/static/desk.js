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

  // A time is typed as the reader's clock has it, and sent as everybody's.
  document.addEventListener("submit", (event) => {
    const names = event.target.dataset.local?.split(",");
    if (!names) return;
    const typed = new Date(event.target.elements[names[0]].value);
    if (!Number.isNaN(typed.getTime())) event.target.elements[names[1]].value = typed.toISOString();
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
    }[key];
    if (doing) {
      event.preventDefault();
      doing();
    } else if (event.key === "Enter" && row === event.target) {
      (row.querySelector("[data-open]") ?? row.querySelector("[data-play]"))?.click();
    }
  });
})();

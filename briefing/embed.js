/* One line for any site: <script async src="https://AUDIO.EXAMPLE/embed.js" data-article="source:id"></script>
   Puts <briefcast-player> where the script stands, or where data-into (CSS selectors, the first that is there) says. Without data-article the
   article is the one whose canonical address the page states: the API says which that is, and where it is away a file does.
   data-source and data-id may stand in its place; every other data-… attribute becomes one of the player's. */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script) return;
  var base = new URL(".", script.src).href.replace(/\/$/, "");
  var given = script.dataset;
  var own = { article: 1, source: 1, id: 1, url: 1, into: 1 };

  /* Pages that ask for Trusted Types take a script's address from a policy alone; ours makes this one. */
  function trusted(address) {
    try {
      return window.trustedTypes.createPolicy("briefcast", { createScriptURL: function () { return address; } }).createScriptURL("");
    } catch (refused) {
      return address;
    }
  }

  function show(article) {
    var player = document.createElement("briefcast-player");
    player.setAttribute("article", article);
    player.setAttribute("base", base);
    Object.keys(given).forEach(function (name) {
      if (!own[name]) player.setAttribute(name.replace(/[A-Z]/g, "-$&").toLowerCase(), given[name]);
    });
    // The first selector that finds something, not the first element that some selector finds.
    // A comma inside brackets, as of :is(a, b), parts nothing.
    var wanted = (given.into || "").match(/(?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\]|[^,([])+/g) || [];
    var place = wanted.reduce(function (found, selector) {
      return found || (selector.trim() ? document.querySelector(selector) : null);
    }, null);
    if (place) place.prepend(player);
    else if (document.body.contains(script)) script.after(player);
    else document.body.prepend(player);
    if (customElements.get("briefcast-player") || document.querySelector("script[data-briefcast-player]")) return player;
    var code = document.createElement("script");
    code.src = trusted(base + "/player.js");
    code.async = true;
    code.dataset.briefcastPlayer = "";
    document.head.append(code);
    return player;
  }

  /* As briefing/addresses.py has it, from what the page says, not from what the browser makes of it: a file is named by it. */
  function canonical(address) {
    var url = new URL(address);
    var parts = /^https?:\/\/[^/?#]*([^?#]*)\??([^#]*)/i.exec(address.trim());
    if (!parts || url.username || url.password) throw new TypeError(address);
    function quoted(text) {
      return text.replace(/[^A-Za-z0-9%/:?@!$&'()*+,;=\-._~[\]]+/g, encodeURIComponent);
    }
    var query = parts[2].split("&").filter(function (pair) { return !/^(utm_|fbclid|gclid|mc_cid|mc_eid)/i.test(pair); }).join("&");
    return url.protocol + "//" + url.host + quoted(parts[1] || "/") + (query ? "?" + quoted(query) : "");
  }

  function json(path, fresh) {
    return fetch(base + path, { credentials: "omit", cache: fresh ? "no-cache" : "default" }).then(function (answer) {
      if (answer.ok) return answer.json();
      throw answer.status;
    });
  }

  /* The article that an address is of, null for none; by the files alone where nobody else answers. */
  function find(address, fresh) {
    return json("/v1/audio?url=" + encodeURIComponent(address), fresh).then(function (found) {
      var one = found.audio[0];
      return one && (one.state !== "none" || "soon" in given) ? one.article : null;
    }).catch(function () {
      // Pages without TLS have no crypto.subtle, and go on without.
      return crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(address))).then(function (sum) {
        var hex = Array.from(new Uint8Array(sum).slice(0, 8), function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
        return json("/v1/addresses/" + hex, fresh);
      }).then(function (leads) { return leads.article; });
    }).catch(function () { return null; });
  }

  /* Where the page asks for `soon`, and says that it is an article: a player that waits, and a look each minute. */
  function wait(address) {
    var player = show("");
    var timer = setInterval(function () {
      find(address, true).then(function (article) {
        if (!article) return;
        clearInterval(timer);
        player.setAttribute("article", article);
      });
    }, 60000);
  }

  function begin() {
    if (given.article) return show(given.article);
    if (given.source && given.id) return show(given.source + ":" + given.id);
    var link = document.querySelector('link[rel="canonical"]');
    var said = given.url || (link && link.getAttribute("href")) || "";
    // What the page wrote, unless that is no whole address.
    var address = /^https?:/i.test(said.trim()) ? said : said ? new URL(said, document.baseURI).href : location.href;
    find(address, false).then(function (article) {
      if (article) show(article);
      else if ("soon" in given && document.querySelector('meta[property="og:type"][content="article"]')) wait(address);
      // Any other page without audio stays as it is.
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

/* One line for any site: <script async src="https://AUDIO.EXAMPLE/embed.js" data-article="source:id"></script>
   Puts <briefcast-player> where the script stands, or where data-into (CSS selectors, the first that is there) says. Without data-article the
   article is the one whose canonical address the page states. data-source and data-id may stand in its place;
   every other data-… attribute becomes one of the player's. */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script) return;
  var base = new URL(".", script.src).href.replace(/\/$/, "");
  var given = script.dataset;
  var own = { article: 1, source: 1, id: 1, url: 1, into: 1 };

  function show(article) {
    var player = document.createElement("briefcast-player");
    player.setAttribute("article", article);
    player.setAttribute("base", base);
    Object.keys(given).forEach(function (name) {
      if (!own[name]) player.setAttribute(name.replace(/[A-Z]/g, "-$&").toLowerCase(), given[name]);
    });
    // The first selector that finds something, not the first element that some selector finds.
    var place = (given.into || "").split(",").reduce(function (found, selector) {
      return found || (selector.trim() ? document.querySelector(selector) : null);
    }, null);
    if (place) place.prepend(player);
    else if (document.body.contains(script)) script.after(player);
    else document.body.prepend(player);
    if (customElements.get("briefcast-player") || document.querySelector("script[data-briefcast-player]")) return;
    var code = document.createElement("script");
    code.src = base + "/player.js";
    code.async = true;
    code.dataset.briefcastPlayer = "";
    document.head.append(code);
  }

  function begin() {
    if (given.article) return show(given.article);
    if (given.source && given.id) return show(given.source + ":" + given.id);
    var canonical = document.querySelector('link[rel="canonical"]');
    var address = given.url || (canonical && canonical.href) || location.href;
    fetch(base + "/v1/audio?url=" + encodeURIComponent(address), { credentials: "omit" })
      .then(function (answer) { return answer.ok ? answer.json() : { audio: [] }; })
      .then(function (found) {
        // A page without audio stays as it is.
        if (found.audio[0] && found.audio[0].state === "live") show(found.audio[0].article);
      })
      .catch(function () { /* The site of the audio is away: the page goes on without. */ });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

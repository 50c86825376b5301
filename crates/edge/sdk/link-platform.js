// What a page of another site says to its visitors who came through a link.
//
//   <script src="https://ai.example.com/_assets/sdk/link-platform.js" data-handle="hello" defer></script>
//
//   <h1 data-lp-title>Welcome</h1>
//   <a data-lp-cta data-lp-destination href="/start">Start</a>
//
// It asks the platform which variant this visitor sees, and changes the marked elements; where nothing was decided, or
// nobody answers, the page stays as it was made. Texts are set as text, never as HTML; links lead to http and https only.
// It sets no cookies, and nothing it does throws into the page. A visitor who says no to tracking (DNT, Global Privacy
// Control) is remembered nowhere.
//
// window.LinkPlatform.ready is a promise of the answer, null where there is none; the event `linkplatform:context` on
// the document says the same.
//
// `cargo xtask sdk` takes the comments and the indentation out of this file: a comment stands on lines of its own, and
// every statement ends with a semicolon.
(() => {
  "use strict";

  const tag = document.currentScript;
  if (window.LinkPlatform || !tag) return;

  const handle = tag.dataset.handle || "";
  const kept = "link-platform:ctx:" + handle;
  const platform = { context: null, ready: null };
  window.LinkPlatform = platform;

  const warn = (why) => console.warn("link-platform: " + why);

  // Whether the visitor lets anything be remembered.
  const remembers = () => {
    const no = navigator.doNotTrack || window.doNotTrack;
    return no !== "1" && no !== "yes" && !navigator.globalPrivacyControl;
  };

  // Pages may be without storage, and then asking for it throws.
  const recall = () => {
    try {
      return remembers() ? sessionStorage.getItem(kept) : null;
    } catch {
      return null;
    }
  };

  const remember = (ctx) => {
    try {
      if (ctx && remembers()) sessionStorage.setItem(kept, ctx);
      else sessionStorage.removeItem(kept);
    } catch {
      // Then the next page asks anew.
    }
  };

  const ask = async (ctx) => {
    const page = new URLSearchParams(location.search);
    const said = {
      ctx,
      source: page.get("utm_source") || page.get("source") || page.get("ref"),
      campaign: page.get("utm_campaign"),
      referrer: document.referrer,
    };
    const url = new URL("/_edge/context/" + encodeURIComponent(handle), tag.src);
    for (const [name, value] of Object.entries(said)) {
      if (value) url.searchParams.set(name, value);
    }
    const reply = await fetch(url, { credentials: "same-origin", referrerPolicy: "strict-origin-when-cross-origin" });
    const body = await reply.json();
    return reply.ok ? body : { refused: body };
  };

  // The token of this address goes before the one of an earlier page; one that is no good is not asked with again.
  const decide = async () => {
    const brought = new URLSearchParams(location.search).get("ctx") || recall();
    let answer = await ask(brought);
    if (answer.refused && answer.refused.error === "invalid_context" && brought) {
      answer = await ask(null);
    }
    if (answer.refused) {
      warn(answer.refused.error + ": " + answer.refused.message);
      return null;
    }
    remember(answer.ctx);
    return answer;
  };

  const loaded = new Promise((done) => {
    if (document.readyState !== "loading") done();
    else document.addEventListener("DOMContentLoaded", done, { once: true });
  });

  const each = (mark, change) => document.querySelectorAll("[data-lp-" + mark + "]").forEach(change);

  const apply = (variant) => {
    if (typeof variant.title === "string") each("title", (at) => { at.textContent = variant.title; });
    if (typeof variant.cta === "string") each("cta", (at) => { at.textContent = variant.cta; });
    if (typeof variant.destinationUrl === "string") {
      const to = new URL(variant.destinationUrl);
      if (to.protocol === "https:" || to.protocol === "http:") {
        each("destination", (at) => at.setAttribute("href", to.href));
      }
    }
  };

  const run = async () => {
    if (!handle) {
      warn("say whose links lead here: data-handle=\"…\" on the script's tag");
      return null;
    }
    const answer = await decide();
    await loaded;
    if (answer && answer.decision && answer.decision.variant) apply(answer.decision.variant);
    return answer;
  };

  platform.ready = run()
    .catch((fault) => {
      warn("no answer from " + tag.src + "; may pages of " + location.origin + " ask for contexts of '" + handle + "'? (" + fault.message + ")");
      return null;
    })
    .then((answer) => {
      platform.context = answer;
      document.dispatchEvent(new CustomEvent("linkplatform:context", { detail: answer }));
      return answer;
    });
})();

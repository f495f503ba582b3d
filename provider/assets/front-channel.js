// Listens to the frames of the apps that are being told of a sign-out, tells the provider what they answered, and goes
// on. The page works without it: its link goes on, and the frames do their work all the same.
(() => {
  "use strict";

  // A frame that is loaded and has said nothing rarely says anything later.
  const PATIENCE_AFTER_LOAD = 200;
  // Without frames there is nothing to wait for; the user still gets to see what is shown.
  const PATIENCE_WITHOUT_FRAMES = 500;
  const PATIENCE_WITH_REPORTS = 300;

  const settled = new Map(); // frame -> "ended" | "silent"
  const loaded = new Set();
  const reports = [];
  let leaving = false;

  const section = () => document.getElementById("front-channel");
  // No newer syntax than it needs: browsers that are driven by programs, such as HtmlUnit, are not all of today.
  const frames = () => Array.from(document.querySelectorAll("#front-channel iframe"));

  const report = (frame, outcome) => {
    const body = new URLSearchParams({ client_id: frame.dataset.client, outcome });
    // keepalive: the report outlives the page.
    const sent = fetch(section().dataset.report, { method: "POST", body, keepalive: true });
    reports.push(sent.catch(() => {}));
  };

  const show = (frame) => {
    const items = Array.from(document.querySelectorAll('[data-testid="app-result"]'));
    const item = items.find(({ dataset }) => dataset.client === frame.dataset.client);
    if (!item) return;
    item.dataset.outcome = "ended";
    item.querySelector(".badge").textContent = "signed out";
  };

  const settle = (frame, how) => {
    if (settled.get(frame) === "ended" || settled.get(frame) === how) return;
    settled.set(frame, how);
    if (how === "ended") {
      show(frame);
      report(frame, "ended");
    } else if (!loaded.has(frame)) {
      report(frame, "unreachable");
    }
    goOnWhenSettled();
  };

  const goOnWhenSettled = () => {
    if (leaving || document.readyState === "loading") return;
    if (!frames().every((frame) => settled.has(frame))) return;
    leaving = true;
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_WITH_REPORTS));
    Promise.race([Promise.all(reports), patience]).then(() => location.replace(section().dataset.next));
  };

  addEventListener("message", (event) => {
    const frame = frames().find((frame) => frame.contentWindow === event.source);
    if (!frame || event.origin !== frame.dataset.origin) return;
    const { type, outcome } = event.data ?? {};
    if (type === "curfew:front-channel-logout" && outcome === "ended") settle(frame, "ended");
  });

  // `load` does not bubble, but it can be captured. It may end the wait; it says nothing about the outcome.
  document.addEventListener(
    "load",
    ({ target }) => {
      if (!(target instanceof HTMLIFrameElement)) return;
      loaded.add(target);
      setTimeout(() => settle(target, "silent"), PATIENCE_AFTER_LOAD);
    },
    true,
  );

  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of frames()) setTimeout(() => settle(frame, "silent"), Number(frame.dataset.patience));
    if (frames().length === 0) setTimeout(goOnWhenSettled, PATIENCE_WITHOUT_FRAMES);
    else goOnWhenSettled();
  });
})();

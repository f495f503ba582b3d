// Keeps the result of a sign-out up to date while somebody looks at it: asks for this very page again, and takes over what
// it says of the apps. The page works without it: a reload shows the same.
(() => {
  "use strict";

  const FIRST_PAUSE = 1000;
  const LONGEST_PAUSE = 15_000;
  const GROWTH = 1.1;
  // After that a reload shows it, or another look at the tab.
  const PATIENCE = 10 * 60 * 1000;
  const ANSWER_PATIENCE = 5000;

  const APP = '[data-testid="app-result"]';

  let pause = FIRST_PAUSE;
  let timer = 0;
  let asking = false;

  const isPending = () => document.querySelector(`${APP}[data-outcome="pending"]`) !== null;

  const show = (now) => {
    for (const item of document.querySelectorAll(APP)) {
      const told = now.querySelector(`${APP}[data-client="${CSS.escape(item.dataset.client)}"]`);
      // Only what has changed is touched, so that only that is read out.
      if (!told || told.dataset.outcome === item.dataset.outcome) continue;
      item.querySelector(".badge").textContent = told.querySelector(".badge").textContent;
      item.dataset.outcome = told.dataset.outcome;
    }
    const [shown, told] = [document, now].map((page) => page.getElementById("summary"));
    if (!shown || !told || shown.textContent === told.textContent) return;
    shown.className = told.className;
    shown.textContent = told.textContent;
  };

  // Whether it is worth asking again.
  const ask = async () => {
    const init = { cache: "no-store", signal: AbortSignal.timeout(ANSWER_PATIENCE) };
    try {
      const answer = await fetch(location.href, init);
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      return answer.status !== 404;
    } catch {
      return true; // The provider may be restarting.
    }
  };

  const look = async () => {
    if (asking || document.hidden || !isPending()) return;
    asking = true;
    clearTimeout(timer);
    const goesOn = await ask();
    asking = false;
    if (!goesOn || !isPending() || performance.now() > PATIENCE) return;
    timer = setTimeout(look, pause);
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
  };

  document.addEventListener("visibilitychange", () => {
    pause = FIRST_PAUSE;
    look();
  });

  document.addEventListener("DOMContentLoaded", () => {
    timer = setTimeout(look, FIRST_PAUSE);
  });
})();

// When a page asks its server whether its session still lives, and what it shows until it knows.

/** A tab that nobody could see for so many milliseconds hides before it asks. */
const LONG_MS = 30_000;
/** Browsers slow the timers of tabs in the background down to one a minute; such a gap is a sleep there too. */
const LONG_WHILE_HIDDEN_MS = 120_000;
/** How often it looks at the clock: no longer is seen, after a sleep, what was seen before. */
const TICK_MS = 2_000;
const ANSWER_WITHIN_MS = 10_000;
/** From then on the user is told what the page waits for. */
const PATIENCE_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * Asks at `check`, and calls `ended` when the server says that the session has ended. Whoever was in front of the screen
 * all along sees what was there anyway, so nothing hides from them; after a sleep, a time offline or long in the
 * background, the page hides first and has its stream renewed. While `isIdle`, nothing is asked.
 */
export function watch({ check, isIdle, ended, renew }) {
  const { body } = document;
  const unsure = document.querySelector("#unsure");
  // Only the answer to the newest question counts: an older one may have been judged before the sleep.
  let question = 0;
  let retry;
  let focused;

  const veil = () => {
    if (body.dataset.veiled !== undefined) return;
    focused = document.activeElement;
    body.dataset.veiled = "";
    body.dataset.session = "checking";
  };
  const unveil = () => {
    unsure.hidden = true;
    if (body.dataset.veiled === undefined) return;
    delete body.dataset.veiled;
    body.dataset.session = "signed-in";
    focused?.focus({ preventScroll: true });
  };
  const sayUnsure = () => {
    unsure.hidden = isIdle() || body.dataset.veiled === undefined;
  };

  const ask = async (wait = FIRST_RETRY_MS) => {
    clearTimeout(retry);
    if (isIdle()) return;
    const asked = ++question;
    const late = setTimeout(sayUnsure, PATIENCE_MS);
    // No answer, or one that does not judge, says nothing about the session.
    const answer = await fetch(check, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => {});
    clearTimeout(late);
    if (isIdle()) return;
    if (answer?.status === 401) return ended();
    if (asked !== question) return;
    if (answer?.ok) return unveil();
    sayUnsure();
    retry = setTimeout(() => ask(Math.min(2 * wait, LAST_RETRY_MS)), wait);
  };

  const wake = (long) => {
    if (isIdle()) return;
    if (long) {
      veil();
      renew();
    }
    ask();
  };

  let hiddenSince = document.hidden ? Date.now() : undefined;
  let lastTick = Date.now();
  const seen = () => {
    if (document.hidden) return;
    const away = hiddenSince === undefined ? 0 : Date.now() - hiddenSince;
    hiddenSince = undefined;
    lastTick = Date.now();
    wake(away >= LONG_MS);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenSince = Date.now();
    else seen();
  });
  addEventListener("focus", seen);
  addEventListener("online", () => wake(true));
  // Timers stand still while a machine sleeps, and the clock does not.
  setInterval(() => {
    const slept = Date.now() - lastTick;
    lastTick = Date.now();
    if (slept >= (document.hidden ? LONG_WHILE_HIDDEN_MS : LONG_MS)) wake(true);
  }, TICK_MS);
}

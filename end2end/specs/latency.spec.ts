import type { BrowserContext } from '@playwright/test';
import { callApi } from '../fixtures/api';
import type { Demo } from '../fixtures/demo';
import { report, RUNS, TAKES_ALL } from '../fixtures/figures';
import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import type { App } from '../pages/app';
import type { AppA } from '../pages/app-a';
import type { AppB } from '../pages/app-b';

/**
 * Prints how long a sign-out takes to arrive, from the click event on the button; asserts only that it always does. The
 * clocks of all pages and of this process are the machine's. `cargo xtask latency` takes the figures for the budgets.
 */

const CLICKED = 'curfew-test-clicked-at';
const LOCKED = 'curfew-test-locked-at';
const GIVE_UP_AFTER_MS = 10_000;
const RUN_WITHIN_MS = 9_000;

test.setTimeout(RUNS * RUN_WITHIN_MS);

test("from the click at A to the lock of B's tab", async ({ openContext, demo, topology }) => {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    times.push(await withSignedIn(openContext, demo, ({ a, b, context }) => clickToLock(context, a, b)));
  }
  report(`click at A to lock at B, ${topology}`, times);
  expect(times).toHaveLength(RUNS);
});

test("from the click at B to the lock of A's tab", async ({ openContext, demo, topology }) => {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    times.push(await withSignedIn(openContext, demo, ({ a, b, context }) => clickToLock(context, b, a)));
  }
  report(`click at B to lock at A, ${topology}`, times);
  expect(times).toHaveLength(RUNS);
});

/** Asks all the time, and so slows down what it measures. */
test("from the click at A to the refusal by B's API", async ({ openContext, demo, topology }) => {
  test.skip(!TAKES_ALL, 'taken by `cargo xtask latency` only');
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const time = await withSignedIn(openContext, demo, async ({ a, b, context }) => {
      const { access_token } = await b.tokens();
      const [refused] = await Promise.all([firstRefusal(demo, access_token), a.signOutAndReturn()]);
      return refused - (await noted(context, demo.appA, CLICKED));
    });
    times.push(time);
  }
  report(`click at A to 401 at B, ${topology}`, times);
  expect(times).toHaveLength(RUNS);
});

type SignedIn = { a: AppA; b: AppB; context: BrowserContext };

/** A browser of its own for each run, with both apps open and their streams as well. */
async function withSignedIn(
  openContext: () => Promise<BrowserContext>,
  demo: Demo,
  measure: (signedIn: SignedIn) => Promise<number>,
): Promise<number> {
  const context = await openContext();
  await context.addInitScript(noteWhen, { clicked: CLICKED, locked: LOCKED });
  const time = await measure({ ...(await new Person('alice', context, demo).signedInAtBoth()), context });
  await context.close();
  return time;
}

async function clickToLock(context: BrowserContext, from: App, to: App): Promise<number> {
  await from.signOutAndReturn();
  await to.expectSignedOut();
  return (await noted(context, to.origin, LOCKED)) - (await noted(context, from.origin, CLICKED));
}

/** Runs in every page before its own scripts: notes when "sign out" was clicked, and when a signed-in page locked. */
function noteWhen(keys: { clicked: string; locked: string }): void {
  const note = (key: string, time: number) => sessionStorage.setItem(key, String(performance.timeOrigin + time));
  document.addEventListener(
    'click',
    (event) => {
      if ((event.target as Element).closest('[data-testid=sign-out]')) note(keys.clicked, event.timeStamp);
    },
    { capture: true },
  );
  let signedIn = false;
  new MutationObserver(() => {
    const session = document.body?.dataset.session;
    if (signedIn && session === 'signed-out') note(keys.locked, performance.now());
    signedIn = session === 'signed-in';
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-session'] });
}

/** What `noteWhen` noted in the tab of that app, in milliseconds since the Unix epoch. */
async function noted(context: BrowserContext, origin: string, key: string): Promise<number> {
  const tab = context.pages().find((page) => new URL(page.url()).origin === origin);
  const time = await tab?.evaluate((key) => sessionStorage.getItem(key), key);
  if (!time) throw new Error(`no ${key} at ${origin}`);
  return Number(time);
}

/** When the API first refused the token, as this process saw it, in milliseconds since the Unix epoch. */
async function firstRefusal(demo: Demo, accessToken: string): Promise<number> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  while (Date.now() < deadline) {
    const { status, reason } = await callApi(demo, accessToken);
    expect(status).toBe(401);
    // A request without proof is refused in any case; for its session's end before anything else.
    if (reason === 'session_ended') return performance.timeOrigin + performance.now();
  }
  throw new Error(`the API accepted the token for ${GIVE_UP_AFTER_MS} ms`);
}

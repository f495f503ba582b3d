import type { BrowserContext } from '@playwright/test';
import { callApi } from '../fixtures/api';
import type { Demo } from '../fixtures/demo';
import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

const RUNS = 20;
const CLICKED = 'curfew-test-clicked-at';
const LOCKED = 'curfew-test-locked-at';
const GIVE_UP_AFTER_MS = 10_000;

test.setTimeout(180_000);

/**
 * Prints how long a sign-out takes to arrive, from the click event on A's button; asserts only that it always does. The
 * clocks of both pages and of this process are the machine's.
 */
test('from the click at A to the lock at B and to the refusal by its API', async ({ openContext, demo, topology }) => {
  const toLock: number[] = [];
  const toRefusal: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const context = await openContext();
    await context.addInitScript(noteWhen, { clicked: CLICKED, locked: LOCKED });
    const { a, b } = await new Person('alice', context, demo).signedInAtBoth();
    const { access_token } = await b.tokens();

    const [refused] = await Promise.all([firstRefusal(demo, access_token), a.signOutAndReturn()]);
    await b.expectSignedOut();

    const clicked = await noted(context, demo.appA, CLICKED);
    toLock.push((await noted(context, demo.appB, LOCKED)) - clicked);
    toRefusal.push(refused - clicked);
    await context.close();
  }
  report(`click to lock, ${topology}`, toLock);
  report(`click to 401, ${topology}`, toRefusal);
  expect(toLock).toHaveLength(RUNS);
  expect(toRefusal).toHaveLength(RUNS);
});

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
    if (status === 401) {
      expect(reason).toBe('session_ended');
      return performance.timeOrigin + performance.now();
    }
  }
  throw new Error(`the API accepted the token for ${GIVE_UP_AFTER_MS} ms`);
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
  console.log(`${what}: median ${median.toFixed(0)} ms, max ${sorted.at(-1)?.toFixed(0)} ms, n = ${sorted.length}`);
}

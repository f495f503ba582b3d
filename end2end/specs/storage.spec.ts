import { expectAccepted } from '../fixtures/expect';
import { expect, test } from '../fixtures/test';

const TOKENS = 'curfew-b-tokens';

const FAULTS: [what: string, break_: () => void, says: RegExp][] = [
  [
    'no storage',
    () => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('', 'SecurityError'); } }),
    /keeps no site data for App B/,
  ],
  [
    'full storage',
    () => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }; },
    /storage for App B is full/,
  ],
  [
    'no place for a key',
    () => { IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); }; },
    /keeps no key for App B/,
  ],
];

for (const [what, break_, says] of FAULTS) {
  test(`a browser with ${what} is told what to do`, async ({ alice }) => {
    await alice.signInAtA();
    await alice.context.addInitScript(break_);
    const b = await alice.openB();
    await b.expectSignedOut();
    await expect(b.page.getByText(says)).toBeVisible();
  });
}

const UNREADABLE: Record<string, (stored: string) => string> = {
  garbage: () => '{"v":2,"access_token',
  'of an older version': (stored) => JSON.stringify({ ...(JSON.parse(stored) as object), v: 1 }),
  'of another kind': () => '[1,2,3]',
};

for (const [what, change] of Object.entries(UNREADABLE)) {
  test(`tokens that are ${what} lead to the signed-out view, which says so`, async ({ alice, demo }) => {
    const { b } = await alice.signedInAtBoth();
    const stored = JSON.stringify(await b.tokens());
    await b.page.evaluate(([key, value]) => localStorage.setItem(key!, value!), [TOKENS, change(stored)]);
    await b.page.reload();
    await b.expectSignedOut();
    await expect(b.page.getByText('could not be read')).toBeVisible();
    await b.expectNoTokens();
    await b.signIn.click();
    await b.expectSignedIn('alice');
    await expectAccepted(demo, b);
  });
}

test('where the browser stores no tokens, the session lasts as long as its page', async ({ alice }) => {
  await alice.signInAtA();
  await alice.context.addInitScript((tokens) => {
    const setItem = Storage.prototype.setItem;
    Storage.prototype.setItem = function (key: string, value: string) {
      if (key === tokens) throw new DOMException('', 'QuotaExceededError');
      setItem.call(this, key, value);
    };
  }, TOKENS);
  const b = await alice.openB();
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
  await b.page.reload();
  await b.expectSignedOut();
});

/// T-24: what is stored may be of a session that has ended meanwhile.
test('tokens of an ended session show nothing of it, not even for a moment', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const stored = JSON.stringify(await b.tokens());
  await b.page.goto(`${demo.appB}/healthz`);
  await a.signOutAndReturn();
  await b.page.evaluate(([key, value]) => localStorage.setItem(key!, value!), [TOKENS, stored]);
  let answer: () => void = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await alice.context.route('**/api/me', async (route) => {
    await held;
    await route.continue();
  });

  const asked = b.page.waitForRequest('**/api/me');
  await b.open();
  await asked;
  await expect(b.body).toHaveAttribute('data-session', 'checking');
  await expect(b.body).not.toContainText('alice');
  await expect(b.body).not.toContainText('Your notes');
  answer();
  await b.expectLocked({ reason: ['check'], channel: ['back-channel', 'front-channel'] });
  await b.expectNoTokens();
});

test('a browser that takes its storage away later ends nothing, and hears of the end all the same', async ({ alice }) => {
  const { b } = await alice.signedInAtBoth();
  await b.page.evaluate(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException('', 'SecurityError'); } });
    }
  });
  expect(await b.callApi()).toBe(200);
  const other = await alice.openB();
  await other.expectSignedIn('alice');
  await other.signOut.click();
  await b.expectLocked({ reason: ['push', 'tab'] });
});

import type { Page } from '@playwright/test';
import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import type { App } from '../pages/app';
import { shownState, spokenText, STATES, type Shown } from '../pages/state';

type Case = { tab: App; signOutElsewhere: () => Promise<void>; events: RegExp; check: RegExp };

const APPS: Record<'A' | 'B', (alice: Person) => Promise<Case>> = {
  A: async (alice) => {
    const { a, b } = await alice.signedInAtBoth();
    return { tab: a, signOutElsewhere: () => b.signOutAndReturn(), events: /\/events\?/, check: /\/session\?/ };
  },
  B: async (alice) => {
    const { a, b } = await alice.signedInAtBoth();
    return { tab: b, signOutElsewhere: () => a.signOutAndReturn(), events: /\/api\/events$/, check: /\/api\/me$/ };
  },
};

/** What a tab says of its state to those who do not see it. */
const SPOKEN: Record<keyof typeof STATES, RegExp> = {
  checking: /whether you are still signed in/,
  signedIn: /signed in/i,
  reconnecting: /server does not answer/,
  signedOut: /Welcome to App A|You are not signed in/,
  locked: /You have been signed out/,
};

/** The tab shows this state, legibly in light and dark; it is spoken, by words of the page and not by the sign in the bar. */
async function expectState(page: Page, state: keyof typeof STATES): Promise<Shown> {
  await expect.poll(async () => (await shownState(page))?.text).toBe(STATES[state]);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect((await shownState(page))?.contrast, `${state}, ${colorScheme}`).toBeGreaterThan(4.5);
  }
  await expect.poll(() => spokenText(page), { message: state }).toMatch(SPOKEN[state]);
  expect(await spokenText(page)).not.toContain(STATES[state]);
  return (await shownState(page))!;
}

/** As when the machine is online again: the tab asks its server, and opens its stream anew. */
const wake = (page: Page) => page.evaluate(() => dispatchEvent(new Event('online')));

for (const [name, signIn] of Object.entries(APPS)) {
  for (const width of [1280, 390]) {
    test(`a tab of ${name}, ${width} px wide, shows its state at a glance, and nothing moves when it changes`, async ({ alice }) => {
      const fresh = name === 'A' ? await alice.openA() : await alice.openB();
      await fresh.page.setViewportSize({ width, height: 800 });
      // B has asked the provider by then.
      await fresh.expectSignedOut();
      const signedOut = await expectState(fresh.page, 'signedOut');
      await fresh.page.close();

      const { tab, signOutElsewhere, events, check } = await signIn(alice);
      const { page } = tab;
      await page.setViewportSize({ width, height: 800 });
      const signedIn = await expectState(page, 'signedIn');

      await page.route(events, (route) => route.abort());
      await wake(page);
      const reconnecting = await expectState(page, 'reconnecting');
      await tab.expectSignedIn('alice');

      await page.route(check, (route) => route.abort());
      await wake(page);
      const checking = await expectState(page, 'checking');

      await page.unroute(check);
      await page.unroute(events);
      await wake(page);
      await expectState(page, 'signedIn');
      await signOutElsewhere();
      const locked = await expectState(page, 'locked');

      const shown = [signedOut, signedIn, reconnecting, checking, locked];
      for (const { where } of shown) expect(where).toBe(signedIn.where);
      expect(new Set(shown.map(({ colours }) => colours)).size, 'each has its colour as well').toBe(shown.length);
    });
  }
}

test('whoever signs out in this tab finds it signed out, not locked', async ({ alice }) => {
  const { b } = await alice.signedInAtBoth();
  await b.signOutAndReturn();
  await expect(b.body).toHaveAttribute('data-reason', 'user');
  expect((await shownState(b.page))?.text).toBe(STATES.signedOut);
});

test('a page about something that went wrong claims nothing of the session', async ({ alice, demo }) => {
  const a = await alice.signInAtA();
  await a.page.goto(`${demo.appA}/callback?code=unknown&state=unknown`);
  await expect(a.page.locator('.notice.error')).toBeVisible();
  expect(await shownState(a.page)).toBeUndefined();
});

test('the state is no matter of colour where the browser takes the colours away, and is not printed', async ({ alice }) => {
  const a = await alice.signInAtA();
  await a.page.emulateMedia({ forcedColors: 'active' });
  expect((await shownState(a.page))?.text).toBe(STATES.signedIn);
  expect(await a.page.evaluate(() => getComputedStyle(document.querySelector('.bar')!, '::after').borderTop)).toMatch(/^1px solid/);
  await a.page.emulateMedia({ media: 'print' });
  expect(await shownState(a.page)).toBeUndefined();
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('A shows its state, and B says what it needs instead of checking for ever', async ({ alice, demo }) => {
    const a = await alice.signInAtA();
    expect((await shownState(a.page))?.text).toBe(STATES.signedIn);
    await a.page.goto(`${demo.appB}/`);
    await expect(a.page.locator('noscript .notice')).toBeVisible();
    expect(await shownState(a.page)).toBeUndefined();
  });
});

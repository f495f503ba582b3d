import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { letTimeBeMoved, moveTime } from '../fixtures/clock';
import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import type { App } from '../pages/app';
import { shownState, STATES } from '../pages/state';

/** Longer than somebody looks away for a moment, shorter than an access token lives. */
const SLEEP_MS = 60_000;
const SEEN = 'curfew-test-seen';

// No channel reaches these tabs: what they learn, they have asked for.
test.use({ without: ['front-channel', 'push', 'broadcast'] });

type Signed = { tab: App; signOutElsewhere: () => Promise<void>; secret: string; checkPath: string };

const APPS: Record<'A' | 'B', (alice: Person) => Promise<Signed>> = {
  A: async (alice) => {
    const { a, b } = await alice.signedInAtBoth();
    return { tab: a, signOutElsewhere: () => b.signOutAndReturn(), secret: 'Hello, alice', checkPath: '/session' };
  },
  B: async (alice) => {
    const { a, b } = await alice.signedInAtBoth();
    const secret = `note ${randomUUID()}`;
    await b.addNote(secret);
    return { tab: b, signOutElsewhere: () => a.signOutAndReturn(), secret, checkPath: '/api/me' };
  },
};

const turnTo = (page: Page) => page.evaluate(() => dispatchEvent(new Event('focus')));

for (const [name, signIn] of Object.entries(APPS)) {
  /// T-25
  test(`a tab of ${name} that nothing has told learns of the sign-out when the user turns to it`, async ({ alice }) => {
    const { tab, signOutElsewhere } = await signIn(alice);
    await signOutElsewhere();
    await tab.expectSignedIn('alice');
    await turnTo(tab.page);
    await tab.expectLocked({ reason: ['check'] });
  });

  /// T-25
  test(`a tab of ${name} learns of the sign-out when it is online again`, async ({ alice }) => {
    const { tab, signOutElsewhere, secret } = await signIn(alice);
    await signOutElsewhere();
    await alice.context.setOffline(true);
    await tab.expectSignedIn('alice');
    await alice.context.setOffline(false);
    await tab.expectLocked({ reason: ['check'] });
    await expect(tab.body).not.toContainText(secret);
  });

  /// T-25
  test(`a tab of ${name} that has slept shows nothing until its server has spoken`, async ({ alice }) => {
    await letTimeBeMoved(alice.context);
    const { tab, signOutElsewhere, secret, checkPath } = await signIn(alice);
    const shown = tab.page.getByText(secret, { exact: true });
    const where = await shown.boundingBox();
    const ask = `**${checkPath}*`;

    await test.step('the server says at once that the session lives', async () => {
      await tab.signOut.focus();
      const answer = tab.page.waitForResponse((response) => new URL(response.url()).pathname === checkPath);
      await moveTime(tab.page, SLEEP_MS);
      await answer;
      await tab.expectSignedIn('alice');
      expect(await shown.boundingBox(), 'nothing has moved').toEqual(where);
      await expect(tab.signOut, 'it keeps the focus').toBeFocused();
    });
    await test.step('the server has yet to answer', async () => {
      let letGo: () => void = () => {};
      const untilLet = new Promise<void>((resolve) => (letGo = resolve));
      await tab.page.route(ask, (route) => untilLet.then(() => route.continue()));
      await moveTime(tab.page, SLEEP_MS);
      await expect(tab.body).toHaveAttribute('data-veiled');
      expect((await shownState(tab.page))?.text).toBe(STATES.checking);
      await expect(shown).toBeHidden();
      letGo();
      await tab.expectSignedIn('alice');
      expect((await shownState(tab.page))?.text).toBe(STATES.signedIn);
      await tab.page.unroute(ask);
    });
    await test.step('the server cannot be reached', async () => {
      await tab.page.route(ask, (route) => route.abort());
      await moveTime(tab.page, SLEEP_MS);
      await expect(tab.body).toHaveAttribute('data-session', 'checking');
      await expect(shown).toBeHidden();
      await expect(tab.page.getByText('whether you are still signed in')).toBeVisible();
    });
    await test.step('the server says so later', async () => {
      await tab.page.unroute(ask);
      await turnTo(tab.page);
      await tab.expectSignedIn('alice');
      await expect(shown).toBeVisible();
    });
    await test.step('the server says that it has ended', async () => {
      await signOutElsewhere();
      await tab.expectSignedIn('alice');
      await moveTime(tab.page, SLEEP_MS);
      await tab.expectLocked({ reason: ['check'] });
      await expect(shown).toHaveCount(0);
    });
  });

  /// T-24
  test(`back in a tab of ${name} after the sign-out, nothing of the session is seen`, async ({ alice, demo }) => {
    await alice.context.addInitScript(noteWhatIsSeen, SEEN);
    const { tab, signOutElsewhere, secret } = await signIn(alice);
    const seen = () => tab.page.evaluate((key) => sessionStorage.getItem(key), SEEN);
    expect(await seen()).toContain(secret);
    await tab.page.evaluate((key) => sessionStorage.removeItem(key), SEEN);
    await tab.page.goto(`${demo.provider}/.well-known/openid-configuration`);
    await signOutElsewhere();
    await tab.page.goBack({ waitUntil: 'commit' });
    await tab.expectSignedOut();
    expect(await seen()).toMatch(/sign in/i);
    expect(await seen()).not.toContain(secret);
  });
}

/** Runs in every page before its own scripts: notes what of it can be seen, also at the moment in which it comes back. */
function noteWhatIsSeen(key: string): void {
  const look = () => {
    const main = document.querySelector('main');
    if (!main?.checkVisibility({ visibilityProperty: true })) return;
    sessionStorage.setItem(key, `${sessionStorage.getItem(key) ?? ''}\n${main.textContent}`);
  };
  addEventListener('pageshow', look);
  const changes = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, changes);
}

import type { BrowserContext } from '@playwright/test';
import { Demo } from '../fixtures/demo';
import { expectAccepted, expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import type { Parties } from '../fixtures/parties';
import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import { pageWithoutScript } from '../fixtures/without-script';
import { Account } from '../pages/account';
import { BY_ANY_WAY, type Reason } from '../pages/app';

// Several browsers, each with tabs of both apps.
test.setTimeout(90_000);

/** What a browser can hear by that has nothing to do with the sign-out: no page of its own loads frames. */
const FROM_ITS_SERVER: { reason: Reason[]; channel: ['back-channel'] } = {
  reason: ['push', 'tab'],
  channel: ['back-channel'],
};

async function account(context: BrowserContext, demo: Parties, runsScript = true): Promise<Account> {
  const page = runsScript ? await context.newPage() : await pageWithoutScript(context);
  const account = new Account(page, demo, runsScript);
  await account.open();
  return account;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with script' : 'without script', () => {
    /// RPI-26, T-09
    test('who ends another session locks the tabs of that browser, and of no other', async ({
      alice,
      bob,
      browser,
      demo,
    }) => {
      const there = await alice.signedInAtBoth();
      const his = await bob.signedInAtBoth();
      const { access_token } = await there.b.tokens();
      const here = await browser.newContext({ javaScriptEnabled });
      const page = await account(here, demo, javaScriptEnabled);
      await page.signIn('alice');
      await page.expectSignedIn('alice');
      const hers = page.elsewhere.filter({ hasText: 'App A, App B' }).first();
      await expect(hers).toContainText('Chrome on Linux');

      const result = await page.endOne(hers);

      await result.expectOutcome('app-a', 'ended');
      await result.expectOutcome('app-b', 'ended');
      await expect(result.summary).toContainText('Here you are still signed in');
      await there.a.expectLocked(FROM_ITS_SERVER);
      await there.b.expectLocked(FROM_ITS_SERVER);
      await expectSessionEnded(demo, access_token);
      await expectBothStillSignedIn('bob', his.a, his.b, demo);
      await page.page.getByTestId('continue').click();
      await page.expectSignedIn('alice');
      await here.close();
    });

    /// RPI-26, CORE-02
    test('who ends all sessions is signed out here too, and every app has heard', async ({ alice, browser, demo }) => {
      const there = await alice.signedInAtBoth();
      const here = await browser.newContext({ javaScriptEnabled });
      const a = await new Person('alice', here, demo).signInAtA();
      const page = await account(here, demo, javaScriptEnabled);

      const result = await page.endAllSessions();

      await expect(result.summary).toHaveText('You are signed out everywhere.');
      await there.a.expectLocked(FROM_ITS_SERVER);
      await there.b.expectLocked(FROM_ITS_SERVER);
      await a.page.reload();
      await a.expectSignedOut();
      await page.open();
      await expect(page.page.locator('input[name=username]')).toBeVisible();
      await here.close();
    });

    /// RPI-26, T-09
    test('who ends all other sessions stays signed in here', async ({ alice, openContext, demo }) => {
      const there = await alice.signedInAtBoth();
      const context = await openContext();
      const here = await new Person('alice', context, demo).signedInAtBoth();
      const page = await account(context, demo, javaScriptEnabled);

      const result = await page.endOtherSessions();

      await expect(result.summary).toContainText('Here you are still signed in');
      await there.a.expectLocked(FROM_ITS_SERVER);
      await there.b.expectLocked(FROM_ITS_SERVER);
      await expectBothStillSignedIn('alice', here.a, here.b, demo);
      await page.open();
      await expect(page.sessions).toHaveCount(1);
      await expect(page.here).toHaveCount(1);
    });

    /// RPI-26, BCL-40
    test('the page ends its own session like any sign-out', async ({ alice, demo }) => {
      const { a, b } = await alice.signedInAtBoth();
      const page = await account(alice.context, demo, javaScriptEnabled);
      await page.endOne(page.here);
      await a.expectLocked(BY_ANY_WAY);
      await b.expectLocked(BY_ANY_WAY);
    });

    /// RPI-26
    test('a new password signs everybody out who came in by the old one', async ({ openContext, topology }) => {
      const NEW = 'correct horse battery staple';
      // With a server of its own: the other tests' users keep their passwords.
      const demo = await Demo.start(topology);
      try {
        const there = await new Person('alice', await openContext(), demo).signedInAtBoth();
        const alice = new Person('alice', await openContext(), demo);
        const { a, b } = await alice.signedInAtBoth();
        const page = await account(alice.context, demo, javaScriptEnabled);

        await page.changePassword('wrong', NEW);
        await expect(page.problem).toContainText('current password is wrong');
        await page.changePassword('alice', NEW);
        await expect(page.passwordChanged).toBeVisible();
        await there.a.expectLocked(FROM_ITS_SERVER);
        await there.b.expectLocked(FROM_ITS_SERVER);
        await a.expectSignedIn('alice');
        await expectAccepted(demo, b);

        const again = await account(await openContext(), demo, javaScriptEnabled);
        await again.signIn('alice');
        await expect(again.problem).toBeVisible();
        await again.signIn('alice', NEW);
        await again.expectSignedIn('alice');
      } finally {
        await demo.stop();
      }
    });
  });
}

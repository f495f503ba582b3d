import type { Page } from '@playwright/test';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { BY_ANY_WAY } from '../pages/app';
import { nextAnswers, watch } from './fixtures/frame-talk';
import { servePublicScripts } from './fixtures/public-scripts';
import { appProcess } from './fixtures/software';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider-6.mjs', 'oidc-provider-6').extend<object, { monitor: string }>({
  /** Where an app with oidc-client-ts is, which asks the check-session frame every 200 ms. */
  monitor: [
    async ({ workerParties: { provider, monitor: origin } }, use) => {
      const app = appProcess('oidc-client-ts.mjs', { clientId: 'monitor', clientSecret: '', provider, origin });
      await app.start();
      await use(origin);
      await app.stop();
    },
    { scope: 'worker' },
  ],
});

test.use({ channels: ['front-channel'], topology: 'same-site' });

const heard = { reason: BY_ANY_WAY.reason, channel: ['front-channel'] as const };

/** Opens the app that monitors, which finds the session that is there. */
async function openMonitor(page: Page, origin: string): Promise<Page> {
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('signed in as alice')).toBeVisible();
  return page;
}

/// FCL-10
test("on the apps' site, by the front channel alone, signing out at A locks B's open tab and ends its access token", async ({
  alice,
  parties,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  await expectAccepted(parties, b);
  const { access_token } = await b.tokens();
  await signOutAndConfirm(a);
  await b.expectLocked(heard);
  await b.expectNoTokens();
  await expectSessionEnded(parties, access_token);
});

/// FCL-10
test("on the apps' site, by the front channel alone, signing out at B locks A's open tab and ends A's session", async ({
  alice,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  await signOutAndConfirm(b);
  await a.expectLocked(heard);
  await a.page.reload();
  await a.expectSignedOut();
});

/// SM-07, SM-10, SM-13
test('an app that asks its check-session frame hears of a sign-out at A, beside A and B, which do not ask', async ({
  alice,
  parties,
  monitor,
}) => {
  await servePublicScripts(alice.context);
  const seen = await watch(alice.context, parties.provider, monitor);
  const { a, b } = await alice.signedInAtBoth();
  const asking = await openMonitor(await alice.context.newPage(), monitor);
  expect(new Set(await nextAnswers(seen.answered))).toEqual(new Set(['unchanged']));
  await expectAccepted(parties, b);

  await signOutAndConfirm(a);

  await expect(asking.locator('#user')).toHaveText('signed out');
  await b.expectLocked(heard);
  expect(seen.answered()).toContain('changed');
  expect(new Set(seen.askers()), 'neither A nor B').toEqual(new Set([monitor]));
});

/// SM-11, SM-22
test('to an app on another site its check-session frame answers error', async ({ alice, parties, monitor }) => {
  await servePublicScripts(alice.context);
  const elsewhere = monitor.replace('localhost', '127.0.0.1');
  const seen = await watch(alice.context, parties.provider, elsewhere);
  await alice.signInAtA();
  const asking = await openMonitor(await alice.context.newPage(), elsewhere);
  expect(new Set(await nextAnswers(seen.answered))).toEqual(new Set(['error']));
  await expect(asking.locator('#user')).toHaveText('signed in as alice');
  expect(seen.silent).toEqual([]);
});

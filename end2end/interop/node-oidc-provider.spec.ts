import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { Person } from '../fixtures/person';
import type { App } from '../pages/app';
import { ForeignProvider } from './fixtures/foreign-provider';
import { npmVersion, tried } from './fixtures/software';
import { lend, test as base } from './fixtures/test';

const test = base.extend<{ parties: ForeignProvider }, { workerParties: ForeignProvider }>({
  workerParties: [
    async ({ topology }, use) => {
      const parties = await ForeignProvider.start('node-oidc-provider.mjs', topology);
      await use(parties);
      await parties.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  parties: ({ workerParties }, use, testInfo) => lend(workerParties, use, testInfo),
  alice: async ({ context, parties }, use) => use(new Person('alice', context, parties)),
});

test.beforeEach(({}, testInfo) => tried(testInfo, 'node-oidc-provider', npmVersion('oidc-provider')));

/** Its own question comes first, with an ID token as well. */
async function signOutAndConfirm(app: App): Promise<void> {
  await app.signOut.click();
  await app.page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await app.page.waitForURL(({ origin }) => origin === app.origin);
  await app.expectSignedOut();
}

/// BCL-40
test("App A and App B as its clients: signing out at A locks B's open tab and ends its access token", async ({
  alice,
  parties,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  await expectAccepted(parties, b);
  const { access_token } = await b.tokens();
  await signOutAndConfirm(a);
  await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await b.expectNoTokens();
  await expectSessionEnded(parties, access_token);
});

/// BCL-40
test("App A and App B as its clients: signing out at B locks A's open tab and ends A's session", async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await signOutAndConfirm(b);
  await a.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await a.page.reload();
  await a.expectSignedOut();
});

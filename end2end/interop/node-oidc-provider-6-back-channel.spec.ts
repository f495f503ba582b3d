import { examine } from '../fixtures/doctor';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { Person } from '../fixtures/person';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider-6.mjs', 'oidc-provider-6');

test.use({ channels: ['back-channel'] });

/// BCL-08, BCL-40
test("by its logout tokens, signing out at A locks B's open tab and ends its access token", async ({
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
test("its logout tokens carry the app's sid: the user's other browser stays signed in", async ({
  alice,
  parties,
  openContext,
}) => {
  const there = await alice.signedInAtBoth();
  const elsewhere = await new Person('alice', await openContext(), parties).signedInAtBoth();

  await signOutAndConfirm(there.a);

  await there.b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await elsewhere.a.page.reload();
  await elsewhere.a.expectSignedIn('alice');
  await expectAccepted(parties, elsewhere.b);
  expect(await elsewhere.b.callApi()).toBe(200);
});

test('`server doctor` says that a sign-out reaches every app, where its back channel is switched on', async ({ parties }) => {
  const { exitCode, outcome, verdicts } = await examine(parties.provider);
  expect([exitCode, outcome]).toEqual([0, 'works']);
  expect(verdicts).toMatchObject({ 'back-channel': 'works', 'front-channel': 'no', 'check-session': 'no', sid: 'works' });
});

import { examine } from '../fixtures/doctor';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test.use({ channels: ['back-channel'] });

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

test('`server doctor` says of it that a sign-out reaches every app', async ({ parties }) => {
  const { exitCode, outcome, verdicts } = await examine(parties.provider);
  expect([exitCode, outcome]).toEqual([0, 'works']);
  expect(verdicts).toMatchObject({
    'end-session': 'works',
    'back-channel': 'works',
    'front-channel': 'no',
    'check-session': 'no',
    issuer: 'works',
    signatures: 'works',
    'code-flow': 'works',
    pkce: 'works',
    'issuer-parameter': 'works',
    sid: 'works',
    'access-tokens': 'unknown',
    dpop: 'works',
    revocation: 'works',
  });
});

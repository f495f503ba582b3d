import { examine } from '../fixtures/doctor';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { claimsOf } from '../fixtures/jwt';
import { expect } from './fixtures/test';
import { framesOfSignOut, signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider-6.mjs', 'oidc-provider-6');

test.use({ channels: ['front-channel'] });

/// FCL-10, FCL-13, FCL-14
test("by the front channel alone, signing out at A locks B's open tab and ends its access token", async ({
  alice,
  parties,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  await expectAccepted(parties, b);
  const { access_token, id_token } = await b.tokens();
  const frames = framesOfSignOut(a.page, parties);

  await signOutAndConfirm(a);

  // Across sites the frame cannot tell the tab, and has no cookie: the app's server goes by `iss` and `sid`, and pushes.
  await b.expectLocked({ reason: ['push'], channel: ['front-channel'] });
  await b.expectNoTokens();
  await expectSessionEnded(parties, access_token);
  expect(Object.keys(frames).sort()).toEqual(['app-a', 'app-b']);
  expect(frames['app-b']).toEqual({ iss: parties.provider, sid: claimsOf(id_token).sid });
});

/// FCL-10
test("by the front channel alone, signing out at B locks A's open tab and ends A's session", async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await signOutAndConfirm(b);
  await a.expectLocked({ reason: ['push'], channel: ['front-channel'] });
  await a.page.reload();
  await a.expectSignedOut();
});

test('`server doctor` names the gap of a provider that has no back channel switched on', async ({ parties }) => {
  const { exitCode, outcome, verdicts } = await examine(parties.provider);
  expect([exitCode, outcome]).toEqual([1, 'gaps']);
  expect(verdicts).toMatchObject({
    'end-session': 'works',
    'back-channel': 'no',
    'front-channel': 'works',
    frame: 'works-same-site',
    'check-session': 'no',
    issuer: 'works',
    signatures: 'works',
    'code-flow': 'works',
    pkce: 'works',
    'issuer-parameter': 'works',
    sid: 'works',
    'access-tokens': 'unknown',
    dpop: 'no',
    revocation: 'works',
  });
});

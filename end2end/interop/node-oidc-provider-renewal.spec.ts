import { moveTime } from '../fixtures/clock';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { nextTokens, signedInAtBWithClock } from '../fixtures/renewal';
import { DUE_MS, watchRenewals } from './fixtures/renewal';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test('App B renews by its refresh tokens, with proofs of its key', async ({ alice, parties }) => {
  const b = await signedInAtBWithClock(alice);
  const first = await b.tokens();
  expect(first.token_type).toBe('DPoP');
  const seen = watchRenewals(alice.context, parties);

  await moveTime(b.page, DUE_MS);

  const next = await nextTokens(b, first);
  expect(next.expires_at).toBeGreaterThan(first.expires_at);
  expect(next.refresh_token, 'there is one to renew by').not.toBeNull();
  await b.expectSignedIn('alice');
  await expectAccepted(parties, b);
  expect(seen).toEqual({ grants: ['refresh_token'], frames: [] });
});

/// BCL-42
test("where the provider tells nobody of a sign-out, B's tab learns of it when its refresh token is refused", async ({
  alice,
  parties,
}) => {
  const b = await signedInAtBWithClock(alice);
  const { access_token } = await b.tokens();
  await signOutAndConfirm(await alice.openA());
  await b.expectSignedIn('alice');

  await moveTime(b.page, DUE_MS);

  await b.expectLocked({ reason: ['check'], channel: ['provider'] });
  await b.expectNoTokens();
  // The tab has told its API.
  await expectSessionEnded(parties, access_token);
});

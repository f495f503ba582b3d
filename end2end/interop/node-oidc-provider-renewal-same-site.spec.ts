import { moveTime } from '../fixtures/clock';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { nextTokens, signedInAtBWithClock } from '../fixtures/renewal';
import { DUE_MS, watchRenewals } from './fixtures/renewal';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test.use({ topology: 'same-site' });

test("on the apps' site, App B renews in a hidden frame", async ({ alice, parties }) => {
  const b = await signedInAtBWithClock(alice);
  const first = await b.tokens();
  expect(first.refresh_token).toBeNull();
  const seen = watchRenewals(alice.context, parties);

  await moveTime(b.page, DUE_MS);

  const next = await nextTokens(b, first);
  expect(next.expires_at).toBeGreaterThan(first.expires_at);
  await b.expectSignedIn('alice');
  await expectAccepted(parties, b);
  expect(seen).toEqual({ grants: ['authorization_code'], frames: [expect.stringContaining('prompt=none')] });
});

test("on the apps' site, where the provider tells nobody of a sign-out, B's tab learns of it when its frame is refused", async ({
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

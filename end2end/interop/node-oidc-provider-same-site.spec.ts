import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test.use({ channels: ['back-channel'], topology: 'same-site' });

/// BCL-40
test("on the apps' site: signing out at A locks B's open tab and ends its access token", async ({ alice, parties }) => {
  const { a, b } = await alice.signedInAtBoth();
  await expectAccepted(parties, b);
  const { access_token } = await b.tokens();
  await signOutAndConfirm(a);
  await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await b.expectNoTokens();
  await expectSessionEnded(parties, access_token);
});

/// BCL-40
test("on the apps' site: signing out at B locks A's open tab and ends A's session", async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await signOutAndConfirm(b);
  await a.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await a.page.reload();
  await a.expectSignedOut();
});

import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { test } from '../fixtures/test';
import { BY_ANY_WAY } from '../pages/app';

/// RPI-23, RPI-26, BCL-40
test("signing out at B locks A's open tab and ends A's session", async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  await expectAccepted(demo, b);

  await b.signOutAndReturn();

  await b.expectNoTokens();
  await expectSessionEnded(demo, access_token);
  await a.expectLocked(BY_ANY_WAY);
  await a.page.reload();
  await a.expectSignedOut();
  await a.open();
  await a.expectSignedOut();
});

/// T-09
test("B's other tab locks as well", async ({ alice }) => {
  const { b } = await alice.signedInAtBoth();
  const secondTab = await alice.signedInAtB();
  await b.signOutAndReturn();
  await secondTab.expectLocked({ reason: BY_ANY_WAY.reason });
});

/// T-19
test('back at B after signing out there, nobody is signed in silently', async ({ alice }) => {
  const { b } = await alice.signedInAtBoth();
  await b.signOutAndReturn();
  await b.page.reload();
  await b.expectSignedOut();
});

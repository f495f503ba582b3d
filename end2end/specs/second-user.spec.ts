import { expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import { test } from '../fixtures/test';

/// BCL-40, T-09, T-13
test("alice's sign-out at A leaves bob, in another browser, alone", async ({ alice, bob, demo }) => {
  const hers = await alice.signedInAtBoth();
  const his = await bob.signedInAtBoth();
  const { access_token } = await hers.b.tokens();

  await hers.a.signOutAndReturn();
  await hers.b.expectSignedOut();
  await expectSessionEnded(demo, access_token);

  await expectBothStillSignedIn('bob', his.a, his.b, demo);
});

/// BCL-40, T-09, T-13
test("alice's sign-out at B leaves bob, in another browser, alone", async ({ alice, bob, demo }) => {
  const hers = await alice.signedInAtBoth();
  const his = await bob.signedInAtBoth();

  await hers.b.signOutAndReturn();
  await hers.a.expectSignedOut();

  await expectBothStillSignedIn('bob', his.a, his.b, demo);
});

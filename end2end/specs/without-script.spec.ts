import { test } from '../fixtures/test';

test.use({ javaScriptEnabled: false });

/// RPI-23, RPI-30
test('without script, A signs in and out', async ({ alice }) => {
  const a = await alice.signInAtA();
  await a.page.reload();
  await a.expectSignedIn('alice');

  await a.signOutAndReturn();
  await a.open();
  await a.expectSignedOut();
});

/// RPI-26
test("without script, A's other page is signed out when it is next loaded", async ({ alice }) => {
  const a = await alice.signInAtA();
  const other = await alice.openA();
  await other.expectSignedIn('alice');
  await a.signOutAndReturn();
  await other.page.reload();
  await other.expectSignedOut();
});

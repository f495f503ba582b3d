import { test } from '../fixtures/test';
import type { AppA } from '../pages/app-a';
import { goOnFromFrames } from '../pages/provider';

test.use({ javaScriptEnabled: false });

async function signOut(a: AppA): Promise<void> {
  await a.signOut.click();
  await goOnFromFrames(a.page, a.signIn);
  await a.expectSignedOut();
}

/// RPI-23, RPI-30
test('without script, A signs in and out', async ({ alice }) => {
  const a = await alice.signInAtA();
  await a.page.reload();
  await a.expectSignedIn('alice');

  await signOut(a);
  await a.open();
  await a.expectSignedOut();
});

/// RPI-26
test("without script, A's other page is signed out when it is next loaded", async ({ alice }) => {
  const a = await alice.signInAtA();
  const other = await alice.openA();
  await other.expectSignedIn('alice');
  await signOut(a);
  await other.page.reload();
  await other.expectSignedOut();
});

import { expect, test } from '../fixtures/test';
import { ProviderLogin } from '../pages/provider';

/// T-19
test('a locked tab of B stays signed out when it is reloaded', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await a.signOutAndReturn();
  await b.expectSignedOut();
  await b.page.reload();
  await b.expectSignedOut();
  await b.expectNoTokens();
});

test('a tab that locks says so to whoever listens to it: its heading has the focus', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  const secondA = await alice.openA();
  await a.signOutAndReturn();
  for (const locked of [b, secondA]) {
    await locked.expectSignedOut();
    await expect(locked.page.getByRole('heading', { level: 1 })).toBeFocused();
  }
});

/// CORE-02, T-19
test('a new tab of B after the sign-out does not sign in', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await a.signOutAndReturn();
  await b.expectSignedOut();
  const later = await alice.openB();
  await later.expectSignedOut();
  await later.expectNoTokens();
});

/// T-06
test('signing in again after a sign-out works, in the locked tab too', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await a.signOutAndReturn();
  await b.expectSignedOut();

  await b.signIn.click();
  await new ProviderLogin(b.page).signIn('alice');
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
});

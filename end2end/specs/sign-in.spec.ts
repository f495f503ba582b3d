import { expect, test } from '../fixtures/test';
import { ProviderLogin } from '../pages/provider';

/// CORE-05, BCP-11
test('signed in at A, B is signed in with no click', async ({ alice }) => {
  await alice.signInAtA();
  const b = await alice.openB();
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
});

/// CORE-01
test('signed in at B, A asks for no password', async ({ alice }) => {
  const b = await alice.openB();
  await b.expectSignedOut();
  await b.signIn.click();
  await new ProviderLogin(b.page).signIn('alice');
  await b.expectSignedIn('alice');

  const a = await alice.openA();
  await a.expectSignedOut();
  await a.signIn.click();
  await a.expectSignedIn('alice');
});

test('a reload keeps both apps signed in', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await a.page.reload();
  await a.expectSignedIn('alice');
  await b.page.reload();
  await b.expectSignedIn('alice');
});

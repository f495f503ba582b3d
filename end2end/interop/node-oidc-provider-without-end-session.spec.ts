import { expect } from './fixtures/test';
import { testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test.use({ lacks: ['end_session_endpoint'] });

/// RPI-12
test('a provider that cannot be asked to sign out: each app signs out by itself, and says that others may not be', async ({
  alice,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  await b.signOut.click();
  await b.expectSignedOut();
  await expect(b.page.locator('main')).toContainText('offers no sign-out');
  await a.page.reload();
  await a.expectSignedIn('alice');
  await a.signOut.click();
  await a.expectSignedOut();
  await expect(a.page.locator('main')).toContainText('offers no way to sign out everywhere');
});

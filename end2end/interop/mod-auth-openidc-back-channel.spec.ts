import { isNotThere, moduleVersion, withChannel } from './fixtures/apache';
import { ProtectedPage } from './fixtures/protected-page';
import { tried } from './fixtures/software';
import { testOf } from './fixtures/test';

const test = testOf(withChannel('backchannel', 'backchannel'));

test.skip(isNotThere(), 'needs the package libapache2-mod-auth-openidc');

test.beforeEach(({}, testInfo) => tried(testInfo, 'mod_auth_openidc', moduleVersion()));

/// BCL-08, BCL-13, RPI-26
test('by the back channel, a sign-out at the embedded provider ends its session', async ({ app, page, context }) => {
  const protectedPage = new ProtectedPage(page, app);
  await protectedPage.signIn();

  const result = await app.signOutAtProvider(context);

  await result.expectOutcome(app.registration.clientId, 'ended');
  await protectedPage.expectSignedOut();
});

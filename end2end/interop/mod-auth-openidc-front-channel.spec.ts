import { isNotThere, moduleVersion, withChannel } from './fixtures/apache';
import { ProtectedPage } from './fixtures/protected-page';
import { tried } from './fixtures/software';
import { testOf } from './fixtures/test';

const test = testOf(withChannel('frontchannel', 'get'));

test.skip(isNotThere(), 'needs the package libapache2-mod-auth-openidc');

test.beforeEach(({}, testInfo) => tried(testInfo, 'mod_auth_openidc', moduleVersion()));

/// FCL-10, FCL-12, RPI-26
test('by the front channel, a sign-out at the embedded provider ends its session', async ({ app, page, context }) => {
  const protectedPage = new ProtectedPage(page, app);
  await protectedPage.signIn();

  const result = await app.signOutAtProvider(context);

  // A page of another site is in the frame: that it was loaded is all that the provider sees.
  await result.expectOutcome(app.registration.clientId, 'unconfirmed');
  await protectedPage.expectSignedOut();
});

import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { required, ServerProcess } from '../fixtures/server-process';
import type { ForeignApp, Software } from '../interop/fixtures/foreign-app';
import { expect, testOf } from '../interop/fixtures/test';
import { ProviderLogin } from '../pages/provider';

/** `examples/axum-app`, which stands for any axum app that has sessions of its own. */
const software: Software = {
  client: ({ origin, clientSecret }) => [
    `client_secret = "${clientSecret}"`,
    `redirect_uris = ["${origin}/callback"]`,
    `post_logout_redirect_uris = ["${origin}/signed-out"]`,
    `backchannel_logout_uri = "${origin}/logout/back-channel"`,
    `frontchannel_logout_uri = "${origin}/logout/front-channel"`,
    'frontchannel_logout_session_required = true',
  ],
  process: async ({ provider, clientId, clientSecret, origin }, dataDir) => {
    const environment = {
      ISSUER: provider,
      CLIENT_ID: clientId,
      CLIENT_SECRET: clientSecret,
      LISTEN: new URL(origin).host,
      DATA: join(dataDir, 'app'),
    };
    return new ServerProcess([], [origin], environment, join(required('CURFEW_EXAMPLES'), 'axum-app'));
  },
};

const test = testOf(software);

async function signIn(page: Page, { registration: { origin } }: ForeignApp): Promise<void> {
  await page.goto(`${origin}/login`);
  await new ProviderLogin(page).signIn('alice');
  await expect(page.getByRole('heading', { name: 'Hello alice' })).toBeVisible();
}

/// BCL-08, RPI-26
test('its open page leaves as soon as the session has ended elsewhere, and its cookie is worth nothing', async ({
  app,
  page,
  context,
}) => {
  const stream = page.waitForResponse(/\/events$/);
  await signIn(page, app);
  await stream;
  const result = await app.signOutAtProvider(context);
  await result.expectOutcome(app.registration.clientId, 'ended');
  await page.waitForURL(`${app.registration.origin}/signed-out`);
  await page.goto(`${app.registration.origin}/`);
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
});

/// RPI-12, RPI-23
test('its own sign-out ends the session at the provider, and comes back', async ({ app, page }) => {
  await signIn(page, app);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${app.registration.origin}/signed-out`);
  await page.goto(`${app.registration.origin}/login`);
  await expect(new ProviderLogin(page).username, 'the provider asks who it is').toBeVisible();
});

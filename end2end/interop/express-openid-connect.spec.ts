import type { Page } from '@playwright/test';
import { ProviderLogin } from '../pages/provider';
import { ForeignApp, type Software } from './fixtures/foreign-app';
import { appProcess, npmVersion, tried } from './fixtures/software';
import { expect, testOf } from './fixtures/test';

const software: Software = {
  client: ({ origin, clientSecret }) => [
    `client_secret = "${clientSecret}"`,
    `redirect_uris = ["${origin}/callback"]`,
    `post_logout_redirect_uris = ["${origin}"]`,
    `backchannel_logout_uri = "${origin}/backchannel-logout"`,
  ],
  process: async (app) => appProcess('express-openid-connect.mjs', app),
};

const test = testOf(software);

test.beforeEach(({}, testInfo) => tried(testInfo, 'express-openid-connect', npmVersion('express-openid-connect')));

async function signIn(page: Page, { registration: { origin } }: ForeignApp): Promise<void> {
  await page.goto(`${origin}/login`);
  await new ProviderLogin(page).signIn('alice');
  await expect(page.getByText('signed in as alice')).toBeVisible();
}

/// BCL-08, RPI-26
test('a sign-out at the embedded provider ends its session, by the back channel', async ({ app, page, context }) => {
  const { origin, clientId } = app.registration;
  await signIn(page, app);
  expect((await page.request.get(`${origin}/api`)).status()).toBe(200);

  const result = await app.signOutAtProvider(context);

  await result.expectOutcome(clientId, 'ended');
  expect((await page.request.get(`${origin}/api`)).status()).toBe(401);
  await page.reload();
  await expect(page.getByText('signed out')).toBeVisible();
});

/// RPI-12, RPI-23
test('its own sign-out ends the session at the embedded provider, and comes back', async ({ app, page }) => {
  const { origin } = app.registration;
  await signIn(page, app);

  await page.goto(`${origin}/logout`);

  await page.waitForURL(`${origin}/`);
  await expect(page.getByText('signed out')).toBeVisible();
  await page.goto(`${origin}/login`);
  await expect(new ProviderLogin(page).username, 'it asks who it is').toBeVisible();
});

test('who signs in again after a sign-out stays signed in', async ({ app, page, context }) => {
  await signIn(page, app);
  await app.signOutAtProvider(context);
  await page.reload();
  await expect(page.getByText('signed out')).toBeVisible();

  await signIn(page, app);

  await page.reload();
  await expect(page.getByText('signed in as alice')).toBeVisible();
});

test("its default hooks take a logout token's sub as well: the user's other browsers are signed out too", async ({
  app,
  page,
  openContext,
}) => {
  await signIn(page, app);
  const elsewhere = await openContext();
  await signIn(await elsewhere.newPage(), app);

  await app.signOutAtProvider(elsewhere);

  await page.reload();
  await expect(page.getByText('signed out')).toBeVisible();
});

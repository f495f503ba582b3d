import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { NodeProcess, required } from '../fixtures/server-process';
import type { ForeignApp, Software } from '../interop/fixtures/foreign-app';
import { expect, testOf } from '../interop/fixtures/test';
import { ProviderLogin } from '../pages/provider';

/** `examples/leptos-app`, which stands for any Leptos single-page app that signs in by itself, with an API in Node. */
const software: Software = {
  client: ({ origin }) => [
    `redirect_uris = ["${origin}/", "${origin}/elsewhere"]`,
    `audience = "${origin}/api"`,
    `backchannel_logout_uri = "${origin}/logout/back-channel"`,
    'backchannel_logout_session_required = true',
  ],
  process: async (app, folder) => {
    const dataDir = join(folder, 'api');
    await mkdir(dataDir);
    const built = join(required('CURFEW_EXAMPLES'), 'leptos-app-dist');
    const script = join(__dirname, 'software/leptos-app.mjs');
    return new NodeProcess([script, JSON.stringify({ ...app, built, dataDir })], [app.origin]);
  },
};

const test = testOf(software);

const secret = (page: Page) => page.getByText('What only you may see.');
const locked = (page: Page) => page.getByRole('heading', { name: 'You have been signed out' });

/** Signs in with the password, or without where this browser has a session; gives the access token. */
async function signIn(page: Page, { registration: { origin } }: ForeignApp, password = true): Promise<string> {
  const stream = page.waitForResponse(`${origin}/api/events`);
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (password) await new ProviderLogin(page).signIn('alice');
  await expect(secret(page)).toBeVisible();
  expect((await stream).status()).toBe(200);
  return page.evaluate(() => (window as unknown as { curfewExample: { access_token: string } }).curfewExample.access_token);
}

async function reasonOf({ registration: { origin } }: ForeignApp, token: string): Promise<[number, string?]> {
  const answer = await fetch(`${origin}/api/hello`, { headers: { Authorization: `Bearer ${token}` } });
  return [answer.status, ((await answer.json()) as { reason?: string }).reason];
}

async function signOutElsewhere(app: ForeignApp, context: BrowserContext): Promise<void> {
  const result = await app.signOutAtProvider(context);
  await result.expectOutcome(app.registration.clientId, 'ended');
}

/// BCL-08, BCL-12
test('a sign-out elsewhere locks every tab of it in place, and its API refuses the token', async ({ app, page, context }) => {
  const token = await signIn(page, app);
  const other = await context.newPage();
  await signIn(other, app, false);
  expect(await reasonOf(app, token)).toEqual([200, undefined]);

  await signOutElsewhere(app, context);

  for (const tab of [page, other]) {
    await expect(locked(tab)).toBeVisible();
    await expect(secret(tab)).toHaveCount(0);
    expect(await tab.evaluate(() => 'curfewExample' in window), 'it has its tokens still').toBe(false);
  }
  expect(await reasonOf(app, token)).toEqual([401, 'session_ended']);
});

/// BCL-08
test('it locks by the word of another tab, where its own stream says nothing', async ({ app, page, context }) => {
  const origin = app.registration.origin;
  await page.route(`${origin}/api/events`, (route) => route.fulfill({ status: 503 }));
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await new ProviderLogin(page).signIn('alice');
  await expect(secret(page)).toBeVisible();
  await signIn(await context.newPage(), app, false);

  await signOutElsewhere(app, context);

  await expect(locked(page)).toBeVisible();
});

/// BCL-08
test('it locks by the word of its stream, without asking again', async ({ app, page, context }) => {
  await signIn(page, app);
  await page.route(`${app.registration.origin}/api/events`, (route) => route.abort());

  await signOutElsewhere(app, context);

  await expect(locked(page)).toBeVisible();
});

/// T-16
test('a stream that breaks off is opened anew, and says then what was missed', async ({ app, page, context }) => {
  const events = `${app.registration.origin}/api/events`;
  let letThrough: () => void = () => {};
  const untilLet = new Promise<void>((resolve) => (letThrough = resolve));
  let asked = 0;
  await page.route(events, async (route) => {
    // The first is cut; the second comes when all is over.
    if (++asked > 1) await untilLet;
    await (asked > 1 ? route.continue() : route.fulfill({ status: 200, body: ': cut\n\n' }));
  });
  await signIn(page, app);

  await signOutElsewhere(app, context);
  await expect(secret(page)).toBeVisible();
  letThrough();

  await expect(locked(page)).toBeVisible();
});

test('a token that is not taken any more locks its tab: without a stream it would hear of no sign-out', async ({ app, page }) => {
  let refuse: () => void = () => {};
  const untilRefused = new Promise<void>((resolve) => (refuse = resolve));
  let asked = 0;
  await page.route(`${app.registration.origin}/api/events`, async (route) => {
    if (++asked === 1) return route.fulfill({ status: 200, body: ': cut\n\n' });
    await untilRefused;
    await route.fulfill({ status: 401, json: { reason: 'expired' } });
  });
  await signIn(page, app);

  refuse();

  await expect(locked(page)).toBeVisible();
  await expect(secret(page)).toHaveCount(0);
  expect(await page.evaluate(() => 'curfewExample' in window), 'it has its tokens still').toBe(false);
});

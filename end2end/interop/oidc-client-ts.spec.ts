import type { BrowserContext, Page } from '@playwright/test';
import { claimsOf } from '../fixtures/jwt';
import { ProviderLogin } from '../pages/provider';
import type { ForeignApp, Software } from './fixtures/foreign-app';
import { nextAnswers, watch } from './fixtures/frame-talk';
import { appProcess, npmVersion, tried } from './fixtures/software';
import { expect, testOf } from './fixtures/test';

/** The same server by the name that is another site than the provider's. */
const otherSite = (origin: string) => origin.replace('localhost', '127.0.0.1');

const software: Software = {
  client: ({ origin }) => {
    const uris = ['/', '/silent', '/elsewhere'].map((path) => `${origin}${path}`);
    return [`redirect_uris = ${JSON.stringify([...uris, `${otherSite(origin)}/`])}`];
  },
  process: async (app) => appProcess('oidc-client-ts.mjs', app),
};

const test = testOf(software);

test.use({ topology: 'same-site' });

test.beforeEach(({}, testInfo) => tried(testInfo, 'oidc-client-ts', npmVersion('oidc-client-ts')));

const watchApp = (context: BrowserContext, { registration }: ForeignApp, origin = registration.origin) =>
  watch(context, registration.provider, origin);

async function signIn(page: Page, { registration }: ForeignApp, origin = registration.origin): Promise<void> {
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await new ProviderLogin(page).signIn('alice');
  await expect(page.getByText('signed in as alice')).toBeVisible();
}

/** What the library keeps of its user. */
function kept(page: Page): Promise<{ session_state: string; id_token: string; expires_at: number }> {
  return page.evaluate(() => {
    const key = Object.keys(sessionStorage).find((name) => name.startsWith('oidc.user:')) ?? '';
    return JSON.parse(sessionStorage.getItem(key) ?? 'null');
  });
}

/// SM-07, SM-08, SM-09
test('it polls the check-session frame, which answers unchanged, and hears nobody else', async ({ app, context, page }) => {
  const seen = await watchApp(context, app);
  await signIn(page, app);
  const { session_state } = await kept(page);

  expect(new Set(await nextAnswers(seen.answered))).toEqual(new Set(['unchanged']));
  expect(new Set(seen.asked())).toEqual(new Set([`${app.registration.clientId} ${session_state}`]));

  await page.evaluate(() => postMessage('changed', '*'));

  await nextAnswers(seen.answered);
  expect(seen.silent).toEqual([]);
  await expect(page.getByText('signed in as alice')).toBeVisible();
});

/// SM-10, SM-12, SM-13, SM-20
test('at changed, it asks in a frame with its ID token; the same user stays signed in', async ({ app, context, page }) => {
  const seen = await watchApp(context, app);
  await signIn(page, app);
  const { session_state, id_token } = await kept(page);
  await nextAnswers(seen.answered, 1);

  await app.signInAtProvider(context, 'alice');

  await expect(page.getByText('session changed')).toBeVisible();
  expect(new Set(await nextAnswers(seen.answered))).toEqual(new Set(['unchanged']));
  expect(seen.asked().at(-1), 'it goes on with the new state').not.toContain(session_state);
  await expect(page.getByText('signed in as alice')).toBeVisible();
  expect(seen.silent).toHaveLength(1);
  const [request] = seen.silent;
  expect(request?.frame().parentFrame()).toBe(page.mainFrame());
  expect(new URL(request?.url() ?? '').searchParams.get('id_token_hint')).toBe(id_token);
});

/// SM-10, SM-13
test('at changed after a sign-out elsewhere, its user is signed out', async ({ app, context, page }) => {
  const seen = await watchApp(context, app);
  await signIn(page, app);
  await nextAnswers(seen.answered, 1);

  await app.signOutAtProvider(context);

  await expect(page.locator('#user')).toHaveText('signed out');
  expect(seen.silent).toHaveLength(1);
});

/// SM-13
test('at changed, where another user has signed in, its user is signed out', async ({ app, context, page }) => {
  const seen = await watchApp(context, app);
  await signIn(page, app);
  await nextAnswers(seen.answered, 1);

  await app.signInAtProvider(context, 'bob');

  await expect(page.locator('#user')).toHaveText('signed out');
  expect(seen.silent).toHaveLength(1);
});

test('it renews its tokens in a frame, until a sign-out elsewhere', async ({ app, context, page }) => {
  await page.addInitScript(() => {
    const soon = { accessTokenExpiringNotificationTimeInSeconds: 298, monitorSession: false };
    Object.assign(window, { differently: soon });
  });
  await signIn(page, app);
  const first = await kept(page);

  await expect.poll(async () => (await kept(page)).id_token).not.toBe(first.id_token);

  const next = await kept(page);
  expect(next.expires_at).toBeGreaterThan(first.expires_at);
  expect(claimsOf(next.id_token).sid).toBe(claimsOf(first.id_token).sid);
  await app.signOutAtProvider(context);
  // A renewal that has its code already is refused when it brings this.
  await expect(page.getByText(/not renewed: (login_required|invalid_grant)/)).toBeVisible();
});

/// SM-11, SM-22
test('across sites the frame answers error, again and again, and it sends no request', async ({ app, context, page }) => {
  const origin = otherSite(app.registration.origin);
  const seen = await watchApp(context, app, origin);
  await signIn(page, app, origin);

  expect(new Set(await nextAnswers(seen.answered, 10))).toEqual(new Set(['error']));

  expect(seen.silent).toEqual([]);
  await expect(page.getByText('signed in as alice')).toBeVisible();
});

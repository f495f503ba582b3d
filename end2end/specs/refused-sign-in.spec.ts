import type { Page } from '@playwright/test';
import type { Demo } from '../fixtures/demo';
import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import { AppA } from '../pages/app-a';
import { ProviderLogin } from '../pages/provider';

/** A page that says what went wrong, at this origin. */
async function expectRefusal(page: Page, origin: string): Promise<void> {
  expect(new URL(page.url()).origin).toBe(origin);
  await expect(page.locator('.notice.error')).toBeVisible();
}

/** A, opened in a new tab of this person's browser, knows nobody. */
async function expectNobodyAtA(person: Person): Promise<void> {
  await (await person.openA()).expectSignedOut();
}

/**
 * The address with which the provider sends this browser back to A: a sign-in that lacks only its last step. The person is
 * signed in at the provider.
 */
async function lastStepOfSignIn(person: Person, demo: Demo): Promise<URL> {
  let url = `${demo.appA}/login`;
  for (let hop = 0; hop < 5; hop++) {
    const answer = await person.context.request.get(url, { maxRedirects: 0 });
    url = new URL(answer.headers()['location'] ?? '', url).href;
    if (url.startsWith(`${demo.appA}/callback?`)) return new URL(url);
  }
  throw new Error(`${demo.appA}/login does not lead to A's callback`);
}

async function signInAtProviderOnly(person: Person): Promise<void> {
  const b = await person.openB();
  await b.signIn.click();
  await new ProviderLogin(b.page).signIn(person.name);
  await b.expectSignedIn(person.name);
}

test('a wrong password is said to be wrong and signs nobody in', async ({ alice, demo }) => {
  const a = await alice.openA();
  await a.signIn.click();
  const login = new ProviderLogin(a.page);
  for (const [username, password] of [
    ['alice', 'bob'],
    ['nobody', 'nobody'],
  ] as const) {
    await login.signIn(username, password);
    await expectRefusal(a.page, demo.provider);
    await expect(login.password).toHaveValue('');
  }
  await expectNobodyAtA(alice);
  await (await alice.openB()).expectSignedOut();

  await login.signIn('alice');
  await a.expectSignedIn('alice');
});

/// CORE-05, BCP-11
test("A's callback refuses a state or an issuer that is not its own", async ({ alice, demo }) => {
  await signInAtProviderOnly(alice);
  const page = await alice.context.newPage();
  for (const [parameter, value] of [
    ['state', 'tampered'],
    ['state', undefined],
    ['iss', 'https://evil.example'],
    ['iss', undefined],
    ['code', undefined],
  ] as const) {
    await test.step(`${parameter} ${value ?? 'missing'}`, async () => {
      const tampered = await lastStepOfSignIn(alice, demo);
      if (value) tampered.searchParams.set(parameter, value);
      else tampered.searchParams.delete(parameter);
      const answer = await page.goto(tampered.href);
      expect(answer?.status()).toBe(400);
      await expectRefusal(page, demo.appA);
      await expectNobodyAtA(alice);
    });
  }
});

/// BCP-11
test("A's callback takes a code once, and only in the browser that asked for it", async ({ alice, bob, demo }) => {
  await signInAtProviderOnly(alice);
  const callback = (await lastStepOfSignIn(alice, demo)).href;

  const his = await bob.context.newPage();
  expect((await his.goto(callback))?.status()).toBe(400);
  await expectRefusal(his, demo.appA);
  await expectNobodyAtA(bob);

  const hers = new AppA(await alice.context.newPage(), demo);
  await hers.page.goto(callback);
  await hers.expectSignedIn('alice');

  expect((await hers.page.goto(callback))?.status()).toBe(400);
  await expectRefusal(hers.page, demo.appA);
  expect((await his.goto(callback))?.status()).toBe(400);
  await expectNobodyAtA(bob);
});

/// BCP-07
test('an unregistered redirect_uri gets a page and no redirect', async ({ alice, demo }) => {
  await alice.signInAtA();
  const page = await alice.context.newPage();
  const registered = `${demo.appB}/callback`;
  for (const redirectUri of [`${demo.appB}/elsewhere`, `${registered}/`, `${registered}?x=1`, 'https://evil.example/']) {
    const authorize = new URL(`${demo.provider}/authorize`);
    authorize.search = new URLSearchParams({
      client_id: 'app-b',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      state: 's',
      nonce: 'n',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString();
    const answer = await page.goto(authorize.href);
    expect(answer?.status(), redirectUri).toBe(400);
    expect(page.url(), redirectUri).toBe(authorize.href);
    await expectRefusal(page, demo.provider);
  }
});

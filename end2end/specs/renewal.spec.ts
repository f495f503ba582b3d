import type { Page, Request, Route } from '@playwright/test';
import { callApi, request } from '../fixtures/api';
import { letTimeBeMoved, moveTime } from '../fixtures/clock';
import { Demo, type Topology } from '../fixtures/demo';
import { exportKey, proofOf, proofOfAnotherKey, type Proof } from '../fixtures/dpop';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import type { Person } from '../fixtures/person';
import { expect, lend, test as base } from '../fixtures/test';
import type { AppB, StoredTokens } from '../pages/app-b';

/** How long an access token lives here, in seconds; its renewal is due after three quarters, and a twentieth later at most. */
const LIFETIME = 60;
const DUE_MS = 50_000;
const EXPIRED_MS = 90_000;

const test = base.extend<object, { environment: Record<string, string> }>({
  environment: [{}, { option: true, scope: 'worker' }],
  workerDemo: [
    async ({ topology, without, environment }, use) => {
      const lifetime = { CURFEW_PROVIDER__ACCESS_TOKEN_LIFETIME: String(LIFETIME) };
      const demo = await Demo.start(topology, without, { ...lifetime, ...environment });
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  demo: ({ workerDemo }, use, testInfo) => lend(workerDemo, use, testInfo),
});

const HOW: Record<Topology, RegExp> = { 'same-site': /hidden frame/, 'cross-site': /refresh token/ };

async function signedInAtBWithClock(alice: Person): Promise<AppB> {
  await letTimeBeMoved(alice.context);
  const { b } = await alice.signedInAtBoth();
  return b;
}

/** The tokens that come after these. */
async function nextTokens(b: AppB, { access_token }: StoredTokens): Promise<StoredTokens> {
  await expect.poll(async () => (await b.tokens()).access_token, { message: 'new tokens' }).not.toBe(access_token);
  return b.tokens();
}

/** The requests for tokens and codes that a browser sends from now on. */
function asked(person: Person, demo: Demo): { tokens: string[]; codes: string[] } {
  const asked = { tokens: [] as string[], codes: [] as string[] };
  person.context.on('request', (sent: Request) => {
    if (sent.method() === 'POST' && sent.url() === `${demo.provider}/token`) asked.tokens.push(sent.url());
    if (sent.url().startsWith(`${demo.provider}/authorize`)) asked.codes.push(sent.url());
  });
  return asked;
}

test('tokens are renewed while nobody notices', async ({ alice, demo, topology }) => {
  const b = await signedInAtBWithClock(alice);
  await expect(b.page.getByText(HOW[topology])).toBeVisible();
  await b.addNote('kept over the renewal');
  const first = await b.tokens();
  expect(first.token_type).toBe('DPoP');
  expect(first.refresh_token === null, 'where a frame does, there is no refresh token').toBe(topology === 'same-site');
  const seen = asked(alice, demo);

  await moveTime(b.page, DUE_MS);

  const next = await nextTokens(b, first);
  expect(next.expires_at).toBeGreaterThan(first.expires_at);
  expect(next.refresh_token).not.toBe(topology === 'cross-site' ? first.refresh_token : '');
  await b.expectSignedIn('alice');
  await expect(b.note('kept over the renewal')).toBeVisible();
  await expectAccepted(demo, b);
  expect(await b.callApi()).toBe(200);
  expect(seen).toEqual({
    tokens: [`${demo.provider}/token`],
    codes: topology === 'same-site' ? [expect.stringContaining('prompt=none')] : [],
  });
  await b.deleteNote('kept over the renewal');
});

/// T-25
test('after a sleep past the expiry, the tokens are renewed first, and nothing is seen before', async ({ alice, demo }) => {
  const b = await signedInAtBWithClock(alice);
  const secret = b.page.getByText('Your notes');
  const first = await b.tokens();
  const order: string[] = [];
  await alice.context.route(/\/(token|api\/me)$/, async (route) => {
    order.push(new URL(route.request().url()).pathname);
    await expect(secret, 'until the API has spoken').toBeHidden();
    await route.continue();
  });

  await moveTime(b.page, EXPIRED_MS);

  await nextTokens(b, first);
  await b.expectSignedIn('alice');
  await expect(secret).toBeVisible();
  // The key's first proof may have to be made again, with the server's nonce.
  expect(order[0]).toBe('/token');
  expect(order.at(-1)).toBe('/api/me');
  await expectAccepted(demo, b);
});

/// T-26
test('a provider that cannot be reached is no sign-out', async ({ alice, demo }) => {
  const b = await signedInAtBWithClock(alice);
  const first = await b.tokens();
  const cut = (route: Route) => route.abort();
  await alice.context.route(`${demo.provider}/**`, cut);

  await moveTime(b.page, DUE_MS);

  await expect(b.page.getByText('Reconnecting: the provider does not answer')).toBeVisible();
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
  await alice.context.unroute(`${demo.provider}/**`, cut);
  await nextTokens(b, first);
  await expect(b.page.getByText('Reconnecting: the provider does not answer')).toBeHidden();
  await b.expectSignedIn('alice');
});

/// T-11, T-19: the provider has given new tokens, and they are on their way, when the session ends.
test('a sign-out during a renewal ends what the renewal brings', async ({ alice, demo, topology }) => {
  await letTimeBeMoved(alice.context);
  const { a, b } = await alice.signedInAtBoth();
  const proof = await proofOf(b.page);
  const held = holdTokens(b.page, demo);
  await moveTime(b.page, DUE_MS);
  const { tokens, letGo } = await held;

  await a.signOutAndReturn();
  await b.expectLocked({ reason: ['push', 'tab', 'front-channel'] });
  const revoked = b.page.waitForRequest(`${demo.provider}/revoke`);
  await letGo();

  await revoked;
  await b.expectNoTokens();
  await b.expectSignedOut();
  await expectSessionEnded(demo, tokens.access_token);
  if (topology === 'cross-site') expect(await refresh(demo, proof, tokens.refresh_token)).toBe('invalid_grant');
});

/// BCP-02
test('a refresh token that is used twice ends the session of whoever holds it', async ({ alice, demo, topology }) => {
  test.skip(topology === 'same-site', 'there is no refresh token');
  const b = await signedInAtBWithClock(alice);
  const proof = await proofOf(b.page);
  const first = await b.tokens();
  await moveTime(b.page, DUE_MS);
  const second = await nextTokens(b, first);
  await moveTime(b.page, DUE_MS);
  const third = await nextTokens(b, second);
  expect(new Set([first, second, third].map(({ refresh_token }) => refresh_token)).size).toBe(3);

  expect(await refresh(demo, proof, first.refresh_token)).toBe('invalid_grant');

  await moveTime(b.page, DUE_MS);
  await b.expectLocked({ reason: ['check'], channel: ['provider'] });
  await expect(b.page.getByText('This tab asked for new tokens')).toBeVisible();
  await b.expectNoTokens();
  await expectSessionEnded(demo, third.access_token);
});

/// T-23, T-28
test('ten tabs renew once for all of them', async ({ alice, demo }) => {
  test.slow();
  const TABS = 10;
  const b = await signedInAtBWithClock(alice);
  const tabs = [b];
  while (tabs.length < TABS) tabs.push(await alice.signedInAtB());
  const seen = asked(alice, demo);
  let tokens = await b.tokens();
  // Five simulated minutes.
  for (let lifetime = 1; lifetime <= 6; lifetime++) {
    await moveTime(b.page, DUE_MS);
    tokens = await nextTokens(b, tokens);
    const until = await b.page.evaluate((at) => new Date(at * 1000).toLocaleString(), tokens.expires_at);
    for (const tab of tabs) {
      await expect(tab.page.getByText(until), 'every tab has the new tokens').toBeVisible();
      await tab.expectSignedIn('alice');
    }
    expect(seen.tokens).toHaveLength(lifetime);
  }
  for (const tab of tabs) expect(await tab.callApi()).toBe(200);
});

/// T-15
base.describe('where the browser keeps the cookie out of frames', () => {
  test.use({ environment: { CURFEW_APP_B__RENEW: 'iframe' } });

  test('nobody is signed out, nor in, for ever', async ({ alice, demo, topology }) => {
    test.skip(topology === 'same-site', 'there it is not kept out');
    const b = await signedInAtBWithClock(alice);
    expect((await b.tokens()).frames).toBe('blocked');
    await expect(b.page.getByText("this browser keeps the provider's cookie out of frames")).toBeVisible();
    const seen = asked(alice, demo);

    await moveTime(b.page, DUE_MS);
    expect(await b.callApi()).toBe(200);
    await b.expectSignedIn('alice');
    await moveTime(b.page, EXPIRED_MS);

    await b.expectLocked({ reason: ['expired'] });
    await expect(b.page.getByText('Nobody has signed you out')).toBeVisible();
    expect(seen).toEqual({ tokens: [], codes: [] });
    await b.signIn.click();
    await b.expectSignedIn('alice');
  });
});

base.describe('a key that stays in the browser', () => {
  test.use({ exportableKeys: false });

  test('makes a copied token useless', async ({ alice, demo }) => {
    const { b } = await alice.signedInAtBoth();
    const { access_token } = await b.tokens();
    expect(await b.callApi()).toBe(200);

    for (const [what, proof] of [['as a bearer token', undefined], ['with another key', proofOfAnotherKey()]] as const) {
      const answer = await callApi(demo, access_token, proof);
      expect(answer, what).toMatchObject({ status: 401, error: 'invalid_token', reason: 'proof' });
      expect(answer.wwwAuthenticate, what).toMatch(/^DPoP .*error="invalid_token"/);
    }
    const stream = await request(`${demo.appB}/api/events`, { headers: { Authorization: `Bearer ${access_token}` } });
    expect(stream.status, 'the stream is bound as well').toBe(401);
    await expect(b.page.evaluate(exportKey)).rejects.toThrow(/not extractable|InvalidAccessError/);
    expect(await b.callApi()).toBe(200);
  });

  test('makes a copied refresh token useless, and does not end the session for it', async ({ alice, demo, topology }) => {
    test.skip(topology === 'same-site', 'there is no refresh token');
    const { b } = await alice.signedInAtBoth();
    const { refresh_token } = await b.tokens();
    expect(await refresh(demo, proofOfAnotherKey(), refresh_token)).toBe('invalid_grant');
    expect(await refresh(demo, undefined, refresh_token)).toMatch(/invalid_(grant|dpop_proof)/);
    expect(await b.callApi()).toBe(200);
  });
});

/** The next answer with tokens, which the page does not get before it is let go. */
function holdTokens(page: Page, demo: Demo): Promise<{ tokens: StoredTokens; letGo: () => Promise<void> }> {
  return new Promise((resolve) => {
    void page.route(`${demo.provider}/token`, async (route) => {
      const response = await route.fetch();
      if (response.status() !== 200) return route.fulfill({ response });
      const tokens = (await response.json()) as StoredTokens;
      resolve({ tokens, letGo: () => route.fulfill({ response }) });
    });
  });
}

/** Sends a refresh token to the provider, and gives the error that it answers, if it does. */
async function refresh(demo: Demo, proof: Proof | undefined, refreshToken: string | null): Promise<string | undefined> {
  const url = `${demo.provider}/token`;
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'app-b',
    refresh_token: refreshToken ?? 'none',
  });
  const ask = async (nonce?: string) =>
    request(url, { method: 'POST', body, headers: proof ? { DPoP: proof('POST', url, undefined, nonce) } : {} });
  let answer = await ask();
  const nonce = answer.headers.get('dpop-nonce');
  if (answer.status === 400 && nonce !== null) answer = await ask(nonce);
  return ((await answer.json()) as { error?: string }).error;
}

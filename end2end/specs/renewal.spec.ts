import type { Route } from '@playwright/test';
import { letTimeBeMoved, moveTime } from '../fixtures/clock';
import type { Topology } from '../fixtures/demo';
import { proofOf } from '../fixtures/dpop';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import {
  asked,
  DUE_MS,
  EXPIRED_MS,
  expect,
  expectThrownAway,
  holdTokens,
  nextTokens,
  refresh,
  signedInAtBWithClock,
  test,
} from '../fixtures/renewal';

const HOW: Record<Topology, RegExp> = { 'same-site': /hidden frame/, 'cross-site': /refresh token/ };

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
  if (topology === 'cross-site') expect(next.refresh_token).not.toBe(first.refresh_token);
  else expect(next.refresh_token).toBeNull();
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

  await expectThrownAway(b, { demo, topology }, { tokens, letGo }, proof);
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

/// BCP-04: also where the provider's sign-out cannot be reached.
test('a sign-out at B takes the refresh token back', async ({ alice, demo, topology }) => {
  test.skip(topology === 'same-site', 'there is no refresh token');
  const { b } = await alice.signedInAtBoth();
  const proof = await proofOf(b.page);
  const { access_token, refresh_token } = await b.tokens();
  await alice.context.route(`${demo.provider}/.well-known/**`, (route) => route.abort());
  const revoked = b.page.waitForResponse(`${demo.provider}/revoke`);

  await b.signOut.click();

  await b.expectLocked({ reason: ['user'] });
  await expect(b.page.getByText('the provider does not answer')).toBeVisible();
  expect((await revoked).status()).toBe(200);
  expect(await refresh(demo, proof, refresh_token)).toBe('invalid_grant');
  await expectSessionEnded(demo, access_token);
});

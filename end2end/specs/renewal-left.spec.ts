import { moveTime } from '../fixtures/clock';
import type { Demo } from '../fixtures/demo';
import { proofOf } from '../fixtures/dpop';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import type { Person } from '../fixtures/person';
import { asked, DUE_MS, expect, expectThrownAway, holdTokens, nextTokens, signedInAtBWithClock, test } from '../fixtures/renewal';
import type { AppB, StoredTokens } from '../pages/app-b';

// A frame of B, or a tab, that tells its tabs would have Chromium drop a page that it keeps.
test.use({ without: ['front-channel', 'broadcast'] });

type Left = { b: AppB; first: StoredTokens; tokens: StoredTokens; letGo: () => Promise<void>; back: () => Promise<boolean> };

/**
 * B as it is left in the middle of a renewal, whose answer is on its way. `back` goes back to it, and says whether it is the
 * page that was left; `letGo` gives it the answer.
 */
async function leaveWhileRenewing(demo: Demo, b: AppB): Promise<Left> {
  const { page } = b;
  await page.evaluate(() => document.documentElement.setAttribute('data-left', ''));
  const first = await b.tokens();
  const held = holdTokens(page, demo);
  await moveTime(page, DUE_MS);
  const { tokens, letGo } = await held;
  await page.goto(`${demo.provider}/.well-known/openid-configuration`);
  const back = async () => {
    // A restored page fires no `load`.
    await page.goBack({ waitUntil: 'commit' });
    return (await page.locator('html').getAttribute('data-left')) !== null;
  };
  return { b, first, tokens, letGo, back };
}

/**
 * B in a page that Chromium may keep: as a server would send it that forgets `no-store`. By the browser's own tools, because a
 * page that Playwright answers for comes from no network, and Chromium lets it ask none on this machine.
 */
async function signedInAtBThatIsKept(alice: Person, demo: Demo): Promise<AppB> {
  const b = await signedInAtBWithClock(alice);
  const tools = await alice.context.newCDPSession(b.page);
  await tools.send('Fetch.enable', { patterns: [{ urlPattern: `${demo.appB}/`, requestStage: 'Response' }] });
  tools.on('Fetch.requestPaused', ({ requestId, responseStatusCode: responseCode, responseHeaders = [] }) => {
    const headers = responseHeaders.filter(({ name }) => name.toLowerCase() !== 'cache-control');
    void tools.send('Fetch.continueResponse', { requestId, responseCode, responseHeaders: headers });
  });
  await b.reload();
  await tools.detach();
  await b.expectSignedIn('alice');
  await b.untilListening();
  return b;
}

for (const when of ['while it is away', 'when it is back'] as const) {
  /// T-11, T-24, BCP-02
  test(`a kept page whose renewal is answered ${when} has the new tokens, and no other`, async ({ alice, demo, topology }) => {
    test.slow();
    const kept = await signedInAtBThatIsKept(alice, demo);
    const seen = asked(alice, demo);
    const { b, first, tokens, letGo, back } = await leaveWhileRenewing(demo, kept);
    if (when === 'while it is away') await letGo();

    expect(await back(), 'it is the page that was left').toBe(true);
    await b.expectSignedIn('alice');
    if (when === 'when it is back') {
      expect((await b.tokens()).access_token).toBe(first.access_token);
      await letGo();
    }

    expect((await nextTokens(b, first)).access_token).toBe(tokens.access_token);
    await expectAccepted(demo, b);
    // The next renewal, by what this one brought.
    await moveTime(b.page, DUE_MS);
    await nextTokens(b, await nextTokens(b, first));
    await b.expectSignedIn('alice');
    expect(seen.tokens).toHaveLength(2);
    expect(seen.codes).toHaveLength(topology === 'same-site' ? 2 : 0);
  });
}

/// T-11, T-24, T-25
test('a kept page shows nothing of a session that ended while it was away, and ends what its renewal brings', async ({ alice, demo, topology }) => {
  test.slow();
  const kept = await signedInAtBThatIsKept(alice, demo);
  const secret = kept.page.getByText('Your notes');
  await expect(secret).toBeVisible();
  const proof = await proofOf(kept.page);
  const { b, tokens, letGo, back } = await leaveWhileRenewing(demo, kept);
  const a = await alice.openA();
  await a.signOutAndReturn();

  expect(await back(), 'it is the page that was left').toBe(true);
  await expect(secret).toHaveCount(0);
  await b.expectLocked({ reason: ['check'] });

  await expectThrownAway(b, { demo, topology }, { tokens, letGo }, proof);
});

/// T-11, T-24
test('a kept page stores nothing of a renewal that was answered after another tab has signed out', async ({ alice, demo }) => {
  test.slow();
  const kept = await signedInAtBThatIsKept(alice, demo);
  const { b, tokens, letGo, back } = await leaveWhileRenewing(demo, kept);
  const other = await alice.openB();
  await other.signOutAndReturn();
  // Nobody has told the page: it has its tokens still when the answer is there.
  const revoked = b.page.waitForRequest(`${demo.provider}/revoke`);
  await letGo();

  expect(await back(), 'it is the page that was left').toBe(true);
  await revoked;
  await b.expectSignedOut();
  await b.expectNoTokens();
  await expectSessionEnded(demo, tokens.access_token);
});

/// T-24
test('as its server sends it, the browser keeps no page of B', async ({ alice, demo }) => {
  const { b } = await alice.signedInAtBoth();
  await b.page.evaluate(() => document.documentElement.setAttribute('data-left', ''));
  await b.page.goto(`${demo.provider}/.well-known/openid-configuration`);
  await b.page.goBack({ waitUntil: 'commit' });
  await b.expectSignedIn('alice');
  await expect(b.page.locator('html')).not.toHaveAttribute('data-left');
});

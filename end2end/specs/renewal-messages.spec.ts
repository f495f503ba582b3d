import { moveTime } from '../fixtures/clock';
import { expectAccepted } from '../fixtures/expect';
import { DUE_MS, expect, nextTokens, signedInAtBWithClock, test } from '../fixtures/renewal';

/// A window of another origin knows the renewal's `state`, and says that nobody is signed in.
test('what others say to a renewal in a frame is not heard', async ({ alice, demo, topology }) => {
  test.skip(topology === 'cross-site', 'there the tokens are renewed by a refresh token');
  const b = await signedInAtBWithClock(alice);
  const first = await b.tokens();
  const opened = alice.context.waitForEvent('page');
  await b.page.evaluate((url) => void window.open(url), `${demo.provider}/.well-known/openid-configuration`);
  const stranger = await opened;
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const asked = new Promise<string>((resolve) => {
    void b.page.route(`${demo.provider}/authorize**`, async (route) => {
      resolve(route.request().url());
      await held;
      await route.continue();
    });
  });
  await moveTime(b.page, DUE_MS);
  const state = new URL(await asked).searchParams.get('state')!;
  await b.page.evaluate(() => {
    addEventListener('message', ({ origin }) => document.body.setAttribute('data-test-heard', origin), { once: true });
  });

  const answer = new URLSearchParams({ error: 'login_required', state, iss: demo.provider });
  await stranger.evaluate((text) => (opener as Window).postMessage(text, '*'), `?${answer.toString()}`);

  await expect(b.body).toHaveAttribute('data-test-heard', demo.provider);
  await expect(b.page.locator('iframe'), 'the renewal still waits for its frame').toHaveCount(1);
  letGo();
  await nextTokens(b, first);
  await b.expectSignedIn('alice');
  await expectAccepted(demo, b);
});

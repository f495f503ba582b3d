import { moveTime } from '../fixtures/clock';
import { asked, DUE_MS, expect, EXPIRED_MS, signedInAtBWithClock, test } from '../fixtures/renewal';

test.use({ environment: { CURFEW_APP_B__RENEW: 'iframe' } });

/// T-15
test('where the browser keeps the cookie out of frames, nobody is signed out or in for ever', async ({ alice, demo, topology }) => {
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

import { callApi, request } from '../fixtures/api';
import { exportKey, proofOfAnotherKey } from '../fixtures/dpop';
import { refresh } from '../fixtures/renewal';
import { expect, test } from '../fixtures/test';

// As the app makes it.
test.use({ exportableKeys: false });

test('a copied token is useless without the key of its browser', async ({ alice, demo }) => {
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

test('a copied refresh token is useless without it, and does not end the session', async ({ alice, demo, topology }) => {
  test.skip(topology === 'same-site', 'there is no refresh token');
  const { b } = await alice.signedInAtBoth();
  const { refresh_token } = await b.tokens();
  expect(await refresh(demo, proofOfAnotherKey(), refresh_token)).toBe('invalid_grant');
  expect(await refresh(demo, undefined, refresh_token)).toMatch(/invalid_(grant|dpop_proof)/);
  const body = new URLSearchParams({ client_id: 'app-b', token: refresh_token! }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const revoked = await request(`${demo.provider}/revoke`, { method: 'POST', headers, body });
  expect(revoked.status, 'nor is it taken back').toBe(400);
  expect(await b.callApi()).toBe(200);
});

test('tokens whose key the browser has lost lead to the signed-out view, once', async ({ alice, demo }) => {
  const { b } = await alice.signedInAtBoth();
  await b.page.goto(`${demo.appB}/healthz`);
  await b.page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deletion = indexedDB.deleteDatabase('curfew-b');
        deletion.onsuccess = () => resolve();
        deletion.onerror = () => reject(new Error('not deleted'));
      }),
  );
  await b.open();
  await b.expectLocked({ reason: ['check'] });
  await expect(b.page.getByText('no longer accepts your access token')).toBeVisible();
  await b.expectNoTokens();
  await b.signIn.click();
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
});

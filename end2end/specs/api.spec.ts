import { generateKeyPairSync } from 'node:crypto';
import { callApi } from '../fixtures/api';
import { proofOf } from '../fixtures/dpop';
import { claimsOf, headerOf, signedJwt, unsignedJwt } from '../fixtures/jwt';
import { expect, test } from '../fixtures/test';

test("the API's refusals say why, and nothing of them is stored", async ({ alice, demo }) => {
  await alice.signInAtA();
  const b = await alice.signedInAtB();
  const { access_token, id_token } = await b.tokens();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const header = headerOf(access_token);
  const claims = claimsOf(access_token);
  const refused = {
    'no JWT at all': 'garbage',
    'an ID token': id_token,
    'its own claims, unsigned': unsignedJwt(header, claims),
    'its own claims, signed by another key': signedJwt(header, claims, privateKey),
    'other claims under its own signature': [
      access_token.split('.')[0],
      Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url'),
      access_token.split('.')[2],
    ].join('.'),
  };

  expect(await callApi(demo, access_token, await proofOf(b.page))).toMatchObject({ status: 200, cacheControl: 'no-store' });
  for (const [what, token] of Object.entries(refused)) {
    const answer = await callApi(demo, token);
    expect(answer, what).toMatchObject({ status: 401, error: 'invalid_token', reason: 'invalid' });
    expect(answer.wwwAuthenticate, what).toMatch(/^Bearer .*error="invalid_token"/);
    expect(answer.cacheControl, what).toBe('no-store');
  }
  const without = await callApi(demo);
  expect(without).toMatchObject({ status: 401, cacheControl: 'no-store' });
  expect(without.wwwAuthenticate).toMatch(/^Bearer/);
});

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { request } from '../fixtures/api';
import type { Demo } from '../fixtures/demo';
import { expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import { claimsOf, signedJwt, unsignedJwt, type Claims } from '../fixtures/jwt';
import { expect, test } from '../fixtures/test';

const ENDPOINT = '/logout/back-channel';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const HUGE = 256 * 1024;

const form = (...tokens: string[]) =>
  new URLSearchParams(tokens.map((token): [string, string] => ['logout_token', token])).toString();

const post = (body: string, headers: HeadersInit = FORM): RequestInit => ({ method: 'POST', headers, body });

/** Makes logout tokens that lack nothing but the provider's signature, and one that does not lack it. */
async function forger(demo: Demo) {
  const jwks = (await (await request(`${demo.provider}/jwks`)).json()) as { keys: { kid: string; alg: string }[] };
  const header = { typ: 'logout+jwt', kid: jwks.keys.find(({ alg }) => alg === 'RS256')?.kid };
  const another = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const theProviders = await demo.providerKey();
  const now = Math.floor(Date.now() / 1000);
  const claims = (aud: string, subject: Claims) => ({
    iss: demo.provider,
    aud,
    iat: now,
    exp: now + 120,
    toe: now,
    jti: randomUUID(),
    events: { [EVENT]: {} },
    ...subject,
  });
  return {
    unsigned: (aud: string, subject: Claims) => unsignedJwt(header, claims(aud, subject)),
    signedByAnother: (aud: string, subject: Claims) => signedJwt(header, claims(aud, subject), another),
    signedByTheProvider: (aud: string, subject: Claims) => signedJwt(header, claims(aud, subject), theProviders),
  };
}

/// BCL-28, BCL-30, BCL-31, BCL-47, BCL-48, BCL-49, T-30
test('forged back-channel requests end nothing', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const tokens = await b.tokens();
  const { sid, sub } = claimsOf(tokens.access_token);
  const forge = await forger(demo);

  const targets = [
    { app: demo.appA, aud: 'app-a', subject: { sub } },
    { app: demo.appB, aud: 'app-b', subject: { sub } },
    { app: demo.appB, aud: 'app-b', subject: { sid } },
  ];
  for (const { app, aud, subject } of targets) {
    const unsigned = forge.unsigned(aud, subject);
    const signed = forge.signedByAnother(aud, subject);
    const forged: [what: string, init: RequestInit, statuses: number[]][] = [
      ['no body', post(''), [400]],
      ['another parameter', post('token=x'), [400]],
      ['an empty token', post(form('')), [400]],
      ['no JWT', post(form('garbage')), [400]],
      ['alg none', post(form(unsigned)), [400]],
      ['another key', post(form(signed)), [400]],
      ["the user's own ID token", post(form(tokens.id_token)), [400]],
      ["the user's own access token", post(form(tokens.access_token)), [400]],
      ['the parameter twice', post(form(signed, unsigned)), [400]],
      ['as JSON', post(JSON.stringify({ logout_token: signed }), { 'Content-Type': 'application/json' }), [400, 415]],
      ['as text', post(form(signed), { 'Content-Type': 'text/plain' }), [400, 415]],
      ['a huge token', post(form(`${signed}${'A'.repeat(HUGE)}`)), [400, 413]],
      ['a huge second parameter', post(`${form(signed)}&more=${'A'.repeat(HUGE)}`), [400, 413]],
    ];
    for (const [what, init, statuses] of forged) {
      const answer = await request(`${app}${ENDPOINT}`, init);
      expect(statuses, `${aud}: ${what}: status ${answer.status}`).toContain(answer.status);
      expect(answer.headers.get('cache-control'), `${aud}: ${what}`).toBe('no-store');
    }
    const byGet = await request(`${app}${ENDPOINT}?${form(signed)}`);
    expect(byGet.status, `${aud}: by GET`).toBe(405);
  }
  await expectBothStillSignedIn('alice', a, b, demo);

  await test.step('the same token with the right signature ends the session at B', async () => {
    const right = await request(`${demo.appB}${ENDPOINT}`, post(form(forge.signedByTheProvider('app-b', { sid }))));
    expect(right.status).toBe(200);
    await expectSessionEnded(demo, tokens.access_token);
    await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  });
});

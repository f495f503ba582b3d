import { request } from '../fixtures/api';
import { expectAccepted, expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import { claimsOf } from '../fixtures/jwt';
import { expect, test } from '../fixtures/test';

const ENDPOINT = '/logout/front-channel';
const BAD_REQUEST = [400];
const TOO_LARGE = [400, 413, 414, 431];
// An unknown session is an ended one (FCL-21), so the answer does not tell which sessions there are.
const NOTHING_TO_END = [200];

/// FCL-11, FCL-20, FCL-21, FCL-22, T-13, T-22
test('forged front-channel requests end nothing', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  const iss = demo.provider;
  const sid = String(claimsOf(access_token).sid);
  const query = (...pairs: [string, string][]) => new URLSearchParams(pairs).toString();
  const forged: [what: string, query: string, statuses: number[]][] = [
    ['no parameters', '', BAD_REQUEST],
    ['iss without sid', query(['iss', iss]), BAD_REQUEST],
    ['sid without iss', query(['sid', sid]), BAD_REQUEST],
    ['another issuer', query(['iss', 'https://evil.example'], ['sid', sid]), BAD_REQUEST],
    ['an issuer that differs by a slash', query(['iss', `${iss}/`], ['sid', sid]), BAD_REQUEST],
    ['an unknown sid', query(['iss', iss], ['sid', 'no-such-session']), NOTHING_TO_END],
    ['two sids', query(['iss', iss], ['sid', 'no-such-session'], ['sid', sid]), BAD_REQUEST],
    ['two issuers', query(['iss', 'https://evil.example'], ['iss', iss], ['sid', sid]), BAD_REQUEST],
    ['an empty sid', query(['iss', iss], ['sid', '']), BAD_REQUEST],
    ['a huge sid', query(['iss', iss], ['sid', 'x'.repeat(16 * 1024)]), TOO_LARGE],
    ['a huge issuer', query(['iss', 'x'.repeat(16 * 1024)], ['sid', sid]), TOO_LARGE],
  ];

  for (const app of [demo.appA, demo.appB]) {
    for (const [what, query, statuses] of forged) {
      // With the browser's cookies, which must not make up for what the request lacks.
      const answer = await alice.context.request.get(`${app}${ENDPOINT}?${query}`, { maxRedirects: 0 });
      expect(statuses, `${app}: ${what}: status ${answer.status()}`).toContain(answer.status());
      expect(answer.headers()['cache-control'], `${app}: ${what}`).toBe('no-store');
      expect(answer.headers()['set-cookie'], `${app}: ${what}`).toBeUndefined();
    }
  }
  await expectBothStillSignedIn('alice', a, b, demo);

  await test.step('the same request with nothing wrong in it ends the session at B', async () => {
    await expectAccepted(demo, b);
    const right = await request(`${demo.appB}${ENDPOINT}?${query(['iss', iss], ['sid', sid])}`);
    expect(right.status).toBe(200);
    await expectSessionEnded(demo, access_token);
    await b.expectLocked({ reason: ['push'], channel: ['front-channel'] });
  });
});

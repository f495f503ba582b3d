import { randomUUID } from 'node:crypto';
import { expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import { claimsOf } from '../fixtures/jwt';
import { expect, test } from '../fixtures/test';
import { accepted, refused, Sender, type Target, type Vector } from '../fixtures/vectors';

/** The same vector with a token that names the user, where the `sid` is not what it is about. */
function bySub(vector: Vector): Vector {
  const named = Object.keys({ ...vector.claims, ...vector.twice?.claims });
  const isAboutSubject = [...named, ...(vector.without ?? [])].some((name) => ['sid', 'sub', 'claims.sid'].includes(name));
  if (isAboutSubject) return vector;
  return { ...vector, claims: { sub: '{{sub}}', ...vector.claims }, without: [...(vector.without ?? []), 'claims.sid'] };
}

/** BCL-28, BCL-30..36, BCL-47..49, T-30 */
test('no bad logout token, and no bad request with a good one, ends anything', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token, id_token } = await b.tokens();
  const { sid, sub } = claimsOf(access_token) as { sid: string; sub: string };
  const sender = await Sender.of(demo);
  const vectors: Vector[] = [
    ...refused(),
    { name: "the user's own ID token", token: id_token },
    { name: "the user's own access token", token: access_token },
  ];
  // The `sid` that a test can read is App B's: at App A, the session is named by `sub`.
  const targets: [target: Target, vectors: Vector[]][] = [
    [{ app: demo.appA, aud: 'app-a', sid: randomUUID(), sub }, vectors.map(bySub)],
    [{ app: demo.appB, aud: 'app-b', sid, sub }, vectors],
  ];
  for (const [target, vectors] of targets) {
    for (const vector of vectors) {
      const { first, answer } = await sender.send(vector, target);
      const what = `${target.aud}: ${vector.name}`;
      expect(first?.status ?? 200, `${what}: the first`).toBe(200);
      expect(answer.status, what).toBe(vector.status ?? 400);
      expect(answer.headers.get('cache-control'), what).toBe('no-store');
      expect(await answer.json(), what).toMatchObject({
        error: 'invalid_request',
        error_description: expect.stringMatching(/./),
      });
    }
  }
  await expectBothStillSignedIn('alice', a, b, demo);

  await test.step('the token that lacks nothing ends the session at B', async () => {
    const { answer } = await sender.send({ name: 'good' }, { app: demo.appB, aud: 'app-b', sid, sub });
    expect(answer.status).toBe(200);
    await expectSessionEnded(demo, access_token);
    await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  });
});

/** BCL-37, BCL-46, BCL-50 */
test('every good logout token is a success, also of a session that is not known', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const sender = await Sender.of(demo);
  for (const [app, aud] of [[demo.appA, 'app-a'], [demo.appB, 'app-b']] as const) {
    for (const vector of accepted()) {
      const stranger = { app, aud, sid: randomUUID(), sub: randomUUID() };
      const { first, answer } = await sender.send(vector, stranger);
      expect(first?.status ?? 200, `${aud}: ${vector.name}: the first`).toBe(200);
      expect(answer.status, `${aud}: ${vector.name}`).toBe(200);
      expect(answer.headers.get('cache-control'), `${aud}: ${vector.name}`).toBe('no-store');
    }
  }
  await expectBothStillSignedIn('alice', a, b, demo);
});

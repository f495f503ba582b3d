import { callApi } from '../fixtures/api';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { claimsOf } from '../fixtures/jwt';
import { expect } from './fixtures/test';
import { signOutAndConfirm, testWithProvider } from './fixtures/with-provider';

const test = testWithProvider('node-oidc-provider.mjs', 'oidc-provider');

test.use({ channels: ['back-channel'], lacks: ['sid'] });

/// BCL-40, BCL-50
test("access tokens without sid: App B presents its ID token once, and a sign-out of its session ends them", async ({
  alice,
  parties,
}) => {
  const presented: number[] = [];
  alice.context.on('response', (response) => {
    if (response.url() === `${parties.appB}/api/session`) presented.push(response.status());
  });
  const { a, b } = await alice.signedInAtBoth();
  const { access_token, id_token } = await b.tokens();
  expect(claimsOf(access_token)['sid'], 'the access token does not name its session').toBeUndefined();
  expect(claimsOf(id_token)['sid'], 'the ID token does').toEqual(expect.any(String));
  await expect.poll(() => presented.filter((status) => status !== 401)).toEqual([204]);
  await expectAccepted(parties, b);

  await signOutAndConfirm(a);

  await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await expectSessionEnded(parties, access_token);
  expect((await callApi(parties, access_token)).reason).toBe('session_ended');
});

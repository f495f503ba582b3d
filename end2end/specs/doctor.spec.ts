import { examine } from '../fixtures/doctor';
import { expect, test } from '../fixtures/test';

test('the doctor says of the embedded provider, as it runs, that a sign-out reaches every app', async ({ demo }) => {
  const { exitCode, outcome, verdicts } = await examine(demo.provider);
  expect([exitCode, outcome]).toEqual([0, 'works']);
  expect(verdicts).toMatchObject({
    'end-session': 'works',
    'back-channel': 'works',
    'front-channel': 'works',
    frame: 'works-same-site',
    'check-session': 'no',
    'refused-renewal': 'works',
    expiry: 'works',
    issuer: 'works',
    metadata: 'works',
    signatures: 'works',
    'code-flow': 'works',
    pkce: 'works',
    'client-authentication': 'works',
    'issuer-parameter': 'works',
    origins: 'works',
    sid: 'works',
    'refresh-tokens': 'works',
    dpop: 'works',
    revocation: 'works',
  });
});

test('the doctor says of what is no provider that it cannot work', async ({ demo }) => {
  const { exitCode, outcome, verdicts } = await examine(demo.appA);
  expect([exitCode, outcome, verdicts]).toEqual([2, 'cannot-work', {}]);
});

import { expectSessionEnded } from '../fixtures/expect';
import { expect, test } from '../fixtures/test';

test.use({ without: ['push'] });

/// BCL-40, T-02
test("without push, B's API refuses at once and its tab learns at its next request", async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();

  await a.signOutAndReturn();
  await expectSessionEnded(demo, access_token);

  expect(await b.callApi()).toBe(401);
  await b.expectLocked({ reason: ['check'] });
  await b.expectNoTokens();
});

/// BCL-40
test("without push, A's next page is signed out", async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await b.signOutAndReturn();
  await a.page.reload();
  await a.expectSignedOut();
});

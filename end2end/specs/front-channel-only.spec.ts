import type { Topology } from '../fixtures/demo';
import { expectSessionEnded } from '../fixtures/expect';
import { test } from '../fixtures/test';
import { BY_ANY_WAY, type HeardBy, type Reason } from '../pages/app';
import { SignOutQuestion, SignOutResult } from '../pages/provider';

test.use({ without: ['back-channel'] });

/** A frame of the app can tell the app's tabs where the browser takes both for one site; the server always can. */
const heard = (topology: Topology): { reason: Reason[]; channel: HeardBy[] } => ({
  reason: topology === 'same-site' ? BY_ANY_WAY.reason : ['push'],
  channel: ['front-channel'],
});

/// FCL-10, FCL-19, FCL-25, T-16
test("by the front channel alone, a sign-out at A locks B's tab", async ({ alice, demo, topology }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  await a.signOutAndReturn();
  await b.expectLocked(heard(topology));
  await expectSessionEnded(demo, access_token);
});

/// FCL-10, FCL-19, FCL-25, T-16
test("by the front channel alone, a sign-out at B locks A's tab", async ({ alice, topology }) => {
  const { a, b } = await alice.signedInAtBoth();
  await b.signOutAndReturn();
  await a.expectLocked(heard(topology));
  await a.page.reload();
  await a.expectSignedOut();
});

/// FCL-10, FCL-13, FCL-14, FCL-26, T-17
test('by the front channel alone, the provider knows that both apps have ended', async ({ alice, demo, topology }) => {
  const { a, b } = await alice.signedInAtBoth();
  const page = await alice.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  await new SignOutQuestion(page).confirm.click();
  const result = new SignOutResult(page);
  await result.expectOutcome('app-a', 'ended');
  await result.expectOutcome('app-b', 'ended');
  await a.expectLocked(heard(topology));
  await b.expectLocked(heard(topology));
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  /// FCL-10, RPI-30
  test("the provider's page has a link that goes on to the app", async ({ alice, demo }) => {
    const a = await alice.signInAtA();
    await a.signOut.click();
    await a.page.getByTestId('continue').click();
    await a.page.waitForURL(`${demo.appA}/signed-out*`);
    await a.expectSignedOut();
    await a.open();
    await a.expectSignedOut();
  });
});

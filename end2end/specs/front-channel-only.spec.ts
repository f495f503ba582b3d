import type { Demo, Topology } from '../fixtures/demo';
import { expectSessionEnded } from '../fixtures/expect';
import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import { pageWithoutScript } from '../fixtures/without-script';
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

/// FCL-10, FCL-26, T-17
test("without script the provider's page tells the apps all the same, and does not say that it knows more than it does", async ({
  alice,
  demo,
  topology,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  const page = await pageWithoutScript(alice.context);
  await page.goto(`${demo.provider}/end_session`);

  await new SignOutQuestion(page).confirm.click();

  await expect(page.getByRole('heading', { name: 'Signing you out' })).toBeVisible();
  await a.expectLocked(heard(topology));
  await b.expectLocked(heard(topology));
  await expectSessionEnded(demo, access_token);
  await page.getByTestId('continue').click();
  await page.waitForURL(`${demo.provider}/end_session/result/*`);
  const result = new SignOutResult(page);
  // What the frames answer is heard by the page's script.
  await result.expectOutcome('app-a', 'unconfirmed');
  await result.expectOutcome('app-b', 'unconfirmed');
  await expect(result.summary).toContainText('Not every app has confirmed');
});

test.describe('when the frame of App B does not do its work', () => {
  /// FCL-26, T-16, T-17
  test('a frame that loads and says nothing is not taken for success', async ({ alice, demo }) => {
    await alice.context.route(`${demo.appB}/assets/front-channel.js`, (route) => route.abort());
    const result = await resultOfSignOut(alice, demo);
    await result.expectOutcome('app-a', 'ended');
    await result.expectOutcome('app-b', 'unconfirmed');
    await expect(result.app('app-b')).toContainText('did not confirm: check there');
    await expect(result.summary).toContainText('Not every app has confirmed');
  });

  /// FCL-26, FCL-28, T-17
  test('a frame that does not load is waited for no longer than a moment, and the user is told what to do', async ({
    alice,
    demo,
  }) => {
    await alice.context.route(`${demo.appB}/logout/front-channel?*`, () => undefined);
    const result = await resultOfSignOut(alice, demo);
    await result.expectOutcome('app-a', 'ended');
    await result.expectOutcome('app-b', 'unreachable');
    await expect(result.app('app-b')).toContainText('could not be signed out from here: sign out there yourself');
    await result.page.setViewportSize({ width: 390, height: 640 });
    const { scrollWidth, clientWidth } = await result.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    expect(scrollWidth, 'the longest of the words fits on a telephone').toBeLessThanOrEqual(clientWidth);
    await expect(result.summary).toContainText('Not every app has confirmed');
  });
});

/** Signs out at the provider, and waits for the page that stays. */
async function resultOfSignOut(alice: Person, demo: Demo): Promise<SignOutResult> {
  await alice.signedInAtBoth();
  const page = await alice.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  await new SignOutQuestion(page).confirm.click();
  await page.waitForURL(`${demo.provider}/end_session/result/*`);
  return new SignOutResult(page);
}

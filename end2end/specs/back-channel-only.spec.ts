import { expectSessionEnded } from '../fixtures/expect';
import { test } from '../fixtures/test';
import { SignOutQuestion, SignOutResult } from '../pages/provider';

test.use({ without: ['front-channel'] });

/// BCL-07, BCL-08, BCL-13, BCL-40
test("by the back channel alone, a sign-out at A locks B's tab", async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  await a.signOutAndReturn();
  await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await expectSessionEnded(demo, access_token);
});

/// BCL-07, BCL-08, BCL-13, BCL-40
test("by the back channel alone, a sign-out at B locks A's tab", async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  await b.signOutAndReturn();
  await a.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await a.page.reload();
  await a.expectSignedOut();
});

/// RPI-23, BCL-46
test('by the back channel alone, the provider knows that both apps have ended', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const page = await alice.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  await new SignOutQuestion(page).confirm.click();
  const result = new SignOutResult(page);
  await result.expectOutcome('app-a', 'ended');
  await result.expectOutcome('app-b', 'ended');
  await a.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  await b.expectLocked({ reason: ['push'], channel: ['back-channel'] });
});

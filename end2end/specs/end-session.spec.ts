import { expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import { expect, test } from '../fixtures/test';
import { BY_ANY_WAY } from '../pages/app';
import { SignOutQuestion, SignOutResult } from '../pages/provider';

/// RPI-12, RPI-28, RPI-34, RPI-38, T-20
test('an unregistered post_logout_redirect_uri gets a page, no redirect, and ends nothing', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { id_token } = await b.tokens();
  const page = await alice.context.newPage();
  for (const uri of [`${demo.appB}/elsewhere`, `${demo.appA}/signed-out`, `${demo.appB}/?x=1`, 'https://evil.example/']) {
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: uri, state: 's' });
    const answer = await page.goto(`${demo.provider}/end_session?${query}`);
    expect(answer?.status(), uri).toBe(400);
    expect(new URL(page.url()).origin, uri).toBe(demo.provider);
    await expect(page.locator('.notice.error'), uri).toBeVisible();
  }
  await expectBothStillSignedIn('alice', a, b, demo);
});

/// RPI-22, RPI-24, RPI-36
test('without a hint the provider asks first; who stays, stays signed in everywhere', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const page = await alice.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  const question = new SignOutQuestion(page);
  await question.expectAsked();
  await expectBothStillSignedIn('alice', a, b, demo);

  await question.stay.click();
  await expect(question.confirm).toBeHidden();
  await expectBothStillSignedIn('alice', a, b, demo);
});

/// RPI-22, RPI-23, RPI-26, RPI-27
test('without a hint the provider asks first; who confirms is signed out everywhere', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  const page = await alice.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  const question = new SignOutQuestion(page);
  await question.expectAsked();
  await question.confirm.click();

  const result = new SignOutResult(page);
  await result.expectOutcome('app-a', 'ended');
  await result.expectOutcome('app-b', 'ended');
  await expectSessionEnded(demo, access_token);
  await b.expectLocked(BY_ANY_WAY);
  await a.expectLocked(BY_ANY_WAY);
});

/// RPI-22
test("with another user's hint the provider asks first", async ({ alice, bob, demo }) => {
  const hers = await alice.signedInAtBoth();
  const his = await bob.signedInAtBoth();
  const { id_token } = await his.b.tokens();
  const page = await alice.context.newPage();
  const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: `${demo.appB}/` });
  await page.goto(`${demo.provider}/end_session?${query}`);
  await new SignOutQuestion(page).expectAsked();
  await expectBothStillSignedIn('alice', hers.a, hers.b, demo);
  await expectBothStillSignedIn('bob', his.a, his.b, demo);
});

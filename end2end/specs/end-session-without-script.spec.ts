import type { Page } from '@playwright/test';
import { expectBothStillSignedIn, expectSessionEnded } from '../fixtures/expect';
import type { Parties } from '../fixtures/parties';
import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import { pageWithoutScript } from '../fixtures/without-script';
import { BY_ANY_WAY } from '../pages/app';
import { goOnFromFrames, resultOfSignOut, SignOutQuestion } from '../pages/provider';

/** The provider's sign-out in a page without script, beside tabs of both apps. */
async function open(person: Person, demo: Parties, parameters: Record<string, string> = {}): Promise<Page> {
  const page = await pageWithoutScript(person.context);
  await page.goto(`${demo.provider}/end_session?${new URLSearchParams(parameters)}`);
  return page;
}

const toA = (demo: Parties) => ({ client_id: 'app-a', post_logout_redirect_uri: `${demo.appA}/signed-out` });

/// RPI-22, RPI-23, RPI-26, RPI-27
test('who confirms is signed out everywhere, and reads what became of each app', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  const page = await open(alice, demo);
  const question = new SignOutQuestion(page);
  await question.expectAsked();
  await expectBothStillSignedIn('alice', a, b, demo);

  await question.confirm.click();

  const result = await resultOfSignOut(page, demo, false);
  await expect(result.summary).toHaveText('You are signed out everywhere.');
  await result.expectOutcome('app-a', 'ended');
  await result.expectOutcome('app-b', 'ended');
  await a.expectLocked(BY_ANY_WAY);
  await b.expectLocked(BY_ANY_WAY);
  await expectSessionEnded(demo, access_token);
});

/// RPI-22, RPI-24, RPI-36
test('who stays is told so, and stays signed in everywhere', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const page = await open(alice, demo);

  await new SignOutQuestion(page).stay.click();

  await expect(page.getByRole('heading', { name: 'You are still signed in' })).toBeVisible();
  await expect(page.locator('main')).toContainText('you are signed in as alice');
  await expectBothStillSignedIn('alice', a, b, demo);
});

/// RPI-22, RPI-29, RPI-30, RPI-33
test('an app that says who it is gets the user back after the question; who is signed out already goes by a link', async ({
  alice,
  demo,
}) => {
  const { a, b } = await alice.signedInAtBoth();
  const page = await open(alice, demo, toA(demo));
  await expect(page.locator('main')).toContainText('App A asks for this');
  await new SignOutQuestion(page).confirm.click();
  await goOnFromFrames(page, page.locator('body[data-session=signed-out]'));
  await page.waitForURL(`${demo.appA}/signed-out*`);
  await a.expectLocked(BY_ANY_WAY);
  await b.expectLocked(BY_ANY_WAY);

  const again = await open(alice, demo, toA(demo));

  await expect(again.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await again.getByTestId('continue').click();
  await again.waitForURL(`${demo.appA}/signed-out*`);
});

/// RPI-29
test('who answers after the session has ended elsewhere is told that they are signed out', async ({ alice, demo }) => {
  const { a } = await alice.signedInAtBoth();
  const page = await open(alice, demo);
  await a.signOutAndReturn();

  await new SignOutQuestion(page).confirm.click();

  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
});

/// RPI-12, RPI-28, RPI-32, RPI-34
test('what is wrong gets a page that says so, ends nothing, and leads to the question', async ({ alice, demo }) => {
  test.slow();
  const { a, b } = await alice.signedInAtBoth();
  const { id_token } = await b.tokens();
  const elsewhere = 'https://elsewhere.example/';
  for (const [detail, parameters] of [
    ['not one of those registered', { id_token_hint: id_token, post_logout_redirect_uri: elsewhere }],
    ['needs an id_token_hint or a client_id', { post_logout_redirect_uri: elsewhere }],
    ['id_token_hint', { id_token_hint: 'not-a-token' }],
    ['not registered here', { client_id: 'nobody' }],
  ] as const) {
    await test.step(detail, async () => {
      const page = await open(alice, demo, parameters);
      await expect(page.getByRole('alert')).toContainText('Nothing was changed');
      await expect(page.getByTestId('error-detail')).toContainText(detail);
      expect(new URL(page.url()).origin).toBe(demo.provider);
      await page.getByRole('link', { name: 'Sign out here' }).click();
      await new SignOutQuestion(page).expectAsked();
      await page.close();
    });
  }
  await expectBothStillSignedIn('alice', a, b, demo);
});

import { expect, test } from '../fixtures/lab';

// Who works by the keyboard, or hears the page, stays where they are, whatever changes under their hands.
test.setTimeout(120_000);

test('a switch keeps the focus while the demo changes, and takes one press at a time', async ({ lab }) => {
  const asked: unknown[] = [];
  let answer = () => {};
  await lab.page.route('**/api/switches', async (route) => {
    asked.push(route.request().postDataJSON());
    await new Promise<void>((resolve) => (answer = resolve));
    await route.continue();
  });
  const { keyboard } = lab.page;

  const push = lab.switchOf('push');
  await push.focus();
  await keyboard.press('Space');
  await expect(push).toHaveAttribute('aria-disabled', 'true');
  await expect(push).toBeDisabled();
  await expect(lab.page.getByText('changing the demo…')).toBeVisible();
  await keyboard.press('Space');
  await expect(push).toBeFocused();
  await expect.poll(() => asked.length).toBe(1);
  answer();
  await expect(push).toBeEnabled();
  await expect(push).not.toBeChecked();
  await expect(push).toBeFocused();

  const renew = lab.switchOf('renew');
  await renew.focus();
  await keyboard.press('ArrowDown');
  await expect(renew).toBeDisabled();
  await keyboard.press('ArrowDown');
  await expect(renew, 'the demo has the word').toHaveValue('auto');
  await expect.poll(() => asked.length).toBe(2);
  answer();
  await expect(renew).toBeEnabled();
  await expect(renew).toHaveValue('iframe');
  await expect(renew).toBeFocused();
  expect(asked).toHaveLength(2);
  expect(asked).toMatchObject([{ push: false }, { push: false, renew: 'iframe' }]);
});

test('one button starts and stops a scenario, and what a step asked for leaves its place to the step', async ({ lab }) => {
  const { keyboard } = lab.page;
  const says = lab.scenario.getByRole('status');
  const step = lab.steps.and(lab.page.locator('[data-status=doing]'));
  await lab.choose('cookies-blocked');
  await expect(lab.run).toHaveText('Run');
  await lab.run.focus();
  await keyboard.press('Enter');
  await expect(lab.run).toHaveText('Stop');
  await expect(lab.run).toBeFocused();
  await expect(says).toContainText('“Cookies blocked” waits for you. Have your browser block third-party cookies.');

  await lab.stepDone.focus();
  await keyboard.press('Enter');
  await expect(lab.stepOpen).toHaveCount(2);
  await expect(lab.steps.first()).toHaveAttribute('data-status', 'done');
  await expect(lab.steps.first()).toBeFocused();

  await lab.stepOpen.first().focus();
  const opened = lab.page.waitForEvent('popup');
  await keyboard.press('Enter');
  await opened;
  await expect(lab.stepOpen).toHaveCount(1);
  await expect(step).toBeFocused();

  await lab.run.focus();
  await keyboard.press('Enter');
  await expect(lab.run).toHaveText('Run again');
  await expect(lab.run).toBeFocused();
  await expect(says).toContainText('“Cookies blocked” is over.');
  await expect(says).toContainText('Stopped.');
  await expect(lab.switchOf('back-channel')).toBeChecked();
});

test('the second of two quick clicks does not stop what the first has started', async ({ lab }) => {
  await lab.choose('cookies-blocked');
  await lab.run.dblclick();
  await expect(lab.stepDone).toBeVisible();
  await expect(lab.run).toHaveText('Stop');
  await lab.stop();
  await expect(lab.run).toHaveText('Run again');
});

test('a window’s card keeps the focus, whatever its window tells and whichever other is closed', async ({ lab }) => {
  const a = await lab.openWindow('app-a');
  const b = await lab.openWindow('app-b');
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  const card = lab.window('app-b-1').getByRole('button');
  await card.focus();
  await b.evaluate(() => (document.body.dataset.reason = 'check'));
  await expect(card).toContainText('it asked its server');
  await expect(card).toBeFocused();
  await a.close();
  await expect(lab.window('app-a')).toHaveCount(0);
  await expect(card).toBeFocused();
});

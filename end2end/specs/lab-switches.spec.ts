import { expect, test } from '../fixtures/lab';

test.setTimeout(120_000);

/// FCL-20
test('without the back channel the frames tell', async ({ lab }) => {
  await lab.turn('back-channel', false);
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', 'front-channel');
  await expect(lab.arrows('front-channel')).not.toHaveCount(0);
});

test('without push and broadcast a tab locks when it asks', async ({ lab }) => {
  await lab.turn('push', false);
  await lab.turn('broadcast', false);
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.learned('app-b-1')).toHaveAttribute('data-channel', 'check');
});

test('without both channels the lab says that App B goes on', async ({ lab }) => {
  await lab.turn('back-channel', false);
  await lab.turn('front-channel', false);
  await lab.start('sign-out-at-a');
  await expect(lab.scenario).toContainText('the hole that the channels close');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-in');
  await expect(lab.lastRefused).toContainText('has not heard of the end');
});

test('the choices change the demo, and a reloaded lab shows them', async ({ lab }) => {
  await lab.switchOf('renew').selectOption('off');
  await expect(lab.switchOf('renew')).toBeEnabled();
  await lab.switchOf('access-token-lifetime').selectOption('30');
  await expect(lab.switchOf('access-token-lifetime')).toBeEnabled();
  await lab.open();
  await expect(lab.switchOf('renew')).toHaveValue('off');
  await expect(lab.switchOf('access-token-lifetime')).toHaveValue('30');
});

test('what does not come from a window of the demo is not heard', async ({ lab, demo }) => {
  const forged = { 'curfew-lab': 'click', at: Date.now(), testid: 'sign-out' };
  await lab.page.evaluate((message) => window.postMessage(message, '*'), forged);
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  // A page that claims to be another: its state is not taken.
  await a.evaluate(
    ([message, origin]) => window.opener.postMessage(message, origin),
    [
      { 'curfew-lab': 'state', at: Date.now(), origin: demo.provider, path: '/', session: 'signed-in', user: 'bob' },
      demo.lab,
    ] as const,
  );
  await a.evaluate((origin) => window.opener.postMessage({ 'curfew-lab': 'gone', at: Date.now() }, origin), demo.lab);
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  await expect(lab.shownRun).not.toHaveAttribute('data-run');
});

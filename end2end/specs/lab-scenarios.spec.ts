import { expect, test } from '../fixtures/lab';

// Each scenario says first what should happen, and then whether it did. The scenarios are the lab's own; what is asked
// here is that the lab says yes to all of it, and that picture, words and table tell the same story.
test.setTimeout(120_000);

for (const id of ['sign-out-at-a', 'sign-out-at-b', 'sign-out-at-provider', 'everywhere']) {
  /// RPI-26, T-02
  test(`${id}: both apps learn and lock`, async ({ lab }) => {
    await lab.choose(id);
    await expect(lab.verdicts.first()).toHaveAttribute('data-met', 'open');
    await lab.start(id);
    await lab.openWindows();
    await lab.expectMet();

    for (const name of ['app-a', 'app-b-1'] as const) {
      await expect(lab.window(name)).toHaveAttribute('data-session', 'signed-out');
    }
    for (const who of ['provider-server', 'app-a-server', 'app-b-api', 'app-a', 'app-b-1']) {
      await expect(lab.learned(who)).not.toHaveAttribute('data-channel', '');
    }
    await expect(lab.lastRefused).toContainText('Last credential refused after');
    await expect(lab.arrows('click').first()).toBeVisible();
    await expect(lab.arrows('locked')).not.toHaveCount(0);
  });
}

/// BCL-13, GTR-02, T-18
test('by the administrator: no browser takes part, and the back channel is enough', async ({ lab }) => {
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', 'back-channel');
  await expect(lab.learned('app-b-1')).toHaveAttribute('data-channel', 'push');
  await expect(lab.arrows('revocation')).not.toHaveCount(0);
  await expect(lab.arrows('front-channel')).toHaveCount(0);
});

/// BCL-10, BCL-11, T-03
test('App B is down: it is told as soon as it is back', async ({ lab }) => {
  await lab.start('app-b-down');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.diagram.locator('[data-outcome=unreachable]')).not.toHaveCount(0);
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', 'back-channel');
  await expect(lab.switchOf('app-b')).toBeChecked();
});

/// T-28
test('ten tabs: one sign-out locks them all', async ({ lab }) => {
  await lab.start('ten-tabs');
  await lab.openWindows();
  await lab.expectMet();
  for (let number = 1; number <= 10; number++) {
    await expect(lab.window(`app-b-${number}`)).toHaveAttribute('data-session', 'signed-out');
  }
  await expect(lab.arrows('broadcast')).not.toHaveCount(0);
});

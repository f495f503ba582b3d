import { expect, test } from '../fixtures/lab';

// Scenarios in which the user has something to do: the test does it, step by step, as the lab asks.
test.setTimeout(120_000);

/// FCL-25, FCL-26
test('cookies blocked: the frame needs none', async ({ lab, topology }) => {
  await lab.start('cookies-blocked');
  // This browser blocks them as it is.
  await lab.stepDone.click();
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', 'front-channel');
  await expect(lab.page.getByTestId('cookies-found')).toContainText(topology === 'same-site' ? 'of the same site' : 'no cookies');
  await expect(lab.switchOf('back-channel')).toBeChecked();
});

/// T-25
test('laptop asleep: a tab that heard nothing locks when it wakes', async ({ lab, demo }) => {
  await lab.start('laptop-asleep');
  await lab.openWindows();
  await expect(lab.stepDone).toBeVisible();
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', /./);
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-in');
  await lab.shown(demo.appB).evaluate(() => dispatchEvent(new Event('focus')));
  await lab.stepDone.click();
  await lab.expectMet();
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  await expect(lab.switchOf('push')).toBeChecked();
});

test('what a scenario changed is put back where the lab is loaded again in it', async ({ lab }) => {
  await lab.start('laptop-asleep');
  await lab.openWindows();
  await expect(lab.stepDone).toBeVisible();
  await expect(lab.switchOf('push')).not.toBeChecked();
  await lab.open();
  await expect(lab.problem).toContainText('while “Laptop asleep” ran, so the run is lost. The switches have been put back');
  await expect(lab.switchOf('push')).toBeChecked();
  await expect(lab.scenario).toHaveAttribute('data-scenario', 'laptop-asleep');
  expect(await lab.page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('what a scenario changed is put back, and kept no longer, where it is stopped', async ({ lab }) => {
  await lab.start('laptop-asleep');
  await expect(lab.switchOf('push')).not.toBeChecked();
  await lab.stop();
  await expect(lab.run).toHaveText('Run again');
  await expect(lab.switchOf('push')).toBeChecked();
  expect(await lab.page.evaluate(() => sessionStorage.length)).toBe(0);
});

/// BCP-01, BCP-09
test('token stolen: what a copy is worth, before and after', async ({ lab, demo }) => {
  const b = () => lab.shown(demo.appB);
  const copy = async () => {
    await lab.openWindows();
    await expect(lab.token).toBeVisible();
    await b().getByText('Try it with a copy of your access token').click();
    await expect(b().getByTestId('curl')).toContainText('eyJ');
    return (await b().getByTestId('curl').textContent()) ?? '';
  };
  await lab.start('token-stolen');
  const command = await copy();

  await test.step('something else is not taken for a token', async () => {
    await lab.token.fill('not a token');
    await lab.stepDone.click();
    await expect(lab.problem).toContainText('no access token');
  });

  await lab.token.fill(command);
  await lab.stepDone.click();
  await lab.expectMet();
  await expect(lab.diagram.locator('[data-kind=request][data-outcome=refused]')).not.toHaveCount(0);
  const [header] = /eyJ[\w.-]+/.exec(command) ?? ['nothing'];
  await expect(lab.page.locator('body')).not.toContainText(header);

  await test.step('what was answered to one copy is not said of the next, which is not tried', async () => {
    let tries = 0;
    await lab.page.route('**/api/stolen', (route) => (++tries === 1 ? route.continue() : route.abort()));
    await lab.start('token-stolen');
    await lab.token.fill(await copy());
    await lab.stepDone.click();
    await expect(lab.scenario).toHaveAttribute('data-outcome', 'open', { timeout: 60_000 });
    await expect(lab.verdicts.and(lab.page.locator('[data-met=open]'))).toHaveText(/Not decided: the scenario stopped before\.$/);
  });
});

import type { Route } from '@playwright/test';
import { expect, test } from '../fixtures/lab';
import { Lab } from '../pages/lab';
import { ProviderLogin } from '../pages/provider';

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
    await expect(lab.refusals).toContainText('by App B’s API after');
    await expect(lab.refusals).toContainText('by App A’s server after');
    await expect(lab.verdicts.filter({ hasText: 'refused as session_ended' })).toContainText('Answered 401, session_ended.');
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

test('an API that takes the token of before, or says nothing to it, is not called one that refuses', async ({ lab, demo, context }) => {
  const refuses = lab.verdicts.filter({ hasText: 'A copy of App B’s access token' });
  const tryWith = async (answer: (route: Route) => Promise<void>) => {
    const isCopy = (route: Route) => route.request().headers().authorization?.startsWith('Bearer ');
    await context.route(`${demo.appB}/api/notes`, (route) => (isCopy(route) ? answer(route) : route.fallback()));
    await lab.start('administrator');
    await lab.openWindows();
    await expect(lab.scenario).not.toHaveAttribute('data-outcome', 'running', { timeout: 60_000 });
  };
  await tryWith((route) => route.fulfill({ json: [] }));
  await expect(lab.scenario).toHaveAttribute('data-outcome', 'missed');
  await expect(refuses).toContainText('Answered 200.');
  await tryWith((route) => route.abort());
  await expect(lab.scenario).toHaveAttribute('data-outcome', 'open');
  await expect(refuses).toContainText('Nobody answered.');
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

test('bob is not taken for alice', async ({ lab }) => {
  const a = await lab.openWindow('app-a');
  await a.getByTestId('sign-in').click();
  await new ProviderLogin(a).signIn('bob');
  await expect(lab.window('app-a')).toContainText('signed in as bob');
  await lab.start('administrator');
  await lab.openWindows();
  const failed = lab.steps.and(lab.page.locator('[data-status=failed]'));
  await expect(failed).toContainText('App A is signed in as bob. Sign out there, and run the scenario again.');
  await expect(lab.run).toHaveText('Run again');
  await expect(lab.window('app-a')).toContainText('signed in as bob');
});

test('what came of one scenario is not said of another', async ({ lab, demo }) => {
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  await lab.choose('everywhere');
  await expect(lab.scenario).toHaveAttribute('data-outcome', 'open');
  await expect(lab.verdicts.and(lab.page.locator('[data-met=open]'))).toHaveCount(await lab.verdicts.count());
  await expect(lab.steps.and(lab.page.locator('[data-status=waiting]'))).toHaveCount(await lab.steps.count());
  await expect(lab.scenario.getByRole('button', { name: 'Run' })).toHaveText('Run');
  await lab.choose('administrator');
  await expect(lab.scenario).toHaveAttribute('data-outcome', 'met');

  await test.step('nor of what is done by hand after it', async () => {
    await expect(lab.runs.first()).toHaveAttribute('data-met', 'true');
    const a = lab.shown(demo.appA);
    await a.getByTestId('sign-in').click();
    await new ProviderLogin(a).signIn('alice');
    await lab.expectKept('Sign-in');
    await expect(lab.runs.first()).not.toHaveAttribute('data-met');
    await expect(lab.shownRun.getByTestId('verdict')).toHaveCount(0);
  });
});

test('who hears the lab hears what was found, with what was expected, and that it is over', async ({ context, demo, topology }) => {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const said = new Set<string>();
    Object.assign(window, { said });
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest('[aria-live=polite], [role=status], [role=alert]');
        if (region) said.add((element?.closest('[aria-atomic=true]') ?? region).textContent?.trim() ?? '');
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  const lab = new Lab(page, demo);
  await lab.open();
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  const said = await page.evaluate(() => [...(window as unknown as { said: Set<string> }).said]);
  expect(said).toContain('recording');
  // What stands there when it is over.
  expect(said).toContain(topology === 'same-site' ? 'one site' : 'across sites');
  for (const verdict of await lab.verdicts.allTextContents()) {
    expect(verdict).toContain('Yes.');
    expect(said).toContain(verdict.trim());
  }
});

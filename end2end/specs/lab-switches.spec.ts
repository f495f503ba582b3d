import { createServer } from 'node:net';
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
  // The session lives for it: a copy lacks the proof, and nothing else.
  await expect(lab.steps.filter({ hasText: 'Try what is left' })).toContainText('App B: answered 401, proof.');
});

test('a slow App B is told later, and one that is slower than anybody waits is not told', async ({ lab }) => {
  for (const { delay, says, channel } of [
    { delay: '1000', says: 'App B’s API learns of it by the back channel', channel: /./ },
    { delay: '5000', says: 'the hole that the channels close', channel: '' },
  ]) {
    await lab.switchOf('slow-app-b').selectOption(delay);
    await expect(lab.switchOf('slow-app-b')).toBeEnabled();
    await lab.start('sign-out-at-a');
    await expect(lab.scenario).toContainText(says);
    await lab.openWindows();
    await lab.expectMet();
    await expect(lab.learned('app-b-api'), `after ${delay} ms`).toHaveAttribute('data-channel', channel);
  }
});

test('a session that nobody told of its end is ended before another scenario, and is not taken for a live one', async ({ lab }) => {
  for (const name of ['back-channel', 'front-channel']) await lab.turn(name, false);
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-in');
  for (const name of ['back-channel', 'front-channel']) await lab.turn(name, true);
  await lab.start('sign-out-at-a');
  await lab.expectMet();
  await expect(lab.learned('app-b-api')).toHaveAttribute('data-channel', 'back-channel');
});

for (const id of ['administrator', 'sign-out-at-b']) {
  test(`without push, ${id}: that App A asks its server is no sign-out there`, async ({ lab }) => {
    await lab.turn('push', false);
    await lab.start(id);
    await lab.openWindows();
    await lab.expectMet();
    await expect(lab.learned('app-a')).toHaveAttribute('data-channel', 'check');
  });
}

test('the choices change the demo, and a reloaded lab shows them', async ({ lab }) => {
  await lab.switchOf('renew').selectOption('off');
  await expect(lab.switchOf('renew')).toBeEnabled();
  await lab.switchOf('access-token-lifetime').selectOption('30');
  await expect(lab.switchOf('access-token-lifetime')).toBeEnabled();
  await lab.open();
  await expect(lab.switchOf('renew')).toHaveValue('off');
  await expect(lab.switchOf('access-token-lifetime')).toHaveValue('30');
});

test('a value that is not offered is shown as it is', async ({ lab }) => {
  const lifetime = lab.switchOf('access-token-lifetime');
  await expect(lifetime.locator('option')).toHaveCount(5);
  await lab.page.evaluate(async () => {
    const { switches } = (await (await fetch('/api/state')).json()) as { switches: object };
    const body = JSON.stringify({ ...switches, access_token_lifetime: 120 });
    await fetch('/api/switches', { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
  });
  await expect(lifetime).toHaveValue('120');
  await expect(lifetime.locator('option:checked')).toHaveText('2 min');
  await lifetime.selectOption('30');
  await expect(lifetime).toBeEnabled();
  await expect(lifetime).toHaveValue('30');
  await expect(lifetime.locator('option')).toHaveCount(5);
});

test('a switch that pages know of when they are loaded loads them again', async ({ lab }) => {
  const b = await lab.openWindow('app-b');
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  for (const name of ['push', 'broadcast']) {
    const loaded = b.waitForEvent('load');
    await lab.turn(name, false);
    await loaded;
    await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  }
});

test('half a change is shown as it is, with what to do, and can be made whole', async ({ lab, demo }) => {
  await lab.turn('app-b', false);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(new URL(demo.appB).port), '127.0.0.1', resolve));
  await lab.switchOf('app-b').click();
  await expect(lab.problem).toContainText('App B did not start and is down now');
  await expect(lab.problem).toContainText('switch App B on');
  await expect(lab.switchOf('app-b')).toBeEnabled();
  await expect(lab.switchOf('app-b')).not.toBeChecked();
  await new Promise((resolve) => other.close(resolve));
  await lab.turn('app-b', true);
  await expect(lab.problem).toBeHidden();
});

test('what does not come from a window of the demo is not heard', async ({ lab, demo }) => {
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  await lab.page.evaluate(() => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    const note = () => shown.push(document.querySelector<HTMLElement>('[data-name=app-a]')?.dataset.session ?? 'gone');
    new MutationObserver(note).observe(document.querySelector('.windows')!, { subtree: true, childList: true, attributes: true });
  });
  await lab.page.evaluate(() => window.postMessage({ 'curfew-lab': 'click', at: Date.now(), testid: 'sign-out' }, '*'));
  const forged: object[] = [
    // A page that claims to be another's.
    { 'curfew-lab': 'state', origin: demo.provider, path: '/', session: 'signed-in', user: 'bob' },
    { 'curfew-lab': 'state', origin: 'null', path: '/', session: 'signed-in', user: 'bob' },
    // What no window says.
    { 'curfew-lab': 'state', origin: demo.appA, session: 'signed-in' },
    { 'curfew-lab': 'other' },
  ];
  await a.evaluate(
    ([messages, origin]) => messages.forEach((message) => window.opener.postMessage({ at: Date.now(), ...message }, origin)),
    [forged, demo.lab] as const,
  );
  // Messages of a window come in the order in which they were sent: after these, a true one.
  await a.evaluate(() => (document.body.dataset.reason = 'check'));
  await expect(lab.window('app-a')).toContainText('it asked its server');
  const shown = await lab.page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  expect(shown.filter((session) => session !== 'signed-out')).toEqual([]);
  await expect(lab.shownRun).not.toHaveAttribute('data-run');
});

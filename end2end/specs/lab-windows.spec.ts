import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/lab';
import { Lab } from '../pages/lab';

test('a lab that is reloaded finds its windows, and each keeps its name', async ({ lab }) => {
  const first = await lab.openWindow('app-b');
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  await lab.openWindow('app-b');
  await expect(lab.window('app-b-2')).toHaveAttribute('data-session', 'signed-out');
  await first.close();
  await expect(lab.window('app-b-1')).toHaveCount(0);
  await lab.open();
  await expect(lab.window('app-b-2')).toHaveAttribute('data-session', 'signed-out');
  await expect(lab.window('app-b-1')).toHaveCount(0);
});

test('a window whose page came without the script of the lab is loaded anew', async ({ context, lab }) => {
  let aborted = 0;
  await context.route('**/lab/window.js', async (route) => (aborted++ === 0 ? route.abort() : route.continue()));
  await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out', { timeout: 15_000 });
  expect(aborted).toBeGreaterThan(1);
});

test('a window that is closed and at once opened again is there once, and is heard', async ({ context, demo }) => {
  const page = await context.newPage();
  await page.addInitScript(holdTheClockAndWindows);
  const lab = new Lab(page, demo);
  await lab.open();
  const first = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  await first.close();
  await untilClosed(page);
  const again = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  // The lab looks for windows that have been closed.
  await page.evaluate(() => (window as unknown as Held).tick());
  await again.getByTestId('sign-in').click();
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'elsewhere');
});

test('a window that shows something else is not shown as what it was', async ({ lab }) => {
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toContainText('signed out');
  await a.goto('data:text/html,elsewhere');
  await expect(lab.window('app-a')).toContainText('shows no page of the demo');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'loading');
});

test('a window that is closed is no longer there, and the others are', async ({ lab }) => {
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toBeVisible();
  await lab.openWindow('app-b');
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  await a.close();
  await expect(lab.window('app-a')).toHaveCount(0);
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
});

type Held = { tick(): void; opened?: Window };

/** What the lab does now and then, it does when the test says so; and the window that it opened last is at hand. */
function holdTheClockAndWindows(): void {
  const held = window as unknown as Held;
  const ticks: (() => void)[] = [];
  window.setInterval = ((tick: () => void) => ticks.push(tick)) as typeof window.setInterval;
  held.tick = () => ticks.forEach((tick) => tick());
  const open = window.open.bind(window);
  window.open = (...args) => (held.opened = open(...args) ?? undefined) ?? null;
}

async function untilClosed(page: Page): Promise<void> {
  await page.waitForFunction(() => (window as unknown as Held).opened?.closed);
}

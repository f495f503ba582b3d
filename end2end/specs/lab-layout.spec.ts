import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/lab';
import { Lab } from '../pages/lab';

test.setTimeout(120_000);

/** The sum of what moved by itself, as browsers count it (https://wicg.github.io/layout-instability/). */
const MOST = 0.01;

for (const width of [390, 1280]) {
  test(`nothing moves by itself while a scenario runs, at ${width} px`, async ({ context, demo }) => {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 800 });
    await page.addInitScript(() => {
      const shifts: object[] = [];
      Object.assign(window, { shifts });
      type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Element | null }[] };
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries() as Shift[]) {
          const moved = sources.map(({ node }) => (node instanceof Element ? node.className || node.tagName : String(node)));
          if (!hadRecentInput) shifts.push({ value, moved: moved.map(String) });
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    const lab = new Lab(page, demo);
    await lab.open();
    await lab.start('sign-out-at-a');
    await lab.openWindows();
    await lab.expectMet();
    // Seen from the picture as well.
    await lab.diagram.scrollIntoViewIfNeeded();
    await lab.arrows('back-channel').first().hover();
    await expect(lab.inspector.getByRole('link')).toBeVisible();
    const shifts = await page.evaluate(() => (window as unknown as { shifts: { value: number }[] }).shifts);
    expect(shifts.reduce((sum, { value }) => sum + value, 0), JSON.stringify(shifts)).toBeLessThan(MOST);
  });
}

test('the picture of a run that goes on is seen without scrolling, beside its steps', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1280, height: 800 });
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  for (const shown of [lab.diagram, lab.steps.first(), lab.steps.last()]) await expect(shown).toBeInViewport({ ratio: 1 });
  await lab.expectMet();
  await expect(lab.diagram).toBeInViewport({ ratio: 1 });
  await expect(lab.arrows('click')).toBeInViewport({ ratio: 1 });
  expect(await lab.page.evaluate(() => window.scrollY)).toBe(0);
  await lab.choose('everywhere');
  await expect(lab.scenario.locator('.about'), 'what it is about, and not its picture').toBeInViewport({ ratio: 1 });
});

for (const width of [1280, 1600]) {
  test(`six lanes are seen side by side, at ${width} px`, async ({ lab }) => {
    await lab.page.setViewportSize({ width, height: 800 });
    await lab.start('administrator');
    await lab.openWindows();
    await lab.expectMet();
    const { lanes, hidden } = await lab.diagram.evaluate((box) => ({
      lanes: box.querySelectorAll('.lane').length,
      hidden: box.scrollWidth - box.clientWidth,
    }));
    expect([lanes, hidden]).toEqual([6, 0]);
  });
}

/** Signs in by hand while nobody looks at the lab, and says how far its page is scrolled. */
async function scrolledBy(lab: Lab): Promise<number> {
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  await a.getByTestId('sign-in').click();
  await expect(lab.arrows('click')).not.toHaveCount(0);
  // What the lab does then it does next.
  return lab.page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve(window.scrollY), 0)));
}

test('a run that begins is scrolled into sight', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1280, height: 800 });
  expect(await scrolledBy(lab)).toBeGreaterThan(100);
  await expect(lab.diagram).toBeInViewport({ ratio: 0.9 });
});

test('a run that begins leaves the page where its user has scrolled it', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1280, height: 800 });
  await lab.page.mouse.move(600, 300);
  await lab.page.mouse.wheel(0, 40);
  await expect.poll(() => lab.page.evaluate(() => window.scrollY)).toBe(40);
  expect(await scrolledBy(lab)).toBe(40);
});

test('the heads of the lanes stay in sight, and who looks at the end of a run sees what comes', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1280, height: 500 });
  await lab.diagram.or(lab.shownRun).first().evaluate((within) => {
    const seen: number[] = [];
    Object.assign(window, { seen });
    within.addEventListener('scroll', ({ target }) => seen.push((target as Element).scrollTop), { capture: true });
  });
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  await lab.expectMet();
  const positions = () =>
    lab.diagram.evaluate((box) => ({
      top: box.scrollTop,
      end: box.scrollHeight - box.clientHeight - box.scrollTop,
      below: box.querySelector('.heads')!.getBoundingClientRect().top - box.getBoundingClientRect().top,
    }));
  const { top, end } = await positions();
  const seen = await lab.page.evaluate(() => (window as unknown as { seen: number[] }).seen);
  expect(Math.max(...seen), 'it has followed').toBeGreaterThan(top + end - 10);
  expect(top, 'it stands at the click when all is over').toBe(0);
  await lab.diagram.getByTestId('arrow').last().focus();
  await expect.poll(async () => Math.abs((await positions()).below)).toBeLessThan(10);
  await lab.diagram.getByTestId('arrow').first().focus();
  expect((await positions()).end).toBeGreaterThan(10);
  await expect.poll(async () => Math.abs((await positions()).below)).toBeLessThan(10);
  await lab.page.keyboard.press('Home');
  const covered = await lab.diagram.evaluate((box) => {
    const heads = box.querySelector('.heads')!.getBoundingClientRect();
    return heads.bottom - document.activeElement!.getBoundingClientRect().bottom;
  });
  expect(covered, 'what has the focus is not under the heads').toBeLessThan(0);
});

test('where the lanes do not fit, the times stay in sight over them', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 390, height: 800 });
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  const seen = () =>
    lab.diagram.evaluate((box) => {
      const time = box.querySelector('.time')!.getBoundingClientRect();
      const [ground, paper] = ['.time-ground', '.ground'].map((it) => getComputedStyle(box.querySelector(it)!).fill);
      const isCovered = ground === paper;
      return { scrolled: box.scrollLeft, at: Math.round(time.left - box.getBoundingClientRect().left), isCovered };
    });
  const { at } = await seen();
  expect(await seen()).toMatchObject({ scrolled: 0, isCovered: false });
  await lab.diagram.evaluate((box) => (box.scrollLeft = 300));
  await expect.poll(seen).toMatchObject({ scrolled: 300, at, isCovered: true });
  await lab.diagram.evaluate((box) => (box.scrollLeft = 0));
  await expect.poll(seen).toMatchObject({ scrolled: 0, at, isCovered: false });
});

test('a link to a run opens it beside its scenario', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1280, height: 800 });
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  await expect(lab.runs.first().locator('time')).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  await lab.page.goto(lab.page.url());
  await expect(lab.diagram.getByTestId('arrow')).not.toHaveCount(0);
  await expect(lab.scenario).toHaveAttribute('data-scenario', 'administrator');
  await expect(lab.scenario, 'it says what came of it').toHaveAttribute('data-outcome', 'met');
  await expect(lab.shownRun.getByTestId('verdict'), 'and once').toHaveCount(0);
  await expect(lab.diagram).toBeInViewport({ ratio: 1 });
});

test('the keyboard goes from the scenarios to “Run”, and has a way past both', async ({ lab }) => {
  await lab.page.getByTestId('choose-scenario').last().focus();
  await lab.page.keyboard.press('Tab');
  await expect(lab.run).toBeFocused();
  const skip = lab.page.getByRole('link', { name: 'To the scenario' });
  await skip.focus();
  await expect(skip).toBeInViewport();
  await lab.page.keyboard.press('Enter');
  await lab.page.keyboard.press('Tab');
  await expect(lab.run).toBeFocused();
});

test('on a narrow screen the table has its headings over its columns, and a problem is seen where it comes from', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 390, height: 800 });
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  const heading = (await lab.page.getByRole('columnheader', { name: 'How' }).boundingBox())!;
  const cell = (await lab.learned('provider-server').getByRole('cell').last().boundingBox())!;
  expect(Math.abs(heading.x - cell.x)).toBeLessThan(2);

  await lab.page.route('**/api/switches', (route) => route.abort());
  await lab.switchOf('push').click();
  await expect(lab.problem).toContainText('does not answer');
  await expect(lab.problem).toBeInViewport();
});

test('on paper a run is whole, and dark on light', async ({ lab }) => {
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  await lab.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const hidden = await lab.diagram.evaluate((box) => [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth]);
  expect(hidden).toEqual([0, 0]);
  for (const shown of [lab.verdicts.first(), lab.lastRefused, lab.arrows('back-channel').first()]) await expect(shown).toBeVisible();
  for (const gone of [lab.switchOf('push'), lab.runs.first(), lab.replay, lab.inspector]) await expect(gone).toBeHidden();
  expect(await brightness(lab.page, '.lab-grid h2')).toBeLessThan(80);
  expect(await brightness(lab.page, '.diagram .head-text', 'fill')).toBeLessThan(80);
  expect(await brightness(lab.page, '.diagram .ground', 'fill')).toBeGreaterThan(200);
});

test('nothing moves for those who asked for it', async ({ lab }) => {
  const animations = () => lab.page.evaluate(() => getComputedStyle(document.querySelector('.switch > input')!, '::after').transitionDuration);
  await lab.page.emulateMedia({ reducedMotion: 'no-preference' });
  expect(await animations()).not.toBe('0s');
  await lab.page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await animations()).toBe('0s');
});

/** From 0, black, to 255, white. */
async function brightness(page: Page, selector: string, property: 'color' | 'fill' = 'color'): Promise<number> {
  const colour = await page.locator(selector).first().evaluate((element, name) => getComputedStyle(element)[name], property);
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (red + green + blue) / 3;
}

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { BackupApp } from '../fixtures/backup-app';
import { GALLERY } from '../fixtures/gallery';
import { expect, test as base } from '../fixtures/test';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** What the Web Content Accessibility Guidelines ask at A and AA, and what axe's authors hold to be good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const test = base.extend<object, { backup: BackupApp }>({
  backup: [
    async ({}, use) => {
      const app = await BackupApp.start();
      await use(app);
      await app.stop();
    },
    { scope: 'worker' },
  ],
});

for (const [name, reach] of Object.entries(GALLERY)) {
  test(`${name} can be used by everybody, in light and dark, and fits a narrow screen`, async ({ alice, demo, backup }) => {
    const page = await reach({ alice, demo, backup });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }
    for (const width of [390, 1280, 1600]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `wider than ${width} px`).toBeLessThanOrEqual(0);
    }
  });
}

test('what is wrong is found: a picture without words, and words that are too pale', async ({ context, demo }) => {
  const page = await context.newPage();
  await page.goto(`${demo.provider}/`);
  await page.evaluate(() => {
    const main = document.querySelector('main')!;
    main.append(document.createElement('img'), 'pale');
    main.style.color = '#ddd';
  });
  const found = (await violations(page)).join('\n');
  expect(found).toContain('image-alt');
  expect(found).toContain('color-contrast');
});

/** What axe finds, in a line for each element. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated by the browser's tools, which no content security policy concerns.
  await page.evaluate(AXE);
  const results = await page.evaluate(async (values): Promise<AxeResults> => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    return axe.run(document, { runOnly: { type: 'tag', values } });
  }, RULES);
  return results.violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target }) => `${impact} ${id}: ${help} (${target.join(' ')})`),
  );
}

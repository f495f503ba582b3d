import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { test as labTest } from '../fixtures/lab';
import { hideScrollbars } from '../fixtures/pictures';
import { required } from '../fixtures/server-process';
import { expect, test } from '../fixtures/test';

/** The pictures of the README; whoever changes how things look copies them to `docs/images`. */
const picture = (name: string) => join(required('CURFEW_SCREENSHOTS'), `readme-${name}.png`);

const WINDOW = { width: 620, height: 358 };

async function windowOf(page: Page): Promise<string> {
  await page.bringToFront();
  await hideScrollbars(page);
  await page.setViewportSize(WINDOW);
  return (await page.screenshot()).toString('base64');
}

test('signed-out', async ({ alice, browser }) => {
  const { a, b } = await alice.signedInAtBoth();
  for (const note of ['Water the plants', 'Call the dentist']) await b.addNote(note);
  const shown = [await windowOf(a.page), await windowOf(b.page)];
  await a.signOutAndReturn();
  await b.expectLocked({ reason: ['push', 'front-channel', 'tab'] });
  shown.push(await windowOf(a.page), await windowOf(b.page));

  const context = await browser.newContext({ viewport: { width: 2 * WINDOW.width + 36, height: 2 * WINDOW.height + 36 } });
  const sheet = await context.newPage();
  const images = shown.map((image) => `<img src="data:image/png;base64,${image}">`).join('');
  await sheet.setContent(
    `<style>body { display: grid; grid-template-columns: auto auto; gap: 10px; margin: 10px; background: #fff }
      img { display: block; outline: 1px solid #d5d2ca }</style>${images}`,
  );
  await expect(sheet.locator('img')).toHaveCount(4);
  await sheet.screenshot({ path: picture('signed-out') });
  await context.close();
});

labTest('lab', async ({ lab }) => {
  await lab.start('sign-out-at-a');
  await lab.openWindows();
  await lab.expectMet();
  await lab.page.bringToFront();
  await lab.page.setViewportSize({ width: 1280, height: 1000 });
  // The whole of it: the box that it is in scrolls.
  const saved = lab.page.waitForEvent('download');
  await lab.page.getByTestId('export-svg').click();
  const svg = await readFile(await (await saved).path(), 'utf8');
  const page = await lab.page.context().newPage();
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await page.locator('svg').screenshot({ path: picture('lab') });
});

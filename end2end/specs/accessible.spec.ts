import { expectForEverybody, violations } from '../fixtures/accessible';
import { BackupApp } from '../fixtures/backup-app';
import { GALLERY } from '../fixtures/gallery';
import { expect, test as base } from '../fixtures/test';

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
    await expectForEverybody(await reach({ alice, demo, backup }));
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

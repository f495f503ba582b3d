import { join } from 'node:path';
import { BackupApp } from '../fixtures/backup-app';
import { GALLERY } from '../fixtures/gallery';
import { required } from '../fixtures/server-process';
import { test as base } from '../fixtures/test';

/** Pictures to look at, of every page and state: `cargo xtask screenshots`. */
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
  test(name, async ({ alice, demo, backup }) => {
    const page = await reach({ alice, demo, backup });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const path = join(required('CURFEW_SCREENSHOTS'), `${name}-${width}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  });
}

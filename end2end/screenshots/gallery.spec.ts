import { BackupApp } from '../fixtures/backup-app';
import { GALLERY } from '../fixtures/gallery';
import { takePictures } from '../fixtures/pictures';
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
    await takePictures(await reach({ alice, demo, backup }), name);
  });
}

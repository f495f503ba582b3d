import { join } from 'node:path';
import { test } from '../fixtures/lab';
import { LAB_GALLERY } from '../fixtures/lab-gallery';
import { takePictures } from '../fixtures/pictures';
import { required } from '../fixtures/server-process';

test.setTimeout(120_000);

/** Pictures to look at, of every state of the lab, and of what a printer makes of a run. */
for (const [name, reach] of Object.entries(LAB_GALLERY)) {
  test(name, async ({ lab, demo }) => {
    const page = await reach(lab, demo);
    await takePictures(page, name);
    await page.pdf({ path: join(required('CURFEW_SCREENSHOTS'), `${name}.pdf`), format: 'A4', printBackground: false });
    await page.emulateMedia({ media: 'print' });
    await page.screenshot({ path: join(required('CURFEW_SCREENSHOTS'), `${name}-print.png`), fullPage: true });
  });
}

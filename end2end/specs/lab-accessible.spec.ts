import { expectForEverybody } from '../fixtures/accessible';
import { expect, test } from '../fixtures/lab';
import { LAB_GALLERY } from '../fixtures/lab-gallery';

test.setTimeout(120_000);

for (const [name, reach] of Object.entries(LAB_GALLERY)) {
  test(`${name} can be used by everybody, in light and dark, and fits a narrow screen`, async ({ lab, demo }) => {
    await expectForEverybody(await reach(lab, demo));
  });
}

test.describe('where script is off', () => {
  test.use({ javaScriptEnabled: false });

  test('the lab says what it needs, and not that it opens', async ({ context, demo }) => {
    const page = await context.newPage();
    await page.goto(demo.lab);
    // What is in this element Playwright finds by no text.
    await expect(page.locator('noscript > p')).toBeVisible();
    await expect(page.getByText('Opening the lab')).toBeHidden();
  });
});

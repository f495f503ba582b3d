import type { Page } from '@playwright/test';
import { openSite, type Site } from '../fixtures/sites';
import { expect, test as base } from '../fixtures/test';

/**
 * Is the browser started as users' browsers are? If one of these fails, the other specs would pass or fail for the wrong
 * reason, and none of them is run.
 */

const test = base.extend<{ app: Site; provider: Site }>({
  app: async ({}, use) => {
    const site = await openSite({
      '/tab': {
        body: `<script>
          const heard = [];
          document.body.dataset.heard = '';
          new BroadcastChannel('canary').onmessage = ({ data }) => {
            heard.push(data);
            document.body.dataset.heard = heard.join(' ');
          };
        </script>`,
        headers: { 'Set-Cookie': 'canary=alive; Path=/; SameSite=None; Secure; HttpOnly' },
      },
      '/frame': {
        body: `<script>
          new BroadcastChannel('canary').postMessage('frame');
          parent.postMessage('posted', '*');
        </script>`,
      },
      '/sibling': { body: `<script>new BroadcastChannel('canary').postMessage('sibling')</script>` },
      '/restored': {
        body: `<script>addEventListener('pageshow', ({ persisted }) => {
          document.body.dataset.persisted = String(persisted);
        })</script>`,
      },
      '/elsewhere': { body: 'elsewhere' },
    });
    await use(site);
    await site.close();
  },
  provider: async ({}, use) => {
    const site = await openSite({
      '/': {
        body: `<script>
          addEventListener('message', ({ data }) => { document.body.dataset.frame = data; });
          const frame = document.createElement('iframe');
          frame.src = decodeURIComponent(location.search.slice(1));
          document.body.append(frame);
        </script>`,
      },
    });
    await use(site);
    await site.close();
  },
});

/** Loads the app's frame in a page of the provider, and returns when that frame has posted on the channel. */
async function loadFrame(page: Page, provider: string, app: string): Promise<void> {
  await page.goto(`${provider}/?${encodeURIComponent(`${app}/frame`)}`);
  await expect(page.locator('body')).toHaveAttribute('data-frame', 'posted');
}

for (const thirdPartyCookies of ['blocked', 'allowed'] as const) {
  test.describe(`third-party cookies ${thirdPartyCookies}`, () => {
    test.use({ thirdPartyCookies });

    test('the broadcast of a cross-site frame does not reach the tab', async ({ context, app, provider }) => {
      const tab = await context.newPage();
      await tab.goto(`${app.byAddress}/tab`);
      await loadFrame(await context.newPage(), provider.byName, app.byAddress);
      // A message that does arrive, sent later, bounds the wait for the one that must not.
      await (await context.newPage()).goto(`${app.byAddress}/sibling`);
      await expect(tab.locator('body')).toHaveAttribute('data-heard', 'sibling');
    });

    test('the broadcast of a same-site frame reaches the tab', async ({ context, app, provider }) => {
      const tab = await context.newPage();
      await tab.goto(`${app.byName}/tab`);
      await loadFrame(await context.newPage(), provider.byName, app.byName);
      await expect(tab.locator('body')).toHaveAttribute('data-heard', 'frame');
    });

    const outcome = thirdPartyCookies === 'blocked' ? 'is sent no cookie' : 'is sent its cookie';
    test(`a cross-site frame ${outcome}`, async ({ context, app, provider }) => {
      const tab = await context.newPage();
      await tab.goto(`${app.byAddress}/tab`);
      await tab.goto(`${app.byAddress}/elsewhere`);
      expect(app.cookies.get('/elsewhere'), 'first-party').toBe('canary=alive');
      await loadFrame(await context.newPage(), provider.byName, app.byAddress);
      expect(app.cookies.get('/frame')).toBe(thirdPartyCookies === 'blocked' ? undefined : 'canary=alive');
    });

    test('going back restores the page as it was left', async ({ context, app }) => {
      const page = await context.newPage();
      await page.goto(`${app.byAddress}/restored`);
      await expect(page.locator('body')).toHaveAttribute('data-persisted', 'false');
      await page.goto(`${app.byAddress}/elsewhere`);
      // A restored page fires no `load`.
      await page.goBack({ waitUntil: 'commit' });
      await expect(page.locator('body')).toHaveAttribute('data-persisted', 'true');
    });
  });
}

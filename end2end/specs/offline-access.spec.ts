import type { Page } from '@playwright/test';
import { BackupApp, type Tokens } from '../fixtures/backup-app';
import { expect, test as base } from '../fixtures/test';
import { Consent, ProviderLogin, SignOutResult } from '../pages/provider';

const test = base.extend<{ backup: BackupApp }>({
  backup: async ({}, use) => {
    const app = await BackupApp.start();
    await use(app);
    await app.stop();
  },
});

/** The consent page, after the user has signed in. */
async function asked(page: Page, backup: BackupApp): Promise<Consent> {
  await page.goto(backup.signInAddress);
  await new ProviderLogin(page).signIn('alice');
  const consent = new Consent(page);
  await expect(consent.scope('offline_access')).toBeVisible();
  return consent;
}

/** With the keyboard: past the link at the top, the first thing to come to is the answer. */
async function allow({ page, allow }: Consent, backup: BackupApp): Promise<Tokens> {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(allow).toBeFocused();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${backup.callback}?code=*`);
  return backup.exchange(page.url());
}

/** Signs out, and goes on to what became of it: by itself where script runs. */
async function signedOut(page: Page, backup: BackupApp, tokens: Tokens, goesOn: boolean): Promise<SignOutResult> {
  await page.goto(backup.signOutAddress(tokens));
  if (!goesOn) await page.getByTestId('continue').click();
  await page.waitForURL(`${backup.provider}/end_session/result/*`);
  return new SignOutResult(page);
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled });

    /// BCL-43
    test('an app that was allowed to goes on after the sign-out, until the user withdraws it', async ({
      context,
      backup,
    }) => {
      const page = await context.newPage();
      const tokens = await allow(await asked(page, backup), backup);
      const result = await signedOut(page, backup, tokens, javaScriptEnabled);
      await expect(result.offlineApp('backup')).toContainText('Backup keeps access while you are away');

      const renewal = await backup.renew(tokens);
      expect(renewal.status).toBe(200);
      const renewed = (await renewal.json()) as Tokens;
      expect(renewed.id_token).toBeUndefined();

      await result.offlineApp('backup').getByRole('button', { name: 'Withdraw the access of Backup' }).click();
      await expect(page.getByTestId('withdrawn')).toContainText('Backup has lost its access');
      await expect(result.offlineApp('backup')).toBeHidden();
      expect((await backup.renew(renewed)).status).toBe(400);
    });

    test('an app that was not allowed to is told so, and the user stays signed in', async ({ context, backup }) => {
      const page = await context.newPage();
      const consent = await asked(page, backup);
      await consent.deny.click();
      await page.waitForURL(`${backup.callback}?error=access_denied&*`);
      await page.goto(backup.signInAddress);
      await expect(consent.allow).toBeVisible();
    });
  });
}

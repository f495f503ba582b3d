import { expect, type Locator, type Page } from '@playwright/test';
import type { Parties } from '../fixtures/parties';

/** What the provider says became of an app's session: `data-outcome`. */
export type Outcome = 'ended' | 'pending' | 'unconfirmed' | 'unreachable';

/** The form that asks for user name and password. */
export class ProviderLogin {
  readonly username: Locator;
  readonly password: Locator;
  readonly submit: Locator;

  constructor(readonly page: Page) {
    this.username = page.locator('input[name=username]');
    this.password = page.locator('input[name=password]');
    this.submit = page.locator('button[type=submit]');
  }

  /** The demo's passwords are the user names. */
  async signIn(username: string, password = username): Promise<void> {
    await this.username.fill(username);
    await this.password.fill(password);
    await this.submit.click();
  }
}

/** The question whether to sign out, asked when nothing proves that the user wants to. */
export class SignOutQuestion {
  readonly confirm: Locator;
  readonly stay: Locator;

  constructor(readonly page: Page) {
    this.confirm = page.getByTestId('confirm-sign-out');
    this.stay = page.getByTestId('stay-signed-in');
  }

  async expectAsked(): Promise<void> {
    await expect(this.confirm).toBeVisible();
    await expect(this.stay).toBeVisible();
  }
}

/** What became of each app's session. */
export class SignOutResult {
  /** What it comes to, in a sentence. */
  readonly summary: Locator;

  constructor(readonly page: Page) {
    this.summary = page.locator('#summary');
  }

  app(clientId: string): Locator {
    return this.page.locator(`[data-testid=app-result][data-client=${clientId}]`);
  }

  /** An app that keeps access while the user is away. */
  offlineApp(clientId: string): Locator {
    return this.page.locator(`[data-testid=offline-app][data-client=${clientId}]`);
  }

  async expectOutcome(clientId: string, outcome: Outcome): Promise<void> {
    await expect(this.app(clientId)).toHaveAttribute('data-outcome', outcome);
  }
}

/**
 * What became of the sign-out that was just asked for. Where an app is slow, a page with its frame comes first, and the result
 * says that it has not confirmed yet; script goes on from the one, and brings the other up to date. Without script that is up
 * to the user.
 */
export async function resultOfSignOut(page: Page, { provider }: Parties, runsScript: boolean): Promise<SignOutResult> {
  const result = new SignOutResult(page);
  if (!runsScript) await goOnFromFrames(page, result.summary);
  await page.waitForURL(`${provider}/end_session/result/*`);
  const pending = page.locator('[data-testid=app-result][data-outcome=pending]');
  const reloaded = async () => {
    if ((await pending.count()) > 0) await page.reload();
    return pending.count();
  };
  if (!runsScript) await expect.poll(reloaded, { message: 'apps that have not confirmed yet' }).toBe(0);
  return result;
}

/** Where a page with the frames of slow apps comes first, goes on from it by its link, to what is looked for. */
export async function goOnFromFrames(page: Page, lookedFor: Locator): Promise<void> {
  const frames = page.locator('#front-channel');
  await expect(lookedFor.or(frames)).toBeVisible();
  if (await frames.isVisible()) await page.getByTestId('continue').click();
}

/** The question whether an app may have what it asks for. */
export class Consent {
  readonly allow: Locator;
  readonly deny: Locator;

  constructor(readonly page: Page) {
    this.allow = page.getByTestId('allow');
    this.deny = page.getByTestId('do-not-allow');
  }

  scope(name: string): Locator {
    return this.page.locator(`[data-scope=${name}]`);
  }
}

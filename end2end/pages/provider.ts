import { expect, type Locator, type Page } from '@playwright/test';

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

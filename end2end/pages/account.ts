import { expect, type Locator, type Page } from '@playwright/test';
import type { Parties } from '../fixtures/parties';
import { ProviderLogin, resultOfSignOut, type SignOutResult } from './provider';

/** The provider's account page: where somebody is signed in, and the end of it. */
export class Account {
  /** One for each session. */
  readonly sessions: Locator;
  /** The session of the browser that looks. */
  readonly here: Locator;
  readonly elsewhere: Locator;
  readonly endOthers: Locator;
  readonly endAll: Locator;
  readonly passwordChanged: Locator;
  readonly problem: Locator;

  constructor(
    readonly page: Page,
    private readonly demo: Parties,
    private readonly runsScript = true,
  ) {
    this.sessions = page.getByTestId('session');
    this.here = page.locator('[data-testid=session][data-here=true]');
    this.elsewhere = page.locator('[data-testid=session][data-here=false]');
    this.endOthers = page.getByTestId('end-others');
    this.endAll = page.getByTestId('end-all');
    this.passwordChanged = page.getByTestId('password-changed');
    this.problem = page.getByRole('alert');
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.demo.provider}/account`);
  }

  /** From the form that is shown to whoever is not signed in. */
  async signIn(username: string, password = username): Promise<void> {
    await new ProviderLogin(this.page).signIn(username, password);
  }

  async expectSignedIn(username: string): Promise<void> {
    await expect(this.page.getByRole('heading', { name: 'Your account' })).toBeVisible();
    await expect(this.page.locator('main')).toContainText(`You are signed in as ${username}`);
    await expect(this.here).toHaveCount(1);
  }

  /** Ends one session; what became of it at the apps. */
  async endOne(session: Locator): Promise<SignOutResult> {
    await session.getByTestId('end-session').click();
    return this.result();
  }

  async endOtherSessions(): Promise<SignOutResult> {
    await this.endOthers.click();
    return this.result();
  }

  async endAllSessions(): Promise<SignOutResult> {
    await this.endAll.click();
    return this.result();
  }

  async changePassword(current: string, wanted: string, again = wanted): Promise<void> {
    await this.page.getByLabel('Current password').fill(current);
    await this.page.getByLabel('New password', { exact: true }).fill(wanted);
    await this.page.getByLabel('New password, once more').fill(again);
    await this.page.getByTestId('change-password').click();
  }

  private result(): Promise<SignOutResult> {
    return resultOfSignOut(this.page, this.demo, this.runsScript);
  }
}

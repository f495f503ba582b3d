import { expect, type Frame, type Locator, type Page } from '@playwright/test';
import { moveTime } from '../fixtures/clock';
import type { OpenTab } from '../fixtures/measure';
import type { Parties } from '../fixtures/parties';

/** How a tab heard of a sign-out: `data-reason`. */
export type Reason = 'push' | 'tab' | 'front-channel' | 'check' | 'expired' | 'user';

/** How the tab's server heard of it: `data-channel`. */
export type HeardBy = 'front-channel' | 'back-channel' | 'provider';

/** What may have been first, when every way is open. */
export const BY_ANY_WAY: { reason: Reason[]; channel: HeardBy[] } = {
  reason: ['push', 'front-channel', 'tab'],
  channel: ['back-channel', 'front-channel'],
};

/** How tabs tell each other: the name that the crate `logout-event` gives it. */
const TAB_CHANNEL = 'curfew-sign-out';

/** What both apps show, in the same words. */
export abstract class App implements OpenTab {
  readonly body: Locator;
  readonly signIn: Locator;
  readonly signOut: Locator;

  constructor(
    readonly page: Page,
    protected readonly demo: Parties,
  ) {
    this.body = page.locator('body');
    this.signIn = page.getByTestId('sign-in');
    this.signOut = page.getByTestId('sign-out');
  }

  abstract get origin(): string;

  /** Where the app's server tells its open tabs. */
  abstract readonly streamPath: string;

  /** Where the provider sends the browser after a sign-out that began here. */
  protected abstract readonly afterSignOutPath: string;

  async open(): Promise<void> {
    await this.page.goto(`${this.origin}/`);
  }

  /**
   * Waits until this tab's server can reach it: by a stream of its own, or of another tab. A tab that is slower hears of a
   * sign-out as well, but in another way.
   */
  async untilListening(by: readonly ('open' | 'tab')[] = ['open', 'tab']): Promise<void> {
    await expect(this.body).toHaveAttribute('data-listening', oneOf(by));
  }

  /** Clicks "sign out" and waits until the provider has sent the browser back. */
  async signOutAndReturn(): Promise<void> {
    const isBack = (frame: Frame) => {
      const { origin, pathname } = new URL(frame.url());
      return frame === this.page.mainFrame() && origin === this.origin && pathname === this.afterSignOutPath;
    };
    const back = this.page.waitForEvent('framenavigated', isBack);
    await this.signOut.click();
    await back;
    await this.expectSignedOut();
  }

  async expectSignedIn(user: string): Promise<void> {
    await expect(this.body).toHaveAttribute('data-session', 'signed-in');
    await expect(this.body).toHaveAttribute('data-user', user);
    await expect(this.signOut).toBeVisible();
  }

  async expectSignedOut(): Promise<void> {
    await expect(this.body).toHaveAttribute('data-session', 'signed-out');
    await expect(this.body).not.toHaveAttribute('data-user');
    await expect(this.signIn).toBeVisible();
    await expect(this.signOut).toBeHidden();
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async focus(): Promise<void> {
    await this.page.evaluate(() => dispatchEvent(new Event('focus')));
  }

  sleep(ms: number): Promise<void> {
    return moveTime(this.page, ms);
  }

  async overhear(): Promise<void> {
    await this.page.evaluate((name) => {
      const { dataset } = document.documentElement;
      new BroadcastChannel(name).onmessage = ({ data }) => (dataset.overheard = `${dataset.overheard ?? ''} ${data}`);
    }, TAB_CHANNEL);
  }

  async hasOverheard(): Promise<boolean> {
    const sibling = await this.page.context().newPage();
    await sibling.goto(`${this.origin}/healthz`);
    await sibling.evaluate((name) => new BroadcastChannel(name).postMessage('last'), TAB_CHANNEL);
    const page = this.page.locator('html');
    await expect(page).toHaveAttribute('data-overheard', /last$/);
    return (await page.getAttribute('data-overheard')) !== ' last';
  }

  /** Signed out while it was open, and says how it and its server heard. */
  async expectLocked(heard: { reason: readonly Reason[]; channel?: readonly HeardBy[] }): Promise<void> {
    await this.expectSignedOut();
    await expect(this.body).toHaveAttribute('data-reason', oneOf(heard.reason));
    if (heard.channel) await expect(this.body).toHaveAttribute('data-channel', oneOf(heard.channel));
  }
}

export const oneOf = (words: readonly string[]) => new RegExp(`^(${words.join('|')})$`);

import { expect, type Locator, type Page, type Response } from '@playwright/test';
import type { CallingTab } from '../fixtures/measure';
import type { Parties } from '../fixtures/parties';
import { App } from './app';

/** Where App B keeps its tokens in localStorage. */
export const TOKENS = 'curfew-b-tokens';

/** What App B keeps in localStorage, as far as tests need it. */
export type StoredTokens = {
  access_token: string;
  id_token: string;
  refresh_token: string | null;
  token_type: string;
  issued_at: number;
  expires_at: number;
  frames: 'untried' | 'seen' | 'blocked';
};

/** App B: runs in the browser, with tokens in its storage. */
export class AppB extends App implements CallingTab {
  readonly streamPath = '/api/events';
  protected readonly afterSignOutPath = '/';
  readonly callApiButton: Locator;
  readonly apiResult: Locator;
  readonly notes: Locator;

  constructor(page: Page, demo: Parties) {
    super(page, demo);
    this.callApiButton = page.getByTestId('call-api');
    this.apiResult = page.getByTestId('api-result');
    this.notes = page.getByTestId('note');
  }

  get origin(): string {
    return this.demo.appB;
  }

  /** Sends one request to the API and waits for its answer, the status of which is shown and returned. */
  async callApi(): Promise<number> {
    const isAnswer = (response: Response) =>
      response.url().startsWith(`${this.origin}/api/`) && !wantsAnotherProof(response);
    const answer = this.page.waitForResponse(isAnswer);
    await this.callApiButton.click();
    const status = (await answer).status();
    await expect(this.apiResult).toHaveAttribute('data-status', String(status));
    return status;
  }

  async addNote(text: string): Promise<void> {
    await this.page.getByLabel('New note').fill(text);
    await this.page.getByRole('button', { name: 'Add note' }).click();
    await expect(this.note(text)).toBeVisible();
  }

  async deleteNote(text: string): Promise<void> {
    await this.note(text).getByRole('button', { name: 'Delete' }).click();
    await expect(this.note(text)).toHaveCount(0);
  }

  note(text: string): Locator {
    return this.notes.filter({ hasText: text });
  }

  /** The tokens in this tab's storage: what someone with a copy of them would have. */
  async tokens(): Promise<StoredTokens> {
    const stored = await this.storedTokens();
    if (stored === null) throw new Error(`nothing is stored at ${TOKENS}`);
    return JSON.parse(stored) as StoredTokens;
  }

  async expectNoTokens(): Promise<void> {
    await expect.poll(() => this.storedTokens(), { message: `${TOKENS} in localStorage` }).toBeNull();
  }

  private storedTokens(): Promise<string | null> {
    return this.page.evaluate((key) => localStorage.getItem(key), TOKENS);
  }
}

/** Whether the server only says which nonce the proof must have (RFC 9449 section 8): the page sends the request once more. */
function wantsAnotherProof(response: Response): boolean {
  return response.status() === 401 && (response.headers()['www-authenticate'] ?? '').includes('use_dpop_nonce');
}

import type { BrowserContext } from '@playwright/test';
import { expectSessionEnded } from '../fixtures/expect';
import { Person } from '../fixtures/person';
import { hang, Processes } from '../fixtures/processes';
import { expect, test as base } from '../fixtures/test';
import { SignOutResult } from '../pages/provider';

/** An app cannot be reached while its user signs out. The provider and the apps are processes of their own here. */

const test = base.extend<{ processes: Processes; alice: Person }>({
  processes: async ({ topology }, use, testInfo) => {
    const processes = await Processes.start(topology);
    await use(processes);
    await processes.stop();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('servers.log', { body: processes.output, contentType: 'text/plain' });
    }
  },
  alice: async ({ context, processes }, use) => use(new Person('alice', context, processes)),
});

/** The app's retry comes a second or two after its first failure, and later each time. */
const WITHIN_A_FEW_RETRIES = { timeout: 20_000 };

const DOWN = {
  'is down': () => Promise.resolve(() => Promise.resolve()),
  'accepts connections and never answers': hang,
} as const;

for (const [how, takePlace] of Object.entries(DOWN)) {
  test.describe(`while App B ${how}`, () => {
    /// FCL-26, FCL-28, BCL-11, T-03, T-17
    test('the user gets back to App A, and the result says that App B is pending until it is back', async ({
      alice,
      processes,
    }) => {
      const { a, b } = await alice.signedInAtBoth();
      const { access_token } = await b.tokens();
      const resultAddress = await noteResult(alice.context);
      await processes.kill('app-b');
      const giveBack = await takePlace(processes.appB);

      await a.signOutAndReturn();

      const page = await alice.context.newPage();
      await page.goto(await resultAddress());
      const result = new SignOutResult(page);
      await result.expectOutcome('app-a', 'ended');
      await result.expectOutcome('app-b', 'pending');
      await expect(result.app('app-b')).toContainText('has not confirmed yet');
      await expect(result.summary).toContainText('still being told');
      const loads: string[] = [];
      page.on('framenavigated', (frame) => loads.push(frame.url()));

      await giveBack();
      await processes.startAgain('app-b');
      await expect(result.app('app-b')).toHaveAttribute('data-outcome', 'ended', WITHIN_A_FEW_RETRIES);
      await expect(result.summary).toHaveText('You are signed out everywhere.');
      expect(loads, 'it kept up by itself, without being loaded anew').toEqual([]);
      await expectSessionEnded(processes, access_token);
      await b.expectSignedOut();
    });
  });
}

/** Notes where the provider's page says that the result can be read: the page goes on by itself. */
async function noteResult(context: BrowserContext): Promise<() => Promise<string>> {
  let noted = '';
  await context.exposeFunction('curfewTestNote', (address: string) => void (noted = address));
  await context.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => {
      const link = document.querySelector<HTMLAnchorElement>('[data-testid=result]');
      const { curfewTestNote } = window as unknown as { curfewTestNote: (address: string) => void };
      if (link) curfewTestNote(link.href);
    });
  });
  return async () => {
    await expect.poll(() => noted, { message: 'the address of the result' }).not.toBe('');
    return noted;
  };
}

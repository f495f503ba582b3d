import type { BrowserContext } from '@playwright/test';
import { expect, test } from '../fixtures/lab';
import { Lab } from '../pages/lab';
import { ProviderLogin } from '../pages/provider';

test.setTimeout(120_000);

const HOUR = 3_600_000;

/** How far clocks are ahead of the server's, in milliseconds: the browser's system's, and what pages make of it. */
type Clocks = { readonly system?: number; readonly windows?: number; readonly lab?: number };

const CASES: Readonly<Record<string, Clocks>> = {
  'the pages of the windows are 1 s ahead': { windows: 1_000 },
  'all pages were asleep for an hour': { windows: -HOUR, lab: -HOUR },
  'only the lab was asleep for an hour': { lab: -HOUR },
  'the browser is 2 s behind the server': { system: -2_000 },
};

/** Makes the clocks of all pages so. */
async function set(context: BrowserContext, { system = 0, windows = 0, lab = 0 }: Clocks, labOrigin: string): Promise<void> {
  await context.addInitScript(
    ([system, windows, lab, labOrigin]) => {
      const date = Date.now.bind(Date);
      Date.now = () => date() + system;
      const origin = performance.timeOrigin + system + (location.origin === labOrigin ? lab : windows);
      Object.defineProperty(Performance.prototype, 'timeOrigin', { get: () => origin });
    },
    [system, windows, lab, labOrigin] as const,
  );
}

type Told = { at: number; from: unknown; to: unknown; kind: string; carries: [string, string][] };

for (const [what, clocks] of Object.entries(CASES)) {
  test(`${what}, and a sign-out is told as it was`, async ({ context, demo }) => {
    await set(context, clocks, demo.lab);
    const lab = new Lab(await context.newPage(), demo);
    await lab.open();
    await lab.start('sign-out-at-a');
    await lab.openWindows();
    await lab.expectMet();
    await expect(lab.learned('app-a-server')).toHaveAttribute('data-channel', 'rp-initiated');

    await test.step('in its order, and as long after the click as it was', async () => {
      const id = await lab.shownRun.getAttribute('data-run');
      const answer = await lab.page.request.get(`${demo.lab}/api/runs/${id}`);
      const run = (await answer.json()) as { started: number; reports: Told[] };
      const told = run.reports.filter(({ at }) => at >= run.started);
      const first = (like: (report: Told) => boolean) => {
        const index = told.findIndex(like);
        expect(index).toBeGreaterThanOrEqual(0);
        return index;
      };
      const ended = (at: string) => first(({ kind, from }) => kind === 'ended' && from === at);
      const locked = first(({ kind, from }) => kind === 'locked' && JSON.stringify(from) === '{"window":"app-b-1"}');
      expect(first(({ kind }) => kind === 'click')).toBe(0);
      expect(ended('provider')).toBeLessThan(ended('app-b'));
      expect(ended('app-b')).toBeLessThan(locked);
      expect(told.at(-1)!.at - run.started).toBeLessThan(30_000);
      // Its date is the browser's.
      expect(Math.abs(run.started - (Date.now() + (clocks.system ?? 0)))).toBeLessThan(60_000);
    });

    await test.step('a run by hand comes to its end', async () => {
      const a = lab.shown(demo.appA);
      await a.getByTestId('sign-in').click();
      await new ProviderLogin(a).signIn('alice');
      await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-in');
      await lab.expectKept('Sign-in');
    });
  });
}

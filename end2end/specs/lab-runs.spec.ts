import { readFile } from 'node:fs/promises';
import type { Download, Route } from '@playwright/test';
import { expect, test } from '../fixtures/lab';
import { AppA } from '../pages/app-a';
import { Lab } from '../pages/lab';
import { ProviderLogin } from '../pages/provider';

test.setTimeout(150_000);

/** Signs in and out by hand, in windows that the lab has opened. */
async function signInAndOut(lab: Lab): Promise<{ secrets: string[]; kept: Run }> {
  const a = await lab.openWindow('app-a');
  await a.getByTestId('sign-in').click();
  await new ProviderLogin(a).signIn('alice');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-in');
  await lab.expectKept('Sign-in');
  // App B finds by itself that somebody is signed in.
  const b = await lab.openWindow('app-b');
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-in');
  await expect(b.locator('body')).toHaveAttribute('data-listening', 'open');
  const stored = await b.evaluate(() => localStorage.getItem('curfew-b-tokens'));
  const { access_token, id_token } = JSON.parse(stored ?? '{}') as Record<string, string>;
  await lab.expectKept('Sign-in at App B');
  const keeping = lab.page.waitForRequest((request) => request.method() === 'PUT' && request.url().includes('/api/runs/'));
  await a.getByTestId('sign-out').click();
  await expect(lab.window('app-b-1')).toHaveAttribute('data-session', 'signed-out');
  await lab.expectKept('Sign-out');
  const { sid } = JSON.parse(Buffer.from(access_token!.split('.')[1]!, 'base64url').toString()) as { sid: string };
  return { secrets: [access_token!, id_token!, sid], kept: (await keeping).postDataJSON() as Run };
}

type Run = { title: string; started: number; reports: { at: number; carries: [string, string][] }[] };

/** How long a replay stays at each moment of a run, in milliseconds: long enough to be seen, and not for ever. */
function pausesOf({ started, reports }: Run): number[] {
  const times = reports.map(({ at }) => at - started).filter((time) => time >= 0);
  const moments = [...new Set(times)].sort((one, other) => one - other);
  return moments.map((moment, number) => {
    const next = moments[number + 1] ?? Infinity;
    return Math.floor(Math.min(Math.max((next - moment) * 40, 160), 900));
  });
}

const text = async (download: Download) => readFile(await download.path(), 'utf8');

test('a sign-out by hand is drawn, told in words, and put into the table', async ({ lab }) => {
  await signInAndOut(lab);
  await expect(lab.arrows('click')).toHaveCount(1);
  await expect(lab.arrows('back-channel')).not.toHaveCount(0);
  await expect(lab.arrows('push')).not.toHaveCount(0);
  await expect(lab.learned('app-b-1')).toHaveAttribute('data-channel', 'push');

  await test.step('in words, for those who do not see it', async () => {
    const arrows = await lab.diagram.getByTestId('arrow').count();
    await expect(lab.words.locator('li')).toHaveCount(arrows);
    await expect(lab.words).toContainText('App B, tab 1: locked: its server pushed');
  });

  await test.step('by the keyboard, with what a message carried', async () => {
    await lab.diagram.getByTestId('arrow').first().focus();
    await lab.page.keyboard.press('End');
    await lab.page.keyboard.press('Home');
    await expect(lab.inspector).toContainText('pressed “Sign out”');
    await lab.arrows('back-channel').first().hover();
    await expect(lab.inspector.getByRole('link')).toHaveAttribute('href', /^https:\/\/openid\.net\//);
  });
});

test('what happens in tabs that the lab has not opened is recorded, and a run that a click begins is one run', async ({ context, demo, lab }) => {
  const tab = await context.newPage();
  const a = new AppA(tab, demo);
  await a.open();
  await a.signIn.click();
  await new ProviderLogin(tab).signIn('alice');
  await lab.expectKept('Sign-in at App A');
  await expect(lab.arrows('tokens')).not.toHaveCount(0);
  await tab.goto(demo.appA);
  await tab.getByTestId('sign-out').click();
  await lab.expectKept('Sign-out at App A');
  await expect(lab.arrows('ended')).not.toHaveCount(0);
  await expect(lab.runs).toHaveCount(2);

  const opened = await lab.openWindow('app-a');
  await opened.getByTestId('sign-in').click();
  await expect(lab.shownRun).toHaveAttribute('data-live', 'true');
  await new ProviderLogin(opened).signIn('alice');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-in');
  await lab.expectKept('Sign-in');
  await expect(lab.runs).toHaveCount(3);
});

/** Keeps runs in which nothing happened; the last is the newest. */
async function keepRuns(lab: Lab, ids: string[]): Promise<void> {
  await lab.page.evaluate(async (ids) => {
    const { switches, topology } = (await (await fetch('/api/state')).json()) as { switches: object; topology: string };
    for (const [number, id] of ids.entries()) {
      const run = { id, title: id, scenario: null, started: 1e12 + number, topology, switches, windows: [], reports: [], verdicts: [] };
      const request = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(run) };
      if (!(await fetch(`/api/runs/${id}`, request)).ok) throw new Error(`${id} is not kept`);
    }
  }, ids);
}

test('one run is forgotten at a time, and the address and the focus do not stay with it', async ({ lab }) => {
  const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(16));
  await keepRuns(lab, ids);
  const [a, b, c, d, e] = ids;
  const forgotten: string[] = [];
  lab.page.on('request', (request) => {
    if (request.method() === 'DELETE') forgotten.push(request.url().split('/').at(-1)!);
  });
  await lab.open(`/?run=${e}`);
  await expect(lab.shownRun).toHaveAttribute('data-run', e!);
  await expect(lab.runs.getByRole('link')).toHaveText([e!, d!, c!, b!, a!]);
  const buttons = lab.runs.getByRole('button');

  await test.step('before the first is gone', async () => {
    await buttons.evaluateAll(([first, second]) => [first, second].forEach((button) => (button as HTMLElement).click()));
    await expect(lab.runs).toHaveCount(4);
    expect(forgotten).toEqual([e]);
    expect(new URL(lab.page.url()).search, 'it is not to be found any more').toBe('');
  });

  await test.step('by a double click, whose second click meets the run that has moved up', async () => {
    const { x, y, width, height } = (await buttons.first().boundingBox())!;
    const { mouse } = lab.page;
    await mouse.click(x + width / 2, y + height / 2);
    await expect(lab.runs).toHaveCount(3);
    await mouse.down({ clickCount: 2 });
    await mouse.up({ clickCount: 2 });
    await lab.page.evaluate(() => fetch('/api/state'));
    expect(forgotten).toEqual([e, d]);
  });

  await test.step('by the keyboard, which goes on at the next', async () => {
    await buttons.first().focus();
    await lab.page.keyboard.press('Enter');
    await expect(lab.runs).toHaveCount(2);
    await expect(lab.runs.getByRole('link', { name: b! })).toBeFocused();
    await buttons.last().focus();
    await lab.page.keyboard.press('Enter');
    await expect(lab.runs).toHaveCount(1);
    await expect(lab.runs.getByRole('link', { name: b! })).toBeFocused();
    await buttons.first().focus();
    await lab.page.keyboard.press('Enter');
    await expect(lab.runs).toHaveCount(0);
    await expect(lab.page.getByRole('heading', { name: 'Past runs' })).toBeFocused();
  });
});

test('a run keeps the focus when another comes to the list', async ({ lab }) => {
  const [old, young] = ['a'.repeat(16), 'b'.repeat(16)];
  await keepRuns(lab, [old]);
  await lab.open();
  const forget = lab.runs.filter({ hasText: old }).getByRole('button');
  await keepRuns(lab, [young]);
  // A run that is recorded and ends has the list read again.
  const a = await lab.openWindow('app-a');
  await expect(lab.window('app-a')).toHaveAttribute('data-session', 'signed-out');
  await forget.focus();
  await a.getByTestId('sign-in').click();
  await new ProviderLogin(a).signIn('alice');
  await expect(lab.runs).toHaveCount(3, { timeout: 20_000 });
  // Another window is in front now; within its page it has the focus.
  expect(await forget.evaluate((button) => document.activeElement === button)).toBe(true);
});

test('a run can be exported, replayed, linked to and forgotten, and holds no secret', async ({ lab, context }) => {
  const { secrets, kept } = await signInAndOut(lab);
  const arrows = await lab.diagram.getByTestId('arrow').count();

  await test.step('as JSON and SVG', async () => {
    for (const [button, kind] of [
      ['export-json', 'json'],
      ['export-svg', 'svg'],
    ] as const) {
      const saved = lab.page.waitForEvent('download');
      await lab.page.getByTestId(button).click();
      const download = await saved;
      expect(download.suggestedFilename()).toMatch(new RegExp(`^curfew-lab-[a-z0-9]{16}\\.${kind}$`));
      const content = await text(download);
      for (const secret of secrets) expect(content).not.toContain(secret);
      if (kind === 'json') {
        const run = JSON.parse(content) as Run;
        expect(run.title).toBe('Sign-out');
        expect(run.reports.filter(({ at }) => at >= run.started)).toHaveLength(arrows);
        expect(run.reports.flatMap(({ carries }) => carries)).not.toEqual([]);
        expect(run, 'all that is kept of it').toEqual(kept);
      } else {
        expect(content).toMatch(/^<\?xml[^]*<svg [^>]*><title>[^<]*Sign-out<\/title><desc>[^<]+<\/desc>[^]*<\/svg>\s*$/);
        expect(content.match(/data-testid="arrow"/g)).toHaveLength(arrows);
      }
    }
  });

  await test.step('slowly, once more, and all at once where somebody has seen enough', async () => {
    await lab.replay.click();
    await expect(lab.replay).toHaveText('Show all');
    expect(await lab.diagram.getByTestId('arrow').count()).toBeLessThan(arrows);
    await lab.replay.click();
    await expect(lab.diagram.getByTestId('arrow')).toHaveCount(arrows);
  });

  await test.step('slowly, to its end', async () => {
    const times = await lab.diagram.locator('.times .time').allTextContents();
    await lab.diagram.evaluate((box) => {
      const seen: string[][] = [];
      const said: string[] = [];
      Object.assign(window, { seen, said });
      const status = document.querySelector('[data-testid=shown-run] [role=status]')!;
      new MutationObserver(() => said.push(status.textContent)).observe(status, { subtree: true, childList: true, characterData: true });
      const note = () => seen.push([...box.querySelectorAll('.times .time')].map((time) => time.textContent ?? ''));
      new MutationObserver(note).observe(box, { childList: true });
      const pauses: number[] = [];
      Object.assign(window, { pauses });
      const pause = window.setTimeout.bind(window);
      window.setTimeout = ((then: TimerHandler, ms = 0) => {
        pauses.push(ms);
        return pause(then, ms);
      }) as typeof window.setTimeout;
    });
    await lab.replay.click();
    await expect(lab.replay).toHaveText('Show all');
    await expect(lab.replay).toHaveText('Replay slowly', { timeout: 60_000 });
    const { seen, pauses, said } = await lab.page.evaluate(() => {
      const { seen, pauses, said } = window as unknown as { seen: string[][]; pauses: number[]; said: string[] };
      return { seen, pauses, said };
    });
    expect(pauses, 'it stays at each moment for as long as the next was away, forty times slower').toEqual(pausesOf(kept));
    expect(said, 'who hears the page hears no clock').toEqual(['replay', expect.stringContaining('site')]);
    // Each message comes after those before it; those of one moment come together.
    for (const [number, shown] of seen.entries()) {
      expect(shown).toEqual(times.slice(0, shown.length));
      if (number > 0) expect(shown.length).toBeGreaterThanOrEqual(seen[number - 1]!.length);
    }
    expect(seen.length).toBeGreaterThan(times.length / 2);
    expect(seen.at(-1)).toEqual(times);
  });

  await test.step('by its link, in another tab', async () => {
    const there = await context.newPage();
    await there.goto(lab.page.url());
    await expect(there.getByTestId('shown-run').getByRole('heading', { level: 2 })).toHaveText('Sign-out');
    await expect(there.getByTestId('arrow')).toHaveCount(arrows);
  });

  await test.step('another one is another one', async () => {
    const shown = await lab.shownRun.getAttribute('data-run');
    await expect(lab.lastRefused).toContainText('Last credential refused after');
    await lab.arrows('back-channel').first().hover();
    await expect(lab.inspector.getByRole('link')).toBeVisible();
    await lab.replay.click();
    await expect(lab.replay).toHaveText('Show all');
    await lab.runs.getByRole('link', { name: 'Sign-in', exact: true }).click();
    await expect(lab.shownRun.getByRole('heading', { level: 2 })).toHaveText('Sign-in');
    expect(await lab.replay.textContent(), 'the replay was of the other').toBe('Replay slowly');
    await expect(lab.inspector, 'so was the message').toContainText('Point at a message');
    await expect(lab.arrows('click').first()).toContainText('Sign in');
    await expect(lab.lastRefused).toHaveCount(0);
    expect(await lab.shownRun.getAttribute('data-run')).not.toBe(shown);
    expect(new URL(lab.page.url()).searchParams.get('run')).toBe(await lab.shownRun.getAttribute('data-run'));
    await lab.runs.getByRole('link', { name: 'Sign-out', exact: true }).click();
    await expect(lab.shownRun).toHaveAttribute('data-run', shown!);
    await expect(lab.lastRefused).toContainText('Last credential refused after');
  });

  await test.step('not while another is recorded', async () => {
    // In a scenario that is a quarter of an hour, where its user is asked for something.
    const shown = await lab.shownRun.getAttribute('data-run');
    await lab.start('laptop-asleep');
    await lab.openWindows();
    await expect(lab.stepDone).toBeVisible();
    await expect(lab.shownRun).toHaveAttribute('data-live', 'true');
    const live = await lab.shownRun.getAttribute('data-run');
    expect(live).not.toBe(shown);
    await lab.runs.first().getByRole('link').click();
    await expect(lab.problem).toContainText('A run is being recorded');
    await expect(lab.shownRun).toHaveAttribute('data-run', live!);
    await lab.stop();
    await expect(lab.shownRun).toHaveAttribute('data-live', 'false');
  });

  await test.step('its verdicts, beside another scenario', async () => {
    const past = lab.shownRun.getByTestId('verdict');
    await expect(past, 'they are beside the steps').toHaveCount(0);
    await lab.choose('everywhere');
    await expect(past).not.toHaveCount(0);
  });

  await test.step('no more', async () => {
    const count = await lab.runs.count();
    await lab.runs.first().getByRole('button').click();
    await expect(lab.runs).toHaveCount(count - 1);
  });
});

test('past runs are asked for whenever the lab hears again, and a list that does not come is no empty one', async ({ context, demo }) => {
  const page = await context.newPage();
  let asked = 0;
  await page.route('**/api/runs', (route) => (++asked === 1 ? route.abort() : route.continue()));
  // The first stream ends at once, and how the demo stands comes by the second alone.
  const states: string[] = [];
  page.on('request', (request) => void (request.url().endsWith('/api/state') && states.push(request.url())));
  let streams = 0;
  const short = { contentType: 'text/event-stream', body: 'retry: 100\n\n' };
  await page.route('**/api/events', (route) => (++streams === 1 ? route.fulfill(short) : route.continue()));
  const lab = new Lab(page, demo);
  const again = page.waitForResponse('**/api/runs');
  await page.goto(demo.lab);
  await expect(lab.problem).toContainText('The past runs cannot be listed.');
  expect((await again).status()).toBe(200);
  await expect(lab.switchOf('push')).toBeEnabled();
  expect([asked, states]).toEqual([2, []]);
  await expect(lab.problem, 'what is over is not said any longer').toHaveCount(0);
});

test('a run that is recorded or forgotten in one tab of the lab is so in the list of every other', async ({ lab, demo }) => {
  const page = await lab.page.context().newPage();
  const other = new Lab(page, demo);
  await other.open();
  await expect(other.runs).toHaveCount(0);
  await lab.start('administrator');
  await lab.openWindows();
  await lab.expectMet();
  const id = await lab.shownRun.getAttribute('data-run');
  // Each tab records for itself what happens; this is about one run.
  const listed = ({ runs, page }: Lab) => runs.and(page.locator(`[data-run="${id}"]`));
  await expect(listed(lab)).toHaveCount(1);
  await expect(listed(other)).toHaveCount(1);
  // Loaded anew it has nothing of its own to keep, after which it would ask for the list.
  await other.open();
  await expect(listed(other)).toHaveCount(1);
  await listed(lab).getByRole('button').click();
  await expect(listed(other)).toHaveCount(0);
});

test('a run that comes late is not shown in place of what came since', async ({ lab, demo }) => {
  await signInAndOut(lab);
  const link = (name: string) => lab.runs.getByRole('link', { name, exact: true });
  const late = await lab.runs.filter({ has: lab.page.getByRole('link', { name: 'Sign-in', exact: true }) }).getAttribute('data-run');
  await lab.page.evaluate(() => {
    const shown: (string | null)[] = [];
    Object.assign(window, { shown });
    const run = document.querySelector('[data-testid=shown-run]')!;
    new MutationObserver(() => shown.push(run.getAttribute('data-run'))).observe(run, { attributeFilter: ['data-run'] });
  });
  const address = `${demo.lab}/api/runs/${late}`;
  const held: Route[] = [];
  await lab.page.route(address, (route) => void held.push(route));
  /** Asks for it; gives what lets the answer through. */
  const ask = async () => {
    const count = held.length;
    await link('Sign-in').click();
    await expect.poll(() => held.length).toBe(count + 1);
    return async () => {
      const answer = lab.page.waitForResponse(address);
      await held[count]!.continue();
      await (await answer).finished();
    };
  };

  await test.step('another that was asked for', async () => {
    const letGo = await ask();
    const other = lab.page.waitForResponse(/\/api\/runs\/\w+$/);
    await link('Sign-out').click();
    await (await other).finished();
    await letGo();
  });

  await test.step('one that is recorded, or has been', async () => {
    const [recording, recorded] = [await ask(), await ask()];
    const a = lab.shown(demo.appA);
    await a.getByTestId('sign-in').click();
    await expect(lab.shownRun).toHaveAttribute('data-live', 'true');
    await recording();
    await new ProviderLogin(a).signIn('alice');
    await lab.expectKept('Sign-in');
    await recorded();
  });

  // An answer that comes after all of these.
  await lab.page.evaluate(() => fetch('/api/runs').then((answer) => answer.text()));
  expect(await lab.page.evaluate(() => (window as unknown as { shown: string[] }).shown)).not.toContain(late);
});

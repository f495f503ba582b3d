import type { BrowserContext } from '@playwright/test';
import { ask, MonitorApp, say, type Said, type Where } from '../fixtures/monitor-app';
import { openSite } from '../fixtures/sites';
import { expect, test as base } from '../fixtures/test';

const test = base.extend<{ cookieSameSite: 'lax' | 'none'; app: MonitorApp }>({
  cookieSameSite: ['lax', { option: true }],
  app: async ({ cookieSameSite }, use) => {
    const app = await MonitorApp.start(cookieSameSite);
    await use(app);
    await app.stop();
  },
});

test.skip(({ topology }) => topology === 'same-site', 'here the names of the app decide, and each test says which');

/** Through sign-in and sign-out, the frame tells the app what has changed, and nothing twice. */
async function expectChangesTold(app: MonitorApp, context: BrowserContext, where: Where): Promise<void> {
  const nobody = await app.askSilently(context, where);
  const monitor = await app.openMonitor(context, where);
  expect(await ask(monitor, nobody)).toBe('unchanged');

  const signedIn = await app.signIn(context, where);
  expect(await ask(monitor, nobody), 'somebody has signed in').toBe('changed');
  expect(await ask(monitor, signedIn)).toBe('unchanged');
  expect(await ask(monitor, await app.askSilently(context, where)), 'another salt').toBe('unchanged');
  expect(await ask(monitor, signedIn), 'that was no change').toBe('unchanged');

  await app.signOut(context);
  expect(await ask(monitor, signedIn), 'somebody has signed out').toBe('changed');
  const signedOut = await app.askSilently(context, where);
  expect(await ask(monitor, signedOut), 'an app that has asked has peace').toBe('unchanged');
}

/** Through sign-in and sign-out, the frame says that it cannot tell: an app must do nothing then. */
async function expectNothingTold(app: MonitorApp, context: BrowserContext, where: Where): Promise<void> {
  const states = [await app.askSilently(context, where)];
  const monitor = await app.openMonitor(context, where);
  const expectNothing = async () => {
    for (const state of states) expect(await ask(monitor, state)).toBe('error');
  };
  await expectNothing();
  states.push(await app.signIn(context, where));
  await expectNothing();
  await app.signOut(context);
  states.push(await app.askSilently(context, where));
  await expectNothing();
}

/// SM-01, SM-02, SM-15, SM-16, SM-17, SM-23
test('on the same site, the frame says what has changed', async ({ app, context }) => {
  await expectChangesTold(app, context, 'same-site');
});

/// SM-22, T-15
test('across sites, a frame without its cookie never speaks of a change', async ({ app, context }) => {
  await expectNothingTold(app, context, 'cross-site');
});

test.describe('with cookies of SameSite=None', () => {
  test.use({ cookieSameSite: 'none' });

  /// SM-22, T-15
  test('across sites, a frame whose cookie is blocked never speaks of a change', async ({ app, context }) => {
    await expectNothingTold(app, context, 'cross-site');
  });
});

test.describe('with third-party cookies allowed', () => {
  test.use({ thirdPartyCookies: 'allowed' });

  /// SM-22, T-15
  test('across sites, a frame whose cookie is of SameSite=Lax never speaks of a change', async ({ app, context }) => {
    await expectNothingTold(app, context, 'cross-site');
  });
});

test.describe('with third-party cookies allowed, and of SameSite=None', () => {
  test.use({ thirdPartyCookies: 'allowed', cookieSameSite: 'none' });

  /// SM-15, SM-16
  test('across sites, the frame says what has changed', async ({ app, context }) => {
    await expectChangesTold(app, context, 'cross-site');
  });
});

/// SM-16, SM-21
test('messages that are not in order are answered by error', async ({ app, context }) => {
  const state = await app.signIn(context, 'same-site');
  const monitor = await app.openMonitor(context, 'same-site');
  for (const wrong of ['', 'x', 'a b', state, ` ${state}`, `monitor ${state} x`, `monitor ${state}x`, 'x'.repeat(100_000)]) {
    expect(await say(monitor, wrong), wrong.slice(0, 100)).toBe('error');
  }
  for (const wrong of [null, 7, {}, ['monitor', state]]) expect(await say(monitor, wrong), String(wrong)).toBe('error');
  expect(await ask(monitor, state)).toBe('unchanged');
});

/// SM-14
test('an app that is not registered at this origin is answered by error', async ({ app, context }) => {
  const state = await app.signIn(context, 'same-site');
  const monitor = await app.openMonitor(context, 'same-site');
  for (const client of ['app-a', 'MONITOR', 'monitor ']) expect(await ask(monitor, state, client), client).toBe('error');

  // A stranger opens the page that has the frame, and speaks to the frame itself.
  const site = await openSite({ '/': { body: 'stranger' } });
  const stranger = await context.newPage();
  await stranger.goto(`${site.byName}/`);
  const popup = context.waitForEvent('page');
  await stranger.evaluate((url) => void Object.assign(window, { opened: window.open(url) }), app.monitorAddress('same-site'));
  await (await popup).waitForLoadState('load');
  const said = await stranger.evaluate(
    ([message, provider]) =>
      new Promise((resolve) => {
        addEventListener('message', ({ data, origin }) => {
          if (origin === provider) resolve(data);
        });
        const { opened } = window as unknown as { opened: Window };
        opened.frames[0]?.postMessage(message, provider);
      }),
    [`monitor ${state}`, app.provider] as const,
  );
  expect(said).toBe('error');
  await site.close();
});

type Rules = {
  registeredApp: (clientId: string, origin: string) => Promise<string>;
  sessionState: (clientId: string, origin: string, browserState: string, salt: string) => Promise<string>;
  browserStateOf: (cookies: string, name: string) => string | undefined;
  answerTo: (message: unknown, origin: string, browser: object) => Promise<Said>;
};

type WithRules = { rules: Rules };

test.describe('the rule', () => {
  const [client, origin, state, salt] = ['app b', 'http://127.0.0.1:4002', 'S'.repeat(43), 'T'.repeat(43)] as const;

  test.beforeEach(async ({ app, page }) => {
    await page.goto(`${app.provider}/`);
    // As text: the test's own build would turn the import into one of its own.
    await page.evaluate(`import('/assets/session-state.js').then((rules) => { window.rules = rules; })`);
  });

  /// SM-04
  test('computes what the provider computes', async ({ page }) => {
    const computed = await page.evaluate(async ([client, origin, state, salt]) => {
      const { rules } = window as unknown as WithRules;
      return [await rules.sessionState(client, origin, state, salt), await rules.registeredApp(client, origin)];
    }, [client, origin, state, salt] as const);
    // The values of the test in provider/src/session_state.rs.
    expect(computed).toEqual([`DEaxRR5FhPCPKMKKD_bvFsezZrgWgA76bGC4B5LK-kk.${salt}`, '5y7QId155A9nlAbxsfdp68bMfy4YNi0MJavR_HBvpHM']);
  });

  /// SM-14, SM-16, SM-21, SM-22, T-15
  test('speaks of a change only where there is one to see', async ({ page }) => {
    const table: [what: string, browser: { access?: boolean; state?: string; origin?: string }, said: Said][] = [
      ['the same state', {}, 'unchanged'],
      ['another state', { state: 'X'.repeat(43) }, 'changed'],
      ['no cookie', { state: '' }, 'error'],
      ['a cookie of another form', { state: 'X' }, 'error'],
      ['another jar, with the same state', { access: false }, 'error'],
      ['another jar, with another state', { access: false, state: 'X'.repeat(43) }, 'error'],
      ['another origin', { origin: 'http://127.0.0.1:4001' }, 'error'],
    ];
    for (const [what, browser, said] of table) {
      const answer = await page.evaluate(async ([client, origin, state, salt, seen]) => {
        const { rules } = window as unknown as WithRules;
        const message = `${client} ${await rules.sessionState(client, origin, state, salt)}`;
        return rules.answerTo(message, seen.origin ?? origin, {
          registered: new Set([await rules.registeredApp(client, origin)]),
          hasStorageAccess: () => Promise.resolve(seen.access ?? true),
          browserState: () => rules.browserStateOf(`a=b; op-state=${seen.state ?? state}; op-state2=x`, 'op-state'),
        });
      }, [client, origin, state, salt, browser] as const);
      expect(answer, what).toBe(said);
    }
  });
});

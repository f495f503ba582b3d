import type { BrowserContext } from '@playwright/test';
import { callApi } from '../fixtures/api';
import { MEASUREMENT, PAIRS, type AppId, type Measurement, type Pair } from '../fixtures/channels';
import { letTimeBeMoved, moveTime } from '../fixtures/clock';
import { Demo, type Switch, type Topology } from '../fixtures/demo';
import { expectSessionEnded } from '../fixtures/expect';
import type { Person } from '../fixtures/person';
import { expect, lend, test as base } from '../fixtures/test';
import type { App, HeardBy } from '../pages/app';
import type { AppA } from '../pages/app-a';
import type { AppB } from '../pages/app-b';
import { SignOutQuestion, SignOutResult, type Outcome } from '../pages/provider';

/**
 * Every pair of a way to the server and a way to the tab with all others switched off, in every setting of the browser
 * that makes a difference. What is measured here is the table in docs/channels.md.
 */

/** How long a session and an access token last where nobody is told of the sign-out, in seconds. */
const SHORT_LIFETIME = '6';
const TAB_CHANNEL = 'curfew-sign-out';

/** The servers with one set of switches, until another set is asked for: tests with the same switches share them. */
class LastDemo {
  private running?: { key: string; demo: Demo };

  constructor(private readonly topology: Topology) {}

  async with(without: readonly Switch[], environment: Record<string, string>): Promise<Demo> {
    const key = JSON.stringify([without, environment]);
    if (this.running?.key !== key) {
      await this.stop();
      this.running = { key, demo: await Demo.start(this.topology, without, environment) };
    }
    return this.running.demo;
  }

  async stop(): Promise<void> {
    const demo = this.running?.demo;
    this.running = undefined;
    await demo?.stop();
  }
}

const test = base.extend<{ pair: Pair | undefined }, { lastDemo: LastDemo }>({
  pair: [undefined, { option: true }],

  lastDemo: [
    async ({ topology }, use) => {
      const lastDemo = new LastDemo(topology);
      await use(lastDemo);
      await lastDemo.stop();
    },
    { scope: 'worker' },
  ],

  demo: async ({ lastDemo, pair, thirdPartyCookies }, use, testInfo) => {
    const environment: Record<string, string> = {};
    // As a provider is run that counts on its cookie in frames.
    if (thirdPartyCookies === 'allowed') environment.CURFEW_PROVIDER__COOKIE_SAME_SITE = 'none';
    if (pair?.server === 'expiry') {
      environment.CURFEW_PROVIDER__ACCESS_TOKEN_LIFETIME = SHORT_LIFETIME;
      environment.CURFEW_APP_A__SESSION_LIFETIME = SHORT_LIFETIME;
    }
    await lend(await lastDemo.with(pair?.without ?? [], environment), use, testInfo);
  },
});

for (const thirdPartyCookies of ['blocked', 'allowed'] as const) {
  for (const pair of PAIRS) {
    test.describe(`third-party cookies ${thirdPartyCookies}: ${pair.server} and ${pair.tab}`, () => {
      test.use({ thirdPartyCookies, pair });

      /// FCL-10, FCL-19, FCL-25, BCL-07, BCL-40, T-16
      test('they alone reach the open tab where they can, and nowhere else', async ({ alice, demo, topology }, testInfo) => {
        await letTimeBeMoved(alice.context);
        const apps = await alice.signedInAtBoth();
        const cookies = await alice.context.cookies(demo.provider);
        expect(cookies.map(({ sameSite }) => sameSite)).toContain(thirdPartyCookies === 'allowed' ? 'None' : 'Lax');
        const { access_token } = await apps.b.tokens();

        const heard = await MEASURE[pair.tab]({ pair, alice, demo, ...apps });

        const expected = (app: AppId) => (pair.apps.includes(app) ? pair.worksIn.includes(topology) : null);
        expect(heard).toEqual({ 'app-a': expected('app-a'), 'app-b': expected('app-b') });
        const setting = { topology, thirdPartyCookies };
        const measurement: Measurement = { server: pair.server, tab: pair.tab, setting, heard };
        testInfo.annotations.push({ type: MEASUREMENT, description: JSON.stringify(measurement) });

        // The tab's word is one thing; the server's own record is what counts.
        if (pair.server === 'expiry') {
          // The tab counts from when it asked for the token, its server from when the provider answered.
          await expect.poll(async () => (await callApi(demo, access_token)).reason).toBe('expired');
        } else {
          await expectSessionEnded(demo, access_token);
        }
        await apps.a.open();
        if (pair.apps.includes('app-a')) await apps.a.expectSignedOut();
        else await apps.a.expectSignedIn('alice');
      });
    });
  }
}

type Case = { pair: Pair; alice: Person; demo: Demo; a: AppA; b: AppB };

/** Signs out, and says which app's tab heard of it by the one way that is left. A tab that hears otherwise fails the test. */
const MEASURE: Record<Pair['tab'], (of: Case) => Promise<Measurement['heard']>> = {
  async push({ pair, alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'ended');
    await a.expectLocked({ reason: ['push'], channel: heardBy(pair) });
    await b.expectLocked({ reason: ['push'], channel: heardBy(pair) });
    return { 'app-a': true, 'app-b': true };
  },

  async 'another tab'({ pair, alice, demo, a, b }) {
    // From here on no tab gets a stream of its own, and no frame a script: the tabs that are opened now have only the others.
    await alice.context.route(/\/events(\?|$)/, (route) => route.abort());
    await alice.context.route(`${demo.appA}/assets/front-channel.js`, (route) => route.abort());
    await alice.context.route(`${demo.appB}/assets/front-channel.js`, (route) => route.abort());
    const [a2, b2] = [await alice.openA(), await alice.openB()];
    await a2.expectSignedIn(alice.name);
    await b2.expectSignedIn(alice.name);
    // T-17: a frame that has loaded and said nothing is not taken for success.
    await signOutAtProvider(alice, demo, pair.server === 'front channel' ? 'unconfirmed' : 'ended');
    await a2.expectLocked({ reason: ['tab'], channel: heardBy(pair) });
    await b2.expectLocked({ reason: ['tab'], channel: heardBy(pair) });
    await a.expectLocked({ reason: ['push'] });
    await b.expectLocked({ reason: ['push'] });
    return { 'app-a': true, 'app-b': true };
  },

  async 'the frame itself'({ alice, demo, a, b }) {
    await Promise.all([a, b].map(overhear));
    // The frames acknowledge after they have told the tabs.
    await signOutAtProvider(alice, demo, 'ended');
    return { 'app-a': await heardFrame(alice.context, a), 'app-b': await heardFrame(alice.context, b) };
  },

  async 'next request'({ pair, alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'ended');
    await a.page.reload();
    await a.expectSignedOut();
    expect(await b.callApi()).toBe(401);
    await b.expectLocked({ reason: ['check'], channel: heardBy(pair) });
    return { 'app-a': true, 'app-b': true };
  },

  async 'the focus'({ pair, alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'ended');
    for (const { page } of [a, b]) await page.evaluate(() => dispatchEvent(new Event('focus')));
    await b.expectLocked({ reason: ['check'], channel: heardBy(pair) });
    await a.expectLocked({ reason: ['check'] });
    return { 'app-a': true, 'app-b': true };
  },

  async 'after a sleep'({ pair, alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'ended');
    for (const { page } of [a, b]) await moveTime(page, 60_000);
    await b.expectLocked({ reason: ['check'], channel: heardBy(pair) });
    await a.expectLocked({ reason: ['check'] });
    return { 'app-a': true, 'app-b': true };
  },

  async 'back online'({ pair, alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'ended');
    await alice.context.setOffline(true);
    await alice.context.setOffline(false);
    await b.expectLocked({ reason: ['check'], channel: heardBy(pair) });
    // What its server says at a check names no channel.
    await a.expectLocked({ reason: ['check'] });
    return { 'app-a': true, 'app-b': true };
  },

  async 'its own renewal'({ alice, demo, b }) {
    await signOutAtProvider(alice, demo, 'unreachable');
    // Not yet expired, so that nothing but the refusal says so.
    await moveTime(b.page, 250_000);
    await b.expectLocked({ reason: ['check'], channel: ['provider'] });
    return { 'app-a': null, 'app-b': true };
  },

  async 'its own check'({ alice, demo, a, b }) {
    await signOutAtProvider(alice, demo, 'unreachable');
    await b.expectLocked({ reason: ['expired'] });
    // Its session is as long as App B's token and began before it.
    await a.page.reload();
    await a.expectSignedOut();
    return { 'app-a': true, 'app-b': true };
  },
};

const heardBy = ({ server }: Pair): HeardBy[] => [server === 'front channel' ? 'front-channel' : 'back-channel'];

/** Signs out where neither app takes part, and waits until nothing more happens there. */
async function signOutAtProvider(person: Person, demo: Demo, outcome: Outcome): Promise<void> {
  const page = await person.context.newPage();
  await page.goto(`${demo.provider}/end_session`);
  await new SignOutQuestion(page).confirm.click();
  await page.waitForURL(`${demo.provider}/end_session/result/*`);
  const result = new SignOutResult(page);
  await result.expectOutcome('app-a', outcome);
  await result.expectOutcome('app-b', outcome);
}

/** From now on the tab notes what is said between tabs. */
async function overhear(app: App): Promise<void> {
  await app.page.evaluate((name) => {
    const { dataset } = document.documentElement;
    new BroadcastChannel(name).onmessage = ({ data }) => (dataset.overheard = `${dataset.overheard ?? ''} ${data}`);
  }, TAB_CHANNEL);
}

/** Whether the tab has heard what a frame has said by now. A message that does arrive, sent later, bounds the wait. */
async function heardFrame(context: BrowserContext, app: App): Promise<boolean> {
  const sibling = await context.newPage();
  await sibling.goto(`${app.origin}/healthz`);
  await sibling.evaluate((name) => new BroadcastChannel(name).postMessage('last'), TAB_CHANNEL);
  const page = app.page.locator('html');
  await expect(page).toHaveAttribute('data-overheard', /last$/);
  if ((await page.getAttribute('data-overheard')) === ' last') {
    // Nothing else was said, and so nothing has happened.
    await expect(app.body).toHaveAttribute('data-session', 'signed-in');
    return false;
  }
  await app.expectLocked({ reason: ['front-channel'], channel: ['front-channel'] });
  return true;
}

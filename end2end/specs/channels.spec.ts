import { environmentOf, annotationOf, expectedOf, PAIRS, type Pair } from '../fixtures/channels';
import { letTimeBeMoved } from '../fixtures/clock';
import { expectSessionEnded } from '../fixtures/expect';
import { callApi } from '../fixtures/api';
import { LastDemo } from '../fixtures/last-demo';
import { MEASURE } from '../fixtures/measure';
import { expect, lend, test as base } from '../fixtures/test';

/**
 * Every pair of a way to the server and a way to the tab with all others switched off, in every setting of Chromium that makes
 * a difference. What is measured here, and in `firefox/channels.spec.ts`, is the table in docs/channels.md.
 */
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
    const environment = pair ? environmentOf(pair, thirdPartyCookies) : {};
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
        const { a, b } = await alice.signedInAtBoth();
        const cookies = await alice.context.cookies(demo.provider);
        expect(cookies.map(({ sameSite }) => sameSite)).toContain(thirdPartyCookies === 'allowed' ? 'None' : 'Lax');
        const { access_token } = await b.tokens();

        const heard = await MEASURE[pair.tab]({ pair, visitor: alice, a, b });

        expect(heard).toEqual(expectedOf(pair, topology));
        testInfo.annotations.push(annotationOf(pair, { topology, browser: 'Chromium', thirdPartyCookies }, heard));

        // The tab's word is one thing; the server's own record is what counts.
        if (pair.server === 'expiry') {
          // The tab counts from when it asked for the token, its server from when the provider answered.
          await expect.poll(async () => (await callApi(demo, access_token)).reason).toBe('expired');
        } else {
          await expectSessionEnded(demo, access_token);
        }
        await a.open();
        if (pair.apps.includes('app-a')) await a.expectSignedOut();
        else await a.expectSignedIn('alice');
      });
    });
  }
}

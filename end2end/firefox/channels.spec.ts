import { test as base } from '@playwright/test';
import type { Browser } from 'puppeteer-core';
import { callApi } from '../fixtures/api';
import { annotationOf, environmentOf, expectedOf, PAIRS } from '../fixtures/channels';
import { expectSessionEnded } from '../fixtures/expect';
import { FIREFOX, FirefoxVisitor, withFirefox } from '../fixtures/firefox';
import { LastDemo } from '../fixtures/last-demo';
import { MEASURE } from '../fixtures/measure';
import { expect } from '../fixtures/test';
import type { Topology } from '../fixtures/demo';

/** The same pairs as in `specs/channels.spec.ts`, in Firefox as it is installed. */
const test = base.extend<object, { topology: Topology; firefox: Browser; lastDemo: LastDemo }>({
  topology: ['cross-site', { option: true, scope: 'worker' }],
  firefox: [({}, use) => withFirefox(use), { scope: 'worker', timeout: 90_000 }],
  lastDemo: [
    async ({ topology }, use) => {
      const lastDemo = new LastDemo(topology);
      await use(lastDemo);
      await lastDemo.stop();
    },
    { scope: 'worker' },
  ],
});

test.skip(!FIREFOX, 'Firefox is not installed here');

for (const pair of PAIRS) {
  /// FCL-10, FCL-25, BCL-07, BCL-40, T-16
  test(`${pair.server} and ${pair.tab} alone reach the open tab where they can`, async ({ firefox, lastDemo, topology }, testInfo) => {
    const demo = await lastDemo.with(pair.without, environmentOf(pair, 'partitioned'));
    const context = await firefox.createBrowserContext();
    const visitor = new FirefoxVisitor('alice', context, demo);
    const { a, b } = await visitor.signedInAtBoth();
    const { access_token } = await b.tokens();

    const heard = await MEASURE[pair.tab]({ pair, visitor, a, b });

    expect(heard).toEqual(expectedOf(pair, topology));
    testInfo.annotations.push(annotationOf(pair, { topology, browser: 'Firefox', thirdPartyCookies: 'partitioned' }, heard));
    if (pair.server === 'expiry') {
      await expect.poll(async () => (await callApi(demo, access_token)).reason).toBe('expired');
    } else {
      await expectSessionEnded(demo, access_token);
    }
    await context.close();
  });
}

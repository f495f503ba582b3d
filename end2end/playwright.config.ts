import { defineConfig } from '@playwright/test';
import type { TestOptions, WorkerOptions } from './fixtures/test';

const CANARY = /canary\.spec\.ts/;
const LATENCY = /latency[a-z-]*\.spec\.ts/;
/** What does not depend on how the parties are named. */
const ONE_TOPOLOGY = /(accessible|authorize|lab-clocks|lab-keyboard|lab-layout|state-at-a-glance)\.spec\.ts/;

/**
 * The same promises are tested in both topologies. The canary comes first: if the browser were started so that fragile
 * things pass, no other result would mean anything. The measurements come last and one at a time, with the machine to
 * themselves.
 */
export default defineConfig<TestOptions, WorkerOptions>({
  testDir: 'specs',
  outputDir: 'test-results',
  forbidOnly: !!process.env.CI,
  // This project is about races: a test that passes at the second attempt has failed.
  retries: 0,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./reporters/channels-table.ts'], ['./reporters/interop-table.ts']],
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // Recording costs a sixth of the processor's time, and nobody fetches the files from a build server.
    trace: process.env.CI ? 'off' : 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'canary', testMatch: CANARY },
    ...(['cross-site', 'same-site'] as const).map((topology) => ({
      name: topology,
      testIgnore: [CANARY, LATENCY, ...(topology === 'same-site' ? [ONE_TOPOLOGY] : [])],
      dependencies: ['canary'],
      use: { topology },
    })),
    // With other people's software, each against the topology that it is said to work in.
    { name: 'interop', testDir: 'interop', dependencies: ['canary'], use: { topology: 'cross-site' } },
    // What docs/adopt.md hands to others, in another language.
    { name: 'examples', testDir: 'examples', dependencies: ['canary'], use: { topology: 'cross-site' } },
    // What Playwright cannot drive: Firefox as distributions ship it.
    ...(['cross-site', 'same-site'] as const).map((topology) => ({
      name: `firefox ${topology}`,
      testDir: 'firefox',
      dependencies: ['canary'],
      timeout: 60_000,
      use: { topology },
    })),
    // Pictures are made where somebody asks for them: `cargo xtask screenshots`.
    ...(process.env.CURFEW_SCREENSHOTS ? [{ name: 'screenshots', testDir: 'screenshots' }] : []),
    {
      name: 'latency cross-site',
      testMatch: LATENCY,
      dependencies: ['cross-site', 'same-site', 'interop', 'examples', 'firefox cross-site', 'firefox same-site'],
      use: { topology: 'cross-site', trace: 'off' },
    },
    {
      name: 'latency same-site',
      testMatch: LATENCY,
      dependencies: ['latency cross-site'],
      use: { topology: 'same-site', trace: 'off' },
    },
  ],
});

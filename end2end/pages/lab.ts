import { expect, type Locator, type Page } from '@playwright/test';
import type { Parties } from '../fixtures/parties';

/** A window that the lab opens, by its name there. */
export type WindowName = 'app-a' | 'provider' | `app-b-${number}`;

/** How the lab says that a scenario went. */
export type ScenarioOutcome = 'open' | 'running' | 'met' | 'missed';

/** The lab: every sign-out of the demo as it happens, and scenarios that say what should happen. */
export class Lab {
  readonly scenario: Locator;
  /** Starts the scenario that is chosen, and stops it. */
  readonly run: Locator;
  readonly verdicts: Locator;
  readonly steps: Locator;
  readonly stepDone: Locator;
  readonly stepOpen: Locator;
  readonly token: Locator;
  readonly diagram: Locator;
  readonly words: Locator;
  readonly inspector: Locator;
  readonly lastRefused: Locator;
  readonly refusals: Locator;
  readonly shownRun: Locator;
  readonly runs: Locator;
  readonly replay: Locator;
  readonly problem: Locator;

  constructor(
    readonly page: Page,
    private readonly demo: Parties & { readonly lab: string },
  ) {
    this.scenario = page.getByTestId('scenario');
    this.run = page.getByTestId('run-scenario');
    this.verdicts = this.scenario.getByTestId('verdict');
    this.steps = this.scenario.getByTestId('step');
    this.stepDone = page.getByTestId('step-done');
    this.stepOpen = page.getByTestId('step-open');
    this.token = page.getByTestId('token');
    this.diagram = page.getByTestId('diagram');
    this.words = page.getByTestId('diagram-words');
    this.inspector = page.getByTestId('inspector');
    this.lastRefused = page.getByTestId('last-refused');
    this.refusals = page.getByTestId('refusals');
    this.shownRun = page.getByTestId('shown-run');
    this.runs = page.getByTestId('runs').getByTestId('run');
    this.replay = page.getByTestId('replay');
    this.problem = page.getByRole('alert');
  }

  /** Opens it, and waits until it hears what the parties tell. */
  async open(path = '/'): Promise<void> {
    await this.page.goto(`${this.demo.lab}${path}`);
    await expect(this.page.getByTestId('connection')).toHaveAttribute('data-state', 'open');
    await expect(this.switchOf('push')).toBeEnabled();
  }

  window(name: WindowName): Locator {
    return this.page.locator(`[data-testid=window][data-name=${name}]`);
  }

  /** Opens a window by its button, as a user would; what it shows is a page of the same browser. */
  async openWindow(party: 'app-a' | 'app-b' | 'provider'): Promise<Page> {
    const opened = this.page.waitForEvent('popup');
    await this.page.getByTestId(`open-${party}`).click();
    return opened;
  }

  /** The page in a window that the lab has opened. */
  shown(origin: string): Page {
    const page = this.page.context().pages().find((page) => page !== this.page && page.url().startsWith(`${origin}/`));
    if (!page) throw new Error(`no window shows ${origin}`);
    return page;
  }

  switchOf(name: string): Locator {
    return this.page.getByTestId(`switch-${name}`);
  }

  /** Turns a switch, and waits until the demo has changed. */
  async turn(name: string, on: boolean): Promise<void> {
    await this.switchOf(name).click();
    await expect(this.switchOf(name)).toBeEnabled();
    await expect(this.switchOf(name)).toBeChecked({ checked: on });
  }

  async choose(id: string): Promise<void> {
    await this.page.locator(`[data-testid=choose-scenario][data-scenario=${id}]`).click();
    await expect(this.scenario).toHaveAttribute('data-scenario', id);
  }

  /** Starts a scenario. */
  async start(id: string): Promise<void> {
    await this.choose(id);
    await expect(this.run).toHaveText(/^Run/);
    await this.run.click();
  }

  /** Stops the scenario that runs. */
  async stop(): Promise<void> {
    await expect(this.run).toHaveText('Stop');
    await this.run.click();
  }

  /** Presses the buttons for the windows that the browser did not open for the first click. */
  async openWindows(): Promise<void> {
    const opened = this.scenario.locator('[data-testid=step][data-status=done]', { hasText: /^Open App A/ });
    const asked = this.stepOpen.first();
    for (;;) {
      await expect(asked.or(opened).first()).toBeVisible();
      if (!(await asked.isVisible())) return;
      const name = await asked.getAttribute('data-name');
      await asked.click();
      await expect(this.window(name as WindowName)).toBeVisible();
      await expect(this.stepOpen.and(this.page.locator(`[data-name=${name}]`))).toHaveCount(0);
    }
  }

  /** Waits until the scenario is over, and fails with what the lab says unless everything was as it should be. */
  async expectMet(): Promise<void> {
    await expect(this.scenario).not.toHaveAttribute('data-outcome', 'running', { timeout: 60_000 });
    expect(await this.verdictLines()).not.toContainEqual(expect.stringMatching(/^(false|open)/));
    await expect(this.scenario).toHaveAttribute('data-outcome', 'met');
    await expect(this.steps.and(this.page.locator('[data-status=failed]'))).toHaveCount(0);
  }

  private verdictLines(): Promise<string[]> {
    return this.verdicts.evaluateAll((verdicts) =>
      verdicts.map((verdict) => `${(verdict as HTMLElement).dataset.met} ${verdict.textContent}`),
    );
  }

  arrows(kind: string): Locator {
    return this.diagram.locator(`[data-testid=arrow][data-kind=${kind}]`);
  }

  learned(who: string): Locator {
    return this.page.locator(`[data-testid=learned][data-who=${who}]`);
  }

  /** Waits until a run with this title has been recorded and is kept. */
  async expectKept(title: string): Promise<void> {
    await expect(this.shownRun).toHaveAttribute('data-live', 'false', { timeout: 20_000 });
    await expect(this.shownRun.getByRole('heading', { level: 2 })).toHaveText(title);
    await expect(this.runs.first()).toContainText(title);
  }
}

import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { MEASUREMENT, PAIRS, SETTINGS, type Measurement, type Setting } from '../fixtures/channels';
import { settle, type MadeTable } from './made-table';

const TABLE: MadeTable = {
  page: 'channels.md',
  begin: '<!-- made by specs/channels.spec.ts: begin -->\n',
  end: '<!-- made by specs/channels.spec.ts: end -->\n',
};

/**
 * Holds the table in docs/channels.md against what the two `channels.spec.ts` measured. A cell that differs fails the run, or is
 * rewritten where CURFEW_UPDATE is set. What a partial run did not measure stays as it is.
 */
export default class ChannelsTable implements Reporter {
  private readonly measured: Measurement[] = [];

  onTestEnd(_test: TestCase, result: TestResult): void {
    if (result.status !== 'passed') return;
    for (const { type, description } of result.annotations) {
      if (type === MEASUREMENT && description) this.measured.push(JSON.parse(description) as Measurement);
    }
  }

  async onEnd(): Promise<{ status: FullResult['status'] } | undefined> {
    if (this.measured.length === 0) return undefined;
    return settle(TABLE, (table) => render(cellsOf(table), this.measured));
  }

  printsToStdio(): boolean {
    return false;
  }
}

const split = (row: string) => row.replace(/^\| | \|$/g, '').split(' | ');

const key = (...parts: string[]) => parts.join(' | ');

const column = ({ topology, browser, thirdPartyCookies }: Setting) => {
  const site = topology === 'cross-site' ? 'other site' : 'same site';
  return browser === 'Firefox' ? `${site}, Firefox` : `${site}, ${thirdPartyCookies}`;
};

/** The cells of the table as it is in the page, by row and column. */
function cellsOf(table: string): Map<string, string> {
  const [header = [], , ...rows] = table.trim().split('\n').map(split);
  const cells = new Map<string, string>();
  for (const [server = '', tab = '', ...rest] of rows) {
    rest.forEach((cell, index) => cells.set(key(server, tab, header[index + 2] ?? ''), cell));
  }
  return cells;
}

function render(cells: Map<string, string>, measured: Measurement[]): string {
  for (const { server, tab, setting, heard } of measured) cells.set(key(server, tab, column(setting)), word(heard));
  const lines = [
    ['to the server', 'to the tab', ...SETTINGS.map(column)],
    ['---', '---', ...SETTINGS.map(() => '---')],
    ...PAIRS.map(({ server, tab }) => [
      server,
      tab,
      ...SETTINGS.map((setting) => cells.get(key(server, tab, column(setting))) ?? 'not measured'),
    ]),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}

/** `null`: that app was not looked at. */
function word({ 'app-a': a, 'app-b': b }: Measurement['heard']): string {
  const known = [a, b].filter((heard) => heard !== null);
  const words = known.every(Boolean) ? 'yes' : known.some(Boolean) ? 'in part' : 'no';
  return known.length === 2 ? words : `${words} (App ${a === null ? 'B' : 'A'})`;
}

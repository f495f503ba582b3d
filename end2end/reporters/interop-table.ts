import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TRIED, type Tried } from '../interop/fixtures/software';
import { settle, type MadeTable } from './made-table';

const SPECS = join(__dirname, '../interop');
const TABLE: MadeTable = {
  page: 'interop.md',
  begin: '<!-- made by the specs in end2end/interop: begin -->\n',
  end: '<!-- made by the specs in end2end/interop: end -->\n',
};

type Line = Tried & { shown: string; spec: string };

/**
 * Holds the table in docs/interop.md against what the specs in `interop/` showed, and with which versions. A line that differs
 * fails the run, or is rewritten where CURFEW_UPDATE is set. What a partial run did not try stays as it is, as long as there
 * is a test of that title.
 */
export default class InteropTable implements Reporter {
  private readonly shown: Line[] = [];

  onTestEnd({ title, location }: TestCase, { status, annotations }: TestResult): void {
    const annotation = annotations.find(({ type }) => type === TRIED);
    if (status !== 'passed' || !annotation?.description) return;
    const tried = JSON.parse(annotation.description) as Tried;
    this.shown.push({ ...tried, shown: title, spec: basename(location.file) });
  }

  async onEnd(): Promise<{ status: FullResult['status'] } | undefined> {
    if (this.shown.length === 0) return undefined;
    return settle(TABLE, (table) => render([...linesOf(table), ...this.shown]));
  }

  printsToStdio(): boolean {
    return false;
  }
}

/** The lines of the table as it is in the page, without those of tests that are no more. */
function linesOf(table: string): Line[] {
  const lines = table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => {
      const [software = '', version = '', shown = '', spec = ''] = row.replace(/^\| | \|$/g, '').split(' | ');
      return { software, version, shown, spec: spec.replaceAll('`', '') };
    });
  return lines.filter(({ shown, spec }) => existsSync(join(SPECS, spec)) && source(spec).includes(shown));
}

const source = (spec: string) => readFileSync(join(SPECS, spec), 'utf8');

/** The later of two lines about one test holds; they stand in the order of the specs. */
function render(lines: Line[]): string {
  const latest = [...new Map(lines.map((line) => [`${line.spec} ${line.shown}`, line])).values()];
  const place = ({ spec, shown }: Line) => source(spec).indexOf(shown);
  latest.sort((one, other) => one.spec.localeCompare(other.spec) || place(one) - place(other));
  const rows = [
    ['software', 'version', 'what was shown', 'by'],
    ['---', '---', '---', '---'],
    ...latest.map(({ software, version, shown, spec }) => [software, version, shown, `\`${spec}\``]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

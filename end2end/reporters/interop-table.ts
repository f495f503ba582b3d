import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TRIED, type Tried } from '../interop/fixtures/software';

const PAGE = join(__dirname, '../../docs/interop.md');
const SPECS = join(__dirname, '../interop');
const BEGIN = '<!-- made by the specs in end2end/interop: begin -->\n';
const END = '<!-- made by the specs in end2end/interop: end -->\n';

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
    const page = readFileSync(PAGE, 'utf8');
    const [before, table, after] = split(page);
    const now = render([...linesOf(table), ...this.shown]);
    if (now === table) return undefined;
    if (process.env.CURFEW_UPDATE) {
      writeFileSync(PAGE, before + now + after);
      console.log('docs/interop.md: the table was rewritten');
      return undefined;
    }
    console.error(`docs/interop.md is not what was shown; CURFEW_UPDATE=1 rewrites its table to\n\n${now}`);
    return { status: 'failed' };
  }

  printsToStdio(): boolean {
    return false;
  }
}

function split(page: string): [before: string, table: string, after: string] {
  const begin = page.indexOf(BEGIN) + BEGIN.length;
  const end = page.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error(`${PAGE} has no place for the table`);
  return [page.slice(0, begin), page.slice(begin, end), page.slice(end)];
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

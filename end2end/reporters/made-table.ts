import type { FullResult } from '@playwright/test/reporter';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A table in a page of `docs/` that the tests make, between two comments. */
export type MadeTable = { page: string; begin: string; end: string };

/**
 * Holds the table against what it ought to be now, given what it is. Where it differs the run fails, or the table is rewritten
 * where CURFEW_UPDATE is set.
 */
export function settle({ page, begin, end }: MadeTable, render: (table: string) => string): { status: FullResult['status'] } | undefined {
  const path = join(__dirname, '../../docs', page);
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`docs/${page} has no place for the table`);
  const table = text.slice(from, to);
  const now = render(table);
  if (now === table) return undefined;
  if (process.env.CURFEW_UPDATE) {
    writeFileSync(path, text.slice(0, from) + now + text.slice(to));
    console.log(`docs/${page}: the table was rewritten`);
    return undefined;
  }
  console.error(`docs/${page} is not what the tests found; CURFEW_UPDATE=1 rewrites its table to\n\n${now}`);
  return { status: 'failed' };
}

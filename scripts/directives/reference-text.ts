import { format } from 'prettier';
import { referenceRows } from './reference-rows.ts';

/** Text of `tools/src/directives/reference.json`: one row a line, so that changes can be read. */
export async function referenceText(): Promise<string> {
  return await format(JSON.stringify(referenceRows()), { parser: 'json', printWidth: 120 });
}

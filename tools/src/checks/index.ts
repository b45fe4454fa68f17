/** Every check there is. The list equals the files of this folder: a test holds it to that. */
import type { Check } from './check.ts';
import { check as coreDumpDirectoryMissing } from './core-dump-directory-missing.ts';

export const checks: readonly Check[] = [coreDumpDirectoryMissing];

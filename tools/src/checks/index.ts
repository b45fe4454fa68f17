/** Every check there is. The list equals the files of this folder: a test holds it to that. */
import type { Check } from './check.ts';
import { check as coreDumpDirectoryMissing } from './core-dump-directory-missing.ts';
import { check as directiveArguments } from './directive-arguments.ts';
import { check as directiveContext } from './directive-context.ts';
import { check as nginxTest } from './nginx-test.ts';
import { check as suppressionMalformed } from './suppression-malformed.ts';
import { check as suppressionUnused } from './suppression-unused.ts';
import { check as syntax } from './syntax.ts';
import { check as unknownDirective } from './unknown-directive.ts';

export const checks: readonly Check[] = [
  syntax,
  unknownDirective,
  directiveContext,
  directiveArguments,
  nginxTest,
  suppressionMalformed,
  suppressionUnused,
  coreDumpDirectoryMissing,
];

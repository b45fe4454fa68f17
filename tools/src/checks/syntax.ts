import type { Check, Finding } from './check.ts';
import type { ConfigError } from '../nginx-conf/tree.ts';

/** Mistakes that keep NGINX from reading the configuration, in its own words. */
export const check: Check<'config'> = {
  id: 'syntax',
  title: 'NGINX cannot read the configuration',
  category: 'syntax',
  severity: 'error',
  confidence: 'certain',
  needs: ['config'],
  why: `NGINX stops at the first mistake: at the next reload the old configuration stays in force, and at the next start
there is no NGINX. What is not read is not checked either, so that no other check passes until this is put right.

NGINX names the line where it noticed; where something was opened and not closed, its line is named here too.`,
  reference: 'https://nginx.org/en/docs/beginners_guide.html#conf_structure',

  evaluate: ({ config }) => config.tree.errors.map(findingOf),
};

function findingOf(error: ConfigError): Finding {
  const { code, message, at, openedAt } = error;
  const opened = openedAt === undefined || openedAt.line === at.line ? '' : `, opened at line ${openedAt.line}`;
  return {
    at: { position: at, length: code === 'unexpected-character' ? 1 : 0, excerpt: message },
    message: message + opened,
    remedy: REMEDIES[code],
  };
}

const REMEDIES: Readonly<Record<ConfigError['code'], string>> = {
  'unexpected-character': 'look for a quote, ";" or brace that is missing or one too many before this place',
  'unexpected-end-of-file': 'end the last directive with ";", or close the quote that was opened',
  'unclosed-block': 'add the missing "}"',
  'parameter-too-long': 'close the quote; a single word may have 4095 bytes',
  'lua-block-unclosed': 'close the brace, string or long bracket of the Lua code',
  'include-arguments': 'give include exactly one path and end it with ";"',
  'file-missing': 'make the file, or take the include out; a pattern such as *.conf may match nothing',
  'file-unreadable': 'run this as a user who may read the file',
  'include-cycle': 'take out one of the includes',
  'include-limit': 'look for files that include each other',
};

import { posix } from 'node:path';
import { coreDirectory } from '../evidence/core-dumps.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

const SETTING = 'kernel.core_pattern';

/** The kernel puts core files elsewhere. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-pattern',
  title: 'Core files do not go to the working directory',
  category: 'core dumps',
  severity: 'info',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `\`${SETTING}\` decides where core files go. With a relative name, such as \`core\`, that is the working directory of
the worker. An absolute name is used as it is, and what begins with \`|\` is a program that gets the core file, so that
\`working_directory\` has no say (core(5)). Nothing is broken, but look in the right place.`,

  *asks({ config }) {
    if (coreDirectory(config) !== undefined) yield { kind: 'sysctl', of: SETTING };
  },

  *evaluate({ config, host }) {
    const directory = coreDirectory(config);
    if (directory === undefined) {
      yield { skipped: 'there is no working_directory' };
      return;
    }
    const answer = host.ask('sysctl', SETTING);
    if (answer.state !== 'present') {
      yield isNotKnown(answer) ? { unknown: answer.reason } : { skipped: answer.reason };
      return;
    }
    const pattern = answer.value;
    const at = atDirective(directory.node);
    if (pattern.startsWith('|')) {
      const [program = ''] = pattern.slice(1).trim().split(/\s+/);
      const where = program.endsWith('systemd-coredump')
        ? 'read them with "coredumpctl list nginx"'
        : `look where ${program} keeps them`;
      yield {
        at,
        message: `${SETTING} hands core files to ${program}: nothing is written to ${directory.path}`,
        remedy: where,
        snippet: `# to have them in ${directory.path} instead:\nsysctl -w ${SETTING}=core.%e.%p.%t`,
      };
    } else if (pattern.startsWith('/') && posix.dirname(pattern) !== directory.path) {
      yield {
        at,
        message: `${SETTING} is ${pattern}: core files are written to ${posix.dirname(pattern)}, not to ${directory.path}`,
        remedy: `let the workers write to ${posix.dirname(pattern)}, or use a relative pattern`,
        snippet: `sysctl -w ${SETTING}=core.%e.%p.%t`,
      };
    }
  },
};

import { posix } from 'node:path';
import { isNotKnown } from '../evidence/evidence.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** `working_directory` names a directory that is not there: NGINX tests fine, starts, and has no workers. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-directory-missing',
  title: 'The working directory of the workers does not exist',
  category: 'core dumps',
  severity: 'error',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `Every worker changes into \`working_directory\` when it starts and ends when it cannot. \`nginx -t\` does not look:
it says that the test is successful, the master starts, the port accepts connections, and nobody answers them.`,
  reference: 'https://nginx.org/en/docs/ngx_core_module.html#working_directory',

  asks: ({ config }) =>
    config.main.named('working_directory').map((node) => ({ kind: 'stat', of: directoryOf(node.args) })),

  *evaluate({ config, host }) {
    const [node] = config.main.named('working_directory');
    if (node === undefined) {
      yield { skipped: 'there is no working_directory' };
      return;
    }
    const directory = directoryOf(node.args);
    const stat = host.ask('stat', directory);
    if (isNotKnown(stat)) {
      yield { unknown: stat.reason };
    } else if (stat.state === 'absent' || stat.value.type !== 'directory') {
      const what = stat.state === 'absent' ? 'does not exist' : 'is no directory';
      yield {
        at: atArgument(node, 0),
        message: `${directory} ${what}: NGINX starts without any worker and answers nobody`,
        remedy: 'make the directory before the next reload',
        snippet: `install -d -m 1777 ${directory}`,
      };
    }
  },
};

/** A relative path starts where NGINX was started, which for a service is the root directory. */
function directoryOf([path = '']: readonly string[]): string {
  return posix.resolve('/', path);
}

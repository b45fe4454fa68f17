import { coreDirectory } from '../evidence/core-dumps.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { sizeBytes, sizeText } from '../nginx-conf/values.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** The file system has less room than one core file may take. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-space',
  title: 'There is no room for a core file',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `A core file that does not fit is cut off, and a full file system takes logs and telemetry with it.`,

  *asks({ config }) {
    const directory = coreDirectory(config);
    if (directory !== undefined) yield { kind: 'space', of: directory.path };
  },

  *evaluate({ config, host }) {
    const directory = coreDirectory(config);
    const limit = config.main.named('worker_rlimit_core')[0];
    const limitBytes = limit === undefined ? undefined : sizeBytes(limit.args[0] ?? '');
    if (directory === undefined || limit === undefined || limitBytes === undefined) {
      yield { skipped: 'working_directory and worker_rlimit_core are not both set' };
      return;
    }
    const space = host.ask('space', directory.path);
    if (isNotKnown(space)) {
      yield { unknown: space.reason };
    } else if (space.state === 'absent') {
      yield { skipped: space.reason };
    } else if (space.value.freeBytes < limitBytes) {
      yield {
        at: atArgument(directory.node, 0),
        message: `the file system of ${directory.path} has ${sizeText(space.value.freeBytes)} left, and one core file may take ${sizeText(limitBytes)}`,
        remedy: 'make room, or name a directory on a larger file system',
      };
    }
  },
};

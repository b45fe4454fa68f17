import { coreDirectory, nginxUnit, unitProperty } from '../evidence/core-dumps.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Emptied when the machine starts (file-hierarchy(7), tmpfiles.d(5)). */
const EMPTIED = /^\/(?:tmp|run|var\/run|dev\/shm)(?:\/|$)/;
/** Replaced by an empty one of its own for a unit with PrivateTmp (systemd.exec(5)). */
const PRIVATE = /^\/(?:var\/)?tmp\/./;

/** The directory exists now, and will not when the workers look for it. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-directory-temporary',
  title: 'The working directory of the workers will vanish',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'host'],
  why: `\`/tmp\` and \`/run\` are emptied at boot, and a missing \`working_directory\` leaves NGINX without workers: the node is
down after the next restart of the machine, unless something makes the directory before NGINX starts.

With \`PrivateTmp=yes\` in its unit NGINX has a \`/tmp\` and a \`/var/tmp\` of its own, empty at each start. A directory made
in the \`/tmp\` that everybody sees is not there for it: an **error**.`,

  *asks({ config }) {
    const directory = coreDirectory(config);
    if (directory !== undefined && PRIVATE.test(directory.path)) yield { kind: 'unit', of: nginxUnit };
  },

  *evaluate({ config, host }) {
    const directory = coreDirectory(config);
    if (directory === undefined) {
      yield { skipped: 'there is no working_directory' };
      return;
    }
    const { node, path } = directory;
    const advice = {
      remedy: 'use a directory that stays, and make it before NGINX starts',
      snippet: 'install -d -m 1777 /var/lib/wallguard/cores\n# nginx.conf: working_directory /var/lib/wallguard/cores;',
    };
    if (PRIVATE.test(path)) {
      const isPrivate = unitProperty(host, 'PrivateTmp');
      if ('reason' in isPrivate) {
        yield { unknown: `whether NGINX has a /tmp of its own: ${isPrivate.reason}` };
      } else if (/^(?:yes|disconnected)$/.test(isPrivate.value ?? '')) {
        yield {
          at: atArgument(node, 0),
          message: `${nginxUnit} has PrivateTmp=${isPrivate.value ?? ''}: NGINX does not see ${path}, and starts without any worker`,
          ...advice,
          severity: 'error',
        };
        return;
      }
    }
    if (EMPTIED.test(path)) {
      yield {
        at: atArgument(node, 0),
        message: `${path} is gone after the next boot, and NGINX then starts without any worker`,
        ...advice,
      };
    }
  },
};

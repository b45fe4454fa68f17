import { coreDirectory, grants, withParents, workerUser } from '../evidence/core-dumps.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Workers cannot change into their directory, or cannot write there. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-directory-access',
  title: 'The workers may not use their working directory',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'host'],
  why: `A worker changes into \`working_directory\` after it has become its own user. When it may not **enter** the directory,
or one above it, it ends: NGINX runs without workers, as if the directory were missing. When it may not **write** there, a
crash leaves no core file.

Owners and modes are looked at; access control lists are not.`,
  reference: 'https://nginx.org/en/docs/ngx_core_module.html#working_directory',

  *asks({ config }) {
    const directory = coreDirectory(config);
    if (directory === undefined) return;
    for (const path of withParents(directory.path)) yield { kind: 'stat', of: path };
    const user = workerUser(config);
    if (user !== undefined) yield { kind: 'user', of: user };
  },

  *evaluate({ config, host }) {
    const directory = coreDirectory(config);
    if (directory === undefined) {
      yield { skipped: 'there is no working_directory' };
      return;
    }
    const name = workerUser(config);
    const answer = name === undefined ? undefined : host.ask('user', name);
    // What anybody may do, the workers may do, whoever they are.
    const user = answer?.state === 'present' ? answer.value : undefined;
    const doubt =
      answer?.state === 'present' ? undefined : (answer?.reason ?? 'the configuration does not name their user');
    const who = `the user of the workers, ${name ?? ''},`;
    for (const path of withParents(directory.path)) {
      const stat = host.ask('stat', path);
      if (isNotKnown(stat)) {
        yield { unknown: stat.reason };
        return;
      }
      if (stat.state === 'absent' || stat.value.type !== 'directory') {
        yield { skipped: `${path} is no directory, which the check "core-dump-directory-missing" reports` };
        return;
      }
      const isLast = path === directory.path;
      const wanted = isLast ? 3 : 1;
      if (grants(stat.value, wanted, user)) continue;
      if (doubt !== undefined) {
        yield { unknown: `whether the workers may use ${path}: ${doubt}` };
        return;
      }
      const mode = (stat.value.mode & 0o7777).toString(8);
      const owner = `owner ${stat.value.uid}:${stat.value.gid}, mode ${mode}`;
      yield grants(stat.value, 1, user)
        ? {
            at: atArgument(directory.node, 0),
            message: `${who} may not write to ${path} (${owner}): a crash leaves no core file`,
            remedy: 'let every user write there',
            snippet: `chmod 1777 ${path}`,
          }
        : {
            at: atArgument(directory.node, 0),
            message: `${who} may not enter ${path} (${owner}): NGINX starts without any worker and answers nobody`,
            remedy: 'let every user enter it, or name another directory',
            snippet: isLast ? `chmod 1777 ${path}` : `chmod o+x ${path}`,
            severity: 'error',
          };
      return;
    }
  },
};

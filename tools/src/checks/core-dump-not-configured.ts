import { usesEngine } from '../evidence/engine.ts';
import { inside } from './check.ts';
import type { Check } from './check.ts';

const LINES = {
  working_directory: ['# install -d -m 1777 /var/lib/wallguard/cores', 'working_directory /var/lib/wallguard/cores;'],
  worker_rlimit_core: ['worker_rlimit_core 500M;'],
} as const;

/** Core files are not asked for, or only by half. */
export const check: Check<'config'> = {
  id: 'core-dump-not-configured',
  title: 'Workers that crash leave no core file',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `A filtering engine parses what attackers send, inside the worker. When a worker crashes, the core file is what the
vendor's support asks for, and the crash may not come back soon.

It takes both: \`worker_rlimit_core\` raises the limit, which is zero for most services, and \`working_directory\` names a
place where the user of the workers may write. Where only one is set, it is reported with or without an engine.`,
  reference: 'https://nginx.org/en/docs/ngx_core_module.html#worker_rlimit_core',

  *evaluate({ config }) {
    const missing = (['working_directory', 'worker_rlimit_core'] as const).filter(
      (name) => config.main.named(name).length === 0,
    );
    if (missing.length === 0) return;
    if (missing.length === 2 && !usesEngine(config)) {
      yield { skipped: 'no filtering engine is used' };
      return;
    }
    yield {
      at: inside(config.main, config.tree),
      message: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
      remedy: missing.includes('working_directory')
        ? 'make the directory, then name it in the main context: without the directory no worker starts'
        : 'set it in the main context',
      snippet: missing.flatMap((name) => LINES[name]).join('\n'),
    };
  },
};

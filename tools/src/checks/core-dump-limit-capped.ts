import { nginxUnit, unitProperty } from '../evidence/core-dumps.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { sizeBytes, sizeText } from '../nginx-conf/values.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** systemd does not let the workers have the limit that the configuration asks for. */
export const check: Check<'config' | 'host'> = {
  id: 'core-dump-limit-capped',
  title: 'The service may not raise its limit of core files',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `\`LimitCORE\` in the unit is the hard limit that NGINX starts with. Raising it takes the right \`CAP_SYS_RESOURCE\`,
which a master that runs as root has, unless the unit takes it away (\`User\`, \`CapabilityBoundingSet\`). Without it
\`worker_rlimit_core\` fails with \`setrlimit(RLIMIT_CORE) failed\` in the error log, and no core file is written.`,
  reference: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#LimitCPU=',

  *asks({ config }) {
    if (config.main.named('worker_rlimit_core').length > 0) yield { kind: 'unit', of: nginxUnit };
  },

  *evaluate({ config, host }) {
    const [node] = config.main.named('worker_rlimit_core');
    const wantedBytes = sizeBytes(node?.args[0] ?? '');
    if (node === undefined || wantedBytes === undefined) {
      yield { skipped: 'there is no worker_rlimit_core' };
      return;
    }
    const unit = host.ask('unit', nginxUnit);
    if (isNotKnown(unit)) {
      yield { unknown: unit.reason };
      return;
    }
    if (unit.state === 'absent') {
      yield { skipped: unit.reason };
      return;
    }
    const property = (name: string): string | undefined => {
      const answer = unitProperty(host, name);
      return 'value' in answer ? answer.value : undefined;
    };
    const user = property('User') ?? '';
    const capabilities = property('CapabilityBoundingSet');
    const mayRaise =
      (user === '' || user === 'root') && (capabilities === undefined || /cap_sys_resource/i.test(capabilities));
    // "SOFT:HARD" in a unit's file; systemctl shows the hard limit.
    const hard = (property('LimitCORE') ?? 'infinity').split(':').at(-1) ?? '';
    const hardBytes = sizeBytes(hard);
    if (mayRaise || hardBytes === undefined || hardBytes >= wantedBytes) return;
    const because = user === '' || user === 'root' ? 'without CAP_SYS_RESOURCE' : `as user ${user}`;
    yield {
      at: atArgument(node, 0),
      message: `${nginxUnit} runs ${because} and has LimitCORE=${hard}: ${sizeText(wantedBytes)} cannot be set`,
      remedy: 'raise the limit in the unit',
      snippet: `# systemctl edit ${nginxUnit}\n[Service]\nLimitCORE=infinity`,
    };
  },
};

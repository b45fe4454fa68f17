import { isLocal, keepsStrangersOut } from '../evidence/access.ts';
import { addressText } from '../evidence/status-service.ts';
import { isInstalled, isOwnServer, noWallguard } from '../evidence/wallguard-parts.ts';
import { atDirective, inside } from './check.ts';
import type { Check } from './check.ts';

/** The monitor listens where other machines reach it. */
export const check: Check<'config'> = {
  id: 'wallguard-monitor-exposed',
  title: 'Other machines reach the monitor',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The monitor and the statistics of wallguard tell what is attacked and what is noticed. They belong on the loopback
address. Where a collector on another machine must read them, \`monitor.allow\` in the settings names it, everybody else is
refused, and this is a note; without \`deny all\` it is a **warning**.`,

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    for (const { scope, protocol, listens } of config.servers) {
      if (protocol !== 'http') continue;
      const open = listens.find((listen) => !isLocal(listen));
      if (open === undefined || !isOwnServer(config, scope)) continue;
      const at = open.node === undefined ? inside(scope, config.tree) : atDirective(open.node);
      // Only what wallguard serves here counts: a protected server may expose its statistics on purpose.
      const serving = config
        .locations(scope)
        .filter(({ scope: inner }) => inner.named('js_content')[0]?.args[0]?.startsWith('wallguard_cold.monitor'));
      if (serving.length === 0) continue;
      const isClosed = serving.every(({ scope: inner }) => keepsStrangersOut(config, inner));
      yield {
        at,
        message: isClosed
          ? `the monitor listens on ${addressText(open)}, which other machines may reach`
          : `the monitor listens on ${addressText(open)} and refuses nobody`,
        remedy: 'set monitor.listen to a loopback address in the settings, or keep monitor.allow short',
        ...(isClosed ? { severity: 'info' as const } : {}),
      };
    }
  },
};

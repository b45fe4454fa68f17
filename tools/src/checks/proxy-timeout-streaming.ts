import { nothingProxied, proxyingIn } from '../evidence/proxying.ts';
import { timeMs } from '../nginx-conf/values.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';

/** WebSocket and event streams that are cut while nobody says anything. */
export const check: Check<'config' | 'thresholds'> = {
  id: 'proxy-timeout-streaming',
  title: 'WebSocket connections or event streams are cut when they pause',
  category: 'proxy timeouts',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'thresholds'],
  why: `\`proxy_read_timeout\` is the longest pause between two reads, not the length of the answer. A WebSocket, or a stream
of events, is closed when nothing comes for that long; many applications send their keepalive every 30 or 60 seconds.

Taken for one are places that pass on the header \`Upgrade\`, have \`wallarm_parse_websocket on\`, or have
\`proxy_buffering off\`. What counts as short is \`check.thresholds.streaming_read_timeout_min\` in the settings.`,
  reference: 'https://nginx.org/en/docs/http/websocket.html',

  *evaluate({ config, thresholds }) {
    const all = proxyingIn(config).filter(({ protocol }) => protocol === 'proxy');
    if (all.length === 0) yield nothingProxied;
    const least = thresholds.streaming_read_timeout_min;
    const seen = new Set<ConfigNode>();
    for (const { scope } of all) {
      const inForce = config.effective('proxy_read_timeout', scope);
      if (inForce.state === 'default') continue;
      const [node] = inForce.nodes;
      const ms = timeMs(node.args[0] ?? '');
      // Zero is reported for itself.
      if (seen.has(node) || ms === undefined || ms === 0 || ms >= (timeMs(least) ?? 0)) continue;
      const headers = config.effective('proxy_set_header', scope);
      const upgrades =
        headers.state !== 'default' &&
        headers.nodes.some(({ args: [name = '', value = ''] }) => name.toLowerCase() === 'upgrade' && value !== '');
      const isOn = (name: string, word: string): boolean => config.value(name, scope)?.[0] === word;
      const what =
        upgrades || isOn('wallarm_parse_websocket', 'on')
          ? 'WebSocket connections'
          : isOn('proxy_buffering', 'off')
            ? 'streams'
            : undefined;
      if (what === undefined) continue;
      seen.add(node);
      yield {
        at: atArgument(node, 0),
        message: `proxy_read_timeout ${node.args[0] ?? ''} cuts ${what} that pause longer`,
        remedy: `set it over the keepalive of the application, in the location of these connections alone`,
        snippet: 'proxy_read_timeout 5m;',
      };
    }
  },
};

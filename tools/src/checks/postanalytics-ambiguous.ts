import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Two ways for requests to leave, and the node takes one. */
export const check: Check<'config'> = {
  id: 'postanalytics-ambiguous',
  title: 'Requests are to go to the Cloud and to postanalytics',
  category: 'modes and engine',
  severity: 'error',
  confidence: 'likely',
  needs: ['config'],
  why: `\`wallarm_api_conf\` sends requests to the Cloud, \`wallarm_wstore_upstream\` (before 6.0 \`wallarm_tarantool_upstream\`) to
postanalytics. With both the module refuses the configuration: \`ambiguous wallarm upstream backend\`. It is not reported
where \`wallarm_upstream_backend\` says which one is meant.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  *evaluate({ config }) {
    const api = config.all('wallarm_api_conf')[0];
    const upstream = [...config.all('wallarm_wstore_upstream'), ...config.all('wallarm_tarantool_upstream')][0];
    if (api === undefined || upstream === undefined || config.all('wallarm_upstream_backend').length > 0) return;
    yield {
      at: atDirective(api),
      message: `wallarm_api_conf and ${upstream.name} are both set: the module calls this ambiguous and refuses it`,
      remedy: 'take one of them out, or say which one is meant',
      snippet: 'wallarm_upstream_backend wstore;',
    };
  },
};

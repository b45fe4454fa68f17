import type { Trigger } from '../../../../schema/lists.ts';

/**
 * The trigger that is there from the start: more than 3 different payloads within 1 hour put a source on the graylist
 * for 1 hour. A trigger of the operator's own takes its place. Source: wallarm-node.md 6.1.
 */
export function preconfiguredTrigger(): Trigger {
  return {
    id: 'default',
    enabled: true,
    threshold: 3,
    windowMs: 3_600_000,
    filters: { types: [], applications: [], addresses: [], domains: [], statuses: [], targets: [] },
    excludedTypes: ['experimental', 'brute', 'dirbust', 'overlimit_res', 'data_bomb', 'vpatch'],
    reaction: { list: 'gray', periodMs: 3_600_000, escalation: 1, longestPeriodMs: 2_592_000_000 },
    webhook: null,
  };
}

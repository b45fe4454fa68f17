import type { Trigger } from '../../../schema/lists.ts';
import type { Settings } from '../../../schema/settings.ts';
import { preconfiguredTrigger } from '../../../njs/src/core/triggers/preconfigured.ts';
import { durationMs } from '../generate/units.ts';

/** What the settings say of one trigger. */
interface WrittenTrigger {
  readonly id: string;
  readonly enabled: boolean;
  readonly threshold: number;
  readonly window: string;
  readonly filters: Trigger['filters'];
  readonly excluded_types: readonly string[];
  readonly reaction: {
    readonly list: 'deny' | 'gray' | 'observe';
    readonly period: string;
    readonly escalation: number;
    readonly longest_period: string;
  };
  readonly webhook?: { readonly url: string; readonly secret: string } | undefined;
}

interface TriggerSettings {
  readonly triggers?: readonly WrittenTrigger[] | undefined;
  readonly lists?: { readonly protected: readonly string[]; readonly ipv6_prefix: number };
}

/** The triggers of the settings; the pre-configured one where they name none. */
export function triggersOf(settings: Settings): Trigger[] {
  const { triggers } = settings as Settings & TriggerSettings;
  return triggers === undefined
    ? [preconfiguredTrigger()]
    : triggers.map(({ id, enabled, threshold, window, filters, excluded_types, reaction, webhook }) => ({
        id,
        enabled,
        threshold,
        windowMs: durationMs(window),
        filters,
        excludedTypes: excluded_types,
        reaction: {
          list: reaction.list,
          periodMs: durationMs(reaction.period),
          escalation: reaction.escalation,
          longestPeriodMs: durationMs(reaction.longest_period),
        },
        webhook: webhook ?? null,
      }));
}

/** What the settings say of sources: who is never listed, and how large an IPv6 source is. */
export function sourceRules(settings: Settings): { protectedAddresses: readonly string[]; ipv6Prefix: number } {
  const { lists } = settings as Settings & TriggerSettings;
  return { protectedAddresses: lists?.protected ?? [], ipv6Prefix: lists?.ipv6_prefix ?? 64 };
}

/**
 * IP lists and triggers: shapes that cross between njs, the control socket, the command line and the snapshot file.
 * Times are Unix milliseconds; `0` as an expiry means "never". Sources: wallarm-node.md 5 and 6.
 */

/** In the order in which they are consulted; the first that holds the address decides. */
export const listNames = ['allow', 'deny', 'gray'] as const;
export type ListName = (typeof listNames)[number];

/** One entry of a list. */
export interface ListEntry {
  readonly list: ListName;
  /** IPv4 or IPv6 address, or CIDR, in the form that {@link https://www.rfc-editor.org/rfc/rfc5952 RFC 5952} gives. */
  readonly address: string;
  /** Application ids it is limited to; empty means all. */
  readonly applications: readonly number[];
  /** When it ends; 0 for never. */
  readonly expiresMs: number;
  readonly createdMs: number;
  readonly reason: string;
  /** `manual`, `settings`, or the id of the trigger that made it. */
  readonly source: string;
  /** Who made it: a user name, or `wallguard`. */
  readonly author: string;
}

/** Shortest and longest time on a list, and the default. Source: wallarm-node.md 5.2. */
export const periodLimits = { shortestMs: 300_000, defaultMs: 3_600_000, foreverMs: 0 } as const;

export const listOperations = ['add', 'remove', 'expire', 'refuse'] as const;
export type ListOperation = (typeof listOperations)[number];

/** One line of the append-only history. */
export interface ListChange {
  readonly atMs: number;
  readonly operation: ListOperation;
  readonly entry: ListEntry;
  readonly author: string;
  readonly reason: string;
}

export const targets = ['server', 'client', 'database'] as const;
export type Target = (typeof targets)[number];

/** What a trigger asks of a payload before it counts; empty lists ask nothing. All filters must agree. */
export interface TriggerFilters {
  readonly types: readonly string[];
  readonly applications: readonly number[];
  /** Addresses or CIDR. */
  readonly addresses: readonly string[];
  /** Host names, `*.name` for every name below it. */
  readonly domains: readonly string[];
  /** Status codes or classes: `404`, `4xx`. */
  readonly statuses: readonly string[];
  readonly targets: readonly Target[];
}

/** Condition, filters and reaction. Source: wallarm-node.md 6.1, edge-peers-and-standards.md 0. */
export interface Trigger {
  readonly id: string;
  readonly enabled: boolean;
  /** Fires when a source shows more different payloads than this within the window. */
  readonly threshold: number;
  readonly windowMs: number;
  readonly filters: TriggerFilters;
  /** Types that never count. */
  readonly excludedTypes: readonly string[];
  readonly reaction: {
    /** `observe` records that it would have fired. */
    readonly list: 'deny' | 'gray' | 'observe';
    readonly periodMs: number;
    /** Each further listing of the same source lasts this many times longer; 1 switches escalation off. */
    readonly escalation: number;
    readonly longestPeriodMs: number;
  };
  readonly webhook: { readonly url: string; readonly secret: string } | null;
}

/** Types that the pre-configured trigger does not consider. Source: wallarm-node.md 6.1. */
export const excludedByDefault = ['experimental', 'brute', 'dirbust', 'overlimit_res', 'data_bomb', 'vpatch'] as const;

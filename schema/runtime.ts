/**
 * Settings as njs sees them. The generator prepends `function wallguardSettings() { return {…}; }` to each bundle;
 * units are in the names, nothing is optional.
 */
import type { Trigger } from './lists.ts';

/** For the hot bundle: what one telemetry line needs. */
export interface HotSettings {
  readonly engine: 'wallarm' | 'modsecurity' | 'none';
  /** Lower case. */
  readonly redactQueryKeys: readonly string[];
  readonly address: 'keep' | 'truncate' | 'hmac';
  readonly hmacKey: string;
}

/** For both bundles, in a function of its own: lists and triggers. */
export interface ListSettings {
  /** Where `lists` lies. */
  readonly directory: string;
  readonly ipv6Prefix: number;
  /** NGINX refuses by marker files, see adapters/list-files.ts. */
  readonly keepsMarks: boolean;
  /** From the settings, or the pre-configured one. */
  readonly triggers: readonly Trigger[];
  readonly arePreconfigured: boolean;
  /** Addresses and networks that no trigger lists. */
  readonly protectedAddresses: readonly string[];
}

/** For the cold bundle: pages, monitor, counters. */
export interface ColdSettings extends HotSettings {
  readonly version: string;
  readonly applications: readonly {
    readonly id: number;
    readonly name: string;
    /** False when its filtration mode is `off`: the node does not count its requests. */
    readonly inspected: boolean;
  }[];
  readonly blockPage: {
    readonly status: number;
    readonly showAddress: boolean;
    /** Empty when none is set. */
    readonly supportEmail: string;
    /** Offered languages, the first is the fallback. */
    readonly languages: readonly string[];
  };
  readonly statusService: {
    /** `http://127.0.0.8:80/wallarm-status` */
    readonly url: string;
    readonly pollTimeoutMs: number;
    readonly cacheMs: number;
    /** How long the counts that are read back from the log may lag behind the requests. */
    readonly settleMs: number;
  };
  /** The Wallarm node; of no meaning to other engines. */
  readonly node: {
    /** Such as `6.13.0`. */
    readonly version: string;
    readonly flavour: 'aio' | 'image' | 'docker' | 'ingress';
  };
  /** Node generation, engine `wallarm` only: 5, 6 or 7; 0 otherwise. */
  readonly generation: 0 | 5 | 6 | 7;
  /** File whose counted heads are read back. */
  readonly headsFile: string;
  /** True when `headsFile` is the telemetry file itself. */
  readonly headsAreTelemetry: boolean;
  /** How long a line may wait in NGINX's buffer. */
  readonly flushMs: number;
  /** Lines that one request to the monitor may write: 1 where a sink takes them one by one. */
  readonly linesPerDelivery: number;
  /** ModSecurity's audit log, or empty. */
  readonly auditLog: string;
  /** `http://127.0.0.1:9913`, where njs reaches its own monitor. */
  readonly monitorUrl: string;
}

/**
 * Everything checks may be given. A check names what it needs and gets nothing else.
 */
import type { Settings } from '../../../schema/settings.ts';
import type { DirectiveTable } from '../directives/directive-table.ts';
import type { NginxBuild } from '../install/nginx-build.ts';
import type { TestVerdict } from '../install/isolated-test.ts';
import type { Config } from './config.ts';
import type { Evidence } from './evidence.ts';
import type { HostFacts } from './host-facts.ts';
import type { Suppression } from './suppressions.ts';

export interface Facts {
  readonly config: Config;
  readonly directives: DirectiveTable;
  readonly host: HostFacts;
  /** What `nginx -V` says; only where the binary can be run. */
  readonly build: NginxBuild;
  /** What `nginx -t` said, and on what. */
  readonly nginxTest: NginxTest;
  readonly errorLog: ErrorLog;
  /** What counts as too much or too little, from the settings. */
  readonly thresholds: Thresholds;
  /** Comments that silence a check and had nothing to silence; known when the other checks are done. */
  readonly unusedSuppressions: readonly Suppression[];
  /** Ids of all checks there are. */
  readonly checkIds: readonly string[];
  /** The running wallguard. */
  readonly wallguard: { readonly version: string };
}

export type FactName = keyof Facts;

/** The facts as collected: some may not be there. */
export type Collected = { readonly [K in FactName]: Evidence<Facts[K]> };

export type Thresholds = Settings['check']['thresholds'];

export interface NginxTest extends TestVerdict {
  /** `isolated`: on a copy; `host`: the real one, which may have changed files. */
  readonly where: 'isolated' | 'host';
  /** Files whose owner, mode or existence the real one changed: a sentence each. */
  readonly changed: readonly string[];
}

/** Lines of an error log, without line ends. */
export interface ErrorLog {
  readonly path: string;
  readonly lines: readonly string[];
}

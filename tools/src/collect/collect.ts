import type { Check } from '../checks/check.ts';
import { Config } from '../evidence/config.ts';
import { notKnown, present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Collected, Facts, NginxTest } from '../evidence/facts.ts';
import { loadConfig } from '../nginx-conf/include.ts';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { collectHostFacts } from './collect-host-facts.ts';
import type { Host } from './host.ts';

/** What to look at, and what is known already. */
export interface CollectInput {
  readonly host: Host;
  /** Absolute path of the main configuration file, as the host names it. */
  readonly mainFile: string;
  /** NGINX's prefix; the directory of the main file when it is not known. */
  readonly prefix?: string;
  /** Only what these checks need is collected. */
  readonly checks: readonly Check[];
  readonly thresholds: Facts['thresholds'];
  readonly wallguard: Facts['wallguard'];
  readonly checkIds: Facts['checkIds'];
  readonly directives: (tree: ConfigTree) => Promise<Facts['directives']>;
  readonly build: Evidence<Facts['build']>;
  readonly errorLog: Evidence<Facts['errorLog']>;
  /** Tests the configuration with NGINX; called only when a check needs it. */
  readonly testConfig: (tree: ConfigTree) => Promise<Evidence<NginxTest>>;
}

/** Reads the configuration, asks the machine what the checks want to know, and has NGINX test the configuration. */
export async function collect(input: CollectInput): Promise<Collected & Certain> {
  const { host, checks, thresholds } = input;
  const tree = await loadConfig(host.files, input.mainFile, input.prefix);
  const config = new Config(tree);
  const wanted = checks.some((check) => check.needs.includes('nginxTest'));
  // NGINX works while the machine is asked.
  const [nginxTest, directives, hostFacts] = await Promise.all([
    wanted ? input.testConfig(tree) : notWanted,
    input.directives(tree),
    collectHostFacts(host, checks, { config, thresholds }),
  ]);
  return {
    config: { state: 'present', value: config },
    host: present(hostFacts),
    thresholds: present(thresholds),
    wallguard: present(input.wallguard),
    checkIds: present(input.checkIds),
    directives: present(directives),
    build: input.build,
    errorLog: input.errorLog,
    nginxTest,
    unusedSuppressions: notKnown('notCollected', 'the other checks were not evaluated'),
  };
}

/** What is always there. */
interface Certain {
  readonly config: { readonly state: 'present'; readonly value: Config };
}

const notWanted: Evidence<NginxTest> = notKnown('notCollected', 'no check needs it');

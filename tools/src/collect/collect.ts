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
  /**
   * Tests the configuration with NGINX; called only when a check needs it.
   * @param onStart  to be called when NGINX is at work and nothing is left to do but wait
   */
  readonly testConfig: (tree: ConfigTree, onStart: () => void) => Promise<Evidence<NginxTest>>;
}

/** Everything that was collected; of what NGINX says there may be no answer yet. */
export interface Collection {
  readonly tree: ConfigTree;
  readonly facts: Collected;
  readonly nginxTest: Promise<Evidence<NginxTest>>;
}

/** Reads the configuration, asks the machine what the checks want to know, and has NGINX test the configuration. */
export async function collect(input: CollectInput): Promise<Collection> {
  const { host, checks, thresholds } = input;
  const tree = await loadConfig(host.files, input.mainFile, input.prefix);
  const config = new Config(tree);
  let nginxTest = notWanted;
  if (checks.some((check) => check.needs.includes('nginxTest'))) {
    // The other checks are evaluated while NGINX works, and nothing would start it meanwhile.
    await new Promise<void>((resolve) => {
      nginxTest = input.testConfig(tree, resolve);
      void nginxTest.finally(resolve);
    });
  }
  const [directives, hostFacts] = await Promise.all([
    input.directives(tree),
    collectHostFacts(host, checks, { config, thresholds }),
  ]);
  const facts: Collected = {
    config: present(config),
    host: present(hostFacts),
    thresholds: present(thresholds),
    wallguard: present(input.wallguard),
    checkIds: present(input.checkIds),
    directives: present(directives),
    build: input.build,
    errorLog: input.errorLog,
    nginxTest: notKnown('notCollected', 'NGINX was not asked'),
    unusedSuppressions: notKnown('notCollected', 'the other checks were not evaluated'),
  };
  return { tree, facts, nginxTest };
}

const notWanted: Promise<Evidence<NginxTest>> = Promise.resolve(notKnown('notCollected', 'no check needs it'));

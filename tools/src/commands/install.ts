import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Settings } from '../../../schema/settings.ts';
import type { GeneratedFile } from '../generate/generate.ts';
import { liveFiles } from '../host/live-files.ts';
import { formatPlan } from '../install/diff-text.ts';
import { testIsolated } from '../install/isolated-test.ts';
import type { Diagnostic, TestVerdict } from '../install/isolated-test.ts';
import { askNjsVersion } from '../install/njs-version.ts';
import { compareVersions, inspectBuild } from '../install/nginx-build.ts';
import type { NginxBuild } from '../install/nginx-build.ts';
import { ownPaths, planInstall, planUninstall, protectableServers, serverNames } from '../install/plan.ts';
import type { Plan } from '../install/plan.ts';
import { probeBlockingPages, probeMonitor, probePorts, probeStatistics } from '../install/probe.ts';
import type { Probe } from '../install/probe.ts';
import { findRunning, reload } from '../install/running-nginx.ts';
import { isUnfinished, originalsOf, Transaction } from '../install/transaction.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import { overlaidFiles } from '../nginx-conf/config-files.ts';
import { loadConfig } from '../nginx-conf/include.ts';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { serversOf } from '../nginx-conf/query.ts';
import type { ServerBlock } from '../nginx-conf/query.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { LoadedSettings } from '../settings/load-settings.ts';
import { formatProblem } from '../settings/problem.ts';
import type { Override } from '../settings/read-settings.ts';
import { dropIn } from './generate.ts';

export const installHelp = `usage: wallguard install [OPTION…]

Puts wallguard into an NGINX that is there. Shows every change first; tests a copy of the configuration without touching
the host; then changes the files, reloads, and asks the running NGINX. Whatever fails is taken back.
Run it again after a change of the settings or of wallguard; where nothing changed, nothing is done.

options:
  --prefix DIR     directory of nginx.conf; default "config_prefix" of the settings
  --server NAME    protect the servers with this server_name; may be given several times
  --all            protect every server
  --settings FILE  settings; default ./wallguard.yaml, or the defaults where there is none
  --nginx PATH     the NGINX binary; default the one that is found
  --dry-run        show what would be done, test it, and stop
  --yes            do not ask
  --help           this text
`;

export const uninstallHelp = `usage: wallguard uninstall [OPTION…]

Takes wallguard out of the NGINX configuration again. Files that nobody changed since become what they were; others lose
the lines that were added.

options:
  --prefix DIR  directory of nginx.conf; default /etc/nginx
  --nginx PATH  the NGINX binary; default the one that is found
  --dry-run     show what would be done, test it, and stop
  --yes         do not ask
  --help        this text
`;

/** Oldest njs that has what the product needs. Source: njs-capabilities.md 0. */
const NJS_FLOOR = '0.8.9';
const HOW_TO_GET_NJS =
  'install nginx and libnginx-mod-http-js of Debian 13 or newer, or nginx and nginx-module-njs of the nginx.org packages';

/** `wallguard install`: drop-in → existing configuration. */
export const install: Command = async (args, io) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prefix: { type: 'string' },
      server: { type: 'string', multiple: true },
      all: { type: 'boolean', default: false },
      settings: { type: 'string' },
      nginx: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  });
  if (values.all && values.server !== undefined) throw usage('give --server or --all, not both');
  const overrides: Override[] =
    values.prefix === undefined
      ? []
      : [{ path: ['config_prefix'], value: path.resolve(io.cwd, values.prefix), option: '--prefix' }];
  const { settings: asked } = await loadSettings(values.settings, io.cwd, overrides);
  const build = await inspectBuild(values.nginx);
  const host = await readHost(asked.config_prefix, build, io, values['dry-run']);
  const { tree, present } = host;

  const njs = await njsVersion(tree, asked, build);
  const loaded = await loadSettings(values.settings, io.cwd, [
    ...overrides,
    { path: ['njs', 'version'], value: njs, option: 'the njs that was found' },
  ]);
  const { settings } = loaded;
  for (const note of loaded.notes) io.err(`note: ${formatProblem(note)}\n`);

  const plan = await planInstall({
    files: liveFiles(),
    tree,
    settings,
    generated: await generatedFiles(loaded),
    present,
    servers: values.all ? 'all' : (values.server ?? onlyServer(tree)),
  });
  return await carryOut({ plan, host, build, io, dryRun: values['dry-run'], yes: values.yes, settings });
};

/** `wallguard uninstall`: the existing configuration without the drop-in. */
export const uninstall: Command = async (args, io) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prefix: { type: 'string', default: '/etc/nginx' },
      nginx: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  });
  const build = await inspectBuild(values.nginx);
  const host = await readHost(path.resolve(io.cwd, values.prefix), build, io, values['dry-run']);
  const files = new Map(host.tree.files.map((file) => [file.path, file.bytes]));
  const originals = await originalsOf(host.journal, files);
  const plan = planUninstall({ tree: host.tree, present: host.present, originals });
  return await carryOut({ plan, host, build, io, dryRun: values['dry-run'], yes: values.yes, settings: undefined });
};

/** The configuration of the host as it is. */
interface HostState {
  readonly tree: ConfigTree;
  /** Files at the places of own files. */
  readonly present: ReadonlyMap<string, Uint8Array>;
  /** Directory of the journal. */
  readonly journal: string;
}

async function readHost(prefix: string, build: NginxBuild, io: Io, dryRun: boolean): Promise<HostState> {
  const own = ownPaths(prefix);
  const journal = path.join(own.folder, 'journal');
  const interrupted = await isUnfinished(journal);
  if (interrupted) {
    if (dryRun) {
      throw new UserError(
        'an earlier run was interrupted; run the command without --dry-run, which first puts its changes back',
        exitCodes.found,
      );
    }
    await putBackInterrupted(journal, io);
  }
  const tree = await loadConfig(liveFiles(), path.join(prefix, 'nginx.conf'), build.prefix);
  if (tree.errors.length > 0) {
    const lines = tree.errors.map(({ at, message, openedAt }) => {
      const opened = openedAt === undefined ? '' : ` (opened at line ${openedAt.line})`;
      return `${at.file}:${at.line}:${at.column}: ${message}${opened}`;
    });
    throw new UserError(`${lines.join('\n')}\nthe configuration cannot be read; mend it first, nothing was done`);
  }
  const running = interrupted ? await findRunning(tree, build) : undefined;
  if (running?.state === 'running') {
    const again = await reload(running.master, tree, build);
    if (again.state === 'failed') throw new UserError(`NGINX did not reload: ${again.reason}`, exitCodes.found);
  }
  const present = new Map<string, Uint8Array>();
  const candidates = [own.conf, ...(await namesIn(own.folder)).map((name) => path.join(own.folder, name))];
  for (const file of candidates) {
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes !== undefined) present.set(file, bytes);
  }
  return { tree, present, journal };
}

async function putBackInterrupted(journal: string, io: Io): Promise<void> {
  const transaction = await Transaction.begin(journal);
  try {
    await transaction.recover();
    io.err('an earlier run was interrupted; its changes were put back\n');
  } finally {
    await transaction.end();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** @throws UserError  there is no njs, or it is too old */
async function njsVersion(tree: ConfigTree, settings: Settings, build: NginxBuild): Promise<string> {
  const own = ownPaths(tree.configPrefix);
  const loaded = tree.main
    .named('load_module')
    .filter((node) => !own.isOwn(path.normalize(node.file.path)))
    .map((node) => node.args[0] ?? '')
    .find((file) => path.basename(file) === path.basename(settings.modules.js));
  const file = path.resolve(build.prefix, loaded ?? settings.modules.js);
  if ((await stat(file).catch(() => undefined)) === undefined) {
    throw new UserError(
      `${file}: there is no njs module; ${HOW_TO_GET_NJS}, or name it in "modules.js" of the settings`,
      exitCodes.found,
    );
  }
  const answer = await askNjsVersion(build, file);
  if ('failure' in answer) throw new UserError(`${file} does not load: ${answer.failure}`, exitCodes.found);
  if (compareVersions(answer.version, NJS_FLOOR) < 0) {
    throw new UserError(
      `njs ${answer.version} in ${file} is too old, wallguard needs ${NJS_FLOOR}; ${HOW_TO_GET_NJS}`,
      exitCodes.found,
    );
  }
  return answer.version;
}

/** The drop-in, but with the access log left to the servers: what each of them had is kept there. */
async function generatedFiles(loaded: LoadedSettings): Promise<GeneratedFile[]> {
  const files = await dropIn(loaded);
  const withoutAccessLog = await dropIn({ ...loaded, settings: { ...loaded.settings, access_log: 'off' } });
  return files.map((file) =>
    file.path === 'wallguard/server.conf' ? (withoutAccessLog.find(({ path }) => path === file.path) ?? file) : file,
  );
}

/** Without --server and --all: the one that there is. */
function onlyServer(tree: ConfigTree): readonly string[] | 'all' {
  const servers = protectableServers(tree);
  if (servers.length > 1) {
    throw usage(`there are ${servers.length} servers: ${serverNames(servers)}; choose with --server NAME, or --all`);
  }
  return 'all';
}

function usage(message: string): UserError {
  return new UserError(`wallguard install: ${message}`, exitCodes.usage);
}

interface Work {
  readonly plan: Plan;
  readonly host: HostState;
  readonly build: NginxBuild;
  readonly io: Io;
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Undefined: wallguard is taken out. */
  readonly settings: Settings | undefined;
}

async function carryOut(work: Work): Promise<number> {
  const { plan, host, build, io } = work;
  if (plan.refusals.length > 0) {
    throw new UserError(`${plan.refusals.join('\n')}\nnothing was done`, exitCodes.found);
  }
  const missing = await missingDirectories(plan);
  for (const note of plan.notes) io.err(`note: ${note}\n`);
  if (plan.changes.length === 0 && missing.length === 0) {
    io.out('nothing to do\n');
    return exitCodes.ok;
  }
  io.out(formatPlan(plan, missing));

  const changes = new Map(plan.changes.map(({ path: file, after }) => [file, after]));
  const tree = await loadConfig(overlaidFiles(liveFiles(), changes), host.tree.mainPath, build.prefix);
  const verdict = await testIsolated({ tree, build, planned: changes });
  if (verdict.outcome !== 'passed') {
    throw new UserError(await explainFailure(verdict, work), exitCodes.found);
  }
  for (const warning of verdict.diagnostics) io.err(`NGINX warns: ${formatDiagnostic(warning)}\n`);
  io.err('tested on a copy: NGINX accepts it\n');
  if (work.dryRun) return exitCodes.ok;

  if (!work.yes) {
    if (!io.isTty)
      throw new UserError(
        'not on a terminal: give --yes to carry this out, or --dry-run to only look',
        exitCodes.usage,
      );
    if (!/^y(?:es)?$/i.test((await io.ask('Carry this out? [y/N] ')).trim())) {
      io.err('nothing was done\n');
      return exitCodes.found;
    }
  }
  return await apply(work, tree, missing);
}

async function missingDirectories({ directories }: Plan): Promise<Plan['directories']> {
  const missing = [];
  for (const directory of directories) {
    const found = await stat(directory.path).catch(() => undefined);
    if (found === undefined) missing.push(directory);
    else if (!found.isDirectory())
      throw new UserError(`${directory.path} is no directory; ${directory.purpose} needs one`, exitCodes.found);
  }
  return missing;
}

/** When the configuration fails without our changes as well, that is what the operator has to know. */
async function explainFailure(verdict: TestVerdict, { host, build }: Work): Promise<string> {
  const kinds = {
    passed: '',
    syntax: 'NGINX could not read the changed configuration',
    semantic: 'NGINX refuses the changed configuration',
    environment: 'the changed configuration could not be tested here',
  };
  const reasons = verdict.diagnostics
    .filter(({ level }) => level !== 'warn')
    .map((one) => `  ${formatDiagnostic(one)}`);
  const before = await testIsolated({ tree: host.tree, build });
  const known = before.outcome === 'passed' ? '' : '\nIt fails in the same way without the changes; mend that first.';
  return `${kinds[verdict.outcome]}:\n${reasons.join('\n')}${known}\nnothing was done`;
}

function formatDiagnostic({ message, file, line }: Diagnostic): string {
  return file === undefined ? message : `${file}:${line}: ${message}`;
}

async function apply(work: Work, tree: ConfigTree, missing: Plan['directories']): Promise<number> {
  const { plan, host, build, io, settings } = work;
  const running = await findRunning(host.tree, build);
  const protectedServers = sameServers(tree, plan.servers);
  const before = running.state === 'running' ? await probePorts(protectedServers, 0) : [];
  const transaction = await Transaction.begin(host.journal);
  try {
    await transaction.apply(plan.changes, missing);
    if (running.state === 'running') {
      const failure = await reloadAndAsk(running.master, tree, protectedServers, before, work);
      if (failure !== undefined) {
        await transaction.rollBack();
        const again = await reload(running.master, host.tree, build);
        const state =
          again.state === 'reloaded'
            ? 'everything was put back, and NGINX runs as before'
            : `everything was put back, but NGINX did not reload: ${again.reason}`;
        throw new UserError(`${failure}\n${state}`, exitCodes.found);
      }
    } else {
      io.err(`NGINX does not run (${running.reason}): nothing was reloaded; start it and ask with "curl"\n`);
    }
    if (settings === undefined) await transaction.forgetInstallation();
    else await transaction.commit();
  } finally {
    await transaction.end();
  }
  io.out(
    settings === undefined
      ? 'wallguard was taken out\n'
      : `wallguard is installed; protected: ${serverNames(plan.servers)}\n`,
  );
  return exitCodes.ok;
}

/** The servers of the plan as they are in another reading of the configuration. */
function sameServers(tree: ConfigTree, servers: readonly ServerBlock[]): ServerBlock[] {
  const names = new Set(servers.map(({ node, names: [name] }) => `${node.file.path} ${name}`));
  return serversOf(tree).filter(({ node, names: [name] }) => names.has(`${node.file.path} ${name}`));
}

/** @returns  why it has to be taken back; undefined when all is well */
async function reloadAndAsk(
  master: number,
  tree: ConfigTree,
  servers: readonly ServerBlock[],
  before: readonly Probe[],
  { build, io, settings }: Work,
): Promise<string | undefined> {
  const reloaded = await reload(master, tree, build);
  if (reloaded.state === 'failed') return reloaded.reason;
  io.err(`reloaded: new workers ${reloaded.workers.join(', ')}\n`);
  const probes = await probePorts(servers);
  if (settings !== undefined) {
    probes.push(...(await probeBlockingPages(servers, serversOf(tree), settings)));
    probes.push(await probeMonitor(settings), await probeStatistics(settings));
  }
  const failedBefore = new Set(before.filter(({ failure }) => failure !== undefined).map(({ what }) => what));
  for (const { what, failure } of probes) {
    if (failure === undefined) io.err(`asked: ${what}: ok\n`);
    else if (failedBefore.has(what)) io.err(`asked: ${what}: ${failure} (as before)\n`);
  }
  const failures = probes.filter(({ what, failure }) => failure !== undefined && !failedBefore.has(what));
  return failures.length === 0 ? undefined : failures.map(({ what, failure }) => `${what}: ${failure}`).join('\n');
}

/**
 * argv → command, error → message, result → exit code; nothing else.
 */
import { check, checkHelp } from './commands/check.ts';
import { find, findHelp } from './commands/find.ts';
import { generate, generateHelp } from './commands/generate.ts';
import { findCommand, helpCommand, helpHelp, overview, type CommandTable } from './commands/help.ts';
import { install, installHelp, uninstall, uninstallHelp } from './commands/install.ts';
import { mode, modeHelp } from './commands/mode.ts';
import { version, versionHelp } from './commands/version.ts';
import { exitCodes, UserError, type Io } from './io.ts';
import { processIo } from './process-io.ts';
import { suggest } from './suggest.ts';

/** Exit code of a defect: `EX_SOFTWARE` of sysexits(3). */
const defectExitCode = 70;

export const commands: CommandTable = {
  check: { summary: 'say what is wrong in an NGINX configuration', help: checkHelp, run: check },
  generate: { summary: 'write the NGINX configuration for the settings', help: generateHelp, run: generate },
  install: { summary: 'put wallguard into an NGINX that is there', help: installHelp, run: install },
  uninstall: { summary: 'take it out again', help: uninstallHelp, run: uninstall },
  mode: { summary: 'say which filtration mode a URL gets, and why', help: modeHelp, run: mode },
  find: { summary: 'find a request by its id, or by what a user sent', help: findHelp, run: find },
  version: { summary: "print wallguard's version", help: versionHelp, run: version },
  help: {
    summary: 'print this text, or the help of one command',
    help: helpHelp,
    run: (args, io) => helpCommand(commands)(args, io),
  },
};

/** What `bin/wallguard.mjs` calls. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  return await runCli(args, processIo(), commands);
}

/**
 * Runs one command.
 *
 * @param args  everything after `wallguard`
 * @returns     the exit code; errors have been written to `io.err`
 */
export async function runCli([name, ...rest]: readonly string[], io: Io, table: CommandTable): Promise<number> {
  try {
    if (name === undefined) {
      io.err(overview(table));
      return exitCodes.usage;
    }
    if (name === '--help' || name === '-h') {
      return await findCommand('help', table).run(rest, io);
    }
    if (name === '--version' || name === '-V') {
      return await findCommand('version', table).run(rest, io);
    }
    const command = findCommand(name, table);
    if (asksForHelp(rest)) {
      io.out(command.help);
      return exitCodes.ok;
    }
    return await command.run(rest, io).catch((error: unknown) => {
      throw isUsageError(error) ? new UserError(usageMessage(error, name, command.help), exitCodes.usage) : error;
    });
  } catch (error) {
    if (error instanceof UserError) {
      io.err(`${error.message}\n`);
      return error.exitCode;
    }
    io.err(
      `${error instanceof Error ? describe(error) : String(error)}\nThis is a defect of wallguard, not of what you asked for; please report it with the lines above.\n`,
    );
    return defectExitCode;
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

/** An error of `parseArgs` (`node:util`). */
function isUsageError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

function usageMessage(error: Error, name: string, help: string): string {
  const given = /^Unknown option '--([^']+)'/.exec(error.message)?.[1];
  const known = [...help.matchAll(/^ +--([a-z-]+)/gm)].map(([, option = '']) => option);
  const meant = given === undefined ? undefined : suggest(given, known);
  const said = given === undefined ? error.message : `there is no option "--${given}"`;
  return `wallguard ${name}: ${said}${meant === undefined ? '' : `; did you mean "--${meant}"?`}; see "wallguard ${name} --help"`;
}

function describe(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by: ${describe(error.cause)}` : stack;
}

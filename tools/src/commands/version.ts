import { exitCodes, type Command } from '../io.ts';
import { packageVersion } from '../package-files.ts';

export const versionHelp = `usage: wallguard version

Prints wallguard's version.
`;

/** `wallguard version` */
export const version: Command = async (_args, io) => {
  io.out(`wallguard ${packageVersion()}\n`);
  return exitCodes.ok;
};

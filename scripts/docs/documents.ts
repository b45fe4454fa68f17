/** Every file of the repository that is made from another one. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { settingsSchema } from '../../schema/settings.ts';
import { generate } from '../../tools/src/generate/generate.ts';
import { packageVersion } from '../../tools/src/package-files.ts';
import { settingsJsonSchema } from '../../tools/src/settings/json-schema.ts';
import { telemetryDocument } from '../../tools/src/telemetry/document.ts';
import { telemetryJsonSchema } from '../../tools/src/telemetry/json-schema.ts';
import { buildNjs } from '../bundle.ts';
import { repositoryRoot } from '../kits/repository.ts';
import { checksPageText } from './checks-page.ts';
import { settingsPage } from './settings-page.ts';

/** A generated file, its path relative to the repository. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** Folders in which every file is generated. */
export const generatedFolders: readonly string[] = ['nginx/conf.d', 'nginx/wallguard'];

/** What the sources say now. */
export async function documents(): Promise<Document[]> {
  const settings = settingsJsonSchema();
  const example = await readFile(path.join(repositoryRoot, 'test/fixtures/settings/example.yaml'), 'utf8');
  return [
    { path: 'schema/settings.schema.json', text: json(settings) },
    { path: 'schema/telemetry.schema.json', text: json(telemetryJsonSchema()) },
    { path: 'docs/checks.md', text: await checksPageText() },
    { path: 'docs/telemetry.md', text: telemetryDocument() },
    { path: 'docs/settings.md', text: settingsPage(settings, example) },
    ...(await defaultDropIn()),
  ];
}

/** `nginx/`: what `wallguard generate` writes for the default settings. */
async function defaultDropIn(): Promise<Document[]> {
  const files = generate(settingsSchema.parse({}), {
    source: 'defaults',
    version: packageVersion(),
    bundles: { hot: await buildNjs('hot'), cold: await buildNjs('cold') },
  });
  return files.map((file) => ({ path: `nginx/${file.path}`, text: file.text }));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

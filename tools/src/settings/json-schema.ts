import { z } from 'zod';
import { settingsSchema } from '../../../schema/settings.ts';
import type { SettingsPath } from './problem.ts';

/** The part of JSON Schema (draft 2020-12) that the settings use. */
export interface JsonSchema {
  $schema?: string;
  $id?: string;
  /** What a pattern allows, in words. */
  $comment?: string;
  title?: string;
  description?: string;
  type?: string;
  enum?: readonly (string | number | boolean | null)[];
  const?: string | number | boolean | null;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
}

/**
 * The JSON Schema of `wallguard.yaml`, made from the one definition in `schema/settings.ts`: what an operator may write,
 * so a key with a default is not required.
 */
export function settingsJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(settingsSchema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const words = wordsOf(zodSchema);
      if (words.length > 0) {
        jsonSchema.$comment = words.join('; ');
      }
    },
  }) as JsonSchema;
  const { $schema, ...rest } = schema;
  return {
    ...($schema === undefined ? {} : { $schema }),
    $id: 'urn:wallguard:schema:settings',
    title: 'wallguard.yaml',
    description: 'Settings of wallguard. An empty file means the defaults.',
    ...rest,
  };
}

/**
 * The schemas that hold for the value at a path; several where alternatives are allowed, none where no such value may
 * stand.
 */
export function schemasAt(schema: JsonSchema, path: SettingsPath): JsonSchema[] {
  let here = alternatives(schema);
  for (const step of path) {
    here = here.flatMap((node) => {
      const next = typeof step === 'number' ? node.items : (ownProperty(node, step) ?? node.additionalProperties);
      return typeof next === 'object' ? alternatives(next) : [];
    });
  }
  return here;
}

/** Every key at the end of a path through maps, so that one written in the wrong place can be found. */
export function keyPaths(schema: JsonSchema, above: readonly string[] = []): string[][] {
  return alternatives(schema).flatMap((node) =>
    Object.entries(node.properties ?? {}).flatMap(([key, next]) => [
      [...above, key],
      ...keyPaths(next, [...above, key]),
    ]),
  );
}

/** What may stand here, in words. */
export function describeAllowed(nodes: readonly JsonSchema[]): string {
  const parts = nodes.flatMap(alternatives).map(describeOne);
  return [...new Set(parts)].join(', or ');
}

function describeOne(node: JsonSchema): string {
  if (node.enum !== undefined) {
    return node.enum.map(String).join(', ');
  }
  if (node.const !== undefined) {
    return String(node.const);
  }
  if (node.format === 'email') {
    return 'an e-mail address';
  }
  if (node.$comment !== undefined) {
    return withLength(node.$comment, node);
  }
  switch (node.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'array':
      return `a list${node.minItems ? ` of at least ${node.minItems}` : ''}${node.maxItems ? ` of at most ${node.maxItems}` : ''}`;
    case 'object':
      return node.properties === undefined ? 'a map' : `a map with ${Object.keys(node.properties).join(', ')}`;
    default:
      return withLength(node.pattern === undefined ? 'text' : `text matching ${node.pattern}`, node);
  }
}

function withLength(words: string, { minLength, maxLength }: JsonSchema): string {
  const limits = [
    ...(minLength === undefined ? [] : [`at least ${minLength} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
  ];
  return [words, ...limits].join(', ');
}

function range({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) {
    return ` from ${minimum} to ${maximum}`;
  }
  return minimum !== undefined ? ` of at least ${minimum}` : maximum !== undefined ? ` of at most ${maximum}` : '';
}

function alternatives(node: JsonSchema): JsonSchema[] {
  // Words of its author describe a choice better than its parts do.
  return node.anyOf === undefined || node.$comment !== undefined ? [node] : node.anyOf.flatMap(alternatives);
}

function ownProperty(node: JsonSchema, key: string): JsonSchema | undefined {
  return Object.hasOwn(node.properties ?? {}, key) ? node.properties?.[key] : undefined;
}

/** The words that a schema's author gave to its patterns and refinements; zod keeps them in the checks. */
function wordsOf(schema: z.core.$ZodType): string[] {
  const own = schema._zod.def;
  const checks = (own as { checks?: readonly z.core.$ZodCheck[] }).checks ?? [];
  return [own, ...checks.map((check) => check._zod.def)].flatMap((def) => {
    const error: unknown = def.error;
    const words: unknown = typeof error === 'function' ? error({ input: undefined }) : undefined;
    return typeof words === 'string' ? [words] : [];
  });
}

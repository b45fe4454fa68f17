import {
  detectionFields,
  heartbeatFields,
  listChangeFields,
  requestFields,
  triggerFields,
  type Field,
} from '../../../schema/telemetry.ts';

/** The part of JSON Schema (draft 2020-12) that telemetry lines use. */
export interface LineSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: LineSchema;
  readonly properties?: Readonly<Record<string, LineSchema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly LineSchema[];
}

/** JSON Schema of one telemetry line. Keys it does not know are allowed: a newer wallguard may write them. */
export function telemetryJsonSchema(): LineSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:wallguard:schema:telemetry',
    title: 'wallguard telemetry line',
    description:
      'One line of JSON: a request, what the engine found in one, a trigger that fired, a change of a list, or a sign of life.',
    oneOf: [requestFields, detectionFields, triggerFields, listChangeFields, heartbeatFields].map((fields) =>
      lineOf(fields),
    ),
  };
}

function lineOf(fields: readonly Field[]): LineSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.key, valueOf(field)])),
    required: fields.map(({ key }) => key),
  };
}

function valueOf(field: Field): LineSchema {
  const description = field.unit === undefined ? field.about : `${field.about}. Unit: ${field.unit}`;
  switch (field.type) {
    case 'integer':
    case 'number':
      return { description, type: field.type, minimum: 0 };
    case 'string':
      return { description, ...textOf(field) };
    case 'strings':
      return {
        description,
        type: 'array',
        items: textOf(field),
        ...(field.maxItems === undefined ? {} : { maxItems: field.maxItems }),
      };
  }
}

function textOf({ values, pattern, maxLength }: Field): LineSchema {
  const [only] = values ?? [];
  return {
    type: 'string',
    ...(values === undefined ? {} : values.length === 1 && only !== undefined ? { const: only } : { enum: values }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
}

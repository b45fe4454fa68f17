// House rules for oxlint, see .oxlintrc.json. Plain JavaScript, because oxlint loads it with the Node at hand.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Who may import whom (docs/architecture.md). The first row whose pattern matches is the layer of a file.
 * `imports`: layers for values and types; `types`: layers for types only; `packages`: bare specifiers.
 * Folders that are in no row (scripts, test) may import anything.
 */
const pure = ['node:path', 'node:crypto'];
const layers = [
  { name: 'schema', files: /^schema\//, imports: ['schema'], packages: ['zod'] },
  { name: 'njs core', files: /^njs\/src\/core\//, imports: ['njs core', 'schema'] },
  {
    name: 'njs adapters',
    files: /^njs\/src\/adapters\//,
    imports: ['njs adapters', 'schema'],
    types: ['njs core'],
    packages: ['fs', 'crypto', 'querystring', 'buffer'],
  },
  {
    name: 'njs handlers',
    files: /^njs\/src\/handlers\//,
    imports: ['njs handlers', 'njs adapters', 'njs core'],
    types: ['schema'],
  },
  { name: 'njs entries', files: /^njs\/src\/(?:lazy\/)?[^/]+$/, imports: ['njs handlers'] },
  {
    name: 'tools io',
    files: /^tools\/src\/(?:io|suggest|settings\/problem)\.ts$/,
    imports: [],
    packages: ['fastest-levenshtein'],
  },
  { name: 'tools nginx-conf', files: /^tools\/src\/nginx-conf\//, imports: ['tools nginx-conf'], packages: pure },
  {
    name: 'tools block-page',
    files: /^tools\/src\/block-page\//,
    imports: ['tools block-page', 'tools io', 'schema', 'njs core'],
    packages: pure,
  },
  {
    name: 'tools geo-file',
    files: /^tools\/src\/lists\/geo-file\.ts$/,
    imports: ['schema', 'njs core'],
    packages: pure,
  },
  {
    name: 'tools generate',
    files: /^tools\/src\/generate\//,
    imports: ['tools generate', 'tools block-page', 'tools geo-file', 'tools io', 'schema', 'njs core'],
    packages: pure,
  },
  {
    name: 'tools settings',
    files: /^tools\/src\/settings\//,
    imports: ['tools settings', 'tools generate', 'tools block-page', 'tools io', 'schema'],
    packages: ['*'],
  },
  {
    name: 'tools telemetry',
    files: /^tools\/src\/telemetry\//,
    imports: ['tools telemetry', 'tools io', 'schema', 'njs core'],
    packages: ['*'],
  },
  {
    name: 'tools host',
    files: /^tools\/src\/host\//,
    imports: ['tools host', 'tools nginx-conf', 'tools io'],
    packages: ['*'],
  },
  {
    name: 'tools install',
    files: /^tools\/src\/install\//,
    imports: ['tools install', 'tools nginx-conf', 'tools generate', 'tools host', 'tools io', 'schema'],
    types: ['tools settings'],
    packages: ['*'],
  },
  { name: 'tools commands', files: /^tools\/src\//, imports: ['tools *', 'schema', 'njs core'], packages: ['*'] },
];

const layerOf = (file) => layers.find(({ files }) => files.test(file));

function importArrows(context) {
  const file = path.relative(root, context.filename);
  const from = layerOf(file);
  if (from === undefined) return {};

  const listed = (names, name) =>
    (names ?? []).some((item) => item === name || (item.endsWith('*') && name.startsWith(item.slice(0, -1))));
  const check = (node, source, typeOnly) => {
    if (typeof source !== 'string') {
      context.report({
        node,
        message: 'import names must be plain text: the arrows of docs/architecture.md are checked by name',
      });
      return;
    }
    if (!source.startsWith('.')) {
      if (!listed(from.packages, source)) {
        context.report({
          node,
          message: `${from.name} may not import "${source}"; it may import ${(from.packages ?? []).join(', ') || 'no package'}`,
        });
      }
      return;
    }
    const target = path.relative(root, path.resolve(path.dirname(context.filename), source));
    const to = layerOf(target)?.name ?? target.split(path.sep)[0];
    if (listed(from.imports, to) || (typeOnly && listed(from.types, to))) return;
    const only = listed(from.types, to) ? ' except types' : '';
    context.report({
      node,
      message: `${from.name} may not import ${to}${only}; it may import ${from.imports.join(', ') || 'nothing'}`,
    });
  };
  const isTypeOnly = (node) =>
    (node.importKind ?? node.exportKind) === 'type' ||
    (node.specifiers?.length > 0 && node.specifiers.every((item) => (item.importKind ?? item.exportKind) === 'type'));

  return {
    ImportDeclaration: (node) => check(node, node.source.value, isTypeOnly(node)),
    ExportNamedDeclaration: (node) => node.source && check(node, node.source.value, isTypeOnly(node)),
    ExportAllDeclaration: (node) => check(node, node.source.value, isTypeOnly(node)),
    ImportExpression: (node) => check(node, node.source.value, false),
    TSImportType: (node) => check(node, node.source.value ?? node.source.literal?.value, true),
  };
}

/**
 * What esbuild lets through and njs refuses, or what costs at the top level of a bundle (njs-capabilities.md 2.1, 8.3).
 * What esbuild itself refuses to build (classes, destructuring, for-of …) needs no rule here.
 */
function njsSyntax(context) {
  const say = (node, message) => context.report({ node, message });
  const isFunction = (node) => /Function/.test(node.type);
  const insideArguments = (node) => {
    for (let child = node, parent = node.parent; parent && !isFunction(child); child = parent, parent = parent.parent) {
      if ((parent.type === 'CallExpression' || parent.type === 'NewExpression') && parent.callee !== child) return true;
    }
    return false;
  };
  const noSpread = (node) => {
    for (const item of node.arguments) {
      if (item.type === 'SpreadElement') say(item, 'njs cannot parse spread in a call: use apply()');
    }
  };
  return {
    CallExpression(node) {
      noSpread(node);
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || callee.computed) return;
      const method = callee.property.name;
      const onObject = callee.object.type === 'Identifier' && callee.object.name === 'Object';
      if ((method === 'keys' || method === 'items' || method === 'size') && !onObject) {
        say(
          node,
          `${method}() holds the lock of a shared dictionary while it copies: a worker that dies in it hangs all`,
        );
      }
    },
    NewExpression: noSpread,
    AwaitExpression(node) {
      if (insideArguments(node)) say(node, 'njs cannot parse await inside call arguments: assign it first');
    },
    Super: (node) => say(node, 'njs cannot parse super'),
    ImportDeclaration(node) {
      if (node.importKind === 'type' || node.source.value.startsWith('.')) return;
      if (node.specifiers.length !== 1 || node.specifiers[0].type !== 'ImportDefaultSpecifier') {
        say(node, "njs modules have a default export only: import fs from 'fs'");
      }
    },
    ExportAllDeclaration: (node) => node.exportKind !== 'type' && say(node, 'njs knows a default export only'),
    Literal(node) {
      if (node.regex && /[^gim]/.test(node.regex.flags)) {
        say(node, `njs has no regular expression flags beyond g, i and m: /${node.regex.pattern}/${node.regex.flags}`);
      }
    },
    Program(node) {
      for (const statement of node.body) {
        const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
        const harmless =
          declared === null ||
          /^(?:ImportDeclaration|FunctionDeclaration|TSDeclareFunction|TSTypeAliasDeclaration|TSInterfaceDeclaration|ExportDefaultDeclaration|ExportAllDeclaration)$/.test(
            declared.type,
          ) ||
          declared.declare === true;
        if (!harmless)
          say(statement, 'top-level code runs at every VM start: declare functions only, and let one return this');
      }
    },
  };
}

/** Core runs in Node as well as in njs, and time is data there. */
function plainCore(context) {
  return {
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0) {
        context.report({ node, message: 'core has no clock: take the time as an argument' });
      }
    },
    TSTypeReference(node) {
      const name = node.typeName.name ?? '';
      if (/^(?:Nginx|Ngx)/.test(name)) {
        context.report({
          node,
          message: `core does not know ${name}: take plain data, and read NGINX in handlers and adapters`,
        });
      }
    },
  };
}

export default {
  meta: { name: 'wallguard' },
  rules: {
    'import-arrows': { create: importArrows },
    'njs-syntax': { create: njsSyntax },
    'plain-core': { create: plainCore },
  },
};

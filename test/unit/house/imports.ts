import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import ts from 'typescript';

/** What a room may import besides itself: `any`, or as types alone. */
interface Rule {
  any: readonly string[];
  types?: readonly string[];
}

/**
 * Arrows point down. A room is a folder; what is in none of the deeper ones belongs to the nearest above. A room without a rule may not exist.
 * The simulator and the demo stand in for other people's servers, so they must not share a belief with the product.
 */
export const RULES: Readonly<Record<string, Rule>> = {
  'src/paperless': { any: [] },
  'src/state': { any: [] },
  'src/sync': { any: ['src/paperless', 'src/state'] },
  'src/controller': { any: ['src/sync', 'src/state', 'src/paperless'] },
  'src/api': { any: ['src/controller', 'src/sync', 'src/state', 'src/paperless'] },
  'src/cli': { any: ['src/api', 'src/controller'] },
  src: { any: ['src/api', 'src/controller'] },
  nodes: { any: ['src/api', 'src/controller'] },
  flows: { any: ['src/api'] },
  ui: { any: [], types: ['src/api'] },
  simulator: { any: [] },
  demo: { any: ['simulator'] },
};

/** They look at everything. */
const OBSERVERS: readonly string[] = ['test', 'bench'];
/** What npm installs at a user's: its packages are the dependencies and peers in package.json, never the development ones. */
const SHIPPED: readonly string[] = ['src', 'nodes', 'flows'];

export interface Import {
  specifier: string;
  typeOnly: boolean;
  line: number;
}

/** Every module that a source names: import, export from, import(), require(), import = require(), and import('…') as a type. */
export function importsOf(fileName: string, source: string): Import[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const note = (at: ts.Node, typeOnly: boolean): void => {
    if (!ts.isStringLiteralLike(at)) return;
    found.push({ specifier: at.text, typeOnly, line: file.getLineAndCharacterOfPosition(at.getStart()).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) note(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) note(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) note(node.expression, false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isLoading(node.expression) && node.arguments[0]) note(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `import(…)`, `require(…)`, `require.resolve(…)`. */
function isLoading(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isPropertyAccessExpression(callee)) return isLoading(callee.expression);
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** The room of a path relative to the checkout, `/` between its parts. */
export function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  const inner = `${first}/${second}`;
  return inner in RULES ? inner : first;
}

/** What is wrong with one file's imports, a sentence each. `packages` are those that a user's machine has. */
export function wrongImports(path: string, source: string, packages: ReadonlySet<string>): string[] {
  const room = roomOf(path);
  if (OBSERVERS.includes(room)) return [];
  const rule = RULES[room];
  if (rule === undefined) return [`${path}: the folder ${room} has no rule yet. Give it one in test/unit/house/imports.ts.`];
  return importsOf(path, source).flatMap((found) => {
    const at = `${path}:${found.line}`;
    if (!found.specifier.startsWith('.')) {
      const allowed = found.typeOnly || !SHIPPED.includes(path.split('/')[0] ?? '') || isThere(found.specifier, packages);
      return allowed
        ? []
        : [`${at}: the package "${found.specifier}" is neither a dependency nor a peer in package.json, so it isn't there at a user's.`];
    }
    const target = roomOf(posix.normalize(posix.join(posix.dirname(path), found.specifier)));
    if (target === room || rule.any.includes(target)) return [];
    if (rule.types?.includes(target)) return found.typeOnly ? [] : [`${at}: ${room} may import types alone from ${target}: write "import type".`];
    const may = [...rule.any, ...(rule.types ?? [])];
    return [`${at}: ${room} imports ${target}; it may import ${may.length === 0 ? 'nothing of ours' : may.join(', ')}.`];
  });
}

function isThere(specifier: string, packages: ReadonlySet<string>): boolean {
  if (specifier.startsWith('node:')) return true;
  const parts = specifier.split('/');
  return packages.has(parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'));
}

/** All TypeScript sources of the checkout, relative to it. */
export function sources(root: string): string[] {
  const rooms = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !['node_modules', 'dist'].includes(entry.name),
  );
  return rooms.flatMap((room) =>
    readdirSync(join(root, room.name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/u.test(entry.name))
      .map((entry) => posix.join(...relative(root, join(entry.parentPath, entry.name)).split(/[\\/]/u))),
  );
}

export function wrongInTree(root: string, packages: ReadonlySet<string>): string[] {
  return sources(root).flatMap((path) => wrongImports(path, readFileSync(join(root, path), 'utf8'), packages));
}

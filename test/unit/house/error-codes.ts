import { join } from 'node:path';
import ts from 'typescript';

/** One place in the product that makes an error: its code, and whether it says what happened and what to do. */
export interface MadeError {
  file: string;
  line: number;
  code: string;
  /** Text of the two sentences as written, template and all; '' where there is none, null where another place says it. */
  message: string | null;
  nextStep: string | null;
}

/** Functions and classes that take code, message and next step one after the other. */
const POSITIONAL: ReadonlySet<string> = new Set([
  'documentError',
  'passingError',
  'ConfigError',
  'PlanError',
  'TicketError',
  'refused',
  'notFound',
  'super',
]);

/** Every error that a source makes: an object with a code and a next step, or a call of those above. */
export function madeErrors(file: string, text: string): MadeError[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: MadeError[] = [];
  const add = (node: ts.Node, code: string, message: string | null, nextStep: string | null): void => {
    found.push({ file, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, code, message, nextStep });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const code = literal(property(node, 'code'));
      const message = property(node, 'message') ?? property(node, 'detail');
      const spread = node.properties.some((part) => ts.isSpreadAssignment(part) || ts.isShorthandPropertyAssignment(part));
      const step = property(node, 'nextStep');
      const isError = step !== undefined || (message !== undefined && (property(node, 'class') ?? property(node, 'category')) !== undefined);
      // What is recognised by a pattern is told in the server's own words.
      const theirs = property(node, 'pattern') !== undefined;
      if (code !== null && isError) add(node, code, sentence(message, spread || theirs), sentence(step, spread));
    }
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && POSITIONAL.has(node.expression.getText())) {
      const [first, second, third] = node.arguments ?? [];
      const code = literal(first);
      if (code !== null && second !== undefined && /^[a-z]+(?:[-_][a-z0-9]+)+$/u.test(code))
        add(node, code, sentence(second, false), sentence(third, false));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = node.properties.find((part): part is ts.PropertyAssignment => ts.isPropertyAssignment(part) && part.name.getText() === name);
  return found?.initializer;
}

function literal(node: ts.Expression | undefined): string | null {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : null;
}

/** What is written there; null where it is put together elsewhere. */
function sentence(node: ts.Expression | undefined, elsewhere: boolean): string | null {
  if (node === undefined) return elsewhere ? null : '';
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : null;
}

export function sourcesOf(root: string): string[] {
  return ts.sys.readDirectory(join(root, 'src'), ['.ts']);
}

/**
 * Loaded by `--require` before anything else: the sources named in PNGX_MUTATION are compiled with their edits in the place of what is in dist/. The
 * checkout isn't touched, and types aren't checked: a careless author's compiler might have been content.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { APPLIED, checkout, mutated, sourceOf, VARIABLE, type Span } from './mutation';

const spans = JSON.parse(process.env[VARIABLE] ?? '[]') as Span[];
const targets = new Map<string, Span[]>();
for (const span of spans) {
  const url = pathToFileURL(join(checkout, 'dist', span.file.replace(/\.ts$/u, '.js'))).href;
  targets.set(url, [...(targets.get(url) ?? []), span]);
}
const told = process.env[APPLIED];

registerHooks({
  load(url, context, next) {
    const found = targets.get(url);
    const file = found?.[0]?.file;
    if (found === undefined || file === undefined) return next(url, context);
    if (told !== undefined) appendFileSync(told, '.');
    return { format: 'commonjs', source: compile(file, mutated(sourceOf(file), found)), shortCircuit: true };
  },
});

/** As tsconfig.json has it, without types. */
function compile(file: string, source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS, esModuleInterop: true, inlineSourceMap: true };
  return ts.transpileModule(source, { fileName: file, compilerOptions }).outputText;
}

// The types of the client as its package ships them: copies of the compiled declarations, with those of @tabcast/shared
// that they need beside them, because the package depends on nothing.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Where the declarations of each compiled workspace go, below the folder of the types. */
const folders = { client: '', shared: 'protocol' };

/** What the declarations may import beside each other, and the file of which workspace it is. */
const imports = {
  '@tabcast/shared': ['shared', 'index.js'],
  '@tabcast/shared/msgpack': ['shared', 'msgpack.js'],
};

/**
 * The declarations of entries of the client and of all that they import: text by path below the folder of the types.
 * Throws when one imports what the package would not have.
 * @param {string[]} entries names of modules, `index`
 * @param {(workspace: string, path: string) => string} locate where the compiler has put a file of a workspace
 */
export function declarationsOf(entries, locate) {
  const texts = new Map();
  for (const entry of entries) add('client', `${entry}.js`);
  return texts;

  /** Answers the path of what it adds. */
  function add(workspace, module) {
    const path = declaration(module);
    const target = join(folders[workspace], path);
    if (texts.has(target)) return target;
    texts.set(target, '');
    const compiled = readFileSync(locate(workspace, path), 'utf8').replace(
      /^\/\/# sourceMappingURL=.*\n?/m,
      '',
    );
    const own = compiled.replace(/(\bfrom |\bimport\()(['"])([^'"]+)\2/g, (_, before, quote, name) => {
      const imported = name.startsWith('.') ? [workspace, join(dirname(module), name)] : bare(name, module);
      const specifier = relative(dirname(target), add(...imported)).replace(/\.d\.ts$/, '.js');
      return `${before}${quote}${specifier.startsWith('.') ? '' : './'}${specifier}${quote}`;
    });
    texts.set(target, own);
    return target;
  }
}

function bare(name, module) {
  if (name in imports) return imports[name];
  throw new Error(`the types of ${module} import ${name}, which the package of the client does not have`);
}

function declaration(module) {
  return module.replace(/\.js$/, '.d.ts');
}

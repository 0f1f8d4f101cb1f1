import module from 'node:module';
import { join } from 'node:path';

// Node 22 and newer keep compiled code between starts, which makes them shorter: see docs/performance.md. The folder is a part of the
// build, which replaces it. Node writes it when the program ends; if that fails, the next start compiles again.
const { enableCompileCache } = module as { enableCompileCache?: (directory: string) => unknown };
enableCompileCache?.(join(__dirname, '..', '..', '.compile-cache'));

// Writes l10n/bundle.l10n.json, the texts of the extension for whoever translates them, from its sources. With --check it writes nothing, and
// fails when the file is out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundle, bundleFile } from './texts.ts';

const usage = 'Usage: npm run l10n [-- --check]';

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--check')) {
  console.error(usage);
  process.exit(2);
}
const texts = bundle();
if (!args.includes('--check')) {
  mkdirSync(path.dirname(bundleFile), { recursive: true });
  writeFileSync(bundleFile, texts);
} else if (!existsSync(bundleFile) || readFileSync(bundleFile, 'utf8') !== texts) {
  console.error('longhaul: l10n/bundle.l10n.json does not hold the texts of the sources: npm run l10n');
  process.exit(1);
}

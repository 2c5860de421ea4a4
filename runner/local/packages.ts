import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testManifests, testsIn, type FoundTests } from '../../shared/recipe/found-tests.ts';

/** Files that make a folder a package of its own, with commands of its own. */
const packageManifests: readonly string[] = [
  'package.json',
  'Cargo.toml',
  'go.mod',
  'pyproject.toml',
  'setup.py',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'composer.json',
  'Gemfile',
  'mix.exs',
];

/** Bytes; manifests are smaller. */
const largest = 1_000_000;

/** A folder within its repository (`/` between names; empty: the root), and those above it up to the root, the nearest first. */
const upwards = (folder: string): readonly string[] => {
  const names = folder.split('/').filter((name) => name !== '');
  return [...names.map((_, index) => names.slice(0, names.length - index).join('/')), ''];
};

const isPlainFile = async (file: string): Promise<boolean> => {
  const found = await lstat(file).catch(() => null);
  return found?.isFile() === true && found.size <= largest;
};

/** The package that a folder belongs to: the nearest folder with a manifest, or the root. */
export const packageOf = async (root: string, folder: string): Promise<string> => {
  for (const place of upwards(folder)) {
    const manifests = await Promise.all(packageManifests.map((name) => isPlainFile(join(root, place, name))));
    if (manifests.includes(true)) return place;
  }
  return '';
};

/** Tests and the folder that they are run in. */
export interface NearestTests {
  readonly folder: string;
  /** Not empty, the likeliest first. */
  readonly tests: readonly FoundTests[];
}

/** The tests that the manifests nearest to a folder suggest; null: there are none up to the root. Links are not followed. */
export const nearestTests = async (root: string, folder: string): Promise<NearestTests | null> => {
  for (const place of upwards(folder)) {
    const texts = new Map<string, string>();
    for (const name of testManifests) {
      const file = join(root, place, name);
      if (await isPlainFile(file)) texts.set(name, await readFile(file, 'utf8').catch(() => ''));
    }
    const tests = testsIn(texts);
    if (tests.length > 0) return { folder: place, tests };
  }
  return null;
};

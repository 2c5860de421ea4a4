import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder for what somebody should look at, made when there is something; it outlives everything else. */
export class Left {
  folder: string | null = null;
  readonly #prefix: string;

  constructor(name: string) {
    this.#prefix = path.join(tmpdir(), `longhaul-kills-${name}-`);
  }

  async put(name: string, content: object | string): Promise<void> {
    this.folder ??= await mkdtemp(this.#prefix);
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(path.join(this.folder, name), text);
  }
}

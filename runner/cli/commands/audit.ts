import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Argument } from '@commander-js/extra-typings';
import { z } from 'zod';
import { AuditEntry, AuditHead, AuditRecord, ChainCheck } from '../../../shared/audit/record.ts';
import type { AuditVerified } from '../../../shared/api/audit.ts';
import { RunId } from '../../../shared/ids.ts';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { plural, utcSeconds } from '../../../shared/text/figures.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import { isSystemError } from '../../machine/home/home.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { explain } from '../help.ts';
import { wholeNumber } from '../options.ts';
import type { Paint } from '../paint.ts';
import { runOf } from '../resolve.ts';

const actions = ['list', 'verify', 'export'] as const;

interface Options {
  readonly limit?: number;
  readonly before?: number | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly run?: string | undefined;
  readonly file?: string | undefined;
  readonly anchor?: string | undefined;
  readonly output?: string | undefined;
}

/** Which options an action has. */
const own: Readonly<Record<(typeof actions)[number], readonly (keyof Options)[]>> = {
  list: ['limit', 'before', 'action', 'actor', 'run'],
  verify: ['file', 'anchor'],
  export: ['output'],
};

export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(actions).default('list'))
    .option('--limit <count>', 'list: at most so many (default 50)', wholeNumber({ least: 1, most: 500 }))
    .option('--before <record>', 'list: records before this one', wholeNumber({ least: 1, most: 999_999_999 }))
    .option('--action <action>', 'list: only those of such actions, as decision or decision.made')
    .option('--actor <who>', 'list: only what they did, as person:ada')
    .option('--run <run>', 'list: only what is about a run')
    .option('--file <file>', 'verify: what was exported once, and not what the runner has')
    .option('--anchor <file>', 'verify: against heads of the chain that were written down elsewhere (audit.anchorFile)')
    .option('--output <file>', 'export: into a file that is not there yet, and not to the terminal')
    .action(
      act(async (context, ...[action, options]) => {
        for (const name of Object.keys(options))
          if (!own[action].some((known) => known === name))
            throw usage(`${action} has no --${name}.`, `See: longhaul audit --help`);
        switch (action) {
          case 'list':
            return list(context, options);
          case 'verify':
            return verify(context, options);
          case 'export':
            return exported(context, options);
        }
      }),
    );
  explain(command, {
    about: `Who did what of consequence: who delegated, decided, accepted, published, enabled triggers, agreed to settings, deleted; and
what was refused. Each record has a hash over itself and the one before it, so that none can be changed, taken out, put elsewhere or
added without verify naming it. Whoever can write to the database can still write the whole chain anew: against that its head is
written down elsewhere (audit.anchorFile in config.yaml), and verify --anchor compares. No record has the words of people or models:
those go with their run, and the record stays. For an admin of the tenant; what is of no tenant is with the owner of the runner.`,
    examples: [
      ['longhaul audit --action decision', 'who decided what'],
      ['longhaul audit --run 12', 'what was done about a run'],
      ['longhaul audit verify', 'whether all of it is as it was written'],
      ['longhaul audit export --output audit.jsonl', 'all of it, to be kept elsewhere'],
      ['longhaul audit verify --file audit.jsonl', 'the same of that file; asks no runner'],
    ],
    json: `list: {"records": [{"seq", "at", "actor", "action", "run" (id, or null), "detail", "tenant"}, …], "next": number or null}, for --before
verify: {"tenant", "records", "head": {"seq", "hash"}, "faults": [sentences]}
export: without --output, each line is {"hash", "record"}; with it {"file", "records"}`,
    exits: [[1, 'of verify: something is not as it was written']],
  });
};

const list = async (context: CommandContext, options: Options): Promise<ExitCode> => {
  const { call } = await context.runner();
  const run =
    options.run === undefined ? null : isId(options.run) ? options.run : (await runOf(context, options.run)).state.id;
  const page = await call.audit.list.query({
    limit: options.limit ?? 50,
    before: options.before ?? null,
    action: options.action ?? null,
    actor: options.actor ?? null,
    run,
  });
  context.printJson(page);
  if (page.records.length === 0) context.print('Nothing like that is on record.');
  for (const record of page.records) context.print(lineOf(record, context.paint));
  if (page.next !== null) context.note(`There is more: longhaul audit --before ${page.next}`);
  return exit.done;
};

/** Of a run that was deleted its records stay. */
const isId = (run: string): boolean => RunId.safeParse(run).success;

const lineOf = ({ seq, at, actor, action, detail }: AuditRecord, paint: Paint): string => {
  const { number, ...rest } = detail;
  const facts = Object.entries(rest).flatMap(([name, value]) =>
    value === null || name === 'hashes'
      ? []
      : [`${name} ${cleanLine(Array.isArray(value) ? value.join(' ') : String(value))}`],
  );
  const about = number === undefined ? [] : [`run ${String(number)}`];
  return `${paint.dim(`${seq}  ${utcSeconds(at)}`)}  ${cleanLine(actor)}  ${action}  ${[...about, ...facts].join(', ')}`;
};

const verify = async (context: CommandContext, { file, anchor }: Options): Promise<ExitCode> => {
  const anchors = anchor === undefined ? [] : await anchorsIn(resolve(context.cwd, anchor));
  const verified =
    file === undefined
      ? await (await context.runner()).call.audit.verify.query({ anchors: [] }).then(async (first) => {
          const ours = anchors.filter(({ tenant }) => tenant === first.tenant).map(({ seq, hash }) => ({ seq, hash }));
          if (anchor !== undefined && ours.length === 0)
            throw usage(
              `${anchor} has no heads of the tenant ${first.tenant}.`,
              'Name the file that audit.anchorFile names.',
            );
          return ours.length === 0 ? first : (await context.runner()).call.audit.verify.query({ anchors: ours });
        })
      : await verifyFile(resolve(context.cwd, file), anchors);
  context.printJson(verified);
  const { records, head, faults } = verified;
  for (const fault of faults) context.print(context.paint.red(cleanLine(fault)));
  const end = `It ends with record ${head.seq}, ${head.hash}.`;
  context.print(
    faults.length === 0
      ? `${plural(records, 'record')} of the tenant ${cleanLine(verified.tenant)}: each is as it was written. ${end}`
      : `${plural(records, 'record')}; something is not as it was written. ${end}`,
  );
  return faults.length === 0 ? exit.done : exit.failed;
};

const Anchor = AuditHead.extend({ tenant: z.string() }).loose();

const anchorsIn = async (file: string): Promise<readonly z.infer<typeof Anchor>[]> => {
  const anchors: z.infer<typeof Anchor>[] = [];
  for await (const { line, at } of linesOf(file)) {
    const anchor = Anchor.safeParse(line);
    if (!anchor.success)
      throw new Trouble(`Line ${at} of ${file} is no head of a chain.`, {
        remedy: 'Name the file that audit.anchorFile names.',
        code: 'invalid',
      });
    anchors.push(anchor.data);
  }
  return anchors;
};

const Line = z.union([
  z.strictObject({ hash: AuditEntry.shape.hash, record: z.unknown() }),
  z.strictObject({ hash: AuditEntry.shape.hash, text: z.string() }),
]);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const verifyFile = async (file: string, anchors: readonly z.infer<typeof Anchor>[]): Promise<AuditVerified> => {
  let check: ChainCheck | null = null;
  let tenant = '';
  for await (const { line, at } of linesOf(file)) {
    const parsed = Line.safeParse(line);
    if (!parsed.success)
      throw new Trouble(`Line ${at} of ${file} is no exported record.`, {
        remedy: 'Export it again: longhaul audit export --output …',
        code: 'invalid',
      });
    const { data } = parsed;
    const record = 'record' in data ? AuditRecord.safeParse(data.record) : null;
    if (check === null) {
      tenant = record?.data?.tenant ?? '';
      const ours = anchors.filter((anchor) => anchor.tenant === tenant);
      check = new ChainCheck({ tenant, sha256, anchors: ours });
    }
    const text = 'record' in data ? canonicalJson(data.record) : data.text;
    check.add(record?.data?.seq ?? at, { text, hash: data.hash });
  }
  if (check === null)
    throw new Trouble(`There is nothing in ${file}.`, {
      remedy: 'Export it again: longhaul audit export --output …',
      code: 'invalid',
    });
  return { tenant, ...check.end(null) };
};

async function* linesOf(file: string): AsyncIterable<{ readonly line: unknown; readonly at: number }> {
  let at = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      at += 1;
      if (text !== '') yield { line: parsedLine(text), at };
    }
  } catch (error) {
    throw error instanceof Trouble || !(error instanceof Error)
      ? error
      : new Trouble(`${file} cannot be read: ${error.message}.`, {
          remedy: 'Name a file that is there.',
          code: 'invalid',
          cause: error,
        });
  }
}

const parsedLine = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const exported = async (context: CommandContext, { output }: Options): Promise<ExitCode> => {
  const { call } = await context.runner();
  const file = output === undefined ? null : resolve(context.cwd, output);
  await using target =
    file === null
      ? null
      : await open(file, 'wx', 0o600).catch((error: unknown) => {
          if (!isSystemError(error)) throw error;
          const why = error.code === 'EEXIST' ? 'is there already' : `cannot be made: ${error.message}`;
          throw usage(`${file} ${why}.`, 'Name a file that is not there yet, in a folder that is.');
        });
  let records = 0;
  for (let after = 0; ;) {
    const { entries, next } = await call.audit.export.mutate({ after });
    if (entries.length === 0) break;
    const lines = entries.map(({ text, hash }) => lineFor(text, hash));
    records += lines.length;
    for (const line of target === null ? lines : []) {
      context.printJson(line);
      context.print(JSON.stringify(line));
    }
    await target?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    after = next;
  }
  if (target !== null) {
    await target.sync();
    context.printJson({ file, records });
    context.print(`${plural(records, 'record')} in ${file ?? ''}.`);
  }
  return exit.done;
};

/** A text that is no JSON any more goes along as it is. */
const lineFor = (text: string, hash: string): object => {
  const record = parsedLine(text);
  return record !== null && canonicalJson(record) === text ? { hash, record } : { hash, text };
};

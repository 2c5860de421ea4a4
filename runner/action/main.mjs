// The GitHub Action: delegates over `POST /api/delegate`, waits with `GET /api/runs/<id>?wait=`, and says what came of it. Run as it stands, without
// anything installed: it has Node's own modules alone. What a runner answers, and what an agent wrote in it, is nobody's command: a line that
// is printed cannot begin with "::", and a value cannot end its place in a file.
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is said to whoever reads the log, and ends the step. */
class Refusal extends Error {}

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();

/** docs.github.com, "Workflow commands": what a value of one may not have. */
const escaped = (text) => String(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const command = (name, text) => process.stdout.write(`::${name}::${escaped(text)}\n`);
/** One line that no runner takes for a command (`::` after spaces, `##[` anywhere), and no terminal obeys. */
const line = (text) => process.stdout.write(`- ${oneLine(text)}\n`);
const oneLine = (text) =>
  String(text)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll('##[', '# #[')
    .trim();

const inFile = (variable, text) => {
  const file = process.env[variable];
  if (file !== undefined && file !== '') appendFileSync(file, text);
};
const output = (name, value) => {
  const end = `end-${randomUUID()}`;
  inFile('GITHUB_OUTPUT', `${name}<<${end}\n${oneLine(value)}\n${end}\n`);
};

/** Base URL. A token goes over TLS, or to this machine. */
const addressOf = (text) => {
  const url = URL.parse(text);
  if (url === null)
    throw new Refusal(`url: ${JSON.stringify(text)} is no address of a runner, such as https://longhaul.example.org`);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    throw new Refusal(`url: expected https, since the token goes there, and not ${url.protocol}//`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

const pairs = (text, name) => {
  const all = text
    .split('\n')
    .filter((each) => each.trim() !== '')
    .map((each) => {
      const at = each.indexOf('=');
      if (at < 1) throw new Refusal(`${name}: expected a line "name=value" for each, and not ${JSON.stringify(each)}`);
      return [each.slice(0, at).trim(), each.slice(at + 1).trim()];
    });
  const names = all.map(([each]) => each);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) throw new Refusal(`${name}: ${twice} is given twice`);
  return Object.fromEntries(all);
};

const inputsOf = (text) => {
  if (!text.startsWith('{')) return pairs(text, 'inputs');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`inputs: they are no JSON: ${error.message}`);
  }
};

const budgetOf = (text) =>
  Object.fromEntries(
    Object.entries(pairs(text.replaceAll(',', '\n'), 'budget')).map(([name, limit]) => {
      // In JSON what is no number would be null: no limit.
      if (limit !== 'none' && !/^\d+(\.\d+)?$/.test(limit))
        throw new Refusal(`budget: expected a number for ${name}, or none, and not ${JSON.stringify(limit)}`);
      return [name, limit === 'none' ? null : Number(limit)];
    }),
  );

const said = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

const delegation = () => {
  const { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: name = '' } = process.env;
  return said({
    repository: input('repository') || (name === '' ? '' : `${server}/${name}`),
    ref: input('ref'),
    recipe: input('recipe'),
    goal: input('goal'),
    about: input('about'),
    title: input('title'),
    model: input('model'),
    inputs: inputsOf(input('inputs')),
    budget: budgetOf(input('budget')),
  });
};

/** A step that is run again within its attempt is the same one. */
const keyOf = () => {
  const given = input('idempotency-key');
  if (given !== '') return given;
  const { GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_JOB, GITHUB_ACTION } = process.env;
  if (GITHUB_RUN_ID === undefined) return randomUUID();
  const step = [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_JOB, GITHUB_ACTION, delegation()];
  return `action-${createHash('sha256').update(JSON.stringify(step)).digest('hex')}`;
};

/** Another try may do. */
const again = new Set([429, 502, 503, 504]);
const mostTries = 6;

const jsonOf = (text) => {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
};

/** The answer's JSON. What the network and a runner that is being restarted swallow is asked again: it is one run by its key. Throws Refusal. */
const ask = async ({ url, token }, path, { body, key } = {}) => {
  for (let tries = 1; ; tries += 1) {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    let answer = null;
    let trouble = '';
    try {
      answer = await fetch(`${url}${path}`, {
        ...(body === undefined
          ? { headers }
          : {
              method: 'POST',
              headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
              body: JSON.stringify(body),
            }),
        // The token goes where it was sent, and nowhere else.
        redirect: 'manual',
        signal: AbortSignal.timeout(180_000),
      });
      const told = jsonOf(await answer.text());
      if (answer.ok && told !== null) return told;
      trouble = `${answer.status}: ${told?.error?.message ?? 'it is no Longhaul that answers there'}`;
    } catch (error) {
      trouble = `it does not answer: ${error.cause?.message ?? error.message}`;
    }
    const isFinal = answer !== null && !again.has(answer.status);
    if (isFinal || tries >= mostTries) throw new Refusal(`The runner at ${url} says no: ${trouble}`);
    const wanted = Number(answer?.headers.get('retry-after') ?? 0);
    await sleep(1000 * Math.min(60, Math.max(wanted || 0, 2 ** (tries - 1))));
  }
};

const outcomes = {
  reviewing: 'done',
  accepted: 'done',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  rejected: 'rejected',
};
const outcomeOf = ({ status, needsPerson, evidence }) => {
  const outcome = outcomes[status] ?? (needsPerson ? 'waiting' : 'unfinished');
  // Whoever accepted it knew what its checks said.
  const isUnseen = outcome === 'done' && status !== 'accepted';
  return isUnseen && evidence.passed < evidence.ran ? 'checks-failed' : outcome;
};

/** As code: nothing in it is Markdown. */
const code = (text) => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks} ${text} ${ticks}`;
};
const fenced = (text) => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
};

const linkOf = (url) => (typeof url === 'string' && /^https?:\/\/[\w.:/~%-]+$/.test(url) ? url : '');

const summarize = ({ number, title, detail, evidence, pullRequest }, outcome) => {
  const link = linkOf(pullRequest);
  inFile(
    'GITHUB_STEP_SUMMARY',
    [
      `### Longhaul: run ${Number(number)}, ${outcome}`,
      code(oneLine(title)),
      oneLine(detail) === '' ? '' : code(oneLine(detail)),
      link === '' ? '' : `Pull request: <${link}>`,
      `${Number(evidence.passed)} of ${Number(evidence.ran)} verification commands passed.`,
      // GitHub keeps 1 MiB of a step's summary, and nothing of a longer one.
      evidence.summary === null ? '' : fenced(String(evidence.summary).replaceAll('\r', '').slice(0, 60_000)),
    ]
      .filter((part) => part !== '')
      .join('\n\n') + '\n',
  );
};

const minutes = () => {
  const given = Number(input('timeout') || '60');
  if (Number.isFinite(given) && given > 0) return given;
  throw new Refusal(`timeout: expected minutes, and not ${JSON.stringify(input('timeout'))}`);
};

const isWanted = (name) => {
  const given = input(name).toLowerCase();
  if (['true', 'false', ''].includes(given)) return given !== 'false';
  throw new Refusal(`${name}: expected true or false, and not ${JSON.stringify(given)}`);
};

const waitFor = async (runner, run, until) => {
  for (;;) {
    const seconds = Math.max(0, Math.min(60, Math.ceil((until - Date.now()) / 1000)));
    const told = await ask(runner, `/api/runs/${run}?wait=${seconds}`);
    if (told.over === true || told.needsPerson === true || Date.now() >= until) return told;
  }
};

const main = async () => {
  const token = input('token');
  if (token === '')
    throw new Refusal('token: there is none. Give it as a secret of the repository or its organisation.');
  // It stands in a header; what is not of these is none, and is not repeated in what says so.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Refusal('token: it has a blank or a character that no token has.');
  command('add-mask', token);
  const runner = { url: addressOf(input('url')), token };
  const [wait, until] = [isWanted('wait'), Date.now() + minutes() * 60_000];
  const begun = await ask(runner, '/api/delegate', { body: delegation(), key: keyOf() });
  if (!/^run_[0-9a-z]+$/.test(begun.run)) throw new Refusal(`The runner at ${runner.url} names no run.`);
  output('run', begun.run);
  output('number', begun.number);
  line(`Run ${begun.number} (${begun.run}) is ${begun.status}.`);
  const told = wait ? await waitFor(runner, begun.run, until) : await ask(runner, `/api/runs/${begun.run}`);
  const outcome = outcomeOf(told);
  output('status', told.status);
  output('outcome', outcome);
  output('pull-request', linkOf(told.pullRequest));
  summarize(told, outcome);
  line(`Run ${told.number}: ${told.detail}`);
  const detail = oneLine(told.detail);
  if (!wait) return;
  if (outcome === 'waiting') command('warning', `Run ${told.number} waits for a person: ${detail}`);
  else if (outcome === 'unfinished')
    throw new Refusal(`Run ${told.number} is not over after ${input('timeout') || 60} minutes; it goes on: ${detail}`);
  else if (outcome !== 'done') throw new Refusal(`Run ${told.number} was not done: ${detail}`);
};

try {
  await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  command('error', oneLine(error.message));
  process.exitCode = 1;
}

import { calls, says, scripted, together, type Asked, type Step } from '../test/fakes/openai/index.ts';

/**
 * What the scripted model of the demo says: a repair of the sample repository, as a model would go about it. It stands in
 * where there is no key for a real one; everything else in the demo is what a user gets.
 */
const before = `    const discount = count > 10 ? 0.1 : 0;
    sum += price * count * (1 - discount);`;
const after = `    const discount = count >= 10 ? 0.1 : 0;
    sum += Math.round(price * count * (1 - discount));`;

const whole = { from: null, lines: null };
const quick = { timeoutSeconds: 60, network: null };
const steps = (done: number) => {
  const texts = [
    'See what fails and why',
    'Mend the discount and the rounding',
    'Record the receipts anew, if a person agrees',
    'Show that all tests pass',
  ];
  return {
    steps: texts.map((text, index) => ({
      text,
      status: index < done ? 'done' : index === done ? 'active' : 'pending',
    })),
  };
};

/** Ids of the calls so far whose arguments have this text, oldest first. */
const callsWith = ({ entries }: Asked, text: string): string[] =>
  entries
    .filter((entry) => entry.by === 'call' && entry.text.includes(text))
    .flatMap(({ call }) => (call === null ? [] : [call]));

/** Up to the first result. */
export const repair: readonly Step[] = [
  together(
    says('I look at the tests and the code they test.'),
    calls('plan', steps(0)),
    calls('list', { path: null, depth: 2 }),
    calls('read', { path: 'test/cart.test.js', ...whole }),
  ),
  together(calls('read', { path: 'src/cart.js', ...whole }), calls('bash', { command: 'node --test', ...quick })),
  together(
    says('Two faults: the discount begins at eleven, not ten, and totals are not rounded to the cent.'),
    calls('plan', steps(1)),
    calls('edit', { path: 'src/cart.js', old: before, new: after }),
  ),
  calls('bash', { command: 'node --test test/cart.test.js', ...quick }),
  together(
    says(
      'The totals are right now; the recorded receipts still hold the wrong one. Recording them anew needs a person to agree.',
    ),
    calls('plan', steps(2)),
    calls('search', { pattern: 'recorded', path: null, glob: '*.js' }),
    calls('bash', { command: 'node receipts/record.js', ...quick }),
  ),
  (asked) => {
    const rejected = asked.entries.some(({ by, text }) => by === 'output' && text.includes('rejected this call'));
    return together(calls('plan', steps(rejected ? 2 : 3)), calls('bash', { command: 'node --test', ...quick }));
  },
  (asked) => {
    const tests = callsWith(asked, 'node --test');
    const edits = callsWith(asked, 'Math.round');
    const recorded = callsWith(asked, 'receipts/record.js');
    return together(
      calls('plan', steps(4)),
      calls('finish', {
        summary:
          'The discount of a tenth now begins at ten items, as the comment in src/cart.js says, and each line is rounded to the cent. The recorded receipts held the wrong total of the first cart (2.50 EUR instead of 2.25 EUR).',
        claims: [
          { text: 'Two tests failed before, because of the discount and of the rounding', calls: tests.slice(0, 1) },
          { text: 'The discount and the rounding were mended in src/cart.js', calls: edits.slice(-1) },
          { text: 'The receipts were recorded anew, after a person was asked', calls: recorded.slice(-1) },
          { text: 'The tests were run on the result', calls: tests.slice(-1) },
        ],
      }),
    );
  },
];

export default scripted(repair);

import demoModel from '../../scripts/demo-model.ts';
import { calls, says, scripted, together, type Asked, type Script, type Step } from '../fakes/openai/index.ts';

/**
 * What the scripted model does, by a word of the goal in square brackets. A goal without one is the story of the demo, with
 * more changed than was asked for, so that there is something to reject.
 */

const quick = { timeoutSeconds: 60, network: null };
const bash = (command: string) => calls('bash', { command, ...quick });

const claim = ({ entries }: Asked, tool: string): string[] =>
  entries
    .flatMap(({ by, text, call }) => (by === 'call' && call !== null && text.includes(tool) ? [call] : []))
    .slice(-1);

const finish =
  (summary: string, tool: string): Step =>
  (asked) =>
    calls('finish', { summary, claims: [{ text: summary, calls: claim(asked, tool) }] });

const edit = (path: string, old: string, replacement: string) => calls('edit', { path, old, new: replacement });

export const pointless = {
  before: "test('an empty cart costs nothing', () => {",
  after: "test('an empty cart is free of charge', () => {",
};
export const welcome = {
  before: "test('receipts are as recorded', () => {",
  after: `test('eleven apples get a tenth off, rounded', () => {
  assert.equal(total([{ name: 'apple', price: 25, count: 11 }]), 248);
});

test('receipts are as recorded', () => {`,
};

/** The demo's story; in its third turn, a new test and a reworded one besides the repair. */
const mend: Script = async (asked, place) => {
  const reply = await demoModel(asked, place);
  if (place.turn !== 2 || reply.kind !== 'answer') return reply;
  return together(
    reply,
    edit('test/cart.test.js', pointless.before, pointless.after),
    edit('test/cart.test.js', welcome.before, welcome.after),
  );
};

/** A PNG of 16 by 16 red pixels. */
const square =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4z8BAEmIY1TCqYfhqAACQ+f8B8u7oVwAAAABJRU5ErkJggg==';

const hostile = `# What I do

I **look** at \`src/cart.js\`, see [the docs](https://docs.host.test/cart).

1. <img src=x onerror="document.title='owned'"> <script>document.title='owned'</script>
2. [run it](command:workbench.action.closeAllEditors), [or this](javascript:alert(1)) <command:workbench.action.quit>
3. ![a picture](https://pictures.host.test/spy.png)

| a | b |
|---|---|
| 1 | 2 |

> Said before.`;

/** Two hundred lines, in colours, with what a terminal would obey. */
const colourful =
  "printf '\\033]0;owned\\007\\033[1;31mRED\\033[0m \\033[30;42m PASS \\033[0m \\033[34mblue\\033[0m\\033[2J\\n'; seq 1 200; printf '\\033[33mthe last\\033[0m\\n'";

/** Every other line in capitals, so that each is a change of its own. */
const caps = (file: string): Script => scripted([bash(`sed -i '1~2s/.*/\\U&/' ${file}`), finish('In capitals', 'sed')]);

const stories: Readonly<Record<string, Script>> = {
  // One changed line, and after changes were requested another.
  line: scripted([
    edit('README.md', 'Adds up a cart', 'Sums a cart'),
    finish('The README says sums', 'Sums a cart'),
    edit('README.md', 'Sums a cart', 'Sums up a cart'),
    finish('The README says sums up', 'Sums up a cart'),
  ]),
  // A function that no test calls, and a word where nothing is run.
  untested: scripted([
    together(
      edit(
        'src/cart.js',
        '  return sum;\n}\n',
        '  return sum;\n}\n\nexport function cheapest(items) {\n  const prices = items.map(({ price }) => price);\n  return Math.min(...prices);\n}\n',
      ),
      edit('README.md', 'Adds up a cart', 'Sums a cart'),
    ),
    finish('The cheapest item is known', 'cheapest'),
  ]),
  shop: scripted([edit('shop/README.md', 'Adds up a cart', 'Sums a cart'), finish('It says sums', 'Sums a cart')]),
  kinds: scripted([
    bash(
      "printf '\\211PNG\\000\\001\\002\\003' > logo.png && git mv src/receipt.js src/slip.js && sed -i s/receipt.js/slip.js/ test/cart.test.js receipts/record.js && rm receipts/carts.js && seq 1 800000 | head -c 5242880 > big.txt",
    ),
    finish('One file of each kind', 'logo.png'),
  ]),
  // Two lines with one between them, and what two texts do not show: a mode, a link, a file that is gone, an image.
  apart: scripted([
    bash(
      `sed -i 's/one/ONE/;s/three/THREE/' near.txt && chmod +x run.sh only.sh && sed -i 's/^30$/thirty/' run.sh && ln -sfn near.txt link && rm gone.txt && echo ${square} | base64 -d > square.png`,
    ),
    finish('Changes apart', 'near.txt'),
  ]),
  seen: scripted([bash('cat README.md staged.txt untracked.txt > seen.txt'), finish('Seen', 'seen.txt')]),
  thousand: scripted([
    bash('mkdir many && for n in $(seq 1000); do echo "file $n" > many/$n.txt; done'),
    finish('A thousand files', 'many'),
  ]),
  answers: scripted([
    calls('read', { path: 'src/cart.js', from: null, lines: null }),
    calls('finish', {
      summary: 'Looked it up',
      claims: [],
      output: { text: 'Totals are rounded **once**, at the end.\n\n- see `src/cart.js`' },
    }),
  ]),
  // A command that has printed something and does not end by itself.
  prints: scripted([
    calls('bash', {
      command: "printf 'step one\\n\\033[31mstep two\\033[0m\\n'; sleep 300",
      timeoutSeconds: 600,
      network: null,
    }),
  ]),
  // Six lines go elsewhere as they are, and a file goes altogether.
  moved: scripted([
    bash('(tail -n +7 long.txt; head -n 6 long.txt) > turned.txt && mv turned.txt long.txt && rm gone.txt'),
    finish('Moved', 'long.txt'),
  ]),
  // A command that is sure to be at work when something else happens; done again it leaves the same.
  long: scripted([bash('sleep 3; echo done > slow.txt'), finish('Slowly', 'slow.txt')]),
  makefile: scripted([
    bash("printf 'all:\\n\\techo sums\\n' > Makefile && sed -i 's/Adds up/Sums/' README.md"),
    finish('A Makefile', 'Makefile'),
  ]),
  // What a model may say, and a command print, that must do nothing in a page; a file that a person is asked about; many turns.
  says: scripted([
    together(says(hostile), bash(colourful)),
    together(
      says('I write it **anew**.'),
      calls('write', { path: 'README.md', content: '# Corner shop\n\nSums a cart.\n' }),
    ),
    ...Array.from({ length: 12 }, (_, turn) =>
      together(says(`Step ${turn + 1} of twelve:\n\n- one\n- two\n- three`), bash(`echo step ${turn + 1}`)),
    ),
    finish('It is **written**', 'README.md'),
  ]),
  'caps left.txt': caps('left.txt'),
  'caps right.txt': caps('right.txt'),
  nothing: scripted([bash('cat README.md'), finish('Nothing to do', 'README.md')]),
  // Nobody mends what its verification finds.
  unmended: scripted([bash('cat README.md'), ...Array.from({ length: 3 }, () => finish('Nothing to do', 'README.md'))]),
  question: scripted([calls('ask', { question: 'Round up or down?', choices: ['Up', 'Down'] }), finish('Asked', 'Up')]),
  ask: scripted([bash('node receipts/record.js'), finish('Recorded', 'record.js')]),
  // Has changed something by the time that it asks.
  half: scripted([
    edit('README.md', 'Adds up a cart', 'Sums a cart'),
    bash('node receipts/record.js'),
    finish('Recorded', 'record.js'),
  ]),
};

export interface Gate {
  /** Resolves when a request waits at it. */
  readonly reached: Promise<void>;
  open(): void;
}

export interface EditorModel {
  readonly script: Script;
  /** From now on a request whose goal has this text, at this turn, waits until the gate opens. */
  hold(goal: string, turn: number): Gate;
}

/** A model of its own for each workbench. */
export const editorModel = (): EditorModel => {
  const gates: { goal: string; turn: number; arrive: () => void; opened: Promise<void> }[] = [];
  return {
    hold: (goal, turn) => {
      const arrival = Promise.withResolvers<void>();
      const opening = Promise.withResolvers<void>();
      gates.push({ goal, turn, arrive: arrival.resolve, opened: opening.promise });
      return { reached: arrival.promise, open: opening.resolve };
    },
    script: async (asked, place) => {
      const goal = asked.entries.find(({ by }) => by === 'user')?.text ?? '';
      for (const gate of gates) {
        if (gate.turn !== place.turn || !goal.includes(gate.goal)) continue;
        gate.arrive();
        await gate.opened;
      }
      const story = Object.entries(stories).find(([name]) => goal.includes(`[${name}]`))?.[1] ?? mend;
      return story(asked, place);
    },
  };
};

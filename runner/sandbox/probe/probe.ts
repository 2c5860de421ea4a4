import type { IsolationSettings } from '../../../shared/api/worker-api.ts';
import { probeSandbox } from '../namespaces/bubblewrap.ts';
import { leftOpen } from '../container/fit.ts';
import { probeContainer } from '../container/container.ts';
import { askDaytona } from '../remote/daytona.ts';
import { askE2b } from '../remote/e2b.ts';
import { refused, type SandboxRefusal } from '../sandbox.ts';

/** What was seen of an isolation that holds, and what it leaves open. */
export interface Holds {
  readonly outcome: 'ok';
  readonly detail: string;
  readonly leftOpen: readonly string[];
}

/** Whether commands can be confined as was chosen: by confining a real one here, or by asking the provider for its machines. `uid` is a user of commands. */
export const probeIsolation = async (
  { kind, containerNetwork }: IsolationSettings,
  uid: number,
): Promise<Holds | SandboxRefusal> => {
  switch (kind) {
    case 'namespaces': {
      const probed = await probeSandbox();
      return probed.outcome === 'ok' ? holds(`bubblewrap ${probed.version}; a confined command ran`) : probed;
    }
    case 'container': {
      const probed = await probeContainer({ network: containerNetwork, uid });
      if (probed.outcome === 'refused') return named(kind, probed);
      const { network } = probed;
      const said = network === 'cut' ? 'a network of its own' : `the network of the container, said to be ${network}`;
      return holds(
        `isolation container: one run for each container; a confined command ran, with ${said}`,
        leftOpen(network),
      );
    }
    case 'e2b':
    case 'daytona': {
      const refused = await { e2b: askE2b, daytona: askDaytona }[kind]();
      return refused === null
        ? holds(`isolation ${kind}: the account answers; its machines run the commands`)
        : named(kind, refused);
    }
  }
};

const holds = (detail: string, open: readonly string[] = []): Holds => ({ outcome: 'ok', detail, leftOpen: open });

const named = (kind: IsolationSettings['kind'], { reason, remedy }: SandboxRefusal): SandboxRefusal =>
  refused(`isolation ${kind}: ${reason}`, remedy);

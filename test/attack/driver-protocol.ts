import type { ContainerOptions, probeContainer } from '../../runner/sandbox/container/container.ts';
import type { SandboxCommand, SandboxOptions } from '../../runner/sandbox/sandbox.ts';

/** `id` numbers the request; of an `open` it then names the sandbox, of a `run` the command. */
export type DriverRequest =
  | {
      readonly id: number;
      readonly do: 'probe';
      readonly container: Parameters<typeof probeContainer>[0] | null;
    }
  | {
      readonly id: number;
      readonly do: 'open';
      readonly options: SandboxOptions;
      /** With isolation by the container: whose it is, and what is said of its network. Null: by namespaces. */
      readonly container: Pick<ContainerOptions, 'run' | 'network'> | null;
      /** What the sandbox's resolver answers. */
      readonly names: Readonly<Record<string, readonly string[]>>;
      /** To which loopback port a connection to port 80 or 443 of any public address leads. */
      readonly ports: Readonly<Record<number, number>>;
      readonly quotaPollMs: number;
      readonly path?: string;
    }
  | { readonly id: number; readonly do: 'run'; readonly sandbox: number; readonly command: SandboxCommand }
  | { readonly id: number; readonly do: 'abort'; readonly run: number }
  | { readonly id: number; readonly do: 'close'; readonly sandbox: number };

export type DriverAnswer = { readonly id: number; readonly value?: unknown; readonly threw?: string };

import * as vscode from 'vscode';
import { passed, type CommandRecord } from '../../../shared/run/state.ts';
import { openRun, plainTooltip, type Node } from '../../ground/node/node.ts';
import { span } from '../../../shared/text/figures.ts';
import { oneLine } from '../../ground/text/text.ts';

/** What Longhaul ran itself to see whether the result holds: a row per command. */
export class EvidenceNode implements Node {
  readonly #run: string;
  readonly #text: string;
  readonly #commands: readonly CommandRecord[];
  constructor(run: string, { text, commands }: { readonly text: string; readonly commands: readonly CommandRecord[] }) {
    this.#run = run;
    this.#text = text;
    this.#commands = commands;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem('Evidence', vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `run ${this.#run} evidence`;
    item.description = this.#text;
    const good = this.#commands.every(passed);
    item.iconPath = new vscode.ThemeIcon('beaker', good ? undefined : new vscode.ThemeColor('testing.iconFailed'));
    item.accessibilityInformation = { label: `Evidence: ${this.#text}` };
    return item;
  }

  children(): readonly Node[] {
    return this.#commands.map((command) => new CommandNode(this.#run, command));
  }
}

/** A command of the verification: a click opens the run's page, which has its output. */
class CommandNode implements Node {
  readonly #run: string;
  readonly #command: CommandRecord;
  constructor(run: string, command: CommandRecord) {
    this.#run = run;
    this.#command = command;
  }

  item(): vscode.TreeItem {
    const { index, command, outcome, exitCode, durationMs } = this.#command;
    const good = passed(this.#command);
    const result = outcome === 'exited' ? `exit ${exitCode}` : outcome;
    const item = new vscode.TreeItem(oneLine(command, 120));
    item.id = `run ${this.#run} evidence ${index}`;
    item.description = `${result} · ${span(durationMs)}`;
    item.iconPath = new vscode.ThemeIcon(
      good ? 'pass' : 'error',
      new vscode.ThemeColor(good ? 'testing.iconPassed' : 'testing.iconFailed'),
    );
    item.tooltip = plainTooltip(command);
    item.command = openRun(this.#run);
    item.accessibilityInformation = { label: `${command}: ${good ? 'passed' : 'failed'}, ${result}` };
    return item;
  }

  children(): readonly Node[] {
    return [];
  }
}

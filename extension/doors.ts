import * as vscode from 'vscode';
import { registerDelegateFix } from './features/delegate/delegate-fix.ts';
import { toolNames, type ToolName } from './features/chat/tool-names.ts';
import { fileSystem } from './ground/files/files.ts';
import type { Parts } from './parts.ts';

/** All that is behind the doors; loaded by the first call, once. */
export type Load = () => Promise<Parts>;

/**
 * What VS Code can come in by while nothing else of the extension is loaded: commands, views, review documents, pages of the last
 * session, chat, quick fixes. Each loads the rest and hands over. What `close` closes, the rest registers itself.
 */
export const openDoors = (
  extension: vscode.ExtensionContext,
  load: Load,
): { readonly close: () => void; readonly stay: vscode.Disposable } => {
  const first = vscode.Disposable.from(
    ...commandsOf(extension).map((id) => commandDoor(id, load)),
    ...['longhaul.needsYou', 'longhaul.runs', 'longhaul.automations', 'longhaul.review'].map((view) =>
      viewDoor(view, load),
    ),
    ...['longhaul-review', 'longhaul-text', 'longhaul-tree'].map((scheme) => documentDoor(scheme, load)),
  );
  const stay = vscode.Disposable.from(
    first,
    registerDelegateFix(),
    ...(['longhaul.run', 'longhaul.decision'] as const).map((type) =>
      vscode.window.registerWebviewPanelSerializer(type, {
        deserializeWebviewPanel: async (panel, state: unknown) => (await load()).restorePage(panel, state),
      }),
    ),
    participantDoor(load),
    ...toolNames.map((name) => toolDoor(name, load)),
  );
  return { close: () => first.dispose(), stay };
};

/** The commands that the manifest contributes; others exist only once something is on the screen. */
const commandsOf = ({ extension }: vscode.ExtensionContext): readonly string[] => {
  // safe: our own manifest, which the packer has checked
  const { contributes } = extension.packageJSON as { contributes: { commands: readonly { command: string }[] } };
  return contributes.commands.map(({ command }) => command);
};

const commandDoor = (id: string, load: Load): vscode.Disposable =>
  vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
    await load();
    return vscode.commands.executeCommand(id, ...args);
  });

/** Empty until the rest has put its own view in this place. */
const viewDoor = (view: string, load: Load): vscode.Disposable =>
  vscode.window.registerTreeDataProvider<never>(view, {
    getTreeItem: (none) => none,
    getChildren: async () => {
      const { longhaul } = await load();
      // Connects, while VS Code takes the view that has come.
      longhaul.runs.all();
      return [];
    },
  });

const documentDoor = (scheme: string, load: Load): vscode.Disposable => {
  const documents = fileSystem({
    stat: async (uri) => {
      await load();
      return vscode.workspace.fs.stat(uri);
    },
    readFile: async (uri) => {
      await load();
      return vscode.workspace.fs.readFile(uri);
    },
  });
  return vscode.workspace.registerFileSystemProvider(scheme, documents, { isCaseSensitive: true, isReadonly: true });
};

const participantDoor = (load: Load): vscode.Disposable => {
  const participant = vscode.chat.createChatParticipant('longhaul.chat', async (request, _context, stream) =>
    (await load()).participant(request, stream),
  );
  participant.iconPath = new vscode.ThemeIcon('rocket');
  return participant;
};

const toolDoor = (name: ToolName, load: Load): vscode.Disposable =>
  vscode.lm.registerTool<object>(name, {
    prepareInvocation: async (options, token) => (await load()).tools[name].prepareInvocation(options, token),
    invoke: async (options, token) => (await load()).tools[name].invoke(options, token),
  });

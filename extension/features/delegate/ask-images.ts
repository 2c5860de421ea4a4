import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { mostImages } from '../../../shared/run/image.ts';
import { imageEndings, nameOfImage, type ImageChoice } from '../../ground/delegation/attached.ts';
import { untilHidden } from '../../ground/ask/until-hidden.ts';

const title = t('Which images does the model see with the goal?');

type Item = vscode.QuickPickItem & { readonly image: ImageChoice };

/** Which of the images go along, and others that are picked from the disk; as they are if the person dismisses that. */
export const askImages = async (images: readonly ImageChoice[]): Promise<ImageChoice[]> => {
  const before = [...images];
  if (before.length === 0) return (await pickFiles(before)) ?? before;
  const answer = await askWhich(before);
  if (answer === undefined) return before;
  return answer.more ? ((await pickFiles(answer.images)) ?? answer.images) : answer.images;
};

const addButton: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('add'), tooltip: t('Add Images…') };

/** `more`: the person wants to pick others from the disk, too. */
const askWhich = (
  images: readonly ImageChoice[],
): Promise<{ readonly images: ImageChoice[]; readonly more: boolean } | undefined> => {
  const list = vscode.window.createQuickPick<Item>();
  list.title = title;
  list.placeholder = t('One without a mark does not go along; + adds others');
  list.canSelectMany = true;
  list.ignoreFocusOut = true;
  list.buttons = [addButton];
  list.items = images.map((image) => ({
    label: nameOfImage(image),
    description: image.kind === 'file' ? vscode.workspace.asRelativePath(image.path) : t('of the run before'),
    image,
  }));
  list.selectedItems = list.items;
  return untilHidden(list, (end) => {
    const marked = (): ImageChoice[] => list.selectedItems.map(({ image }) => image);
    list.onDidTriggerButton(() => end({ images: marked(), more: true }));
    list.onDidAccept(() => end({ images: marked(), more: false }));
  });
};

/** Those before with others; undefined: dismissed. */
const pickFiles = async (before: readonly ImageChoice[]): Promise<ImageChoice[] | undefined> => {
  const picked = await vscode.window.showOpenDialog({
    title,
    openLabel: t('Add'),
    canSelectMany: true,
    filters: { [t('Images')]: imageEndings },
  });
  if (picked === undefined) return undefined;
  const known = new Set(before.flatMap((image) => (image.kind === 'file' ? [image.path] : [])));
  const more = picked.flatMap(({ fsPath }): ImageChoice[] =>
    known.has(fsPath) ? [] : [{ kind: 'file', path: fsPath }],
  );
  return withinLimit([...before, ...more]);
};

/** The first so many as go along; whoever gave more is told. */
const withinLimit = (images: readonly ImageChoice[]): ImageChoice[] => {
  if (images.length > mostImages)
    void vscode.window.showWarningMessage(
      t(
        'Up to {0} images go with a goal: {1} left out.',
        mostImages,
        images.slice(mostImages).map(nameOfImage).join(', '),
      ),
    );
  return images.slice(0, mostImages);
};

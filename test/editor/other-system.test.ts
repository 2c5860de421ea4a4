import path from 'node:path';
import { expect, test } from 'vitest';
import { packOtherSystem } from './pack-beside.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { notification, openActivity, picture } from './steps.ts';
import { Workbench } from './workbench.ts';

test('on a system without such a sandbox it says at first use what works from there, with a way to each', async () => {
  await using place = await Place.make();
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    beside: [await packOtherSystem(path.join(place.folder, 'other-system'))],
    env: place.env,
  });
  const page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
  const said = notification(page, 'Agents work in a sandbox of Linux, which Windows does not have.');
  await said.waitFor();
  await picture(page, '170 on another system');
  for (const way of ['Reopen in WSL', 'Reopen in Dev Container', 'Connect over SSH', 'Use a Runner Elsewhere'])
    expect(await said.getByRole('button', { name: way }).count()).toBe(1);
});

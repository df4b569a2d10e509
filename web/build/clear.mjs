// Removes what an earlier build left; README stays, because the server embeds the folder and Git keeps it by that file.
import { mkdir, readdir, rm } from 'node:fs/promises';

const out = new URL('../../server/console/dist/', import.meta.url);
await mkdir(out, { recursive: true });
for (const name of await readdir(out)) {
  if (name !== 'README') await rm(new URL(name, out), { recursive: true });
}

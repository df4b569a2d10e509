// Puts a .gz beside each text file of the build, so that the server need not compress, and prints what the page weighs.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// The bound for the whole page.
const MOST = 200 * 1000;
const out = fileURLToPath(new URL('../../server/console/dist/', import.meta.url));
let total = 0;
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name === 'README' || entry.name.endsWith('.gz')) continue;
  const path = join(entry.parentPath, entry.name);
  const body = await readFile(path);
  if (/\.(js|css|html|svg)$/.test(entry.name)) {
    const packed = gzipSync(body, { level: 9 });
    await writeFile(path + '.gz', packed);
    total += packed.length;
  } else {
    total += body.length;
  }
}
console.log(`console: ${(total / 1000).toFixed(1)} kB on the wire`);
if (total > MOST) {
  console.error(`console: more than ${MOST / 1000} kB`);
  process.exit(1);
}

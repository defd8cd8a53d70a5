import * as fs from 'node:fs';
import { Writable } from 'node:stream';

const MOST_BYTES = 2 * 1024 * 1024;

/**
 * A file to add output to. When it is full, what it holds is moved to a second file beside it (`NAME.1`), whose own content goes: the two
 * never take more than 4 MB, however long the system runs.
 */
export function openLog(file: string): Writable {
  const descriptor = fs.openSync(file, 'a', 0o600);
  let size = fs.fstatSync(descriptor).size;
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (size > 0 && size + chunk.length > MOST_BYTES) {
        // Where the directory was deleted meanwhile there is nothing to keep it in.
        if (fs.existsSync(file)) fs.copyFileSync(file, `${file}.1`);
        fs.ftruncateSync(descriptor, 0);
        size = 0;
      }
      size += chunk.length;
      fs.write(descriptor, chunk, (error) => done(error));
    },
    final: (done) => fs.close(descriptor, done),
  });
}

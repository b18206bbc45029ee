/** A file of a tar archive: its name has at most 100 letters of ASCII, its body exactly `size` bytes. */
export type TarFile = { name: string; size: number; body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }

const BLOCK = 512

/**
 * The archive of the files, as somebody asks for it: nothing is read ahead, and an error of a file is thrown here. The
 * `pack` of tar-stream is pushed to instead, which leaves its writer waiting when the reader fails.
 * @throws Error when a body is longer or shorter than was said
 */
export async function* tarOf(files: AsyncIterable<TarFile>): AsyncGenerator<Uint8Array> {
  for await (const { name, size, body } of files) {
    yield headerOf(name, size)
    let written = 0
    for await (const part of body) {
      written += part.length
      yield part
    }
    if (written !== size) throw new Error(`${name} has ${written} bytes, not ${size}`)
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

/** POSIX.1-1988 (ustar); a size of 8 GiB and more is written in base 256, as GNU tar does. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0, 100, 'latin1')
  header.write('0000600\0' + '0000000\0' + '0000000\0', 100, 'latin1')
  if (size < 8 ** 11) header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  else {
    header[124] = 0x80
    header.writeUIntBE(size, 130, 6)
  }
  const seconds = Math.floor(Date.now() / 1000)
  header.write(`${seconds.toString(8).padStart(11, '0')}\0${' '.repeat(8)}0`, 136, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

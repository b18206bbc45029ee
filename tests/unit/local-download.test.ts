import { describe, expect, test } from 'vitest'
import { findLocalDownload } from '../../server/deploy/local-download.ts'

describe('what a Dockerfile lets the engine fetch', () => {
  test.each([
    ['http://127.0.0.1:2999/api/deployments'],
    ['http://169.254.169.254/latest/meta-data/'],
    ['http://198.19.10.2:8000/'],
    ['http://169.254.170.2/v2/credentials'],
    ['http://100.100.100.200/latest/meta-data/'],
    ['http://168.63.129.16/machine'],
    ['http://localhost/x'],
    ['http://LOCALHOST./x'],
    ['http://app.localhost/x'],
    ['http://metadata.google.internal/computeMetadata/v1/'],
    ['https://0/x'],
    ['http://0x7f.1/x'],
    ['http://2130706433/x'],
    ['http://0251.0376.0251.0376/x'],
    ['http://[::1]/x'],
    ['http://[::ffff:127.0.0.1]/x'],
    ['http://[::ffff:a9fe:a9fe]/x'],
    ['http://[fd00:ec2::254]/x'],
    ['http://[fd00:c1::a9fe:a9fe]/x'],
    ['http://[fe80::a9fe:a9fe%25eth0]/x'],
    ['http://someone@127.0.0.1/x'],
  ])('%s is on this machine', (url) => {
    expect(findLocalDownload(`FROM debian\nADD ${url} /x\n`)).toBe(url)
  })

  test.each([
    ['in small letters', 'add http://127.0.0.1/x /x'],
    ['with flags', 'ADD --chown=1:1 --checksum=sha256:aa http://127.0.0.1/x /x'],
    ['as JSON', 'ADD ["http://127.0.0.1/x", "/x"]'],
    ['as the second source', 'ADD https://example.com/y http://127.0.0.1/x /x/'],
    ['over two lines', 'ADD \\\n  http://127.0.0.1/x /x'],
    ['torn in the middle', 'ADD http://127.\\\n0.0.1/x /x'],
    ['around a comment', 'ADD \\\n# why not\n  http://127.0.0.1/x /x'],
    ['with line ends of Windows', 'ADD \\\r\n  http://127.0.0.1/x /x\r'],
    ['for those who build on it', 'ONBUILD ADD http://127.0.0.1/x /x'],
    ['indented', '  ADD\thttp://127.0.0.1/x /x'],
  ])('it is seen %s', (_, line) => {
    expect(findLocalDownload(`FROM debian\n${line}\n`)).toBe('http://127.0.0.1/x')
  })

  test('it is seen with another escape', () => {
    expect(findLocalDownload('# escape=`\nFROM debian\nADD `\nhttp://127.0.0.1/x /x\n')).toBe('http://127.0.0.1/x')
  })

  test.each([
    'ADD https://github.com/krallin/tini/releases/download/v0.19.0/tini /tini',
    'ADD http://10.0.0.5:8081/repository/app.jar /app.jar',
    'ADD http://172.15.0.1/x /x',
    'ADD target/app.jar /app.jar',
    'ADD $JAR /app.jar',
    'COPY localhost.conf /etc/',
    'RUN curl http://127.0.0.1/x',
    'ENV URL=http://127.0.0.1/x',
    '# ADD http://127.0.0.1/x /x',
    'ADD https://127.0.0.1.example.com/x /x',
  ])('%s is none of that', (line) => {
    expect(findLocalDownload(`FROM debian\n${line}\n`)).toBeUndefined()
  })
})

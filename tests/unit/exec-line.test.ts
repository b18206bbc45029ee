import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { execLine } from '../../server/templates/exec-line.ts'

test.each([
  ['node server.js', 'exec node server.js'],
  [' ./bin/api --port $PORT ', 'exec ./bin/api --port $PORT'],
  ['gunicorn "app:create()" -b :8000', 'exec gunicorn "app:create()" -b :8000'],
  ["node -e 'a(); b()'", "exec node -e 'a(); b()'"],
  ['java -jar $(ls target/*.jar)', 'exec java -jar $(ls target/*.jar)'],
  [`gunicorn -w \${WORKERS:-1} app:app`, `exec gunicorn -w \${WORKERS:-1} app:app`],
  ['', ''],
  ['java -Dname="a b" -jar app.jar', 'exec java -Dname="a b" -jar app.jar'],
  ['NODE_ENV=production node a.js', 'exec env NODE_ENV=production node a.js'],
  ['cd web && npm start', 'cd web && exec npm start'],
  ['A=1; export A; ./run', 'A=1; export A; exec ./run'],
  ['echo "a && b" && node a', 'echo "a && b" && exec node a'],
  ['(node a.js | tee log) && node b.js', '(node a.js | tee log) && exec node b.js'],
  ['(a; b)', '(a; b)'],
  ['node a.js || true', 'node a.js || true'],
  ['worker & web', 'worker & web'],
  ['web > log.txt', 'web > log.txt'],
  ['exec node a.js', 'exec node a.js'],
  ['cd web; . ./env', 'cd web; . ./env'],
  ['run;', 'run;'],
  ['if true; then a; fi', 'if true; then a; fi'],
  ['a\nb', 'a\nb'],
])('%j is run as %j', (command, line) => {
  expect(execLine(command)).toBe(line)
})

test('a shell understands every line, and prints what it printed before', () => {
  for (const command of ['echo a', 'A=1 sh -c "echo \\$A"', 'cd / && pwd', 'B=2; echo $B', 'echo "a  (b)" $(echo c)'])
    expect(run(execLine(command))).toEqual(run(command))
})

const run = (line: string) => {
  const { status, stdout } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' })
  return { status, stdout }
}

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const scripts = path.join(import.meta.dirname, '..', '..', 'scripts')
const services = globSync('*.service', { cwd: scripts })
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

const analyze = (...args: string[]) =>
  spawnSync(path.join(scripts, 'unit-exposure'), args, { encoding: 'utf8', timeout: 60_000 })

describe.runIf(hasSystemd)('the units of systemd', () => {
  test('leave each service 4.0 of 10 of the machine at most, and systemd understands every line', () => {
    const { status, stdout, stderr } = analyze()
    expect([status, stderr]).toEqual([0, ''])
    const figures = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)),
    )
    expect(Object.keys(figures).sort()).toEqual([...services].sort())
    for (const [unit, figure] of Object.entries(figures)) {
      expect([unit, Number(figure)]).toEqual([unit, expect.any(Number)])
      expect(Number(figure)).toBeLessThanOrEqual(4)
    }
    // Slipway itself, which works with what strangers wrote, has less than any of its helpers with root may have
    expect(Number(figures['slipway.service'])).toBeLessThanOrEqual(2)
  })

  test('are refused where one has more than is allowed', () => {
    const { status, stderr } = analyze('0.5')
    expect(status).toBe(1)
    expect(stderr).toContain('more of the machine than 0.5')
  })
})

test('Slipway’s own unit has neither root, nor a capability, nor a way to get one', () => {
  const unit = readFileSync(path.join(scripts, 'slipway.service'), 'utf8')
  expect(unit).toMatch(/^User=slipway$/m)
  expect(unit).toMatch(/^CapabilityBoundingSet=$/m)
  expect(unit).toMatch(/^AmbientCapabilities=$/m)
  expect(unit).toMatch(/^NoNewPrivileges=yes$/m)
})

test('each unit is installed by scripts/up --service, and taken away by what the documentation says', () => {
  const install = readFileSync(path.join(scripts, 'service.sh'), 'utf8')
  const uninstall = readFileSync(path.join(scripts, '..', 'docs', 'operating.md'), 'utf8').split('## Uninstalling')[1]
  for (const unit of globSync('*.{service,path}', { cwd: scripts })) {
    expect(install).toContain(`install_unit ${unit}`)
    expect(uninstall).toContain(unit.replace(/\.(service|path)$/, ''))
  }
})

test('what the environment says becomes settings of the service, but for passwords: they are for once', () => {
  const env = {
    PATH: process.env.PATH,
    SLIPWAY_DOMAIN: 'example.com',
    CLOUDFLARE_ZONE_ID: 'zone',
    SLIPWAY_ADMIN_PASSWORD: 'of the admin',
    SLIPWAY_BACKUP_PASSPHRASE: 'of the backup',
    AWS_SECRET_ACCESS_KEY: 'of the storage',
  }
  const script = `. '${path.join(scripts, 'service.sh')}' && settings_in_environment`
  const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env })
  expect(stdout.trim().split('\n').sort()).toEqual(['CLOUDFLARE_ZONE_ID=zone', 'SLIPWAY_DOMAIN=example.com'])
})

test('each service is in the table of what the units may do', () => {
  const page = readFileSync(path.join(scripts, '..', 'docs', 'security.md'), 'utf8')
  for (const service of services) expect(page).toMatch(new RegExp(`^\\| \`${service}\` \\| \\d\\.\\d \\|`, 'm'))
})

test('systemd starts an nginx that was killed again, and forgets that when Slipway goes', () => {
  const install = readFileSync(path.join(scripts, 'service.sh'), 'utf8')
  const uninstall = readFileSync(path.join(scripts, '..', 'docs', 'operating.md'), 'utf8').split('## Uninstalling')[1]
  expect(install).toContain("install_unit nginx-restart.conf '' nginx.service.d/slipway.conf")
  expect(readFileSync(path.join(scripts, 'nginx-restart.conf'), 'utf8')).toMatch(/^Restart=on-failure$/m)
  expect(uninstall).toContain('/etc/systemd/system/nginx.service.d/slipway.conf')
})

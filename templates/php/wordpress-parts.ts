import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'

/** A theme or a plugin does nothing by itself. @throws no_start_command */
export async function refusePartsOfWordPress(source: Source): Promise<void> {
  const style = source.has('index.php') ? ((await source.text('style.css')) ?? '') : ''
  const isTheme = /^[ \t*]*Theme Name:/m.test(style)
  const isPlugin = !isTheme && (await findPlugin(source))
  if (!isTheme && !isPlugin) return
  throw new AppError(
    'no_start_command',
    `This is a ${isTheme ? 'theme' : 'plugin'} of WordPress. Deploy a repository that holds WordPress and this in wp-content/.`,
  )
}

async function findPlugin(source: Source): Promise<boolean> {
  if (source.has('wp-includes/version.php') || source.has('artisan')) return false
  const [first] = source.find('*.php').filter((it) => it !== 'index.php')
  const isOneOfFew = first !== undefined && source.find('*.php').length <= 5
  return isOneOfFew && /^[ \t*]*Plugin Name:/m.test((await source.text(first)) ?? '')
}

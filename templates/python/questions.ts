import { AppError } from '../../server/errors.ts'
import type { CodeFile } from './code.ts'
import type { Found } from './find-start.ts'

/** There is a framework, and nothing to install it from. */
export function unlisted({ file, start }: Found): AppError {
  const name = start.framework.toLowerCase()
  return new AppError(
    'no_start_command',
    `${file} uses ${start.framework}, but nothing lists what to install. Add a requirements.txt with ${name} and whatever else is imported.`,
  )
}

/** It is Python, and nothing in it serves. */
export function unclear(code: readonly CodeFile[]): AppError {
  const main = code.find(({ file }) => /^\w+\.py$/.test(file))?.file
  const who = main === undefined ? 'No file' : `Neither ${main} nor another file`
  return new AppError(
    'no_start_command',
    `This is Python, but what to start is not clear. ${who} makes an app of FastAPI, Flask, Litestar, Starlette, Quart, Sanic, Streamlit, Gradio or Dash, or serves HTTP by itself, and there is no manage.py. Give a start command, such as python ${main ?? 'main.py'}, or add a Procfile with a line web: …`,
    { field: 'overrides.startCommand' },
  )
}

/**
 * Leaves for another site by posting a form to it, as GitHub wants a manifest: what is sent is in no address and no
 * history. The Content-Security-Policy allows it to GitHub alone (server/http/headers.ts).
 */
export function postForm(action: string, fields: Record<string, string>): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = action
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  document.body.append(form)
  form.submit()
}

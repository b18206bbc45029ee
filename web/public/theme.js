// Before the first paint, so that no page flashes in the other theme. A file of its own: inline scripts are not allowed.
const chosen = localStorage.getItem('slipway.theme')
const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.dataset.theme = dark ? 'dark' : 'light'

import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import { mendMissingCode } from './state/page-error.ts'
import { toasts } from './state/toasts.svelte.ts'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mendMissingCode()
toasts.greet()
mount(App, { target })

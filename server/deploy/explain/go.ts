import type { Rule } from './rule.ts'

/** Go and its modules. */
export const go: Rule[] = [
  {
    name: 'go-version',
    stage: 'build',
    pattern:
      /requires go >= (?<wanted>[\d.]{1,12}) \(running go (?<got>[\d.]{1,12})|invalid go version '(?<wanted>[^'\n]{1,20})'|module requires Go (?<wanted>[\d.]{1,12})/,
    message: 'It wants Go {wanted}, and an older one is used.',
    hint: 'Write that version into go.mod, which the image is chosen by. In a Dockerfile, change FROM.',
  },
  {
    name: 'go-sum',
    stage: 'build',
    pattern:
      /missing go\.sum entry|updates to go\.(?:mod|sum) needed|go\.mod file indicates [^\n]{0,60} but maximum|inconsistent vendoring/,
    message: 'go.sum (or vendor) is out of step with go.mod.',
    hint: 'Run go mod tidy (and go mod vendor, if you vendor), and push go.mod and go.sum.',
  },
  {
    name: 'go-module',
    stage: 'build',
    pattern:
      /no required module provides package (?<package>[^\s;:]{1,150})|go: (?<package>[^\s@]{1,150})@[^\s:]{1,60}: (?:invalid version|reading [^\n]{0,150}: (?:404|410))/,
    message: 'Go finds no module for {package}.',
    hint: 'Run go mod tidy and push go.mod and go.sum. A private module needs GOPRIVATE and a token.',
  },
  {
    name: 'go-no-main',
    stage: 'build',
    pattern:
      /no Go files in (?<folder>[^\s]{1,150})|package [^\s]{1,100} is not a main package|go: cannot find main module/,
    message: 'There is no program to build in that folder.',
    hint: 'Name the folder with package main: as root folder, or in the build command (go build -o app ./cmd/server).',
  },
  {
    name: 'go-cgo',
    pattern: /cgo: C compiler "(?<program>[^"\n]{1,20})" not found|Binary was compiled with 'CGO_ENABLED=0'/,
    message: 'A Go package needs C (cgo), and the image that builds has no compiler.',
    hint: 'Use a package in pure Go (modernc.org/sqlite in place of mattn/go-sqlite3), or a Dockerfile with gcc and CGO_ENABLED=1.',
  },
]

/** What stands in a commit's message when its author wants no deploy of it, in the spelling of GitHub's own Actions too. */
const MARKS = /\[(skip ci|ci skip|no ci|skip deploy|deploy skip)\]/i

export const isSkipped = (message: string) => MARKS.test(message)

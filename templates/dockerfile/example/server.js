require('node:http')
  .createServer((request, response) => response.end(`${process.env.GREETING} from Slipway, with a Dockerfile\n`))
  .listen(8080)

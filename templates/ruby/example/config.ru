# frozen_string_literal: true

run lambda { |_env|
  [200, { 'content-type' => 'text/plain; charset=utf-8' }, ["Hello from Slipway, says Ruby #{RUBY_VERSION}.\n"]]
}

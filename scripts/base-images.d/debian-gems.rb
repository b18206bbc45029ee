#!/usr/bin/ruby
# frozen_string_literal: true

# Makes a source of gems from the installed Debian packages of gems, so that Bundler can install them without rubygems.org.
#
# Usage: debian-gems.rb FOLDER
#
# What is compiled goes in compiled, and the gem says nothing of extensions: nothing has to be built.

require 'fileutils'
require 'rubygems/package'
require 'tmpdir'

# Where a file of a Debian package belongs in the gem; nil when it does not.
def place(path, spec)
  name = spec.full_name
  case path
  when %r{/gems/#{Regexp.escape(name)}/(.+)} then $1
  when %r{/extensions/.+/#{Regexp.escape(name)}/(.+\.so)\z}, %r{/vendor_ruby/\d[\d.]*/(.+)}, %r{/vendor_ruby/(.+)} then "lib/#{$1}"
  when %r{\A/usr/bin/(.+)} then "#{spec.bindir}/#{$1}"
  end
end

def files(spec)
  package = `dpkg-query -S #{spec.loaded_from}`[/\A[^:]+/]
  paths = `dpkg-query -L #{package}`.lines(chomp: true).select { |path| File.file?(path) }
  paths.to_h { |path| [place(path, spec), path] }.reject { |place, _| place.nil? }
end

def make_gem(spec, folder)
  Dir.mktmpdir do |staging|
    Dir.chdir(staging) do
      files(spec).each { |place, path| FileUtils.mkdir_p(File.dirname(place)) && FileUtils.cp(path, place) }
      spec.files = Dir.glob('**/*', File::FNM_DOTMATCH).select { |path| File.file?(path) }
      spec.extensions = []
      spec.executables = Dir["#{spec.bindir}/*"].map { |path| File.basename(path) } & spec.executables
      FileUtils.mv(Gem::Package.build(spec, true), folder)
    end
  end
end

# Rack 3 moved its server into this gem, and Gemfiles of today name it. Beside Rack 2 it is as good as empty.
def make_rackup(folder)
  spec = Gem::Specification.new('rackup', '1.0.0') do |it|
    it.summary = 'rackup of Rack 2'
    it.authors = ['stand-in']
    it.files = ['lib/rackup.rb']
    it.add_dependency('rack', '< 3')
    it.add_dependency('webrick')
  end
  Dir.mktmpdir do |staging|
    Dir.chdir(staging) do
      FileUtils.mkdir('lib') && File.write('lib/rackup.rb', "require 'rack'\n")
      FileUtils.mv(Gem::Package.build(spec, true), folder)
    end
  end
end

gems = File.join(ARGV.fetch(0), 'gems')
FileUtils.mkdir_p(gems)
specs = Dir['/usr/{share,lib/*}/rubygems-integration/*/specifications/*.gemspec'].map { |path| Gem::Specification.load(path) }
specs.reject { |spec| spec.name == 'rubygems-update' }.each { |spec| make_gem(spec, gems) }
make_rackup(gems)
system('gem', 'generate_index', '--directory', ARGV.fetch(0), exception: true)
